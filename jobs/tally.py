"""Tally: what changed is counted, so that the reports read sums of days and not cases."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from jobs.parts import Parts
from storage.reports import tallying

EVERY: Final = timedelta(seconds=20)


def tally(parts: Parts, stopping: Callable[[], bool] = lambda: False) -> int:
    """Bring the reports up to date; return how many cases and days were counted anew.

    Where nothing changed this is a few reads. Each step is a transaction of its own, a fraction of a second long; one
    that was stopped, by a crash too, goes on where it was.
    """
    done = _take_changes(parts, stopping)
    for step in (_walk, _sum_a_day):
        while not stopping() and (count := step(parts)):
            done += count
    return done


def _take_changes(parts: Parts, stopping: Callable[[], bool]) -> int:
    database = parts.database
    with database.read() as session:
        begins = tallying.must_begin(session)
    if begins:
        with database.write() as session:
            tallying.begin(session, parts.now())
    with database.read() as session:
        found = tallying.changed(session, parts.now())
    done = 0
    for start in range(0, len(found.case_ids), tallying.CHUNK):
        if stopping():
            return done
        chunk = found.case_ids[start : start + tallying.CHUNK]
        with database.read() as session:
            differing = tallying.outdated(session, chunk)
        if differing:
            with database.write() as session:
                done += tallying.refresh(session, differing)
    if found.is_worth_noting:
        with database.write() as session:
            tallying.note_looked(session, found)
    return done


def _walk(parts: Parts) -> int:
    with parts.database.read() as session:
        if not tallying.must_walk(session):
            return 0
    with parts.database.write() as session:
        return tallying.walk(session)


def _sum_a_day(parts: Parts) -> int:
    with parts.database.read() as session:
        if not tallying.has_stale_day(session):
            return 0
    with parts.database.write() as session:
        return int(tallying.sum_a_day(session))
