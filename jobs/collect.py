"""Collect: a source is read page by page; each page, its cursor and its cost are stored in one transaction."""

import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from collectors.authors import own_authors
from collectors.base import Collector, SourceConfig
from core.backoff import backoff, spread_pause
from core.budgets import Budget, Usage, budget_of, month_end
from core.errors import CollectError, ConfigError, NotPermittedError
from core.types import Page, Rejection
from jobs.bursts import MOST, as_one, in_bursts
from jobs.parts import Parts
from storage.brands import PUBLIC_ONLY
from storage.database import Session
from storage.rows import id_of
from storage.source_queries import options_of, query_of
from storage.sources import Outcome, Run, StoredPage, claim_source, finish_source, store_page, usage_of
from storage.tables import Brand, Source, SourceState, WindowState

LEASE = timedelta(minutes=3)
LONGEST_WAIT = timedelta(hours=1)
LONGEST_ASKED: Final = timedelta(hours=24)  # a platform that asks for more has a broken clock
SHORTEST_GROWN: Final = timedelta(minutes=5)  # how far a pause grows where the platform keeps asking for a shorter one
MakeCollector = Callable[[SourceConfig], Collector]
_log = logging.getLogger(__name__)


def config_of(source: Source, brand: Brand) -> SourceConfig:
    """Return the source as a collector wants it.

    Where it has no query of its own that of its brand counts, unless the source names a place that is read as a whole.
    """
    settings, written = source.settings, query_of(source, brand)
    return SourceConfig(
        name=source.name,
        platform=source.platform,
        query=written.text,
        native_query=written.native,
        own_handles=tuple(brand.handles),
        url=settings.get("url", ""),
        path=settings.get("path", ""),
        base_url=settings.get("base_url", ""),
        mapping=settings.get("map", {}),
        options=options_of(source),
        public_only=bool(settings.get(PUBLIC_ONLY)),
    )


@dataclass(frozen=True, slots=True)
class Collected:
    """What reading one source brought; `error` is empty where all went well. `cost` is in millionths of a US dollar."""

    source: str
    added: int = 0
    edited: int = 0
    pages: int = 0
    rejected: int = 0
    error: str = ""
    taken_by_other: bool = False
    cost: int = 0


def collect(
    parts: Parts, source: Source, make: MakeCollector, stopping: Callable[[], bool] = lambda: False
) -> Collected:
    """Read the source from its cursor to its end, or until its budget is used up, and say what came of it.

    Trouble with the source ends in its row, where the board shows it, and never in an exception. Where another
    process is reading the source, nothing is done. `stopping` is asked after each page.
    """
    began_at = parts.now()
    with parts.database.write() as session:
        claimed = claim_source(session, id_of(source), parts.worker, began_at, LEASE)
        if claimed is None:
            return Collected(source.name, taken_by_other=True)
        run, config = run_of(session, claimed, parts.worker, began_at)
        used = usage_of(session, id_of(claimed), began_at)
    reading = _Reading(parts, run, used)
    try:
        if not reading.is_over_budget:
            with closing(make(config)) as collector:
                reading.read(collector, stopping)
        outcome = reading.outcome()
    except CollectError as error:
        outcome = _failed(claimed, error, parts.now())
    except ConfigError as error:
        outcome = Outcome(SourceState.STOPPED, WindowState.NOT_PERMITTED, str(error), None)
    except Exception as error:  # a collector's bug must not stop the other sources
        _log.exception("Reading the source %s failed", claimed.name)
        outcome = _failed(claimed, CollectError(f"{type(error).__name__}: {error}"), parts.now())
    with parts.database.write() as session:
        finish_source(session, run, reading.posts, reading.cost, outcome)
    return reading.result("" if outcome.window in (WindowState.COMPLETE, None) else outcome.detail)


def run_of(session: Session, source: Source, worker: str, now: datetime) -> tuple[Run, SourceConfig]:
    """Return a run over the source up to `now`, and the source as its collector wants it."""
    brand = session.get_one(Brand, source.brand_id)
    if source.last_success_at and source.last_success_at > now:  # the clock was ahead; else nothing would be missing
        source.last_success_at = now
        session.add(source)
    from_at = source.last_success_at or source.created_at
    config = config_of(source, brand)
    return Run(source, worker, from_at, now, own_authors(config)), config


class _Ending(Enum):
    """How a reading ended that raised no error."""

    AT_THE_END = auto()
    TOLD_TO_STOP = auto()
    OVER_BUDGET = auto()
    TAKEN_BY_OTHER = auto()


