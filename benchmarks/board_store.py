"""How long the board waits for its database: the queue, its filters and counts, the search, and one case.

    python benchmarks/board_store.py [--full] [--database URL] [--rounds 40]

Without `--full` it builds 20,000 posts and 4,000 cases, with it 1,000,000 and 200,000, in SQLite and in a PostgreSQL
server of its own (or in the databases named, which it fills where they are empty). Each figure
is what a page waits in the server: from opening a session to the objects that are shown. Beside them stands a bare
`SELECT 1` through the same engine in the same rounds.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median, quantiles

from sqlalchemy import URL, create_engine, text
from sqlmodel import Session

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.board_data import fill  # noqa: E402
from core.taxonomy import Party, Reason, Severity  # noqa: E402
from storage.database import Database, open_database  # noqa: E402
from storage.queue import listing, offered  # noqa: E402
from storage.queue.case_detail import case_detail  # noqa: E402
from storage.queue.filters import NOBODY, Filter, Position, Sort, View  # noqa: E402
from tests.postgresql import TemporaryServer  # noqa: E402

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ME = 3
SMALL, FULL = (20_000, 4_000), (1_000_000, 200_000)
FILTERS = {
    "platform": Filter(platforms=("hackernews",)),
    "brand": Filter(brand_ids=(5,)),
    "reason": Filter(reasons=(Reason.LOST,)),
    "severity": Filter(least_severity=Severity.BLAME),
    "party": Filter(parties=(Party.SUPPLIER,)),
    "courier, rare": Filter(couriers=("Fedrigo",)),
    "assignee": Filter(assignee_ids=(7,)),
    "team": Filter(team_ids=(2,)),
    "age": Filter(oldest=timedelta(days=2)),
    "language, rare": Filter(languages=("fi",)),
    "five at once": Filter(
        platforms=("mastodon",),
        brand_ids=(4,),
        reasons=(Reason.LATE,),
        least_severity=Severity.ACCUSATION,
        couriers=("Yodel",),
    ),
    "several of each": Filter(
        platforms=("hackernews", "youtube"),
        brand_ids=(3, 5),
        reasons=(Reason.LATE, Reason.LOST),
        parties=(Party.COURIER, Party.SUPPLIER),
        couriers=("Fedrigo", "Yodel"),
        assignee_ids=(NOBODY, 7),
        languages=("de", "fi"),
    ),
}
SEARCHES = {
    "1 word, common": "late",
    "1 word, rare": "kettle",
    "3 words": "parcel late courier",
    "phrase, exclusion": '"late courier" -refund',
    "OR and operators": "late OR missed courier:dpd severity:>=3",
    "author": "author:{}",
}
Act = Callable[[Session, int], object]


def acts(database: Database) -> dict[str, tuple[int | None, Act]]:
    """Return what is measured: the target in ms, and the act, which is told the number of its round."""
    with database.read() as session:
        last = listing.newest_case_id(session)
        author = session.execute(text("SELECT author_key FROM cases WHERE id = 5")).scalar_one()
    found: dict[str, tuple[int | None, Act]] = {}
    found["bare SELECT 1"] = (None, lambda session, _: session.execute(text("SELECT 1")))
    for view in (View.UNASSIGNED, View.OPEN, View.RESOLVED):
        for sort in Sort:
            found[f"queue: {view}, {sort}"] = (50, _page(Filter(view=view, sort=sort)))
    found["queue: resolved, page 3"] = (50, _third_page(Filter(view=View.RESOLVED)))
    found["counts of all tabs"] = (50, _counts(Filter()))
    found["counts under a rare courier"] = (50, _counts(FILTERS["courier, rare"]))
    found["new cases behind the button"] = (50, lambda session, _: listing.newer(session, Filter(), ME, NOW, last - 20))
    found["choices of the filters"] = (50, lambda session, _: offered.choices(session))
    for name, wanted in FILTERS.items():
        for view in (View.OPEN, View.RESOLVED):
            found[f"filter: {name}, {view}"] = (50, _page(_in(wanted, view)))
    for name, words in SEARCHES.items():
        for view in (View.OPEN, View.RESOLVED):
            found[f"search: {name}, {view}"] = (150, _page(Filter(view=view, text=words.format(author))))
        found[f"search: {name}, counts"] = (150, _counts(Filter(text=words.format(author))))
    found["open a case"] = (50, lambda session, number: case_detail(session, 1 + number * 7919 % last, ME))
    return found


def _in(wanted: Filter, view: View) -> Filter:
    return Filter.from_dict(wanted.to_dict() | {"view": view.value})


def _counts(wanted: Filter) -> Act:
    return lambda session, _: listing.counts(session, wanted, ME, NOW)


def _page(wanted: Filter) -> Act:
    return lambda session, _: listing.rows(session, wanted, ME, NOW)


def _third_page(wanted: Filter) -> Act:
    places: list[Position | None] = []

    def act(session: Session, _: int) -> object:
        if not places:
            second = listing.rows(session, wanted, ME, NOW).next
            places.append(listing.rows(session, wanted, ME, NOW, after=second).next)
        return listing.rows(session, wanted, ME, NOW, after=places[0])

    return act


def measure(database: Database, rounds: int) -> dict[str, tuple[int | None, list[float]]]:
    """Return the milliseconds of each act; all acts take turns, so that what else the machine does hits them alike."""
    chosen, numbers = acts(database), count()
    taken: dict[str, tuple[int | None, list[float]]] = {name: (target, []) for name, (target, _) in chosen.items()}
    for turn in range(rounds + 2):  # the first two fill the caches
        for name, (_, act) in chosen.items():
            began = time.perf_counter()
            with database.read() as session:
                act(session, next(numbers))
            if turn >= 2:
                taken[name][1].append((time.perf_counter() - began) * 1000)
    return taken


def show(taken: dict[str, dict[str, tuple[int | None, list[float]]]]) -> None:
    """Print the table."""
    kinds = list(taken)
    print("| act | target p95 | " + " | ".join(f"{kind}, median / p95 ms" for kind in kinds) + " |")
    print("|---|---|" + "---|" * len(kinds))
    for name, (target, _) in taken[kinds[0]].items():
        of_kinds = (taken[kind][name][1] for kind in kinds)
        cells = [f"{median(times):.1f} / {quantiles(times, n=20)[-1]:.1f}" for times in of_kinds]
        print(f"| {name} | {target or ''} | " + " | ".join(cells) + " |")


@contextmanager
def built(url: str, posts: int, cases: int) -> Iterator[Database]:
    """Open the database, filled first where it is empty."""
    database = open_database(url)
    with database.read() as session:
        is_empty = listing.newest_case_id(session) == 0
    if is_empty:
        began = time.perf_counter()
        fill(database, posts, cases, NOW)
        print(f"built {posts:,} posts and {cases:,} cases in {time.perf_counter() - began:,.0f} s", file=sys.stderr)
    yield database
    database.close()


@contextmanager
def own_server() -> Iterator[str]:
    """Yield the address of an empty database in a PostgreSQL server of its own."""
    with TemporaryServer(lasting=True) as folder:
        url = URL.create("postgresql+psycopg", username="postgres", database="postgres", query={"host": folder})
        admin = create_engine(url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text("CREATE DATABASE bench ENCODING 'UTF8' TEMPLATE template0"))
        admin.dispose()
        yield url.set(database="bench").render_as_string(hide_password=False)


def main() -> None:
    """Build, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="1,000,000 posts and 200,000 cases")
    parser.add_argument("--database", action="append", default=[], metavar="URL", help="measure this one only")
    parser.add_argument("--rounds", type=int, default=40)
    arguments = parser.parse_args()
    posts, cases = FULL if arguments.full else SMALL
    taken = {}
    for url in arguments.database:
        with built(url, posts, cases) as database:
            taken["SQLite" if database.is_sqlite else "PostgreSQL"] = measure(database, arguments.rounds)
    if not arguments.database:
        with tempfile.TemporaryDirectory() as folder, built(f"sqlite:///{folder}/bench.db", posts, cases) as database:
            taken["SQLite"] = measure(database, arguments.rounds)
        with own_server() as url, built(url, posts, cases) as database:
            taken["PostgreSQL"] = measure(database, arguments.rounds)
    show(taken)


if __name__ == "__main__":
    main()
