"""Sources that fail, that stopped, or whose budget is used up."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from core.alerts.episodes import Episode, Group
from core.platforms import platform_words
from storage.alerting.asked import Asked
from storage.rows import id_of
from storage.tables import CollectedWindow, Source, SourceState, WindowState

_IN_TROUBLE = (SourceState.STOPPED, SourceState.RETRYING, SourceState.OVER_BUDGET)
_WORDS = {
    SourceState.STOPPED: "It stopped and needs a person",
    SourceState.RETRYING: "It fails and is tried again",
    SourceState.OVER_BUDGET: "This month's budget is used up",
}


def source_trouble(session: Session, asked: Asked) -> Sequence[Episode]:
    """Find sources in trouble for as long as the rule says, until they are read again.

    Now by the state of each; over a time that lies behind by the account of what was read (`collected_window`).
    """
    query = select(Source).where(Source.brand_id == asked.brand_id, col(Source.enabled).is_(True))
    if asked.settings.platform:
        query = query.where(Source.platform == asked.settings.platform)
    found: list[Episode] = []
    for source in session.exec(query):
        found += _live(source, asked) if asked.is_live else _past(session, source, asked)
    return found


def _live(source: Source, asked: Asked) -> list[Episode]:
    if source.state not in _IN_TROUBLE:
        return []
    began = _grace(source, asked) + (source.last_success_at or source.created_at)
    return [_episode(source, max(began, asked.not_before), None, _WORDS[source.state], source.last_error)]


def _grace(source: Source, asked: Asked) -> timedelta:
    """Return how long after it was read last a source is in trouble: a reading is missing, and the rule's time over."""
    return timedelta(seconds=source.every_seconds, minutes=asked.threshold)


def _past(session: Session, source: Source, asked: Asked) -> list[Episode]:
    """Return the stretches of failed reading that lasted long enough."""
    bad = (WindowState.FAILED, WindowState.OVER_BUDGET)
    query = select(CollectedWindow).where(
        CollectedWindow.source_id == id_of(source),
        col(CollectedWindow.is_gap).is_(False),
        col(CollectedWindow.state).in_(bad),
        col(CollectedWindow.until_at) >= asked.since,
        col(CollectedWindow.from_at) <= asked.until,
    )
    stretches: list[tuple[datetime, datetime, str]] = []
    for row in session.exec(query.order_by(col(CollectedWindow.from_at))):
        if stretches and row.from_at <= stretches[-1][1]:
            start, end, detail = stretches[-1]
            stretches[-1] = start, max(end, row.until_at), detail or row.detail
        else:
            stretches.append((row.from_at, row.until_at, row.detail))
    grace = _grace(source, asked)
    return [
        _episode(source, start + grace, end, "It could not be read", detail)
        for start, end, detail in stretches
        if end - start > grace
    ]


def _episode(source: Source, began: datetime, ended: datetime | None, words: str, error: str) -> Episode:
    told = f"{source.name} ({platform_words(source.platform)}): {words}"
    facts = (("error", error), ("source", source.name))
    return Episode(
        f"source:{source.id}", Group(), began, ended, None, f"{told}: {error}" if error else f"{told}.", facts
    )
