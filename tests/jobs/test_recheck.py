"""Looking posts up again: what was edited or deleted there is so here."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlmodel import col, select

from collectors.base import SourceConfig
from core.errors import AuthError, CollectError, RateLimitedError, UnreachableError
from core.types import LookedUp, Page, Post
from jobs.collect import collect
from jobs.parts import Parts
from jobs.recheck import LOOKUPS, Rechecked, Sweep, forget_unrefreshed, recheck, wants_recheck
from storage.posts import store_posts
from storage.sources import claim_source, usage_of
from storage.tables import PostEdit, PostRow, SourceState
from tests.fakes import Clock, FakeCollector, pages, post
from tests.jobs.conftest import other, set_up, source_of

DAY = timedelta(days=1)
Answer = Callable[[Sequence[str]], LookedUp]


class Looker(FakeCollector):
    """Answers look-ups as the test says; by default every post is still there as it was."""

    lookup_size = 2

    def __init__(self, *answers: Answer | CollectError) -> None:
        super().__init__([])
        self.answers = list(answers)
        self.asked: list[list[str]] = []

    def lookup(self, ids: Sequence[str]) -> LookedUp:
        self.asked.append(list(ids))
        answer = self.answers.pop(0) if self.answers else all_there
        if isinstance(answer, CollectError):
            raise answer
        return answer(ids)


def all_there(ids: Sequence[str]) -> LookedUp:
    return LookedUp(tuple(post(int(each)) for each in ids))


def says(*posts: Post, gone: dict[str, str] | None = None, cost: int = 0) -> Answer:
    return lambda _: LookedUp(posts, gone or {}, cost)


@pytest.fixture
def five(parts: Parts, clock: Clock) -> Parts:
    """Five posts that were read a day and an hour ago, one a minute."""
    for number in range(1, 6):
        known = pages(*[[post(each)] for each in range(1, number + 1)])
        collect(parts, source_of(parts), lambda _, known=known: FakeCollector(known))  # type: ignore[misc]
        clock.move(timedelta(minutes=1))
    clock.move(DAY)
    return parts


def run(parts: Parts, collector: FakeCollector, sweep: Sweep | None = None) -> Rechecked:
    return recheck(parts, source_of(parts), lambda _: collector, sweep or Sweep())


def rows(parts: Parts) -> dict[str, PostRow]:
    with parts.database.read() as session:
        return {row.platform_id: row for row in session.exec(select(PostRow))}


def used(parts: Parts) -> tuple[int, int]:
    with parts.database.read() as session:
        usage = usage_of(session, 1, parts.now())
    return usage.posts, usage.cost


def test_posts_are_looked_up_in_batches_the_one_seen_longest_ago_first(five: Parts, clock: Clock) -> None:
    collector = Looker()
    assert run(five, collector) == Rechecked("x-parcelo", asked=5)
    assert collector.asked == [["1", "2"], ["3", "4"], ["5"]]
    assert {row.checked_at for row in rows(five).values()} == {clock()}
    assert collector.closed


def test_posts_are_left_alone_until_they_are_due_again(five: Parts, clock: Clock) -> None:
    run(five, Looker())
    clock.move(timedelta(hours=22, minutes=-1))
    collector = Looker()
    assert run(five, collector) == Rechecked("x-parcelo")
    assert collector.asked == []
    clock.move(timedelta(minutes=2))
    assert run(five, collector).asked == 5


def test_a_source_says_itself_how_often_its_posts_are_looked_up(five: Parts, clock: Clock) -> None:
    set_up(five, recheck_hours=48)
    assert run(five, Looker()).asked == 0
    clock.move(DAY)
    assert run(five, Looker()).asked == 5
    set_up(five, recheck_hours=0)
    assert not wants_recheck(source_of(five))


def test_an_edited_post_takes_over_its_words_and_keeps_the_earlier_ones(five: Parts) -> None:
    changed = says(post(1, "still late 3"), post(2))
    assert run(five, Looker(changed)).edited == 1
    row = rows(five)["1"]
    assert (row.text, row.classified_with, row.edited_at) == ("still late 3", "", five.now())
    with five.database.read() as session:
        assert [edit.text for edit in session.exec(select(PostEdit))] == ["late again"]


def test_a_post_that_is_gone_becomes_a_tombstone_that_says_why(five: Parts) -> None:
    some_gone = says(post(2), gone={"1": "deleted, or its account is gone"})
    assert run(five, Looker(some_gone)).gone == 1
    row = rows(five)["1"]
    assert (row.text, row.author, row.gone_why) == ("", "", "deleted, or its account is gone")
    assert row.deleted_at == five.now()


def test_posts_that_are_all_gone_are_not_asked_for_again(five: Parts, clock: Clock) -> None:
    all_gone: Answer = lambda ids: LookedUp(gone=dict.fromkeys(ids, "deleted"))  # noqa: E731
    assert run(five, Looker(all_gone, all_gone, all_gone)).gone == 5
    clock.move(10 * DAY)
    assert run(five, Looker()).asked == 0


class Large(Looker):
    lookup_size = 20


@pytest.mark.parametrize(("second", "gone"), [("all gone", 20), ("all there", 0)])
def test_a_whole_large_batch_that_is_gone_is_asked_for_a_second_time_before_it_is_believed(
    parts: Parts, clock: Clock, second: str, gone: int
) -> None:
    collect(parts, source_of(parts), lambda _: FakeCollector(pages([post(number) for number in range(40)])))
    clock.move(2 * DAY)
    all_gone: Answer = lambda ids: LookedUp(gone=dict.fromkeys(ids, "deleted"), cost=3)  # noqa: E731
    collector = Large(all_gone, all_gone if second == "all gone" else all_there, all_there)
    result = run(parts, collector)
    assert (result.asked, result.gone, result.unknown) == (40, gone, 0)
    assert len(collector.asked) == 3
    assert used(parts)[1] == (6 if gone else 3)
    assert len([row for row in rows(parts).values() if row.deleted_at]) == gone


def test_what_the_platform_says_nothing_of_is_asked_for_again_but_not_at_once(five: Parts, clock: Clock) -> None:
    sweep = Sweep()
    silent = says()
    assert run(five, Looker(silent), sweep) == Rechecked("x-parcelo", asked=5, unknown=2)
    assert (rows(five)["1"].checked_at, rows(five)["3"].checked_at) == (None, clock())
    assert not sweep.is_due(clock())
    clock.move(timedelta(hours=1))
    assert sweep.is_due(clock())
    collector = Looker()
    run(five, collector, sweep)
    assert collector.asked == [["1", "2"]]


def test_posts_of_which_nothing_is_ever_said_make_no_hot_loop(five: Parts, clock: Clock) -> None:
    sweep, collector = Sweep(), Looker(*[says()] * 1000)
    for _ in range(60):
        if sweep.is_due(clock()):
            run(five, collector, sweep)
        clock.move(timedelta(minutes=1))
    assert len(collector.asked) == 3


def test_a_round_is_bounded_and_the_next_goes_on_behind_it(parts: Parts, clock: Clock) -> None:
    many = [post(number) for number in range(100)]
    collect(parts, source_of(parts), lambda _: FakeCollector(pages(many)))
    clock.move(2 * DAY)
    sweep, collector = Sweep(), Looker(*[says()] * 1000)
    assert run(parts, collector, sweep).asked == 2 * LOOKUPS
    assert not sweep.is_due(clock())
    clock.move(timedelta(minutes=1))
    run(parts, collector, sweep)
    clock.move(timedelta(minutes=1))
    run(parts, collector, sweep)
    asked = [each for batch in collector.asked for each in batch]
    assert sorted(asked) == sorted(str(number) for number in range(100))


def test_a_lookup_is_charged_to_the_source(five: Parts) -> None:
    run(five, Looker(says(post(1), post(2), cost=10_000)))
    assert used(five) == (5, 10_000)


def test_lookups_go_on_until_the_budget_is_used_up(five: Parts, clock: Clock) -> None:
    set_up(five, budget_usd_per_month=0.02)
    paid: Answer = lambda ids: LookedUp(tuple(post(int(each)) for each in ids), cost=11_000)  # noqa: E731
    sweep = Sweep()
    collector = Looker(paid, paid, paid)
    assert run(five, collector, sweep).asked == 4
    assert len(collector.asked) == 2
    assert not sweep.is_due(clock() + timedelta(minutes=59))
    assert run(five, collector).asked == 0
    assert source_of(five).state is not SourceState.OVER_BUDGET
    set_up(five, budget_usd_per_month=20)
    assert run(five, collector).asked == 1


def test_a_posts_budget_says_nothing_about_lookups(five: Parts) -> None:
    set_up(five, budget_posts_per_month=5)
    assert run(five, Looker()).asked == 5


@pytest.mark.parametrize(
    ("error", "least", "most"),
    [
        (RateLimitedError("slow down", timedelta(minutes=11)), timedelta(minutes=11), timedelta(minutes=12)),
        (UnreachableError("down"), timedelta(seconds=10), timedelta(seconds=15)),
        (AuthError("X_BEARER_TOKEN was refused"), timedelta(hours=6), timedelta(hours=6)),
    ],
)
def test_trouble_puts_the_next_round_off_and_leaves_collecting_alone(
    five: Parts, clock: Clock, error: CollectError, least: timedelta, most: timedelta
) -> None:
    before = source_of(five)
    sweep = Sweep()
    assert run(five, Looker(all_there, error), sweep).error == str(error)
    assert sweep.next_at is not None
    assert least <= sweep.next_at - clock() <= most
    assert source_of(five) == before
    assert rows(five)["2"].checked_at == clock()  # what was answered before the error is kept


def test_pauses_grow_while_lookups_fail(five: Parts, clock: Clock) -> None:
    sweep, waits = Sweep(), []
    for _ in range(6):
        run(five, Looker(UnreachableError("down")), sweep)
        waits.append((sweep.next_at or clock()) - clock())
    assert waits == sorted(waits)
    run(five, Looker(), sweep)
    assert sweep.failures == 0


def test_a_bug_in_a_collector_is_logged_and_backs_off(five: Parts, caplog: pytest.LogCaptureFixture) -> None:
    def broken(ids: Sequence[str]) -> LookedUp:
        raise KeyError("data")

    assert run(five, Looker(broken)).error == "KeyError: 'data'"
    assert "Traceback" in caplog.text
    assert source_of(five).claimed_by == ""


def test_a_platform_without_lookups_is_not_tried_again_today(five: Parts, clock: Clock) -> None:
    sweep = Sweep()
    assert run(five, FakeCollector([]), sweep) == Rechecked("x-parcelo")
    assert not sweep.is_due(clock() + timedelta(hours=23))


def test_nothing_is_built_where_nothing_is_due(parts: Parts) -> None:
    def refuse(_: SourceConfig) -> FakeCollector:
        raise AssertionError("no post is due")

    assert recheck(parts, source_of(parts), refuse, Sweep()).error == ""


def test_a_source_that_another_worker_has_is_left_to_it(five: Parts) -> None:
    with five.database.write() as session:
        claim_source(session, 1, other(five).worker, five.now(), timedelta(minutes=3))
    collector = Looker()
    assert run(five, collector) == Rechecked("x-parcelo")
    assert collector.asked == []


def test_what_comes_back_after_the_claim_ran_out_is_not_kept(five: Parts, clock: Clock) -> None:
    def slow(ids: Sequence[str]) -> LookedUp:
        clock.move(timedelta(hours=1))
        with five.database.write() as session:
            claim_source(session, 1, other(five).worker, five.now(), timedelta(minutes=3))
        return LookedUp(gone=dict.fromkeys(ids, "deleted"))

    assert run(five, Looker(slow)).gone == 0
    assert all(row.deleted_at is None for row in rows(five).values())
    assert source_of(five).claimed_by == other(five).worker


def test_posts_of_another_platform_in_a_source_are_not_asked_for(five: Parts) -> None:
    with five.database.write() as session:
        row = session.exec(select(PostRow).where(col(PostRow.platform_id) == "1")).one()
        row.platform = "reddit"
        session.add(row)
    assert run(five, Looker()).asked == 4


def test_an_answer_about_posts_that_were_not_asked_for_is_passed_over(five: Parts) -> None:
    stray = says(post(1), post(2), post(77), gone={"5": "deleted"})
    run(five, Looker(stray))
    assert "77" not in rows(five)
    assert rows(five)["5"].deleted_at is None


def test_a_deleted_post_that_a_page_brings_once_more_stays_deleted(five: Parts) -> None:
    run(five, Looker(says(post(2), gone={"1": "deleted"})))
    collect(five, source_of(five), lambda _: FakeCollector([*[Page((), "x")] * 5, Page((post(1),), "6")]))
    assert rows(five)["1"].text == ""


def test_what_youtube_wants_refreshed_within_30_days_goes_where_it_was_not(parts: Parts, clock: Clock) -> None:
    set_up(parts, platform="youtube")
    theirs = [post(number, platform="youtube") for number in range(1, 1200)]
    collect(parts, source_of(parts), lambda _: FakeCollector(pages(theirs, [post(5001)])))
    with parts.database.write() as session:
        store_posts(session, [post(5002, platform="youtube")], brand_id=1, source_id=None, own_handles=[], now=clock())
        session.exec(select(PostRow).where(col(PostRow.platform_id) == "7")).one().checked_at = clock() + 9 * DAY
    clock.move(30 * DAY)
    assert forget_unrefreshed(parts) == 0
    clock.move(timedelta(seconds=1))
    assert forget_unrefreshed(parts) == 1198
    found = rows(parts)
    assert {name for name, row in found.items() if row.text} == {"7", "5001", "5002"}
    assert found["1"].gone_why == "could not be looked up for 30 days, and may not be kept longer unseen"
    assert forget_unrefreshed(parts) == 0
