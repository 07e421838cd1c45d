"""Filling gaps that somebody asked for."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, func, select

from collectors.base import SourceConfig
from core.errors import AuthError, CollectError, InputError, RateLimitedError, StorageError, UnreachableError
from core.types import Gap, Page
from jobs.collect import collect
from jobs.fill import Filled, fill
from jobs.parts import Parts
from storage.source_health import GapShown, ask_fill, source_health
from storage.sources import claim_source, usage_of
from storage.tables import CollectedWindow, FillState, PostRow
from storage.windows import sources_with_wanted_gaps
from tests.fakes import Clock, FakeCollector, post
from tests.jobs.conftest import other, set_up, source_of

HOUR = timedelta(hours=1)


class Filler(FakeCollector):
    """Reads back the pages that a test wrote; an error among them is raised."""

    def __init__(self, *found: Page | CollectError) -> None:
        super().__init__([])
        self.found: Sequence[Page | CollectError] = found
        self.asked: list[tuple[datetime, datetime]] = []

    def fill(self, from_at: datetime, until_at: datetime) -> Iterator[Page]:
        self.asked.append((from_at, until_at))
        for page in self.found:
            if isinstance(page, CollectError):
                raise page
            yield page


def page(*numbers: int, gap: Gap | None = None, cost: int = 0) -> Page:
    return Page(tuple(post(number) for number in numbers), "means nothing", gap=gap, cost=cost)


@pytest.fixture
def gap_id(parts: Parts, clock: Clock) -> int:
    """A gap of an hour that somebody asked to fill; the source has been read up to now."""
    missed = Gap("it lists 250 at most", clock() - 3 * HOUR, clock() - 2 * HOUR)
    collect(parts, source_of(parts), lambda _: FakeCollector([Page((post(1),), "1", gap=missed)]))
    with parts.database.write() as session:
        found = session.exec(select(CollectedWindow.id).where(col(CollectedWindow.is_gap))).one()
        assert found is not None
        ask_fill(session, found, None, clock())
    return found


def run(parts: Parts, collector: FakeCollector) -> Filled:
    return fill(parts, source_of(parts), lambda _: collector)


def row(parts: Parts, gap_id: int) -> CollectedWindow:
    with parts.database.read() as session:
        return session.get_one(CollectedWindow, gap_id)


def gaps(parts: Parts) -> list[GapShown]:
    with parts.database.read() as session:
        health = source_health(session, 1, parts.now())
    assert health is not None
    return health.gaps


def stored(parts: Parts) -> int:
    with parts.database.read() as session:
        return session.exec(select(func.count()).select_from(PostRow)).one()


def test_a_gap_that_was_asked_for_is_read_and_closed(parts: Parts, gap_id: int, clock: Clock) -> None:
    collector = Filler(page(1, 2), page(3, cost=5_000))
    assert run(parts, collector) == Filled("x-parcelo", filled=1, added=2)
    assert collector.asked == [(clock() - 3 * HOUR, clock() - 2 * HOUR)]
    assert collector.closed
    filled = row(parts, gap_id)
    assert (filled.fill_state, filled.fill_detail, filled.posts, filled.cost) == (
        FillState.FILLED,
        "2 posts found",
        2,
        5_000,
    )
    assert gaps(parts) == []
    source = source_of(parts)
    assert (source.cursor, source.claimed_by, stored(parts)) == ("1", "", 3)


def test_what_filling_reads_counts_into_the_budget(parts: Parts, gap_id: int) -> None:
    run(parts, Filler(page(2, 3, cost=10_000)))
    with parts.database.read() as session:
        used = usage_of(session, 1, parts.now())
    assert (used.posts, used.cost) == (3, 10_000)


def test_a_gap_stays_open_where_the_budget_does_not_reach(parts: Parts, gap_id: int) -> None:
    set_up(parts, budget_posts_per_month=2)
    assert run(parts, Filler(page(2), page(3))) == Filled("x-parcelo", failed=1, added=1)
    assert row(parts, gap_id).fill_detail == "this month's budget was used up after 1 post; raise it and ask again"
    assert (stored(parts), gaps(parts)[0].can_fill) == (2, True)


def test_every_page_that_filling_pays_for_is_counted_however_often_it_is_asked_for(parts: Parts, gap_id: int) -> None:
    set_up(parts, budget_usd_per_month=0.01)
    paid: list[int] = []

    class Dear(Filler):
        def fill(self, from_at: datetime, until_at: datetime) -> Iterator[Page]:
            for number in (2, 3, 4):
                paid.append(number)
                yield page(number, cost=10_000)

    for _ in range(3):
        assert run(parts, Dear()).failed == 1
        with parts.database.write() as session:
            ask_fill(session, gap_id, None, parts.now())
    with parts.database.read() as session:
        assert (usage_of(session, 1, parts.now()).cost, paid) == (10_000, [2])


def test_a_platform_that_cannot_be_read_back_says_so(parts: Parts, gap_id: int) -> None:
    assert run(parts, FakeCollector([])) == Filled("x-parcelo", failed=1)
    assert "hands over only what is new" in row(parts, gap_id).fill_detail


def test_what_the_platform_no_longer_has_stays_a_gap_and_the_rest_is_closed(
    parts: Parts, gap_id: int, clock: Clock
) -> None:
    too_old = Gap("X lists 7 days only", clock() - 3 * HOUR, clock() - 2.5 * HOUR)
    assert run(parts, Filler(page(gap=too_old), page(2))) == Filled("x-parcelo", failed=1, added=1)
    [left] = gaps(parts)
    assert (left.id, left.from_at, left.until_at) == (gap_id, clock() - 3 * HOUR, clock() - 2.5 * HOUR)
    assert left.fill_detail == "1 post found, but not everything; X lists 7 days only"
    assert left.fill_state is FillState.FAILED


@pytest.mark.parametrize("backwards", [False, True])
def test_what_the_platform_no_longer_has_stays_open_where_it_is_an_instant_or_told_backwards(
    parts: Parts, gap_id: int, clock: Clock, backwards: bool
) -> None:
    at = clock() - 2.5 * HOUR
    run(parts, Filler(page(gap=Gap("a thousand posts in one second", at, at - HOUR / 4 if backwards else at))))
    [left] = gaps(parts)
    assert left.id == gap_id
    assert left.from_at <= at <= left.until_at


def test_a_database_that_cannot_be_used_for_a_moment_leaves_the_gap_wanted(parts: Parts, gap_id: int) -> None:
    class Locked(Filler):
        def fill(self, from_at: datetime, until_at: datetime) -> Iterator[Page]:
            raise StorageError("The database cannot be used: database is locked")

    with pytest.raises(StorageError):
        run(parts, Locked())
    assert row(parts, gap_id).fill_state is FillState.WANTED
    assert source_of(parts).claimed_by == ""


def test_a_gap_of_which_nothing_is_left_stays_whole(parts: Parts, gap_id: int, clock: Clock) -> None:
    run(parts, Filler(page(gap=Gap("X lists 7 days only"))))
    [left] = gaps(parts)
    assert (left.from_at, left.until_at, left.fill_state) == (clock() - 3 * HOUR, clock() - 2 * HOUR, FillState.FAILED)


def test_a_pause_that_the_platform_asks_for_is_waited_out_and_the_gap_stays_wanted(
    parts: Parts, gap_id: int, clock: Clock
) -> None:
    result = run(parts, Filler(page(2), RateLimitedError("X asked for a pause", timedelta(minutes=11))))
    assert result.again_at is not None
    assert result.again_at >= clock() + timedelta(minutes=11)
    waiting = row(parts, gap_id)
    assert (waiting.fill_state, waiting.fill_detail) == (FillState.WANTED, "X asked for a pause; it is tried again")
    assert source_of(parts).claimed_by == ""
    assert run(parts, Filler(page(2, 3))).filled == 1


def test_a_platform_that_is_down_for_a_day_is_given_up(parts: Parts, gap_id: int, clock: Clock) -> None:
    clock.move(timedelta(hours=25))
    assert run(parts, Filler(UnreachableError("down"))).failed == 1
    assert (row(parts, gap_id).fill_state, row(parts, gap_id).fill_detail) == (FillState.FAILED, "down")


def test_a_key_that_is_refused_is_given_up_at_once_and_named(parts: Parts, gap_id: int) -> None:
    assert run(parts, Filler(AuthError("X_BEARER_TOKEN was refused"))).failed == 1
    assert row(parts, gap_id).fill_detail == "X_BEARER_TOKEN was refused"


def test_a_source_that_cannot_be_built_says_why(parts: Parts, gap_id: int) -> None:
    def refuse(_: SourceConfig) -> FakeCollector:
        raise AuthError("X_BEARER_TOKEN is not set")

    assert fill(parts, source_of(parts), refuse).failed == 1
    assert row(parts, gap_id).fill_detail == "X_BEARER_TOKEN is not set"
    assert source_of(parts).claimed_by == ""


def test_a_bug_in_a_collector_does_not_leave_the_gap_wanted_for_ever(
    parts: Parts, gap_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Filler):
        def fill(self, from_at: datetime, until_at: datetime) -> Iterator[Page]:
            raise KeyError("data")

    assert run(parts, Broken()).failed == 1
    assert row(parts, gap_id).fill_detail == "KeyError: 'data'"
    assert "Traceback" in caplog.text


def test_two_workers_never_fill_a_gap_at_once(parts: Parts, gap_id: int) -> None:
    collector = Filler(page(2))
    with parts.database.write() as session:
        claim_source(session, 1, other(parts).worker, parts.now(), timedelta(minutes=3))
    assert run(parts, collector) == Filled("x-parcelo")
    assert (collector.asked, row(parts, gap_id).fill_state) == ([], FillState.WANTED)


def test_a_worker_whose_claim_ran_out_stores_nothing_and_marks_nothing(parts: Parts, gap_id: int, clock: Clock) -> None:
    class Slow(Filler):
        def fill(self, from_at: datetime, until_at: datetime) -> Iterator[Page]:
            clock.move(HOUR)
            with parts.database.write() as session:
                claim_source(session, 1, other(parts).worker, parts.now(), timedelta(minutes=3))
            yield page(2)

    assert run(parts, Slow()) == Filled("x-parcelo")
    assert (stored(parts), row(parts, gap_id).fill_state) == (1, FillState.WANTED)
    assert source_of(parts).claimed_by == other(parts).worker


def test_a_worker_that_is_told_to_stop_leaves_the_gap_wanted(parts: Parts, gap_id: int) -> None:
    assert fill(parts, source_of(parts), lambda _: Filler(page(2), page(3)), lambda: True) == Filled("x-parcelo")
    assert row(parts, gap_id).fill_state is FillState.WANTED


def test_filling_twice_doubles_nothing(parts: Parts, gap_id: int, clock: Clock) -> None:
    run(parts, Filler(page(2, 3)))
    with parts.database.write() as session:
        assert sources_with_wanted_gaps(session) == set()
        with pytest.raises(InputError, match="filled already"):
            ask_fill(session, gap_id, None, clock())
    assert stored(parts) == 3


def test_a_gap_reported_again_after_it_was_filled_stays_closed(parts: Parts, gap_id: int, clock: Clock) -> None:
    run(parts, Filler(page(2)))
    again = Gap("it lists 250 at most", clock() - 3 * HOUR, clock() - 2 * HOUR)
    collect(parts, source_of(parts), lambda _: FakeCollector([Page((), "1"), Page((), "2", gap=again)]))
    assert gaps(parts) == []


def test_only_a_gap_can_be_asked_for(parts: Parts, gap_id: int, clock: Clock) -> None:
    with parts.database.write() as session:
        a_run = session.exec(select(CollectedWindow.id).where(~col(CollectedWindow.is_gap))).one()
        for wrong in (a_run, 99):
            with pytest.raises(InputError, match="no longer there"):
                ask_fill(session, wrong or 0, None, clock())


def test_a_platform_without_a_way_back_is_not_asked(parts: Parts, gap_id: int, clock: Clock) -> None:
    with parts.database.write() as session:
        source = source_of(parts)
        source.platform = "feeds"
        session.add(source)
        with pytest.raises(InputError, match="cannot be read back"):
            ask_fill(session, gap_id, None, clock())
    assert not gaps(parts)[0].can_fill
