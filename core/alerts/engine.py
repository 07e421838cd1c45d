"""From what is so now to what somebody is told: opened, grew, repeated, resolved.

In the manner of Alertmanager (prometheus.io/docs/alerting/latest/alertmanager): what is alike is one incident, which
waits a moment before its first telling so that a burst is told of at once, tells again only what is new, repeats only
what is still so and acknowledged by nobody, and says when it is over. Nothing is kept here: `step` is given how things
stand and returns what changes, so that a crash between two steps loses nothing. A moment that was written down in the
future counts as that long ago: else a clock that was a year ahead once would silence its incidents for a year.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from core.alerts.episodes import Episode, Group
from core.hours import Hours

SETTLING: Final = timedelta(seconds=20)
CALM: Final = timedelta(minutes=5)  # what stops for less than this has not stopped
# How long after a telling the incident's next news are told; the last goes on for ever.
BETWEEN_NEWS: Final = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)


class News(StrEnum):
    """Why somebody is told of an incident."""

    OPENED = "opened"
    GREW = "grew"
    REPEATED = "repeated"
    RESOLVED = "resolved"

    @property
    def words(self) -> str:
        """How mails and the board say it."""
        return _NEWS_WORDS[self]


_NEWS_WORDS: Final = {
    News.OPENED: "New",
    News.GREW: "More of it",
    News.REPEATED: "Still so",
    News.RESOLVED: "Over",
}


@dataclass(frozen=True, slots=True)
class Policy:
    """When a rule may tell: its hours in their time zone, how long until it repeats (None: never), how it ends.

    `snoozed_until` holds all of the rule's tellings back until then. One that is silent tells nobody: what it sees
    stands in the next digest, or there is nobody to tell.
    """

    hours: Hours = field(default_factory=Hours)
    timezone: str = "UTC"
    repeat: timedelta | None = timedelta(hours=12)
    tells_end: bool = False
    snoozed_until: datetime | None = None
    is_silent: bool = False
    settling: timedelta = SETTLING

    def may_tell(self, now: datetime) -> bool:
        """Tell whether now is within the rule's hours and it is not snoozed."""
        is_snoozed = self.snoozed_until is not None and now < self.snoozed_until
        return not (self.is_silent or is_snoozed) and self.hours.is_open(now, self.timezone)


@dataclass(frozen=True, slots=True)
class Held:
    """One thing of an incident as it was kept: whether it was told of, and whether somebody acknowledged it."""

    began_at: datetime
    ended_at: datetime | None = None
    is_told: bool = False
    is_acknowledged: bool = False

    def is_back(self, now: datetime) -> bool:
        """Tell whether what is so now had stopped for so short a time that it has not stopped."""
        return self.ended_at is None or timedelta() <= now - self.ended_at < CALM


@dataclass(frozen=True, slots=True)
class Standing:
    """An incident that is open: what it holds by key, when it was told of last and how often.

    What ended longer ago than `CALM` may be missing from `held`: should it begin once more, it is new.
    """

    id: int
    group: Group
    opened_at: datetime
    held: Mapping[str, Held] = field(default_factory=dict)
    told_at: datetime | None = None
    told_count: int = 0
    snoozed_until: datetime | None = None
    calm_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one incident; `id` is None for one that opens now.

    `joined` are new to it, `returned` the keys of what stopped for a moment only and is as it was, `ended` those of
    what is over. `tells` says why somebody is told, None where nobody is; `told` are the keys that the telling brings
    up: of `repeated` all that is so and not acknowledged.
    """

    id: int | None
    group: Group
    joined: Sequence[Episode] = ()
    returned: Sequence[str] = ()
    ended: Sequence[str] = ()
    tells: News | None = None
    told: Sequence[str] = ()
    resolves: bool = False
    calm_since: datetime | None = None


def step(policy: Policy, standing: Sequence[Standing], seen: Iterable[Episode], now: datetime) -> list[Change]:
    """Return what changes, given the rule's open incidents and all that is so now, in the order of their opening.

    An incident that stays as it is has no entry. Each key is in one incident at most: what changes its group (a case
    whose reason was corrected) stays where it is until it is over.
    """
    now_so = {episode.key: episode for episode in seen if episode.is_so(now)}
    at_home: dict[str, int] = {}
    for incident in standing:
        for key, held in incident.held.items():
            has_yet_to_begin = held.ended_at is None and held.began_at > now  # the clock went back
            if has_yet_to_begin or (key in now_so and held.is_back(now)):
                at_home.setdefault(key, incident.id)
    fresh: dict[Group, list[Episode]] = {}
    for key, episode in now_so.items():
        if key not in at_home:
            fresh.setdefault(episode.group, []).append(episode)
    changes = []
    for incident in standing:
        still = [key for key in incident.held if at_home.get(key) == incident.id]
        joined = sorted(fresh.pop(incident.group, ()), key=_order)
        change = _go_on(policy, incident, still, joined, now)
        if change is not None:
            changes.append(change)
    for group, episodes in fresh.items():
        changes.append(Change(None, group, joined=sorted(episodes, key=_order)))
    return changes


def _order(episode: Episode) -> tuple[datetime, str]:
    return episode.began_at, episode.key


def _go_on(
    policy: Policy, incident: Standing, still: Sequence[str], joined: Sequence[Episode], now: datetime
) -> Change | None:
    """Return what becomes of an open incident."""
    so = set(still)
    returned = [key for key in still if incident.held[key].ended_at is not None]
    ended = [key for key, held in incident.held.items() if held.ended_at is None and key not in so]
    calm_since = None if still or joined else (incident.calm_since or now)
    is_over = calm_since is not None and abs(now - calm_since) >= (CALM if incident.told_at else timedelta())
    tells, told = _telling(policy, incident, still, [episode.key for episode in joined], is_over, now)
    resolves = is_over and (tells is News.RESOLVED or not _will_tell_end(policy, incident))
    change = Change(incident.id, incident.group, joined, returned, ended, tells, told, resolves, calm_since)
    stays = not (joined or returned or ended or tells or resolves) and calm_since == incident.calm_since
    return None if stays else change


def _will_tell_end(policy: Policy, incident: Standing) -> bool:
    return policy.tells_end and incident.told_at is not None and not policy.is_silent


def _telling(
    policy: Policy, incident: Standing, still: Sequence[str], joined: Sequence[str], is_over: bool, now: datetime
) -> tuple[News | None, Sequence[str]]:
    """Return why somebody is to be told now, and of which keys."""
    is_snoozed = incident.snoozed_until is not None and now < incident.snoozed_until
    if is_snoozed or not policy.may_tell(now):
        return None, ()
    if is_over:
        return (News.RESOLVED, tuple(incident.held)) if _will_tell_end(policy, incident) else (None, ())
    known = [key for key in still if not incident.held[key].is_acknowledged]
    untold = [*(key for key in known if not incident.held[key].is_told), *joined]
    open_to_tell = [*known, *joined]
    if incident.told_at is None:
        has_settled = abs(now - incident.opened_at) >= policy.settling
        return (News.OPENED, untold) if untold and has_settled else (None, ())
    since = abs(now - incident.told_at)
    if untold and since >= BETWEEN_NEWS[min(incident.told_count, len(BETWEEN_NEWS)) - 1]:
        return News.GREW, untold
    if open_to_tell and policy.repeat is not None and since >= policy.repeat:
        return News.REPEATED, open_to_tell
    return None, ()
