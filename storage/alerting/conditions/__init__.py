"""What each kind of rule watches for: one function a kind, the same for what is so now and for the past."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlmodel import Session

from core.alerts.episodes import Episode
from core.alerts.kinds import AlertKind
from storage.alerting.asked import Asked
from storage.alerting.conditions.about_cases import due, forgotten, reach, severe
from storage.alerting.conditions.cluster import cluster
from storage.alerting.conditions.drift import drift
from storage.alerting.conditions.promises import broken_promises
from storage.alerting.conditions.sources import source_trouble
from storage.alerting.conditions.spikes import spikes
from storage.alerting.conditions.watch_words import watched

_FINDERS: Final[Mapping[AlertKind, Callable[[Session, Asked], Sequence[Episode]]]] = {
    AlertKind.SEVERE: severe,
    AlertKind.DUE: due,
    AlertKind.BROKEN_PROMISE: broken_promises,
    AlertKind.FORGOTTEN: forgotten,
    AlertKind.SPIKE: spikes,
    AlertKind.CLUSTER: cluster,
    AlertKind.REACH: reach,
    AlertKind.SOURCE: source_trouble,
    AlertKind.WATCH_WORDS: watched,
    AlertKind.DRIFT: drift,
}


def episodes(session: Session, kind: AlertKind, asked: Asked) -> Sequence[Episode]:
    """Return what was so at any moment from `asked.since` to `asked.until`; nothing for a digest, which watches not."""
    finder = _FINDERS.get(kind)
    return [each for each in finder(session, asked) if asked.wants(each)] if finder else []
