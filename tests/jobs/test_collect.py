"""Reading a source: pages and cursors together, and an account of what went wrong."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, func, select

from collectors.base import SourceConfig
from core.errors import AuthError, CollectError, ConfigError, NotPermittedError, RateLimitedError, UnreachableError
from core.types import Gap, Page, Rejection
from jobs.collect import Collected, collect, config_of
from jobs.parts import Parts
from storage.source_health import GapShown, SourceHealth, sources_health
from storage.sources import claim_source, due_sources, retry_stopped, usage_of
from storage.tables import Brand, CollectedWindow, PostRow, SourceState, WindowState
from storage.windows import MOST_ALIKE
from tests.fakes import Clock, FakeCollector, pages, post
from tests.jobs.conftest import other, set_up, source_of


class Dying(FakeCollector):
    """Ends its process after its pages."""

    def fetch(self, cursor: str) -> Iterator[Page]:
        yield from super().fetch(cursor)
        raise KeyboardInterrupt


THREE = pages([post(1), post(2)], [post(2), post(3)], [post(4)])


def read(parts: Parts, *found: Page | CollectError) -> Collected:
    return collect(parts, source_of(parts), lambda _: FakeCollector(found))


def stored(parts: Parts) -> int:
    with parts.database.read() as session:
        return session.exec(select(func.count()).select_from(PostRow)).one()


def windows(parts: Parts) -> list[CollectedWindow]:
    with parts.database.read() as session:
        return list(session.exec(select(CollectedWindow).order_by(col(CollectedWindow.id))))


def last_window(parts: Parts) -> CollectedWindow:
    return windows(parts)[-1]


def used(parts: Parts) -> tuple[int, int]:
    with parts.database.read() as session:
        usage = usage_of(session, 1, parts.now())
    return usage.posts, usage.cost


def health(parts: Parts) -> SourceHealth:
    with parts.database.read() as session:
        [found] = sources_health(session, parts.now())
    return found


def gaps(parts: Parts) -> list[GapShown]:
    return health(parts).gaps


def brand_of(parts: Parts) -> Brand:
    with parts.database.read() as session:
        return session.exec(select(Brand)).one()


def test_a_source_is_read_to_its_end(parts: Parts, clock: Clock) -> None:
    assert read(parts, *THREE) == Collected("x-parcelo", added=4, pages=3)
    source = source_of(parts)
    assert (source.cursor, source.state, source.claimed_by) == ("3", SourceState.OK, "")
    assert source.next_attempt_at == clock() + timedelta(minutes=2)
    assert (last_window(parts).state, last_window(parts).posts) == (WindowState.COMPLETE, 5)


def test_a_second_run_adds_nothing(parts: Parts) -> None:
    read(parts, *THREE)
    assert read(parts, *THREE) == Collected("x-parcelo")


def test_what_was_read_before_an_error_is_kept_and_the_next_run_goes_on_there(parts: Parts) -> None:
    result = read(parts, *THREE[:2], UnreachableError("X did not answer"))
    assert (result.added, result.error) == (3, "X did not answer")
    assert source_of(parts).cursor == "2"
    assert read(parts, *THREE).added == 1


def test_a_rate_limit_is_waited_out_as_long_as_the_platform_asks(parts: Parts, clock: Clock) -> None:
    read(parts, RateLimitedError("slow down", timedelta(minutes=11)))
    source = source_of(parts)
    assert (source.state, source.last_error) == (SourceState.RETRYING, "slow down")
    wait = (source.next_attempt_at or clock()) - clock()
    assert timedelta(minutes=11) <= wait <= timedelta(minutes=11, seconds=15)


def test_a_platform_that_asks_for_a_moment_again_and_again_is_given_more(parts: Parts, clock: Clock) -> None:
    for _ in range(8):
        read(parts, RateLimitedError("slow down", timedelta(seconds=1)))
    wait = (source_of(parts).next_attempt_at or clock()) - clock()
    assert timedelta(minutes=3) < wait <= timedelta(minutes=5)


@pytest.mark.parametrize("asked", [None, timedelta(0), timedelta(seconds=-5)])
def test_a_rate_limit_without_a_sensible_pause_backs_off(parts: Parts, clock: Clock, asked: timedelta | None) -> None:
    read(parts, RateLimitedError("slow down", asked))
    wait = (source_of(parts).next_attempt_at or clock()) - clock()
    assert timedelta(seconds=10) < wait <= timedelta(seconds=15)


def test_no_pause_is_longer_than_a_day(parts: Parts, clock: Clock) -> None:
    read(parts, RateLimitedError("slow down", timedelta(days=400)))
    wait = (source_of(parts).next_attempt_at or clock()) - clock()
    assert timedelta(hours=24) <= wait < timedelta(hours=25)


def test_pauses_grow_while_a_source_fails(parts: Parts, clock: Clock) -> None:
    waits = []
    for _ in range(6):
        read(parts, UnreachableError("down"))
        waits.append((source_of(parts).next_attempt_at or clock()) - clock())
    assert waits == sorted(waits)
    read(parts, *THREE)
    assert (source_of(parts).failures, source_of(parts).last_error) == (0, "")


@pytest.mark.parametrize(
    ("error", "window"),
    [
        (AuthError("X_BEARER_TOKEN is wrong"), WindowState.FAILED),
        (NotPermittedError("the query is refused"), WindowState.NOT_PERMITTED),
    ],
)
def test_what_a_person_must_mend_stops_the_source(parts: Parts, error: CollectError, window: WindowState) -> None:
    read(parts, error)
    assert (source_of(parts).state, source_of(parts).last_error) == (SourceState.STOPPED, str(error))
    assert last_window(parts).state is window
    with parts.database.write() as session:
        retry_stopped(session, ["another"])
        assert due_sources(session, parts.now() + timedelta(days=1)) == []
        retry_stopped(session)
    with parts.database.read() as session:
        assert len(due_sources(session, parts.now())) == 1


def test_a_platforms_words_that_no_database_takes_stop_nothing(parts: Parts) -> None:
    read(parts, UnreachableError("X says \x00 and \ud800"))
    assert source_of(parts).last_error.startswith("X says")


def test_what_could_not_be_taken_stands_at_the_source_until_something_new_comes(parts: Parts) -> None:
    bad = Rejection(0, "a.csv has no column for the text", "")
    read(parts, Page((), "1", (bad,)))
    assert source_of(parts).last_error == "a.csv has no column for the text"
    read(parts, Page((), "1", (bad,)))  # from the stored cursor on there is nothing new
    assert source_of(parts).last_error == "a.csv has no column for the text"
    read(
        parts, Page((), "1", (bad,)), Page((post(1),), "2", (Rejection(7, "no date", ""), Rejection(8, "no date", "")))
    )
    assert (
        source_of(parts).last_error == "row 7 was not taken: no date (and 1 more that could not be taken: see the log)"
    )
    read(parts, Page((), "1"), Page((), "2"), Page((post(2),), "3"))
    assert source_of(parts).last_error == ""


def test_a_source_that_cannot_be_built_stops_with_the_reason(parts: Parts) -> None:
    def refuse(_: SourceConfig) -> FakeCollector:
        raise ConfigError("needs a query")

    assert collect(parts, source_of(parts), refuse).error == "needs a query"
    assert source_of(parts).state is SourceState.STOPPED


def test_a_bug_in_a_collector_is_shown_and_stops_nothing(parts: Parts, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(FakeCollector):
        def fetch(self, cursor: str):  # type: ignore[no-untyped-def]
            yield THREE[0]
            raise KeyError("data")

    result = collect(parts, source_of(parts), lambda _: Broken([]))
    assert (result.added, result.error) == (2, "KeyError: 'data'")
    assert "Traceback" in caplog.text
    assert source_of(parts).state is SourceState.RETRYING


def test_what_the_platform_withheld_is_accounted_for(parts: Parts) -> None:
    read(parts, Page((post(1),), "1", gap=Gap("X lists 7 days only")))
    run, gap = sorted(windows(parts), key=lambda row: row.is_gap)
    assert (run.state, run.posts, gap.posts) == (WindowState.COMPLETE, 1, 0)
    assert (gap.state, gap.detail, gap.is_gap) == (WindowState.TRUNCATED, "X lists 7 days only", True)
    assert (gap.from_at, gap.until_at) == (run.from_at, run.until_at)
    assert source_of(parts).last_error == "X lists 7 days only"


def test_a_gap_reported_by_every_run_stays_one_row(parts: Parts, clock: Clock) -> None:
    begun = clock()
    for number in range(1, 20):
        clock.move(timedelta(minutes=2))
        read(parts, *[Page((), str(n), gap=Gap("Reddit lists 1,000 items only")) for n in range(1, number + 1)])
    [gap] = [row for row in windows(parts) if row.is_gap]
    assert (gap.from_at, gap.until_at) == (begun, clock())


def test_gaps_of_other_times_and_other_reasons_are_rows_of_their_own(parts: Parts, clock: Clock) -> None:
    hour = timedelta(hours=1)
    early = Gap("too old", clock() - 9 * hour, clock() - 8 * hour)
    late = Gap("too old", clock() - 3 * hour, clock() - 2 * hour)
    other_why = Gap("too many", clock() - 3 * hour, clock() - 2 * hour)
    read(parts, *[Page((), str(n), gap=gap) for n, gap in enumerate((early, late, other_why, late), start=1)])
    assert len([row for row in windows(parts) if row.is_gap]) == 3
    bridge = Gap("too old", clock() - 8 * hour, clock() - 3 * hour)
    read(parts, *[Page((), "5", gap=bridge)] * 5)
    gaps = {(row.detail, row.from_at, row.until_at) for row in windows(parts) if row.is_gap}
    assert gaps == {
        ("too old", clock() - 9 * hour, clock() - 2 * hour),
        ("too many", clock() - 3 * hour, clock() - 2 * hour),
    }


def test_a_gap_that_was_told_before_a_crash_is_not_lost(parts: Parts) -> None:
    with pytest.raises(KeyboardInterrupt):
        collect(parts, source_of(parts), lambda _: Dying([Page((post(1),), "1", gap=Gap("too old"))]))
    assert [row.detail for row in windows(parts)] == ["too old"]


def test_runs_that_succeed_one_after_the_other_stay_one_row(parts: Parts, clock: Clock) -> None:
    begun = clock()
    for number in range(1, 50):
        clock.move(timedelta(minutes=2))
        read(parts, *pages(*[[post(n)] for n in range(1, number + 1)]))
    [row] = windows(parts)
    assert (row.from_at, row.until_at, row.posts) == (begun, clock(), 49)


def test_runs_that_fail_for_several_reasons_are_one_gap_that_names_the_last(parts: Parts, clock: Clock) -> None:
    for why in ("down", "slow", "down", "down again"):
        clock.move(timedelta(minutes=2))
        read(parts, UnreachableError(why))
    assert [gap.words() for gap in gaps(parts)] == ["may have missed 21 Nov 12:00\N{EN DASH}12:08: down again"]


def test_a_run_that_failed_is_made_good_by_the_next_that_does_not(parts: Parts, clock: Clock) -> None:
    begun = clock()
    clock.move(timedelta(minutes=2))
    read(parts, UnreachableError("down"))
    clock.move(timedelta(minutes=2))
    read(parts, UnreachableError("down"))
    assert [(gap.words(), gap.is_pending) for gap in gaps(parts)] == [
        ("may have missed 21 Nov 12:00\N{EN DASH}12:04: down", True)
    ]
    clock.move(timedelta(minutes=2))
    assert gaps(parts)[0].until_at == clock()  # it grows while the source is not read
    read(parts, *THREE)
    assert gaps(parts) == []
    assert {(row.state, row.from_at, row.until_at) for row in windows(parts)} == {
        (WindowState.FAILED, begun, begun + timedelta(minutes=4)),
        (WindowState.COMPLETE, begun, clock()),
    }


def test_failures_that_were_made_good_long_ago_are_forgotten(parts: Parts, clock: Clock) -> None:
    for number in range(40):
        clock.move(timedelta(days=1))
        read(parts, UnreachableError(f"down for the {number}th time"))
        clock.move(timedelta(hours=1))
        read(parts)
    assert len([row for row in windows(parts) if row.state is WindowState.FAILED]) in (29, 30)


def test_a_gap_before_a_run_that_succeeds_stays(parts: Parts, clock: Clock) -> None:
    read(parts, Page((), "1", gap=Gap("too old", clock() - timedelta(days=9), clock() - timedelta(days=7))))
    clock.move(timedelta(minutes=2))
    read(parts, *THREE)
    assert [gap.words() for gap in gaps(parts)] == ["may have missed 12 Nov 12:00\N{EN DASH}14 Nov 12:00: too old"]


def test_what_a_page_costs_is_counted_with_the_page(parts: Parts) -> None:
    first, second = (Page((post(n), post(1)), str(n), cost=10_000) for n in (1, 2))
    assert read(parts, first, second, UnreachableError("down")).cost == 20_000
    assert used(parts) == (2, 20_000)
    assert (last_window(parts).posts, last_window(parts).cost) == (4, 20_000)


def test_what_was_used_before_a_crash_stays_counted(parts: Parts) -> None:
    with pytest.raises(KeyboardInterrupt):
        collect(
            parts, source_of(parts), lambda _: Dying([Page((post(1),), "1", cost=5), Page((post(2),), "2", cost=5)])
        )
    assert used(parts) == (2, 10)
    assert stored(parts) == 2


def test_a_month_ends_at_midnight_utc(parts: Parts, clock: Clock) -> None:
    clock.at = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    read(parts, Page((post(1),), "1", cost=7))
    assert used(parts) == (1, 7)
    clock.move(timedelta(seconds=1))
    assert used(parts) == (0, 0)
    read(parts, *[Page((post(2),), "2", cost=9)] * 2)
    assert used(parts) == (1, 9)


@pytest.mark.parametrize("budget", [{"budget_posts_per_month": 2}, {"budget_usd_per_month": 0.01}])
def test_a_source_whose_budget_is_used_up_stops_after_the_page_and_sleeps(
    parts: Parts, clock: Clock, budget: dict[str, float]
) -> None:
    set_up(parts, **budget)
    paid = [Page(page.posts, page.cursor, cost=10_000) for page in THREE]
    result = read(parts, *paid)
    assert (result.pages, result.added) == (1, 2)
    assert "budget is used up" in result.error
    source = source_of(parts)
    assert (source.state, source.cursor, source.failures) == (SourceState.OVER_BUDGET, "1", 0)
    assert source.next_attempt_at == datetime(2026, 12, 1, tzinfo=UTC)
    assert last_window(parts).state is WindowState.OVER_BUDGET
    assert "what was not read is read from 1 December on, or when the budget is raised" in last_window(parts).detail
    assert [gap.state for gap in gaps(parts)] == [WindowState.OVER_BUDGET]


def test_a_source_over_its_budget_asks_the_platform_nothing(parts: Parts, clock: Clock) -> None:
    set_up(parts, budget_posts_per_month=2)
    read(parts, *THREE)

    def refuse(_: SourceConfig) -> FakeCollector:
        raise AssertionError("the platform would be asked")

    clock.move(timedelta(days=1))
    assert "budget is used up" in collect(parts, source_of(parts), refuse).error
    assert len(windows(parts)) == 1
    assert "This month's budget is used up: 2 of 2 posts" in health(parts).warning


def test_a_source_over_its_budget_goes_on_where_it_was_when_the_month_ends(parts: Parts, clock: Clock) -> None:
    set_up(parts, budget_posts_per_month=2)
    read(parts, *THREE)
    clock.at = datetime(2026, 12, 1, tzinfo=UTC)
    with parts.database.read() as session:
        assert len(due_sources(session, clock())) == 1
    read(parts, *THREE)
    assert (stored(parts), source_of(parts).state) == (4, SourceState.OVER_BUDGET)
    assert used(parts) == (2, 0)


def test_a_budget_that_is_raised_wakes_the_source(parts: Parts, clock: Clock) -> None:
    set_up(parts, budget_posts_per_month=2)
    read(parts, *THREE)
    set_up(parts, budget_posts_per_month=100)
    with parts.database.read() as session:
        assert len(due_sources(session, clock())) == 1
    read(parts, *THREE)
    assert (stored(parts), source_of(parts).state, gaps(parts)) == (4, SourceState.OK, [])


def test_four_fifths_of_a_budget_are_said_once_in_the_log_and_shown(
    parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    set_up(parts, budget_posts_per_month=5)
    read(parts, *THREE[:2])
    assert (health(parts).warning, caplog.text) == ("", "")
    read(parts, *THREE)
    assert health(parts).budget_share == pytest.approx(0.8)
    assert health(parts).warning == "80% of this month's budget is used: 4 of 5 posts."
    read(parts, *pages([], [], [], []))
    assert caplog.text.count("4 of 5 posts of this month's budget is used") == 1


def test_what_the_platform_reports_as_deleted_becomes_a_tombstone_with_the_page(parts: Parts) -> None:
    read(parts, Page((post(1), post(2)), "1"), Page((post(3),), "2", deleted=("1", "99")))
    with parts.database.read() as session:
        rows = session.exec(select(PostRow).order_by(col(PostRow.platform_id))).all()
    assert [(row.text, row.gone_why) for row in rows] == [("", "deleted there"), ("late again", ""), ("late again", "")]
    assert rows[0].deleted_at == parts.now()


def test_rows_that_are_no_posts_are_counted(parts: Parts, caplog: pytest.LogCaptureFixture) -> None:
    assert read(parts, Page((post(1),), "1", rejected=(Rejection(7, "no date", "x"),))).rejected == 1
    assert "row 7 was not taken: no date" in caplog.text


def test_a_source_that_another_process_reads_is_left_to_it(parts: Parts) -> None:
    with parts.database.write() as session:
        claim_source(session, 1, other(parts).worker, parts.now(), timedelta(minutes=3))
    assert read(parts, *THREE).taken_by_other
    assert stored(parts) == 0


def test_a_process_whose_lease_ran_out_stores_no_page_and_moves_no_cursor(parts: Parts, clock: Clock) -> None:
    class Slow(FakeCollector):
        def fetch(self, cursor: str):  # type: ignore[no-untyped-def]
            yield THREE[0]
            clock.move(timedelta(hours=1))
            collect(other(parts), source_of(parts), lambda _: FakeCollector(THREE))
            yield THREE[1]

    result = collect(parts, source_of(parts), lambda _: Slow([]))
    assert result.taken_by_other
    assert (stored(parts), source_of(parts).cursor) == (4, "3")
    assert len(windows(parts)) == 1  # that of the process that read to the end
    assert used(parts) == (4, 0)


def test_a_run_that_is_told_to_stop_ends_after_the_page(parts: Parts) -> None:
    result = collect(parts, source_of(parts), lambda _: FakeCollector(THREE), stopping=lambda: True)
    assert (result.pages, result.error, source_of(parts).cursor) == (1, "", "1")


def test_a_run_that_is_told_to_stop_leaves_no_gap_and_goes_on_at_once(parts: Parts, clock: Clock) -> None:
    begun = clock()
    clock.move(timedelta(minutes=2))
    collect(parts, source_of(parts), lambda _: FakeCollector(THREE), stopping=lambda: True)
    source = source_of(parts)
    assert (windows(parts), source.last_success_at, source.next_attempt_at, source.claimed_by) == ([], None, None, "")
    clock.move(timedelta(minutes=2))
    read(parts, *THREE)
    assert [(row.state, row.from_at, row.until_at) for row in windows(parts)] == [
        (WindowState.COMPLETE, begun, clock())
    ]


def test_a_source_that_is_switched_off_while_it_is_read_stays_off(parts: Parts) -> None:
    class SwitchedOff(FakeCollector):
        def fetch(self, cursor: str) -> Iterator[Page]:
            yield THREE[0]
            set_up(parts, enabled=False)
            yield THREE[1]

    collect(parts, source_of(parts), lambda _: SwitchedOff([]))
    assert (source_of(parts).state, source_of(parts).claimed_by) == (SourceState.OFF, "")


def test_a_source_that_is_mended_while_its_old_query_is_refused_is_due_at_once(parts: Parts, clock: Clock) -> None:
    class Mended(FakeCollector):
        def fetch(self, cursor: str) -> Iterator[Page]:
            set_up(parts, query="parcelo with:delivery")
            raise NotPermittedError("the query is refused")
            yield

    collect(parts, source_of(parts), lambda _: Mended([]))
    assert (source_of(parts).state, source_of(parts).next_attempt_at) == (SourceState.WAITING, None)


def test_the_collector_is_closed_whatever_happens(parts: Parts) -> None:
    collector = FakeCollector([UnreachableError("down")])
    collect(parts, source_of(parts), lambda _: collector)
    assert collector.closed


def test_a_source_reaches_its_collector_as_configured(parts: Parts) -> None:
    source = source_of(parts)
    source.settings = {"base_url": "http://127.0.0.1:1", "subreddit": "parcels", "options": {"overlap": "5"}}
    config = config_of(source, brand_of(parts))
    assert (config.name, config.query, config.base_url) == ("x-parcelo", "parcelo", "http://127.0.0.1:1")
    assert config.options == {"overlap": "5", "subreddit": "parcels"}
    assert config.own_handles == ("parcelo",)


@pytest.mark.parametrize(
    ("own", "of_brand", "expected"),
    [
        ("parcel*", "@parcelo", "parcel*"),
        ("", "@parcelo with:delivery", "@parcelo with:delivery"),
        ("", "", "@parcelo OR Parcelo"),
    ],
)
def test_a_source_without_a_query_takes_that_of_its_brand(parts: Parts, own: str, of_brand: str, expected: str) -> None:
    source, brand = source_of(parts), brand_of(parts)
    source.query, brand.query = own, of_brand
    assert config_of(source, brand).query == expected


@pytest.mark.parametrize(
    ("platform", "settings"),
    [
        *(("feeds", {}), ("files", {}), ("reddit", {"subreddit": "parcelo"})),
        ("youtube", {"options": {"channel": "UCkettlekettlekettleketA"}}),
    ],
)
def test_a_place_that_is_read_as_a_whole_takes_no_query_of_the_brand(
    parts: Parts, platform: str, settings: dict[str, str]
) -> None:
    source = source_of(parts)
    source.query, source.platform, source.settings = "", platform, settings
    assert config_of(source, brand_of(parts)).query == ""


class Reconfigured(FakeCollector):
    """Yields four pages, a cent each; between the first two, or before the first, a new configuration is applied."""

    def __init__(self, apply: Callable[[], None], *, at_page: int) -> None:
        super().__init__([])
        self.apply, self.at_page, self.asked = apply, at_page, 0

    def fetch(self, cursor: str) -> Iterator[Page]:
        for number in range(4):
            self.asked += 1
            if number == self.at_page:
                self.apply()
            yield Page((post(number),), f"place {number}", cost=10_000)


def test_a_source_that_moves_during_its_first_page_is_read_from_its_start_in_the_new_place(parts: Parts) -> None:
    moving = Reconfigured(lambda: set_up(parts, base_url="https://other.example"), at_page=0)
    assert collect(parts, source_of(parts), lambda _: moving).taken_by_other
    assert (source_of(parts).cursor, stored(parts), source_of(parts).last_success_at) == ("", 0, None)


@pytest.mark.parametrize("changed", [{"enabled": False}, {"budget_usd_per_month": 0.01}])
def test_a_walk_ends_where_its_source_is_switched_off_or_given_a_smaller_budget(
    parts: Parts, changed: dict[str, object]
) -> None:
    walk = Reconfigured(lambda: set_up(parts, **changed), at_page=1)
    collect(parts, source_of(parts), lambda _: walk)
    assert (walk.asked, source_of(parts).cursor, source_of(parts).claimed_by) == (2, "place 0", "")
    assert source_of(parts).state is (SourceState.OFF if "enabled" in changed else SourceState.WAITING)


def test_a_source_that_was_put_off_while_the_clock_was_ahead_is_due(parts: Parts, clock: Clock) -> None:
    clock.move(timedelta(hours=5))
    read(parts, *THREE)
    clock.move(timedelta(hours=-5))
    assert is_due(parts)
    read(parts, *THREE)
    assert not is_due(parts)


def is_due(parts: Parts) -> bool:
    with parts.database.read() as session:
        return bool(due_sources(session, parts.now()))


def test_what_is_missing_shows_although_the_clock_was_ahead_when_the_source_was_last_read(
    parts: Parts, clock: Clock
) -> None:
    began_at = clock()
    clock.move(timedelta(days=40))
    read(parts, *THREE)
    for minutes in (5, 15):
        clock.at = began_at + timedelta(minutes=minutes)
        read(parts, *THREE, UnreachableError("down"))
    [gap] = health(parts).gaps
    assert (gap.from_at, gap.until_at) == (began_at + timedelta(minutes=5), clock())
    clock.move(timedelta(minutes=5))
    read(parts, *THREE)
    assert health(parts).gaps == []


def test_a_budget_that_is_used_up_in_the_new_month_is_full_again_in_the_one_after(parts: Parts, clock: Clock) -> None:
    clock.at = datetime(2026, 11, 30, 23, 50, tzinfo=UTC)
    set_up(parts, budget_posts_per_month=1)

    class Slow(FakeCollector):
        def fetch(self, cursor: str) -> Iterator[Page]:
            clock.move(timedelta(minutes=20))
            yield from THREE

    collect(parts, source_of(parts), lambda _: Slow([]))
    assert source_of(parts).next_attempt_at == datetime(2027, 1, 1, tzinfo=UTC)
    assert "from 1 January on" in source_of(parts).last_error


def test_failures_that_never_say_the_same_thing_twice_do_not_pile_up(parts: Parts, clock: Clock) -> None:
    for number in range(60):
        read(parts, RateLimitedError(f"wait until {number}"))
        clock.move(timedelta(minutes=5))
    assert len(windows(parts)) == MOST_ALIKE
    assert {row.detail for row in windows(parts)} >= {"wait until 59"}
    assert [gap.until_at for gap in health(parts).gaps] == [clock()]
