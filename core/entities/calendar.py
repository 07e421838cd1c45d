"""Reading a day out of its words: months, weekdays, amounts and working days."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Final, NamedTuple

MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
            "sep sept september", "oct october", "nov november", "dec december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
WEEKDAYS: Final = {
    name: number
    for number, names in enumerate(
        (
            "mon monday", "tue tues tuesday", "wed weds wednesday", "thu thur thurs thursday", "fri friday",
            "sat saturday", "sun sunday",
        )
    )
    for name in names.split()
}  # fmt: skip
AMOUNTS: Final = {
    "a": 1, "an": 1, "one": 1, "two": 2, "couple of": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "fourteen": 14, "twenty four": 24, "twenty-four": 24,
    "forty eight": 48, "forty-eight": 48,
}  # fmt: skip
_WEEK: Final = 7
_NEAR: Final = timedelta(60)  # a date so near is meant whatever the tense of its sentence
_SATURDAY: Final = 5
_FIRST_YEAR: Final = 1990
_LAST_YEAR: Final = 2099
_CENTURY: Final = 2000
_SHORT_YEARS: Final = 100
_LAST_MONTH: Final = 12


class Days(NamedTuple):
    """First and last day, and whether another reading is possible."""

    first: date
    last: date
    is_ambiguous: bool = False


def one(day: date, is_ambiguous: bool = False) -> Days:
    """Return a span of one day."""
    return Days(day, day, is_ambiguous)


def day_of(year: int, month: int, day: int) -> date | None:
    """Return the day, None where the calendar has none; two-digit years are of this century."""
    year += _CENTURY if year < _SHORT_YEARS else 0
    if not _FIRST_YEAR <= year <= _LAST_YEAR or not 1 <= month <= _LAST_MONTH:
        return None
    return date(year, month, day) if 1 <= day <= monthrange(year, month)[1] else None


def nearest(today: date, month: int, day: int, is_past: bool | None = None) -> date | None:
    """Return the day of the year that puts it nearest to today.

    Where that is months away, `is_past` says on which side of today it must lie, None that nothing tells.
    """
    years = (day_of(today.year + offset, month, day) for offset in (-1, 0, 1))
    found = sorted((near for near in years if near), key=lambda near: abs(near - today))
    sided = [near for near in found if is_past is None or abs(near - today) <= _NEAR or (near < today) == is_past]
    return next(iter(sided or found), None)


def day_of_month(today: date, day: int, is_past: bool) -> date | None:
    """Return the last or next day with that number, today included."""
    for offset in range(4):
        months = today.year * 12 + today.month - 1 + (-offset if is_past else offset)
        found = day_of(months // 12, months % 12 + 1, day)
        if found and (found <= today if is_past else found >= today):
            return found
    return None


def weekday(today: date, number: int, is_past: bool) -> date:
    """Return the last or next such weekday, today included."""
    return today + timedelta(
        (number - today.weekday()) % _WEEK - (_WEEK if is_past and number != today.weekday() else 0)
    )


def week_of(today: date, offset: int) -> Days:
    """Return Monday to Sunday of this week (0), the next (1) or the last (-1)."""
    monday = today + timedelta(offset * _WEEK - today.weekday())
    return Days(monday, monday + timedelta(_WEEK - 1))


def month_of(today: date, offset: int) -> Days | None:
    """Return the days of this month (0), the next (1) or the last (-1)."""
    months = today.year * 12 + today.month - 1 + offset
    first = day_of(months // 12, months % 12 + 1, 1)
    return Days(first, first.replace(day=monthrange(first.year, first.month)[1])) if first else None


def working_days_after(today: date, amount: int) -> date:
    """Return the day that many working days on; Saturdays and Sundays are none, holidays are not known."""
    day = today + timedelta(amount // 5 * _WEEK)
    for _ in range(amount % 5):
        day += timedelta(1)
        while day.weekday() >= _SATURDAY:
            day += timedelta(1)
    while day.weekday() >= _SATURDAY:
        day += timedelta(1)
    return day
