"""Recheck: posts are looked up again after a while, so that what was edited or deleted there is so here."""

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from collectors.base import Collector, LooksUp
from core.budgets import Budget, budget_of
from core.errors import AfterclickError, CollectError
from core.policies import POLICIES, policy_for
from core.types import LookedUp
from jobs.collect import LEASE, MakeCollector, pause_after, run_of
from jobs.parts import Parts
from storage.recheck import DuePost, Place, due_posts, store_looked_up
from storage.recheck import forget_unrefreshed as forget
from storage.rows import id_of
from storage.sources import Run, claim_source, release_source, usage_of
from storage.tables import Source

LOOKUPS: Final = 20  # requests a round: collecting gets its turn in between
BETWEEN_ROUNDS: Final = timedelta(minutes=1)
BETWEEN_SWEEPS: Final = timedelta(hours=1)  # posts of which the platform said nothing are not asked for earlier
NOT_OFFERED: Final = timedelta(days=1)
LARGE_BATCH: Final = 20  # posts; fewer may well be gone together
FORGOTTEN_AT_ONCE: Final = 500
PERSON_NEEDED: Final = timedelta(hours=6)
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Sweep:
    """How far the rechecking of one source is; kept by the worker from round to round.

    A new one begins at the post that was seen longest ago, which after a restart costs at most the posts of which the
    platform said nothing.
    """

    place: Place | None = None
    next_at: datetime | None = None
    failures: int = 0

    def is_due(self, now: datetime) -> bool:
        """Tell whether the next round may begin."""
        return self.next_at is None or self.next_at <= now


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What a round came to: posts that were asked for, that had changed, that were gone, that nothing was said of."""

    source: str
    asked: int = 0
    edited: int = 0
    gone: int = 0
    unknown: int = 0
    error: str = ""


def wants_recheck(source: Source) -> bool:
    """Tell whether the source's policy asks for its posts to be looked up again."""
    return policy_for(source.platform, source.settings).recheck_hours > 0


def forget_unrefreshed(parts: Parts) -> int:
    """Take the words of posts away that their platform wants refreshed or deleted and that were not; return how many.

    However they came not to be: the key may be gone, the source off. What was decided about them stays.
    """
    forgotten, now = 0, parts.now()
    for platform, policy in POLICIES.items():
        if not policy.keep_days:
            continue
        why = f"could not be looked up for {policy.keep_days} days, and may not be kept longer unseen"
        before = now - timedelta(days=policy.keep_days)
        while True:
            with parts.database.write() as session:
                count = forget(session, platform, before, why, now, limit=FORGOTTEN_AT_ONCE)
            forgotten += count
            if count < FORGOTTEN_AT_ONCE:
                break
    return forgotten


def recheck(
    parts: Parts,
    source: Source,
    make: MakeCollector,
    sweep: Sweep,
    stopping: Callable[[], bool] = lambda: False,
) -> Rechecked:
    """Look up the source's posts that were last seen longer ago than its policy says, one round of them.

    Trouble puts the next round off and touches neither the source's state nor its collecting. Lookups that cost money
    stop where the month's budget is used up, and no earlier: terms want deletions followed.
    """
    now = parts.now()
    with parts.database.write() as session:
        claimed = claim_source(session, id_of(source), parts.worker, now, LEASE)
        if claimed is None:
            sweep.next_at = now + BETWEEN_ROUNDS
            return Rechecked(source.name)
        run, config = run_of(session, claimed, parts.worker, now)
    round_ = _Round(parts, run, sweep)
    try:
        if round_.has_work():
            with closing(make(config)) as collector:
                round_.look_up(collector, stopping)
    except AfterclickError as error:
        round_.put_off(error)
    except Exception as error:  # a collector's bug must stop nothing else
        _log.exception("Looking up posts of %s failed", claimed.name)
        round_.put_off(CollectError(f"{type(error).__name__}: {error}"))
    finally:
        with parts.database.write() as session:
            release_source(session, id_of(claimed), parts.worker)
    return round_.result()


