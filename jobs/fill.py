"""Fill: gaps that somebody asked for are read again, where the platform lets us read back."""

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from collectors.base import Collector, FillsGaps
from core.budgets import budget_of
from core.errors import AfterclickError, CollectError, StorageError
from core.types import Gap
from core.windows import Stretch
from jobs.collect import LEASE, MakeCollector, pause_after, run_of
from jobs.parts import Parts
from storage.rows import id_of
from storage.sources import Run, claim_source, release_source, store_filled, usage_of
from storage.tables import CollectedWindow, Source
from storage.windows import note_fill_failed, note_filled, wanted_gaps

TRIED_FOR: Final = timedelta(days=1)  # a platform that cannot be reached for longer than that is not waited for
INSTANT: Final = timedelta(minutes=1)  # what is read of a gap whose two ends are one
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Filled:
    """What filling a source's gaps came to; with `again_at` some are still wanted, and not to be tried earlier."""

    source: str
    filled: int = 0
    failed: int = 0
    added: int = 0
    again_at: datetime | None = None


def fill(parts: Parts, source: Source, make: MakeCollector, stopping: Callable[[], bool] = lambda: False) -> Filled:
    """Read the gaps of the source that somebody asked for, under its claim and its budget.

    What comes of each stands in its row, in words. Nothing is done where another process is reading the source, so no
    gap is filled twice at once. `stopping` is asked after each page; a gap that was not finished stays wanted.
    """
    now = parts.now()
    with parts.database.write() as session:
        claimed = claim_source(session, id_of(source), parts.worker, now, LEASE)
        if claimed is None:
            return Filled(source.name)
        run, config = run_of(session, claimed, parts.worker, now)
        gaps = wanted_gaps(session, id_of(claimed))
    filling = _Filling(parts, run, stopping)
    try:
        with closing(make(config)) as collector:
            filling.fill_all(collector, gaps)
    except StorageError:
        raise
    except AfterclickError as error:  # it cannot even be built: a key is missing, the query is wrong
        for gap in gaps:
            filling.fail(gap, str(error))
    finally:
        with parts.database.write() as session:
            release_source(session, id_of(claimed), parts.worker)
    return filling.result()


class _Filling:
    """The filling of one source's gaps: how far it came."""

    def __init__(self, parts: Parts, run: Run, stopping: Callable[[], bool]) -> None:
        self._parts, self._run, self._stopping = parts, run, stopping
        self._budget = budget_of(run.source.settings)
        self._filled = self._failed = self._added = 0
        self._again_at: datetime | None = None
        self._has_ended = False

    def fill_all(self, collector: Collector, gaps: Sequence[CollectedWindow]) -> None:
        """Fill one gap after the other."""
        for gap in gaps:
            if not isinstance(collector, FillsGaps):
                self.fail(gap, "this platform hands over only what is new: nothing of that time can be read again")
                continue
            if self._has_ended or self._stopping():
                return
            try:
                self._fill(collector, gap)
            except CollectError as error:
                self._put_off(gap, error)
            except StorageError:  # not the platform's fault: the gap stays wanted
                raise
            except Exception as error:  # a collector's bug must not leave the gap wanted for ever
                _log.exception("Filling a gap of %s failed", self._run.source.name)
                self.fail(gap, f"{type(error).__name__}: {error}")

    def _fill(self, collector: FillsGaps, gap: CollectedWindow) -> None:
        """Store what the platform has of the gap's time.

        The budget is asked before anything is and after each page: the next page costs from the moment it is asked for.
        """
        added = cost = 0
        missing: list[Stretch] = []
        whys: list[str] = []
        if self._is_used_up():
            return self._fail_for_budget(gap, added)
        for page in collector.fill(gap.from_at, max(gap.until_at, gap.from_at + INSTANT)):
            with self._parts.database.write() as session:
                stored = store_filled(session, self._run, page, self._parts.now(), LEASE)
            if stored is None:  # another worker has the source, and will fill the gap
                self._has_ended = True
                return None
            added += stored.stored.added
            cost += page.cost
            self._added += stored.stored.added
            if page.gap:
                missing.append(_missing(page.gap, gap))
                whys.append(page.gap.why)
            if self._budget.is_used_up(stored.used):
                return self._fail_for_budget(gap, added)
            if self._stopping():
                self._has_ended = True
                return None
        return self._note(gap, added, cost, missing, whys)

    def _fail_for_budget(self, gap: CollectedWindow, added: int) -> None:
        """Give the gap up: whether more would have come only a page that costs could tell."""
        self.fail(gap, f"this month's budget was used up after {_posts(added)}; raise it and ask again")

    def _is_used_up(self) -> bool:
        with self._parts.database.read() as session:
            used = usage_of(session, id_of(self._run.source), self._parts.now())
        return self._budget.is_used_up(used)

    def _note(self, gap: CollectedWindow, added: int, cost: int, missing: list[Stretch], whys: list[str]) -> None:
        said = f"{_posts(added)} found"
        detail = "; ".join([f"{said}, but not everything", *dict.fromkeys(whys)]) if missing else said
        with self._parts.database.write() as session:
            note_filled(session, id_of(gap), detail, added, cost, missing)
        self._filled += not missing
        self._failed += bool(missing)
        _log.info("%s: the gap %s - %s: %s", self._run.source.name, gap.from_at, gap.until_at, detail)

    def _put_off(self, gap: CollectedWindow, error: CollectError) -> None:
        """Keep the gap wanted where waiting helps, and say why it waits; else give up."""
        now = self._parts.now()
        asked_at = gap.fill_asked_at or now
        if error.needs_person or now - asked_at > TRIED_FOR:
            return self.fail(gap, str(error))
        self._again_at = now + pause_after(error, failures=int((now - asked_at) / timedelta(minutes=10)))
        self._has_ended = True  # the next gap would fare no better now
        with self._parts.database.write() as session:
            note_fill_failed(session, id_of(gap), f"{error}; it is tried again", again=True)
        return None

    def fail(self, gap: CollectedWindow, detail: str) -> None:
        """Give the gap up and say why."""
        _log.warning("%s: the gap %s - %s: %s", self._run.source.name, gap.from_at, gap.until_at, detail)
        with self._parts.database.write() as session:
            note_fill_failed(session, id_of(gap), detail)
        self._failed += 1

    def result(self) -> Filled:
        """Return what came of it."""
        return Filled(self._run.source.name, self._filled, self._failed, self._added, self._again_at)


def _missing(left: Gap, gap: CollectedWindow) -> Stretch:
    """Return what is missing of the gap; never a mere instant, which would leave nothing open."""
    start, end = sorted((left.from_at or gap.from_at, left.until_at or gap.until_at))
    return start, max(end, start + INSTANT)


def _posts(number: int) -> str:
    return f"{number:,} {'post' if number == 1 else 'posts'}"
