"""Periods, comparisons and quantiles of the reports."""

import math
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.reporting import (
    ERROR,
    SHORTEST,
    Period,
    Span,
    bounds,
    bucket_of,
    change_words,
    chosen_days,
    day_of,
    duration_change_words,
    duration_of,
    duration_words,
    durations,
    last_days,
    quantile,
    weekly_bounds,
)

TODAY = date(2026, 11, 21)  # a Saturday


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


@pytest.mark.parametrize(
    ("period", "span", "over", "before"),
    [
        (last_days(7, TODAY, TODAY), ("11-15", "11-21"), ("11-15", "11-20"), ("11-08", "11-13")),
        (last_days(28, TODAY, TODAY), ("10-25", "11-21"), ("10-25", "11-20"), ("09-27", "10-23")),
        # In Auckland it is Sunday already, while in London Saturday is not over.
        (last_days(7, day("11-22"), TODAY), ("11-16", "11-22"), ("11-16", "11-20"), ("11-09", "11-13")),
        (chosen_days(day("11-01"), day("11-10"), TODAY, TODAY), ("11-01", "11-10"), ("11-01", "11-10"),
         ("10-22", "10-31")),
        (chosen_days(day("11-20"), day("11-30"), TODAY, TODAY), ("11-20", "11-21"), ("11-20", "11-20"),
         ("11-18", "11-18")),
    ],
)  # fmt: skip
def test_period_compares_the_days_that_are_over_with_those_of_the_period_before(
    period: Period, span: tuple[str, str], over: tuple[str, str], before: tuple[str, str]
) -> None:
    for found, wanted in ((period.span, span), (period.over, over), (period.before, before)):
        assert found == Span(*map(day, wanted))
    assert period.over.days == period.before.days


def test_the_same_days_of_the_week_are_compared() -> None:
    for days in (7, 28):
        period = last_days(days, TODAY, TODAY)
        assert period.over.first.weekday() == period.before.first.weekday()


def test_a_period_of_today_alone_has_nothing_to_compare() -> None:
    period = chosen_days(TODAY, TODAY, TODAY, TODAY)
    assert (period.over.days, period.before.days) == (0, 0)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-11-10", "2026-11-09", "ends on 09 Nov 2026, before it begins"),
        ("2026-11-22", "2026-11-23", "begins on 22 Nov 2026, which is still to come"),
        ("2024-11-22", "2026-11-20", "has 729 days; 366 are the most"),
        ("1970-01-01", "2026-11-20", "no posts from before 1990"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused_in_words(first: str, last: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        chosen_days(date.fromisoformat(first), date.fromisoformat(last), TODAY, TODAY)


def test_days_and_weeks_that_are_not_whole_are_marked() -> None:
    steps = last_days(7, TODAY, TODAY).steps()
    assert [step.is_whole for step in steps] == [True] * 6 + [False]
    weeks = last_days(90, TODAY, TODAY).steps()
    assert (weeks[0].span, weeks[0].is_whole) == (Span(day("08-24"), day("08-30")), True)
    assert (weeks[-1].span, weeks[-1].is_whole) == (Span(day("11-16"), TODAY), False)
    cut = chosen_days(day("09-02"), day("10-31"), TODAY, TODAY).steps()
    assert (cut[0].span, cut[0].is_whole) == (Span(day("09-02"), day("09-06")), False)
    assert sum(step.span.days for step in cut) == 60


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("UTC", "2026-03-29T00:00+00:00", "2026-03-30T00:00+00:00"),
        ("Europe/Berlin", "2026-03-28T23:00+00:00", "2026-03-29T22:00+00:00"),  # a day of 23 hours
        ("Asia/Kolkata", "2026-03-28T18:30+00:00", "2026-03-29T18:30+00:00"),
    ],
)
def test_a_day_begins_when_the_calendar_of_its_zone_says_so(zone: str, start: str, end: str) -> None:
    found = bounds(Span(day("03-29"), day("03-29")), zone)
    assert found == (datetime.fromisoformat(start), datetime.fromisoformat(end))
    assert day_of(found[0], zone) == day_of(found[1] - timedelta(microseconds=1), zone) == day("03-29")
    assert day_of(found[1], zone) == day("03-30")


