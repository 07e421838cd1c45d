"""Hours of the week: how they are written, whether it is one of them, and the time between two."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.hours import Hours, parse

ZONES = ("UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca")
OFFICE = ["mon-fri 09:00-17:30", "sat 10:00-14:00"]
MINUTE = timedelta(minutes=1)


def at(words: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("lines", "when", "expected"),
    [
        ([], "2026-11-22 03:00", True),
        (OFFICE, "2026-11-20 09:00", True),
        (OFFICE, "2026-11-20 08:59:59", False),
        (OFFICE, "2026-11-20 17:30", False),
        (OFFICE, "2026-11-21 13:59", True),
        (OFFICE, "2026-11-22 13:00", False),
        (["Monday-Friday 9:00-12:00, 13:00-17:00"], "2026-11-20 12:30", False),
        (["Monday-Friday 9:00-12:00, 13:00-17:00"], "2026-11-20 13:00", True),
        (["fri 22:00-06:00"], "2026-11-21 05:59", True),
        (["fri 22:00-06:00"], "2026-11-20 05:59", False),
        (["sun 22:00-06:00"], "2026-11-23 05:59", True),
        (["sat-mon 10:00–12:00"], "2026-11-22 10:30", True),
        (["tue, thu 10:00-12:00"], "2026-11-19 10:30", True),
        (["daily 00:00-24:00"], "2026-11-22 23:59", True),
    ],
)
def test_whether_somebody_works(lines: list[str], when: str, expected: bool) -> None:
    assert parse(lines).is_open(at(when), "UTC") is expected


def test_hours_go_by_the_clock_on_the_wall() -> None:
    assert parse(OFFICE).is_open(at("2026-11-20 09:00", "America/New_York"), "America/New_York")
    assert not parse(OFFICE).is_open(at("2026-11-20 09:00"), "America/New_York")
    assert parse(OFFICE).is_open(at("2026-07-20 08:00"), "Europe/London")  # summer


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("mon-fry 09:00-17:00", "'fry' is no day"),
        ("t 09:00-17:00", "'t' is no day"),
        ("mon 09:00", "'09:00' is no span"),
        ("mon 09:00-25:00", "no time of the day"),
        ("mon 09:60-10:00", "no time of the day"),
        ("mon 09:00-09:00", "lasts no time"),
        ("whenever", "does not say when"),
        ("mon- 09:00-10:00", "'' is no day"),
        ("mon 9-" * 9999, "does not say when"),
    ],
)
def test_a_line_that_says_nothing_is_quoted(line: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as error:
        parse([*OFFICE, line])
    assert line[:10] in str(error.value)
    assert len(str(error.value)) < 250


@pytest.mark.parametrize(
    ("lines", "start", "end", "zone", "expected"),
    [
        (OFFICE, "2026-11-20 16:30", "2026-11-23 10:00", "Europe/London", timedelta(hours=6)),
        (OFFICE, "2026-11-20 10:00", "2026-11-20 09:00", "UTC", timedelta()),
        (["daily 00:00-03:00"], "2026-03-29 00:00", "2026-03-30 00:00", "Europe/London", timedelta(hours=2)),
        (["daily 00:00-03:00"], "2026-10-25 00:00", "2026-10-26 00:00", "Europe/London", timedelta(hours=4)),
        (["sat 22:00-06:00"], "2026-10-24 00:00", "2026-10-26 00:00", "Europe/London", timedelta(hours=9)),
        (["mon-fri 09:00-17:00"], "2024-01-01 00:00", "2026-01-01 00:00", "UTC", timedelta(hours=523 * 8)),
        ([], "2026-03-29 00:00", "2026-03-30 00:00", "Europe/London", timedelta(hours=23)),
    ],
)
def test_the_time_between(lines: list[str], start: str, end: str, zone: str, expected: timedelta) -> None:
    first, last = (at(words, zone).astimezone(UTC) for words in (start, end))
    assert parse(lines).between(first, last, zone) == expected
    assert parse(lines).between(at(start, zone), at(end, zone), zone) == expected


def test_what_a_shift_does_not_hold_is_left_for_the_next() -> None:
    assert parse(OFFICE).after(at("2026-11-20 17:00"), timedelta(hours=1), "UTC") == at("2026-11-21 10:30")
    assert parse(OFFICE).after(at("2026-11-21 13:00"), timedelta(hours=1), "UTC") == at("2026-11-21 14:00")
    assert parse(OFFICE).after(at("2026-11-21 20:00"), timedelta(hours=1), "UTC") == at("2026-11-23 10:00")
    assert parse([]).after(at("2026-11-21 20:00"), timedelta(hours=1), "UTC") == at("2026-11-21 21:00")
    assert parse(OFFICE).after(at("2026-11-21 20:00"), timedelta(), "UTC") == at("2026-11-21 20:00")


_DAYS = st.sampled_from(["mon", "tue-thu", "fri-mon", "sun", "daily", "wed, sat"])
_CLOCK = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
LINES = st.builds("{} {}-{}".format, _DAYS, _CLOCK, _CLOCK).filter(lambda line: line[-5:] != line[-11:-6])
HOURS = st.lists(LINES, min_size=1, max_size=4).map(parse)
TIMES = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
# Around the changes of the clock of several zones, where mistakes would be.
CHANGES = st.sampled_from(["2026-03-28 22:00", "2026-10-24 12:00", "2026-04-04 10:00", "2026-02-15 00:00"]).map(at)


@settings(deadline=None)
@given(hours=HOURS, start=TIMES | CHANGES, minutes=st.integers(0, 60 * 30), zone=st.sampled_from(ZONES))
def test_the_time_between_is_what_counting_minutes_gives(
    hours: Hours, start: datetime, minutes: int, zone: str
) -> None:
    start = start.replace(second=0, microsecond=0)
    counted = sum(hours.is_open(start + number * MINUTE, zone) for number in range(minutes))
    assert hours.between(start, start + minutes * MINUTE, zone) == counted * MINUTE


@given(hours=HOURS, times=st.lists(TIMES, min_size=3, max_size=3).map(sorted), zone=st.sampled_from(ZONES))
def test_times_between_add_up(hours: Hours, times: list[datetime], zone: str) -> None:
    first, middle, last = times
    whole = hours.between(first, last, zone)
    assert hours.between(first, middle, zone) + hours.between(middle, last, zone) == whole
    assert timedelta() <= whole <= last - first


@given(hours=HOURS, start=TIMES, worked=st.timedeltas(timedelta(), timedelta(days=20)), zone=st.sampled_from(ZONES))
def test_so_much_work_is_done_no_earlier_than_it_says(
    hours: Hours, start: datetime, worked: timedelta, zone: str
) -> None:
    done_at = hours.after(start, worked, zone)
    assert hours.between(start, done_at, zone) == worked
    if worked:
        assert hours.between(start, done_at - timedelta(microseconds=1), zone) < worked


@given(hours=HOURS)
def test_spans_are_in_order_and_apart(hours: Hours) -> None:
    edges = [edge for span in hours.spans for edge in span]
    assert edges == sorted(set(edges))
