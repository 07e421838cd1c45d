"""A rule replayed over days behind tells what it would have told then."""

from datetime import UTC, datetime, timedelta

from core.alerts.engine import News, Policy
from core.alerts.episodes import Episode, Group
from core.alerts.trial import Tried, mails_of, replay
from core.hours import parse

SINCE = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday
UNTIL = SINCE + timedelta(days=30)
HOUR = timedelta(hours=1)
LATE = Group("late")


def so(number: int, began: timedelta, lasts: timedelta | None, group: Group = LATE) -> Episode:
    began_at = SINCE + began
    return Episode(f"case:{number}", group, began_at, began_at + lasts if lasts else None, number)


def told(tried: list[Tried]) -> list[tuple[timedelta, News]]:
    return [(at - SINCE, news) for each in tried for at, news in each.tellings]


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def test_what_begins_together_is_one_telling_and_what_comes_later_another() -> None:
    episodes = [so(1, HOUR, 10 * HOUR), so(2, HOUR, 10 * HOUR), so(3, HOUR + minutes(2), 10 * HOUR)]
    tried = replay(Policy(repeat=None), episodes, SINCE, UNTIL)
    assert told(tried) == [(HOUR + minutes(1), News.OPENED), (HOUR + minutes(6), News.GREW)]
    assert [(each.count, each.resolved_at) for each in tried] == [(3, SINCE + 11 * HOUR + minutes(7))]


def test_it_repeats_while_it_is_so_and_says_the_end_of_what_ends_by_itself() -> None:
    policy = Policy(repeat=12 * HOUR, tells_end=True)
    tried = replay(policy, [so(1, timedelta(), 30 * HOUR)], SINCE, UNTIL)
    assert told(tried) == [
        (minutes(1), News.OPENED),
        (12 * HOUR + minutes(1), News.REPEATED),
        (24 * HOUR + minutes(1), News.REPEATED),
        (30 * HOUR + minutes(5), News.RESOLVED),
    ]


def test_what_is_still_so_when_the_hours_begin_is_told_then_and_what_is_over_never() -> None:
    policy = Policy(hours=parse(["mon-fri 09:00-17:00"]), timezone="Europe/Berlin", repeat=None)
    episodes = [so(1, 2 * HOUR, 20 * HOUR), so(2, 20 * HOUR, 2 * HOUR, Group("lost")), so(3, 5 * 24 * HOUR, None)]
    tried = replay(policy, episodes, SINCE, UNTIL)
    assert told(tried) == [(8 * HOUR, News.OPENED), (7 * 24 * HOUR + 8 * HOUR, News.OPENED)]
    assert [each.count for each in tried] == [1, 1, 1]


def test_a_rule_for_the_digest_opens_incidents_and_sends_nothing() -> None:
    tried = replay(Policy(is_silent=True), [so(1, HOUR, HOUR), so(1, 5 * HOUR, HOUR)], SINCE, UNTIL)
    assert told(tried) == []
    assert [(each.opened_at - SINCE, each.resolved_at) for each in tried] == [
        (HOUR, SINCE + 2 * HOUR),
        (5 * HOUR, SINCE + 6 * HOUR),
    ]


def test_a_storm_is_three_mails_and_what_waited_is_one_more() -> None:
    groups = [Group("late", f"courier {number}") for number in range(20)]
    episodes = [so(number, minutes(number * 2), 3 * HOUR, group) for number, group in enumerate(groups)]
    tried = replay(Policy(repeat=None), episodes, SINCE, UNTIL)
    assert len(told(tried)) == 20
    sent = [at - SINCE for at in mails_of(tried)]
    assert sent[:3] == [minutes(1), minutes(3), minutes(5)]
    assert len(sent) == 4
    assert minutes(60) <= sent[3] <= minutes(61)


def test_what_was_over_before_anybody_could_hear_of_it_is_no_mail() -> None:
    groups = [Group("late", f"courier {number}") for number in range(4)]
    episodes = [so(number, minutes(number * 2), minutes(15), group) for number, group in enumerate(groups)]
    tried = replay(Policy(repeat=None), episodes, SINCE, UNTIL)
    assert len(told(tried)) == 4
    assert len(mails_of(tried)) == 3


def test_thousands_in_one_group_are_gone_through_in_little_time() -> None:
    episodes = [so(number, minutes(number * 10), 6 * HOUR) for number in range(4000)]
    tried = replay(Policy(), episodes, SINCE, UNTIL)
    assert sum(each.count for each in tried) == 4000
    assert 100 <= len(mails_of(tried)) <= 130  # one opened, then one in six hours at most