@pytest.mark.parametrize(
    ("zone", "weekday", "hour", "stretches"),
    [
        ("UTC", 0, None, ["10-26T00:00 10-27T00:00"]),
        ("UTC", 6, 23, ["10-25T23:00 10-26T00:00", "11-01T23:00 11-02T00:00"]),
        # On 25 October clocks go back from 3 to 2: the hour from 2 comes twice, and the day has 25.
        ("Europe/Berlin", 6, 2, ["10-25T00:00 10-25T02:00", "11-01T01:00 11-01T02:00"]),
        ("Europe/Berlin", 6, None, ["10-24T22:00 10-25T23:00", "10-31T23:00 11-01T23:00"]),
        ("UTC", 3, 5, ["10-29T05:00 10-29T06:00"]),
    ],
)
def test_a_weekday_and_an_hour_of_it_are_those_of_the_zone(
    zone: str, weekday: int, hour: int | None, stretches: list[str]
) -> None:
    found = weekly_bounds(Span(day("10-25"), day("11-01")), zone, weekday, hour)
    assert [f"{start:%m-%dT%H:%M} {end:%m-%dT%H:%M}" for start, end in found] == stretches


def test_an_hour_that_a_zone_leaves_out_is_empty() -> None:
    ((start, end),) = weekly_bounds(Span(day("03-29"), day("03-29")), "Europe/Berlin", 6, 2)
    assert start == end


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (112, 100, "up 12%, from 100"),
        (50, 100, "down 50%, from 100"),
        (3, 1, "up 2, from 1"),  # not "200%"
        (0, 4, "down 4, from 4"),
        (7, 7, "as before"),
        (1001, 1000, "about as before"),
        (5, 0, "up 5, from 0"),
        (2500, 1000, "up 150%, from 1,000"),
    ],
)
def test_change_in_words(now: int, before: int, words: str) -> None:
    assert change_words(now, before) == words


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (60, 120, "faster: 2 h 00 min before"),
        (120, 60, "slower: 1 h 00 min before"),
        (100, 102, "about as before"),  # each may be off by 2%
        (None, 60, ""),
        (60, None, ""),
    ],
)
def test_change_of_durations_in_words(now: int | None, before: int | None, words: str) -> None:
    found = [None if minutes is None else timedelta(minutes=minutes) for minutes in (now, before)]
    assert duration_change_words(*found) == words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0.5, "a minute or less"), (1, "a minute or less"), (59, "59 min"), (61, "1 h 01 min"), (1000, "17 h"),
     (4400, "3 d 1 h")],
)  # fmt: skip
def test_durations_in_words(minutes: float, words: str) -> None:
    assert duration_words(timedelta(minutes=minutes)) == words


def test_few_durations_have_no_quantiles() -> None:
    assert durations({3: 4}).median is None
    assert (durations({3: 5}).median, durations({3: 5}).ninth) == (duration_of(3), None)
    assert durations({3: 10}).ninth == duration_of(3)
    assert duration_words(durations({}).median) == "too few to say"
    assert quantile({}, 0.5) is None


@given(
    st.lists(st.floats(0, 400 * 86400, allow_nan=False), min_size=1, max_size=200),
    st.sampled_from([0.01, 0.25, 0.5, 0.9, 0.99, 1.0]),
)
def test_a_quantile_is_off_by_no_more_than_the_error_that_is_stated(seconds: list[float], share: float) -> None:
    each = [timedelta(seconds=number) for number in seconds]
    exact = max(sorted(each)[math.ceil(share * len(each) - 1e-9) - 1], SHORTEST)
    found = quantile(Counter(map(bucket_of, each)), share)
    assert found is not None
    assert abs(found - exact) <= exact * ERROR + timedelta(milliseconds=1)


@given(st.floats(0, 400 * 86400), st.floats(0, 400 * 86400))
def test_buckets_keep_the_order_of_durations(one: float, other: float) -> None:
    low, high = sorted((timedelta(seconds=one), timedelta(seconds=other)))
    assert bucket_of(low) <= bucket_of(high)


def test_buckets_are_few_enough_to_be_kept() -> None:
    assert bucket_of(timedelta(days=366)) <= 330


def test_times_of_one_moment_have_one_day() -> None:
    assert day_of(datetime(2026, 11, 21, 23, 30, tzinfo=UTC), "Pacific/Auckland") == day("11-22")
