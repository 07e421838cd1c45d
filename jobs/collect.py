"""Collect: a source is read page by page; each page and its cursor are stored in one transaction."""

import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from collectors.base import Collector, SourceConfig
from core.backoff import backoff
from core.errors import CollectError, ConfigError, NotPermittedError
from core.types import Rejection
from jobs.parts import Parts
from storage.rows import id_of
from storage.sources import Outcome, claim_source, finish_source, own_handles_of, store_page
from storage.tables import Source, SourceState, WindowState

LEASE = timedelta(minutes=3)
LONGEST_WAIT = timedelta(hours=1)
MakeCollector = Callable[[Source], Collector]
_log = logging.getLogger(__name__)


def config_of(source: Source) -> SourceConfig:
    """Return the source as a collector wants it."""
    settings = source.settings
    options: Mapping[str, str] = settings.get("options", {})
    if settings.get("subreddit"):
        options = {**options, "subreddit": settings["subreddit"]}
    return SourceConfig(
        name=source.name,
        platform=source.platform,
        query=source.query,
        url=settings.get("url", ""),
        path=settings.get("path", ""),
        base_url=settings.get("base_url", ""),
        mapping=settings.get("map", {}),
        options=options,
    )


@dataclass(frozen=True, slots=True)
class Collected:
    """What reading one source brought; `error` is empty where all went well."""

    source: str
    added: int = 0
    edited: int = 0
    pages: int = 0
    rejected: int = 0
    error: str = ""
    taken_by_other: bool = False


def collect(
    parts: Parts, source: Source, make: MakeCollector, stopping: Callable[[], bool] = lambda: False
) -> Collected:
    """Read the source from its cursor to its end and say what came of it.

    Trouble with the source ends in its row, where the board shows it, and never in an exception. Where another
    process is reading the source, nothing is done. `stopping` is asked after each page.
    """
    began_at = parts.now()
    with parts.database.write() as session:
        claimed = claim_source(session, id_of(source), parts.worker, began_at, LEASE)
        own_handles = own_handles_of(session, source.brand_id)
    if claimed is None:
        return Collected(source.name, taken_by_other=True)
    reading = _Reading(parts, claimed, own_handles)
    try:
        with closing(make(claimed)) as collector:
            reading.read(collector, stopping)
        outcome = _well(claimed, reading, parts.now())
    except CollectError as error:
        outcome = _failed(claimed, error, parts.now())
    except ConfigError as error:
        outcome = Outcome(SourceState.STOPPED, WindowState.NOT_PERMITTED, str(error), None)
    except Exception as error:  # a collector's bug must not stop the other sources
        _log.exception("Reading the source %s failed", claimed.name)
        outcome = _failed(claimed, CollectError(f"{type(error).__name__}: {error}"), parts.now())
    with parts.database.write() as session:
        finish_source(session, id_of(claimed), parts.worker, began_at, reading.posts, outcome)
    return reading.result(outcome.detail if outcome.window not in (WindowState.COMPLETE, WindowState.TRUNCATED) else "")


class _Reading:
    """One run over a source: how far it came and what it found."""

    def __init__(self, parts: Parts, source: Source, own_handles: list[str]) -> None:
        self._parts, self._source, self._own_handles = parts, source, own_handles
        self.added = self.edited = self.posts = self.pages = self.rejected = 0
        self.truncated: list[str] = []
        self.taken_by_other = False

    def read(self, collector: Collector, stopping: Callable[[], bool]) -> None:
        cursor = self._source.cursor
        for page in collector.fetch(cursor):
            with self._parts.database.write() as session:
                stored = store_page(
                    session,
                    self._source,
                    page.posts,
                    (cursor, page.cursor),
                    self._parts.worker,
                    self._parts.now(),
                    LEASE,
                    self._own_handles,
                )
            if stored is None:
                self.taken_by_other = True
                return
            cursor = page.cursor
            self.added += stored.added
            self.edited += stored.edited
            self.posts += len(page.posts)
            self.pages += 1
            self._note_rejections(page.rejected)
            if page.truncated:
                self.truncated.append(page.truncated)
            if stopping():
                self.truncated.append("stopped while reading; goes on at the next start")
                return

    def _note_rejections(self, rejected: tuple[Rejection, ...]) -> None:
        self.rejected += len(rejected)
        for rejection in rejected:
            _log.warning("%s: row %d was not taken: %s", self._source.name, rejection.row, rejection.reason)

    def result(self, error: str) -> Collected:
        return Collected(
            self._source.name, self.added, self.edited, self.pages, self.rejected, error, self.taken_by_other
        )


def _well(source: Source, reading: _Reading, now: datetime) -> Outcome:
    detail = "; ".join(dict.fromkeys(reading.truncated))
    window = WindowState.TRUNCATED if detail else WindowState.COMPLETE
    return Outcome(SourceState.OK, window, detail, now + timedelta(seconds=source.every_seconds))


def _failed(source: Source, error: CollectError, now: datetime) -> Outcome:
    _log.warning("%s: %s", source.name, error)
    window = WindowState.NOT_PERMITTED if isinstance(error, NotPermittedError) else WindowState.FAILED
    if error.needs_person:
        return Outcome(SourceState.STOPPED, window, str(error), None)
    pause = error.retry_after or backoff(source.failures, longest=LONGEST_WAIT)
    return Outcome(SourceState.RETRYING, window, str(error), now + pause)
