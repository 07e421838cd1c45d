"""How long acts on many cases take, and taking them back, as "all that match" does them: some cases a transaction.

    python benchmarks/bulk_acts.py [--cases 5000] [--database URL] [--profile ACT]

It builds four times as many cases as are acted on, and four posts a case, in SQLite and in a PostgreSQL server of its
own (or in the empty databases named), and makes the first of them new and nobody's. Each act is done to all of these
through the board's own `do_to`, then taken back through its `take_back`. Beside it stands what the database alone
takes: the same rows updated by one statement and as many events added by one `executemany`, in the same number of
transactions. All the while a colleague's draft is kept ten times a second in the same process: "others" is the longest
that this took.
"""

import argparse
import cProfile
import pstats
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Self

from sqlalchemy import insert, update
from sqlmodel import col

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.board_data import fill  # noqa: E402
from benchmarks.board_store import own_server  # noqa: E402
from board import bulk, parts  # noqa: E402
from board.bulk import Act  # noqa: E402
from core.taxonomy import Reason, Severity  # noqa: E402
from core.types import CaseStatus  # noqa: E402
from storage.corrections import Said  # noqa: E402
from storage.database import Database, open_database  # noqa: E402
from storage.notes import save_note_draft  # noqa: E402
from storage.tables import Case, CaseEvent, EventKind  # noqa: E402

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ME, OTHER, TEAM = 3, 4, 2
TIMES, POSTS = 4, 4
SNOOZED = NOW + timedelta(days=3)
SAID = Said(True, [Reason.LATE, Reason.BILLING], Severity.BLAME, None)
ACTS: dict[str, tuple[Act, Act | None]] = {  # what is measured, and what has to be done before it
    "claim": (bulk.claim, None),
    "release": (bulk.release, bulk.claim),
    "send to a member": (partial(bulk.send, OTHER, None), None),
    "send to a team": (partial(bulk.send, None, TEAM), None),
    "resolve": (partial(bulk.move, CaseStatus.RESOLVED), None),
    "open again": (partial(bulk.move, CaseStatus.OPEN), partial(bulk.move, CaseStatus.RESOLVED)),
    "dismiss": (partial(bulk.move, CaseStatus.DISMISSED), None),
    "snooze": (partial(bulk.snooze, SNOOZED), None),
    "bring back": (bulk.wake, partial(bulk.snooze, SNOOZED)),
    "correct": (partial(bulk.correct, SAID), None),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds that something took, and that a colleague waited meanwhile at the longest."""

    seconds: float
    others: float


class Colleague:
    """Writes a note to a case that nothing is done to, and takes the time."""

    def __init__(self, database: Database, case_id: int) -> None:
        self._database, self._case_id = database, case_id
        self._ends, self.longest = Event(), 0.0

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._write)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def _write(self) -> None:
        while not self._ends.wait(0.1):
            began = time.perf_counter()
            with self._database.write() as session:
                save_note_draft(session, self._case_id, OTHER, f"Rang the depot at {began}.", NOW)
            self.longest = max(self.longest, time.perf_counter() - began)


def measure(database: Database, cases: int, only: str | None) -> dict[str, tuple[Taken, Taken, Taken]]:
    """Return what each act took, taking it back, and the database alone."""
    parts.install(parts.Parts(database, "https://board.example", clock=lambda: NOW))
    ids, found = list(range(1, cases + 1)), {}
    timed = partial(_timed, database, cases + 1)
    for name, (act, first) in ACTS.items():
        if only not in (None, name):
            continue
        if first is not None:
            bulk.do_to(ids, first, f"before {name}", "", ME)
        with _profiled(only == name):
            done = timed(partial(_all_done, ids, act, name))
            back = timed(partial(_all_back, ids, name))
        if first is not None:
            bulk.take_back(f"before {name}", ME)
        found[name] = (done, back, timed(partial(_baseline, database, ids)))
    return found


def _all_done(ids: Sequence[int], act: Act, name: str) -> None:
    came = bulk.do_to(ids, act, name, name, ME)
    if came.left or came.kept != len(ids):
        raise SystemExit(f"{name} was not done to all: {list(came.left)}")


def _all_back(ids: Sequence[int], name: str) -> None:
    undone = bulk.take_back(name, ME)
    if len(undone.done) != len(ids):
        raise SystemExit(f"{name} was not taken back of all")


def _baseline(database: Database, ids: Sequence[int]) -> None:
    for first in range(0, len(ids), bulk.CHUNK):
        chunk = ids[first : first + bulk.CHUNK]
        with database.engine.begin() as connection:
            change = update(Case).where(col(Case.id).in_(chunk))
            connection.execute(change.values(updated_at=NOW, assignee_id=ME, priority=first % 100))
            rows = [
                {"case_id": each, "member_id": ME, "kind": EventKind.CLAIMED, "detail": {}, "happened_at": NOW}
                for each in chunk
            ]
            connection.execute(insert(CaseEvent), rows)


def _timed(database: Database, case_id: int, do: Callable[[], None]) -> Taken:
    with Colleague(database, case_id) as colleague:
        began = time.perf_counter()
        do()
        seconds = time.perf_counter() - began
    return Taken(seconds, colleague.longest)


@contextmanager
def _profiled(is_wanted: bool) -> Iterator[None]:
    if not is_wanted:
        yield
        return
    with cProfile.Profile() as profile:
        yield
    pstats.Stats(profile, stream=sys.stderr).sort_stats("cumulative").print_stats(60)


def build(database: Database, cases: int) -> None:
    """Fill the database, and make the first cases ones that nobody has done anything about."""
    fill(database, cases * TIMES * POSTS, cases * TIMES, NOW)
    fresh = {"status": CaseStatus.NEW, "assignee_id": None, "team_id": None, "closed_at": None, "snoozed_until": None}
    with database.write() as session:
        session.execute(update(Case).where(col(Case.id) <= cases).values(**fresh, first_reply_at=None))


def show(kind: str, taken: dict[str, tuple[Taken, Taken, Taken]]) -> None:
    """Print a table."""
    print(f"\n| {kind} | act, s | others, ms | undo, s | others, ms | database alone, s | act / alone | undo / alone |")
    print("|---|---|---|---|---|---|---|---|")
    for name, (done, back, alone) in taken.items():
        figures = [f"{each.seconds:.2f} | {each.others * 1000:.0f}" for each in (done, back)]
        ratios = [f"{each.seconds / alone.seconds:.1f}" for each in (done, back)]
        print(f"| {name} | {' | '.join(figures)} | {alone.seconds:.2f} | {' | '.join(ratios)} |", flush=True)


def main() -> None:
    """Build, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--database", action="append", default=[], metavar="URL", help="use this empty one only")
    parser.add_argument("--profile", choices=ACTS, metavar="ACT", help="measure this act only, and print its profile")
    arguments = parser.parse_args()

    def run(url: str) -> None:
        database = open_database(url)
        build(database, arguments.cases)
        show("SQLite" if database.is_sqlite else "PostgreSQL", measure(database, arguments.cases, arguments.profile))
        database.close()

    for url in arguments.database:
        run(url)
    if not arguments.database:
        with tempfile.TemporaryDirectory() as folder:
            run(f"sqlite:///{folder}/bench.db")
        with own_server() as url:
            run(url)


if __name__ == "__main__":
    main()
