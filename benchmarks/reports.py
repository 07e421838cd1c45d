"""How long the report page takes in the server, how long counting takes, and what the fast counts agree with.

    python benchmarks/reports.py [--posts 1000000] [--cases 200000] [--runs 60] [--database URL] [--postgresql]

Everything that the page does is timed but Streamlit's own sending: reading the report in its transaction, and making
all charts and tables of it. Beside it stands `SELECT 1` over one connection in the same run. The database is filled by
board_data.py; DATABASE is an empty one. Without it a file of SQLite is made, or with --postgresql a server is started.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from sqlmodel import col, func, select

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.board_data import fill  # noqa: E402
from board import parts  # noqa: E402
from board.reports.address import Chosen  # noqa: E402
from board.reports.report import read_report  # noqa: E402
from board.reports.sections import sections  # noqa: E402
from board.reports.table import table_data  # noqa: E402
from core.counted import Dimension  # noqa: E402
from core.types import CaseStatus  # noqa: E402
from jobs.parts import Parts  # noqa: E402
from jobs.tally import tally  # noqa: E402
from storage.database import Database, open_database  # noqa: E402
from storage.reports.reading import Wanted  # noqa: E402
from storage.tables import Brand, Case, Member, ReportCell  # noqa: E402
from tests.postgresql import TemporaryServer  # noqa: E402

TARGET_MS: Final = 500
HOURS: Final = ["mon-fri 08:00-18:00", "sat 09:00-13:00"]
NOW: Final = datetime.now(UTC)
PAGES: Final = {
    "last 7 days": Chosen(days=7),
    "last 28 days": Chosen(),
    "last 90 days, by courier": Chosen(days=90, by=Dimension.COURIER),
    "last 90 days, one brand": Chosen(days=90, wanted=Wanted(brand_id=1)),
    "last 90 days, a platform and a courier": Chosen(days=90, wanted=Wanted(platform="reddit", courier="DPD")),
    "a year": Chosen(days=None, first=NOW.date() - timedelta(days=365), last=NOW.date()),
}


def show(board: parts.Parts, chosen: Chosen, member: Member) -> int:
    """Do all that the page does before Streamlit sends it; return how large that is."""
    report = read_report(board, chosen, member)
    size = 0
    for section in sections(report):
        size += sum(len(json.dumps(picture.draw())) for picture in section.pictures)
        size += sum(len(json.dumps(table_data(table))) for table in section.tables)
    return size


def timed(act: Callable[[], object], runs: int) -> tuple[float, float, float]:
    """Return median, 95th percentile and median of computing in milliseconds, after two runs that do not count.

    The last tells what the first two would be on a machine that does nothing else (without the time in PostgreSQL).
    """
    taken, computed = [], []
    for number in range(runs + 2):
        begun, began = time.perf_counter(), time.process_time()
        act()
        if number > 1:
            taken.append(1000 * (time.perf_counter() - begun))
            computed.append(1000 * (time.process_time() - began))
    return statistics.median(taken), sorted(taken)[int(0.95 * len(taken))], statistics.median(computed)


def measure(database: Database, posts: int, cases: int, runs: int) -> bool:
    """Fill the database, count, time the pages and print all of it; tell whether the target is met."""
    begun = time.perf_counter()
    fill(database, posts, cases, NOW)
    print(f"filled with {posts:,} posts and {cases:,} cases in {time.perf_counter() - begun:.0f} s")
    with database.write() as session:
        for brand in session.exec(select(Brand)):
            brand.hours, brand.timezone = HOURS, "Europe/Berlin"
            session.add(brand)
    worker = Parts(database, now=lambda: NOW)
    begun = time.perf_counter()
    tally(worker)
    print(f"counted from nothing in {time.perf_counter() - begun:.0f} s")
    again = timed(lambda: tally(worker), 20)
    print(f"looked for changes where there were none: median {again[0]:.1f} ms, p95 {again[1]:.1f} ms")
    check(database)
    board = parts.Parts(database, "http://127.0.0.1", clock=lambda: NOW)
    with database.read() as session:
        member = session.exec(select(Member)).first()
    assert member is not None
    met = True
    with database.engine.connect() as connection:
        one = timed(lambda: connection.execute(text("SELECT 1")).scalar(), 500)
    print(f"{'SELECT 1':42} median {one[0]:8.3f} ms  p95 {one[1]:8.3f} ms")
    for name, chosen in PAGES.items():
        page = timed(lambda chosen=chosen: show(board, chosen, member), runs)  # type: ignore[misc]
        met = met and page[1] < TARGET_MS
        print(f"{name:42} median {page[0]:8.1f} ms  p95 {page[1]:8.1f} ms  computing {page[2]:8.1f} ms")
    return met


def check(database: Database) -> None:
    """Raise AssertionError where the counted cases are not those of the table."""
    with database.read() as session:
        counted = session.exec(
            select(func.sum(ReportCell.cases)).where(ReportCell.platform == "*", ReportCell.courier == "*")
        ).one()
        there = session.exec(
            select(func.count()).where(col(Case.status) != CaseStatus.DISMISSED, col(Case.merged_into_id).is_(None))
        ).one()
        cells: Any = session.exec(select(func.count()).select_from(ReportCell)).one()
    assert counted == there, (counted, there)
    print(f"{counted:,} complaints counted in {cells:,} rows, as many as there are")


@contextmanager
def opened(url: str, *, postgresql: bool) -> Iterator[Database]:
    """Open the database that was named, or a new one."""
    with tempfile.TemporaryDirectory() as folder:
        if postgresql and not url:
            with TemporaryServer() as socket:
                database = open_database(f"postgresql+psycopg://postgres@/postgres?host={socket}")
                yield database
                database.close()
            return
        database = open_database(url or f"sqlite:///{folder}/reports.db")
        yield database
        database.close()


def main() -> int:
    """Measure; return 1 where the target is missed."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--posts", type=int, default=1_000_000)
    asked.add_argument("--cases", type=int, default=200_000)
    asked.add_argument("--runs", type=int, default=60)
    asked.add_argument("--database", default="")
    asked.add_argument("--postgresql", action="store_true")
    given = asked.parse_args()
    with opened(given.database, postgresql=given.postgresql) as database:
        print(f"{database.engine.dialect.name}, Python {sys.version.split()[0]}")
        met = measure(database, given.posts, given.cases, given.runs)
    print(f"target: p95 under {TARGET_MS} ms: {'met' if met else 'missed'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
