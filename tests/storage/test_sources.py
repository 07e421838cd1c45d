"""Claims on sources, what a month used, and the rows that account for their time."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from core.budgets import Usage
from core.configuration import parse_configuration
from core.types import Gap
from storage.brands import apply_configuration
from storage.database import Database, Session, open_database
from storage.sources import add_usage, claim_source, hold_source, release_source, renew_claims, usage_of
from storage.tables import CollectedWindow, FillState, Source, SourceUsage, WindowState
from storage.windows import note_filled, note_gap, note_run, open_gaps_of

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LEASE = timedelta(minutes=3)
SOURCE = {"name": "x", "brand": "Parcelo", "platform": "x", "query": "parcelo"}
CONFIGURATION = {"brands": [{"name": "Parcelo"}], "sources": [SOURCE, SOURCE | {"name": "y"}]}


@pytest.fixture
def base(any_database: Database) -> Database:
    apply(any_database, {})
    return any_database


def apply(database: Database, changed: dict[str, object]) -> None:
    sources = [SOURCE | changed, SOURCE | {"name": "y"}]
    with database.write() as session:
        apply_configuration(session, parse_configuration(CONFIGURATION | {"sources": sources}), NOW)


def at(minute: float) -> datetime:
    return NOW + timedelta(minutes=minute)


def rows(session: Session) -> list[CollectedWindow]:
    return list(session.exec(select(CollectedWindow).order_by(col(CollectedWindow.id))))


def shown(session: Session) -> list[tuple[float, float]]:
    """Return the open gaps of the first source in minutes."""
    return [
        ((gap.from_at - NOW) / timedelta(minutes=1), (gap.until_at - NOW) / timedelta(minutes=1))
        for _, gap in open_gaps_of(session, 1, NOW)
    ]


def test_one_worker_has_a_source_at_a_time(base: Database) -> None:
    with base.write() as session:
        assert claim_source(session, 1, "a", NOW, LEASE)
        assert not claim_source(session, 1, "b", NOW, LEASE)
        assert claim_source(session, 1, "a", NOW, LEASE)
        assert not hold_source(session, 1, "b", NOW, LEASE)
        assert claim_source(session, 1, "b", NOW + LEASE + timedelta(seconds=1), LEASE)


def test_a_claim_is_renewed_for_the_worker_that_has_it_alone(base: Database) -> None:
    with base.write() as session:
        claim_source(session, 1, "a", NOW, LEASE)
        claim_source(session, 2, "b", NOW, LEASE)
        renew_claims(session, [1, 2], "a", NOW + 2 * LEASE)
        found = {source.id: source.claimed_until for source in session.exec(select(Source))}
        assert found == {1: NOW + 2 * LEASE, 2: NOW + LEASE}
        release_source(session, 2, "a")
        assert session.get_one(Source, 2).claimed_by == "b"
        release_source(session, 2, "b")
        session.expire_all()
        assert session.get_one(Source, 2).claimed_by == ""


def test_use_adds_up_by_source_and_month(base: Database) -> None:
    december = datetime(2026, 12, 1, tzinfo=UTC)
    with base.write() as session:
        assert add_usage(session, 1, Usage(2, 10), NOW) == (Usage(), Usage(2, 10))
        assert add_usage(session, 1, Usage(3, 5), NOW) == (Usage(2, 10), Usage(5, 15))
        add_usage(session, 2, Usage(100, 100), NOW)
        add_usage(session, 1, Usage(7, 0), december)
    with base.read() as session:
        assert (usage_of(session, 1, NOW), usage_of(session, 1, december)) == (Usage(5, 15), Usage(7, 0))
        kept = session.exec(select(SourceUsage.source_id, SourceUsage.month)).all()
        assert sorted(kept) == [(1, date(2026, 11, 1)), (1, date(2026, 12, 1)), (2, date(2026, 11, 1))]


def test_a_cost_above_what_a_small_integer_holds_is_kept(base: Database) -> None:
    with base.write() as session:
        add_usage(session, 1, Usage(0, 5_000_000_000), NOW)
        assert usage_of(session, 1, NOW).cost == 5_000_000_000


@pytest.mark.parametrize(
    "changed",
    [
        {"budget_posts_per_month": 5},
        {"budget_usd_per_month": 5.0},
        {"recheck_hours": 5},
        {"may_export": True},
        {"may_reply": False},
    ],
)
def test_what_may_be_done_with_posts_does_not_make_a_source_start_over(
    base: Database, changed: dict[str, object]
) -> None:
    feed = {"platform": "feeds", "url": "https://example.org/feed"}
    apply(base, feed)
    with base.write() as session:
        session.get_one(Source, 1).cursor = "here"
    apply(base, feed | changed)
    with base.read() as session:
        source = session.get_one(Source, 1)
        assert (source.cursor, next(iter(changed)) in source.settings) == ("here", True)


def test_runs_that_adjoin_are_one_row_and_others_are_not(base: Database) -> None:
    with base.write() as session:
        for start, end in ((0, 2), (2, 4), (3, 6), (9, 12)):
            note_run(session, 1, (at(start), at(end)), WindowState.COMPLETE, "", 1, 10)
            session.flush()
        note_run(session, 2, (at(4), at(6)), WindowState.COMPLETE, "", 1, 0)
        session.flush()
        found = [(row.source_id, row.from_at, row.until_at, row.posts, row.cost) for row in rows(session)]
    assert found == [(1, at(0), at(6), 3, 30), (1, at(9), at(12), 1, 10), (2, at(4), at(6), 1, 0)]


def test_failures_are_one_row_by_what_went_wrong(base: Database) -> None:
    with base.write() as session:
        for minute, why in enumerate(("down", "slow", "down", "slow", "down"), start=1):
            note_run(session, 1, (at(0), at(minute)), WindowState.FAILED, why, 0, 0)
            session.flush()
        assert [(row.detail, row.until_at) for row in rows(session)] == [("down", at(5)), ("slow", at(4))]
        assert shown(session) == [(0, 4), (0, 5)]


def test_a_clock_that_was_set_back_makes_no_window_that_ends_before_it_begins(base: Database) -> None:
    with base.write() as session:
        note_run(session, 1, (at(10), at(5)), WindowState.FAILED, "down", 0, 0)
        session.flush()
        [row] = rows(session)
        assert (row.from_at, row.until_at) == (at(5), at(5))


def test_a_gap_whose_ends_are_the_wrong_way_round_is_one_all_the_same(base: Database) -> None:
    with base.write() as session:
        note_gap(session, 1, Gap("lost", at(9), at(3)), (at(0), at(10)))
        session.flush()
        assert shown(session) == [(3, 9)]


def test_a_gap_that_is_being_filled_does_not_grow_under_the_worker(base: Database) -> None:
    with base.write() as session:
        note_gap(session, 1, Gap("lost", at(0), at(5)), (at(0), at(10)))
        session.flush()
        rows(session)[0].fill_state = FillState.WANTED
        session.flush()
        note_gap(session, 1, Gap("lost", at(3), at(8)), (at(0), at(10)))
        session.flush()
        assert [(row.from_at, row.until_at, row.fill_state) for row in rows(session)] == [
            (at(0), at(5), FillState.WANTED),
            (at(3), at(8), FillState.NOT_ASKED),
        ]


def test_a_row_of_the_time_before_gaps_had_rows_is_a_gap_itself(base: Database) -> None:
    with base.write() as session:
        old = CollectedWindow(source_id=1, from_at=at(0), until_at=at(5), state=WindowState.TRUNCATED, detail="X")
        session.add(old)
        note_run(session, 1, (at(0), at(9)), WindowState.COMPLETE, "", 0, 0)
        session.flush()
        assert shown(session) == [(0, 5)]


def test_a_gap_of_long_ago_is_history(base: Database) -> None:
    with base.write() as session:
        note_gap(session, 1, Gap("lost", NOW - timedelta(days=99), NOW - timedelta(days=98)), (at(0), at(1)))
        note_gap(session, 1, Gap("lost", NOW - timedelta(days=98, hours=2), NOW - timedelta(days=89)), (at(0), at(1)))
        note_gap(session, 1, Gap("other", NOW - timedelta(days=99), NOW - timedelta(days=98)), (at(0), at(1)))
        session.flush()
        assert len(rows(session)) == 2
        assert [row.detail for row, _ in open_gaps_of(session, 1, NOW)] == ["lost"]


def test_what_was_filled_in_parts_leaves_the_rest_open(base: Database) -> None:
    with base.write() as session:
        note_gap(session, 1, Gap("lost", at(0), at(10)), (at(0), at(10)))
        session.flush()
        gap_id = rows(session)[0].id or 0
        note_filled(session, gap_id, "2 posts found", 2, 0, [(at(2), at(4)), (at(3), at(5))])
        session.flush()
        assert shown(session) == [(2, 5)]
        note_filled(session, gap_id, "3 posts found", 3, 0, [])
        session.flush()
        assert shown(session) == []


# What happens to a source: its run ends well, fails, is told of a gap; each a few minutes after the one before.
HAPPENINGS = st.lists(
    st.tuples(st.sampled_from(["well", "fails", "gap", "old gap"]), st.integers(1, 5), st.integers(1, 9)), max_size=25
)


@pytest.fixture(scope="module")
def shared_base(tmp_path_factory: pytest.TempPathFactory) -> Database:
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('windows')}/any.db")
    apply(database, {})
    return database


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HAPPENINGS)
def test_whatever_happens_every_minute_is_read_missing_or_still_to_come(
    shared_base: Database, happenings: list[tuple[str, int, int]]
) -> None:
    """Plays a source's life twice: into the rows, and minute by minute into a plain list."""
    life = sum(pause for _, pause, _ in happenings)
    read, withheld = [False] * life, [False] * life
    with Session(shared_base.engine) as session:  # rolled back at the end
        clock = success = 0
        for what, pause, back in happenings:
            clock += pause
            run = (at(success), at(clock))
            if what == "fails":
                note_run(session, 1, run, WindowState.FAILED, f"down {back % 2}", 0, 0)
            else:
                if what != "well":
                    start = success if what == "gap" else max(0, clock - back)
                    note_gap(
                        session, 1, Gap(f"lost {back % 2}", *(at(start), at(clock)) if what == "old gap" else ()), run
                    )
                    withheld[start:clock] = [True] * (clock - start)
                note_run(session, 1, run, WindowState.COMPLETE, "", 0, 0)
                read[success:clock] = [True] * (clock - success)
                success = clock
            session.flush()
        gaps = shown(session)
        for minute in range(life):
            is_missing = any(start < minute + 0.5 < end for start, end in gaps)
            is_to_come = minute >= success
            assert is_missing or is_to_come or read[minute]
            assert is_missing >= withheld[minute]
            if read[minute] and not withheld[minute]:
                assert not is_missing
        completes = [row for row in rows(session) if row.state is WindowState.COMPLETE]
        assert len(completes) <= 1
