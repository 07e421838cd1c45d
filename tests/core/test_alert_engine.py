"""From what is so to who is told: each case by the clock, without a database."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.alerts.brake import LOOKS_BACK, MOST_AT_ONCE, free_at
from core.alerts.engine import CALM, SETTLING, Change, Held, News, Policy, Standing, step
from core.alerts.episodes import Episode, Group
from core.hours import parse

NOW = datetime(2026, 6, 3, 10, tzinfo=UTC)
LATE = Group("late", "DPD")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def so(*keys: str, group: Group = LATE) -> list[Episode]:
    return [Episode(key, group, NOW - HOUR) for key in keys]


def incident(told_ago: timedelta | None = None, count: int = 1, **held: Held) -> Standing:
    told_at = None if told_ago is None else NOW - told_ago
    return Standing(7, LATE, NOW - HOUR, held, told_at, 0 if told_at is None else count)


TOLD = Held(NOW - HOUR, is_told=True)
SEEN = replace(TOLD, is_acknowledged=True)
UNTOLD = Held(NOW - HOUR)


def only(changes: Sequence[Change]) -> Change:
    (change,) = changes
    return change


def test_what_is_alike_opens_one_incident_and_nobody_is_told_yet() -> None:
    opened = step(Policy(), [], [*so("a", "b"), *so("c", group=Group("lost", "DPD"))], NOW)
    assert [(change.id, change.group, [each.key for each in change.joined], change.tells) for change in opened] == [
        (None, LATE, ["a", "b"], None),
        (None, Group("lost", "DPD"), ["c"], None),
    ]


def test_what_has_not_begun_or_is_over_opens_nothing() -> None:
    seen = [Episode("a", LATE, NOW + MINUTE), Episode("b", LATE, NOW - HOUR, NOW)]
    assert step(Policy(), [], seen, NOW) == []


@pytest.mark.parametrize(("ago", "news"), [(SETTLING - timedelta(seconds=1), None), (SETTLING, News.OPENED)])
def test_an_incident_settles_before_it_is_told(ago: timedelta, news: News | None) -> None:
    new = Standing(7, LATE, NOW - ago, {"a": UNTOLD})
    assert [change.tells for change in step(Policy(), [new], so("a"), NOW)] == ([news] if news else [])


def test_what_was_over_before_anybody_heard_of_it_is_over_without_a_word() -> None:
    change = only(step(Policy(tells_end=True), [incident(a=UNTOLD)], [], NOW))
    assert (change.ended, change.tells, change.resolves) == (["a"], None, True)


@pytest.mark.parametrize(
    ("count", "ago", "tells"),
    [
        (1, 4 * MINUTE, None),
        (1, 5 * MINUTE, News.GREW),
        (2, 29 * MINUTE, None),
        (2, 30 * MINUTE, News.GREW),
        (3, 2 * HOUR, News.GREW),
        (9, 5 * HOUR, None),
        (9, 6 * HOUR, News.GREW),
    ],
)
def test_news_come_further_and_further_apart(count: int, ago: timedelta, tells: News | None) -> None:
    change = only(step(Policy(), [incident(ago, count, a=TOLD)], so("a", "b"), NOW))
    assert [each.key for each in change.joined] == ["b"]
    assert (change.tells, list(change.told)) == (tells, ["b"] if tells else [])


@pytest.mark.parametrize(
    ("ago", "held", "told"), [(12 * HOUR, TOLD, ["a"]), (11 * HOUR, TOLD, []), (13 * HOUR, SEEN, [])]
)
def test_only_what_nobody_acknowledged_is_repeated(ago: timedelta, held: Held, told: list[str]) -> None:
    changes = step(Policy(), [incident(ago, a=held)], so("a"), NOW)
    assert [(change.tells, list(change.told)) for change in changes] == ([(News.REPEATED, told)] if told else [])


def test_what_is_never_to_be_repeated_is_not() -> None:
    assert step(Policy(repeat=None), [incident(300 * HOUR, a=TOLD)], so("a"), NOW) == []


def test_what_comes_up_after_somebody_acknowledged_is_told() -> None:
    change = only(step(Policy(), [incident(HOUR, a=SEEN)], so("a", "b"), NOW))
    assert (change.tells, list(change.told)) == (News.GREW, ["b"])


def test_what_stops_for_a_moment_has_not_stopped_and_is_not_told_as_new() -> None:
    ended = replace(SEEN, ended_at=NOW - CALM + MINUTE)
    change = only(step(Policy(), [replace(incident(HOUR, a=ended), calm_since=NOW - MINUTE)], so("a"), NOW))
    assert (list(change.returned), list(change.joined), change.tells, change.calm_since) == (["a"], [], None, None)


def test_what_begins_once_more_after_a_while_is_new_though_others_went_on() -> None:
    ended = replace(SEEN, ended_at=NOW - CALM)
    change = only(step(Policy(), [incident(HOUR, a=ended, b=TOLD)], so("a", "b"), NOW))
    assert ([each.key for each in change.joined], change.tells, list(change.told)) == (["a"], News.GREW, ["a"])


@pytest.mark.parametrize(("tells_end", "tells"), [(True, News.RESOLVED), (False, None)])
def test_it_is_over_when_it_was_calm_for_long_enough(tells_end: bool, tells: News | None) -> None:
    policy = Policy(tells_end=tells_end)
    ends = only(step(policy, [incident(HOUR, a=TOLD)], [], NOW))
    assert (ends.ended, ends.calm_since, ends.tells, ends.resolves) == (["a"], NOW, None, False)
    calm = replace(incident(HOUR), calm_since=NOW - CALM)
    over = only(step(policy, [calm], [], NOW))
    assert (over.tells, over.resolves) == (tells, True)


def test_outside_its_hours_a_rule_keeps_quiet_and_tells_when_they_begin_what_is_still_so() -> None:
    policy = Policy(hours=parse(["daily 11:00-17:00"]), timezone="Europe/London", tells_end=True)
    assert step(policy, [incident(a=UNTOLD)], so("a"), NOW - MINUTE) == []  # 10:59 there
    assert only(step(policy, [incident(a=UNTOLD)], so("a"), NOW)).tells is News.OPENED


def test_an_end_that_may_not_be_told_yet_waits_for_its_telling() -> None:
    policy = Policy(tells_end=True, snoozed_until=NOW + MINUTE)
    calm = replace(incident(HOUR), calm_since=NOW - CALM)
    assert step(policy, [calm], [], NOW) == []
    assert only(step(policy, [calm], [], NOW + MINUTE)).tells is News.RESOLVED


def test_a_snoozed_incident_takes_in_what_is_new_and_tells_nothing() -> None:
    snoozed = replace(incident(HOUR, a=TOLD), snoozed_until=NOW + MINUTE)
    change = only(step(Policy(), [snoozed], so("a", "b"), NOW))
    assert ([each.key for each in change.joined], change.tells) == (["b"], None)


def test_a_silent_rule_opens_and_ends_incidents_and_tells_nobody() -> None:
    policy = Policy(is_silent=True, tells_end=True)
    assert step(policy, [incident(a=UNTOLD)], so("a"), NOW) == []
    assert only(step(policy, [replace(incident(HOUR), calm_since=NOW - CALM)], [], NOW)).resolves


def test_what_changes_its_group_stays_in_its_incident() -> None:
    assert step(Policy(repeat=None), [incident(HOUR, a=TOLD)], so("a", group=Group("lost")), NOW) == []


def test_a_clock_that_goes_back_tells_nothing() -> None:
    assert step(Policy(), [incident(-HOUR, a=TOLD)], so("a"), NOW) == []


def test_what_a_clock_that_went_back_has_yet_to_see_begin_is_not_over() -> None:
    later = replace(TOLD, began_at=NOW + MINUTE)
    assert step(Policy(), [incident(-HOUR, a=later)], [], NOW) == []


@pytest.mark.parametrize("held", [{"a": UNTOLD}, {"a": TOLD, "b": UNTOLD}])
def test_what_a_clock_that_was_ahead_dated_later_holds_nothing_back(held: dict[str, Held]) -> None:
    told_at = None if len(held) == 1 else NOW + 9000 * HOUR
    ahead = Standing(7, LATE, NOW + 9000 * HOUR, held, told_at, 0 if told_at is None else 1)
    change = only(step(Policy(repeat=None), [ahead], so(*held), NOW))
    assert change.tells is (News.OPENED if told_at is None else News.GREW)


def test_calm_that_began_by_a_clock_that_was_ahead_ends() -> None:
    calm = replace(incident(HOUR, a=replace(TOLD, ended_at=NOW - HOUR)), calm_since=NOW + 9000 * HOUR)
    assert only(step(Policy(tells_end=True), [calm], [], NOW)).tells is News.RESOLVED


def test_the_brake_lets_three_leave_and_then_one_an_hour() -> None:
    sent: list[datetime] = []
    for minute in range(24 * 60):
        at = NOW + minute * MINUTE
        if free_at(sent, at) <= at:
            sent.append(at)
    assert [at - NOW for at in sent[:5]] == [0 * MINUTE, 1 * MINUTE, 2 * MINUTE, 60 * MINUTE, 120 * MINUTE]
    assert len(sent) == MOST_AT_ONCE + 23


def test_the_brake_says_when_the_next_may_leave_and_then_it_may() -> None:
    sent = [NOW] * MOST_AT_ONCE
    assert free_at(sent, NOW) == NOW + HOUR
    assert free_at(sent, NOW + HOUR) == NOW + HOUR


def test_the_brake_forgets_what_is_long_past_and_bears_a_clock_that_went_back() -> None:
    assert free_at([NOW - LOOKS_BACK - HOUR] * 50, NOW) == NOW
    assert free_at([NOW + timedelta(seconds=2)] * MOST_AT_ONCE, NOW) > NOW, "another worker's clock is a little ahead"
    assert free_at([NOW + timedelta(days=365)] * MOST_AT_ONCE, NOW) == NOW