class _Reading:
    """One run over a source: how far it came and what it found."""

    def __init__(self, parts: Parts, run: Run, used: Usage) -> None:
        self._parts, self._run, self._used = parts, run, used
        self._budget = budget_of(run.source.settings)
        self._ending = _Ending.OVER_BUDGET if self.is_over_budget else _Ending.AT_THE_END
        self.added = self.edited = self.posts = self.pages = self.rejected = self.cost = 0
        self._said: list[str] = []  # what was withheld, and of what could not be taken the first

    @property
    def is_over_budget(self) -> bool:
        """Whether nothing more may be read this month."""
        return self._budget.is_used_up(self._used)

    def read(self, collector: Collector, stopping: Callable[[], bool]) -> None:
        """Store page after page; says in the ending why it stopped.

        Where there is a budget no page waits for others: the walk stops after the one that used it up.
        """
        cursor = self._run.source.cursor
        for pages in in_bursts(collector.fetch(cursor), most=MOST if self._budget == Budget() else 1):
            page = as_one(pages)
            with self._parts.database.write() as session:
                stored = store_page(session, self._run, page, cursor, self._parts.now(), LEASE)
            if stored is None:
                self._ending = _Ending.TAKEN_BY_OTHER
                return
            cursor = page.cursor
            self.pages += len(pages)
            self._note(page, stored)
            if self.is_over_budget:
                self._ending = _Ending.OVER_BUDGET
                return
            if stopping():
                self._ending = _Ending.TOLD_TO_STOP
                return

    def _note(self, page: Page, stored: StoredPage) -> None:
        self._used = stored.used
        self.added += stored.stored.added
        self.edited += stored.stored.edited
        self.posts += len(page.posts)
        self.cost += page.cost
        self.rejected += len(page.rejected)
        name = self._run.source.name
        for rejection in page.rejected:
            _log.warning("%s: %s", name, _rejected_words(rejection))
        if page.rejected and self.rejected == len(page.rejected):
            self._said.append(_rejected_words(page.rejected[0]))
        if page.gap:
            _log.warning("%s: %s", name, page.gap.why)
            self._said.append(page.gap.why)
        if self._budget.is_crossed(stored.before, stored.used):
            _log.warning("%s: %s of this month's budget is used", name, self._budget.words(stored.used))

    def outcome(self) -> Outcome:
        """Say how it ended."""
        source, now = self._run.source, self._parts.now()
        if self._ending is _Ending.OVER_BUDGET:
            _log.warning("%s: this month's budget is used up: %s", source.name, self._budget.words(self._used))
            return Outcome(SourceState.OVER_BUDGET, WindowState.OVER_BUDGET, self._unread_words(now), month_end(now))
        if self._ending is not _Ending.AT_THE_END:
            return Outcome(source.state, None, source.last_error, None)
        detail = "; ".join(dict.fromkeys(self._said))
        if self.rejected > 1:
            detail += f" (and {self.rejected - 1:,} more that could not be taken: see the log)"
        if not self.pages and source.state is SourceState.OK:
            detail = source.last_error  # a file that could not be read is no better for not having changed since
        return Outcome(SourceState.OK, WindowState.COMPLETE, detail, now + timedelta(seconds=source.every_seconds))

    def _unread_words(self, now: datetime) -> str:
        until = month_end(now)
        return (
            f"this month's budget is used up ({self._budget.words(self._used)}); what was not read is read from "
            f"{until.day} {until:%B} on, or when the budget is raised"
        )

    def result(self, error: str) -> Collected:
        """Return what the reading brought."""
        return Collected(
            self._run.source.name,
            self.added,
            self.edited,
            self.pages,
            self.rejected,
            error,
            self._ending is _Ending.TAKEN_BY_OTHER,
            self.cost,
        )


def _rejected_words(rejection: Rejection) -> str:
    return f"row {rejection.row} was not taken: {rejection.reason}" if rejection.row else rejection.reason


def _failed(source: Source, error: CollectError, now: datetime) -> Outcome:
    _log.warning("%s: %s", source.name, error)
    window = WindowState.NOT_PERMITTED if isinstance(error, NotPermittedError) else WindowState.FAILED
    if error.needs_person:
        return Outcome(SourceState.STOPPED, window, str(error), None)
    return Outcome(SourceState.RETRYING, window, str(error), now + pause_after(error, source.failures))


def pause_after(error: CollectError, failures: int) -> timedelta:
    """Return how long to wait after so many earlier failures: as long as the platform asks, else longer each time.

    A platform that keeps asking for a moment only is given more than that.
    """
    grown = backoff(failures, longest=LONGEST_WAIT)
    if not error.retry_after or error.retry_after < timedelta():
        return grown
    return max(spread_pause(min(error.retry_after, LONGEST_ASKED)), min(grown, SHORTEST_GROWN))
