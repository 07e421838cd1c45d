"""Shifts in words, and who works when in a week."""

from datetime import UTC, date, datetime

import pytest

from core.hours import parse
from core.shifts import Shift, hours_a_week, in_words, week_of

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "always"),
        (["mon-fri 09:00-17:30"], "Monday to Friday 09:00-17:30"),
        (["mon-fri 09:00-12:00, 13:00-17:00"], "Monday to Friday 09:00-12:00 and 13:00-17:00"),
        (
            ["mon,wed,fri 09:00-17:00", "sat 10:00-14:00"],
            "Monday, Wednesday and Friday 09:00-17:00, Saturday 10:00-14:00",
        ),
        (["daily 08:00-20:00"], "every day 08:00-20:00"),
        (["fri,sat 22:00-06:00"], "Friday and Saturday 22:00-06:00"),
        (["sun 22:00-06:00"], "Sunday 22:00-06:00"),
        (["mon 00:00-24:00"], "Monday 00:00-24:00"),
        (["tue-thu 00:00-24:00"], "from Tuesday 00:00 to Thursday 24:00"),
        (["sat-mon 00:00-24:00"], "from Saturday 00:00 to Monday 24:00"),
    ],
)
def test_hours_in_words(lines: list[str], words: str) -> None:
    assert in_words(parse(lines)) == words


def test_hours_a_week() -> None:
    assert hours_a_week(parse(["mon-fri 09:00-17:30"])) == 42.5
    assert hours_a_week(parse([])) == 168


def test_week_counts_who_works_and_finds_the_gaps() -> None:
    shifts = [
        Shift(parse(["mon-fri 09:00-13:00"]), "Europe/London"),
        Shift(parse(["mon 12:00-17:30"]), "Europe/Amsterdam"),  # 11:00 to 16:30 in London
    ]
    week = week_of(shifts, [(parse(["mon 08:00-18:00"]), "Europe/London")], MONDAY, "Europe/London")
    assert week.counts[0][8:18] == (0, 1, 1, 2, 2, 1, 1, 1, 0, 0)
    assert week.gaps == [(MONDAY, 8, 9), (MONDAY, 16, 18)]
    assert not any(map(any, week.wanted[1:]))


def test_whoever_is_away_covers_nothing_until_then() -> None:
    back = datetime(2026, 11, 25, 9, tzinfo=UTC)
    week = week_of([Shift(parse([]), "UTC", back)], [(parse([]), "UTC")], MONDAY, "UTC")
    assert [sum(day) for day in week.counts] == [0, 0, 15, 24, 24, 24, 24]


def test_week_in_which_the_clocks_change_has_24_hours_a_day() -> None:
    week = week_of([Shift(parse(["sun 00:00-06:00"]), "Europe/London")], [], date(2026, 10, 19), "Europe/London")
    assert week.counts[6][:7] == (1, 1, 1, 1, 1, 1, 0)