class _Round:
    """One round of lookups for one source."""

    def __init__(self, parts: Parts, run: Run, sweep: Sweep) -> None:
        self._parts, self._run, self._sweep = parts, run, sweep
        hours = policy_for(run.source.platform, run.source.settings).recheck_hours
        self._older_than = run.until_at - timedelta(hours=hours)
        self._budget = Budget(cost=budget_of(run.source.settings).cost)
        self._asked = self._edited = self._gone = self._unknown = 0
        self._error = ""

    def has_work(self) -> bool:
        """Tell whether a post is due and the budget allows to ask; else the next round is put off."""
        if not self._is_affordable():
            self._sweep.next_at = self._parts.now() + BETWEEN_SWEEPS  # the budget may be raised
            return False
        if self._due(limit=1):
            return True
        self._end_sweep()
        return False

    def look_up(self, collector: Collector, stopping: Callable[[], bool]) -> None:
        """Ask for batch after batch, until the round is full or nothing is due."""
        if not isinstance(collector, LooksUp):
            self._sweep.next_at = self._parts.now() + NOT_OFFERED
            return
        size = collector.lookup_size
        due = self._due(limit=LOOKUPS * size)  # at once: to find them costs as much as to read all
        for start in range(0, len(due), size):
            if stopping() or not self._ask(collector, due[start : start + size]):
                return
            if not self._is_affordable():
                name = self._run.source.name
                _log.warning("%s: no more look-ups this month: its budget is used up", name)
                self._sweep.next_at = self._parts.now() + BETWEEN_SWEEPS  # the budget may be raised
                return
        if len(due) < LOOKUPS * size:
            self._end_sweep()
        else:
            self._sweep.next_at = self._parts.now() + BETWEEN_ROUNDS

    def _ask(self, collector: LooksUp, due: list[DuePost]) -> bool:
        """Ask for one batch and keep what is said; false where another worker took the source over."""
        ids = {post.platform_id for post in due}
        found = self._look_up(collector, [post.platform_id for post in due])
        with self._parts.database.write() as session:
            kept = store_looked_up(session, self._run, ids, found, self._parts.now(), LEASE)
        if kept is None:
            return False
        stored, gone = kept
        self._sweep.place, self._sweep.failures = due[-1].place, 0
        self._asked += len(due)
        self._edited += stored.edited
        self._gone += gone
        self._unknown += len(ids - {post.platform_id for post in found.posts} - set(found.gone))
        return True

    def _look_up(self, collector: LooksUp, ids: Sequence[str]) -> LookedUp:
        """Return what became of the posts; where all of a large batch are said to be gone, they are asked for again.

        A tombstone cannot be undone, and a platform's bad moment looks just like that.
        """
        found = collector.lookup(ids)
        if len(ids) < LARGE_BATCH or not set(ids) <= set(found.gone):
            return found
        again = collector.lookup(ids)
        return LookedUp(again.posts, again.gone, found.cost + again.cost)

    def _due(self, limit: int) -> list[DuePost]:
        with self._parts.database.read() as session:
            return list(due_posts(session, self._run, self._older_than, self._sweep.place, limit))

    def _is_affordable(self) -> bool:
        with self._parts.database.read() as session:
            used = usage_of(session, id_of(self._run.source), self._parts.now())
        share = self._budget.share(used)
        return share is None or share < 1

    def _end_sweep(self) -> None:
        self._sweep.place = None
        self._sweep.next_at = self._parts.now() + BETWEEN_SWEEPS

    def put_off(self, error: AfterclickError) -> None:
        """Wait longer each time; where a person must act, some hours."""
        _log.warning("%s: its posts could not be looked up: %s", self._run.source.name, error)
        self._error = str(error)
        can_wait = isinstance(error, CollectError) and not error.needs_person
        pause = pause_after(error, self._sweep.failures) if can_wait else PERSON_NEEDED  # type: ignore[arg-type]
        self._sweep.failures += 1
        self._sweep.next_at = self._parts.now() + pause

    def result(self) -> Rechecked:
        """Return what the round came to."""
        if self._gone or self._edited:
            _log.info(
                "%s: of %d posts looked up %d are gone and %d were edited",
                self._run.source.name,
                self._asked,
                self._gone,
                self._edited,
            )
        return Rechecked(self._run.source.name, self._asked, self._edited, self._gone, self._unknown, self._error)
