"""What a report counts over: periods and what they are compared with, changes in words, quantiles of durations.

Durations are counted in buckets whose bounds grow by one factor, so that days can be added up and a quantile still be
told: it is off by at most `ERROR` of itself. What is shorter than `SHORTEST` counts as that.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from core.errors import InputError

PRESETS: Final = (7, 28, 90)
LONGEST: Final = 366  # days
BY_DAY_UP_TO: Final = 31  # days; longer periods are shown by the week
ERROR: Final = 0.02
SHORTEST: Final = timedelta(minutes=1)
LEAST_FOR_MEDIAN: Final = 5
LEAST_FOR_NINTH: Final = 10  # fewer have no 90th percentile apart from their longest
LEAST_FOR_SHARE: Final = 20  # of fewer, a change in per cent says more than there is
EARLIEST: Final = date(1990, 1, 1)
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_GROWTH: Final = (1 + ERROR) / (1 - ERROR)
_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Some days, the first and the last included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days these are; none where the last comes before the first."""
        return max((self.last - self.first).days + 1, 0)

    def back(self, days: int) -> "Span":
        """Return as many days, so much earlier."""
        return Span(self.first - timedelta(days=days), self.last - timedelta(days=days))

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Step:
    """One place on the axis of time: a day, or what of a week lies in the period."""

    span: Span
    is_whole: bool  # False while it is not over, and for a week that the period cuts off


@dataclass(frozen=True, slots=True)
class Period:
    """The days of a report. `unfinished` is the first day that is not over yet; with several brands, anywhere."""

    span: Span
    unfinished: date

    @property
    def over(self) -> Span:
        """The days of the period that are over: these are compared, since half a day compares with nothing."""
        return Span(self.span.first, min(self.span.last, self.unfinished - _A_DAY))

    @property
    def before(self) -> Span:
        """What `over` is compared with: the same days of the period before, which lies directly before this one.

        Of 7, 28 or 91 days these are the same days of the week.
        """
        return self.over.back(self.span.days)

    @property
    def is_by_week(self) -> bool:
        """True where the axis of time shows weeks."""
        return self.span.days > BY_DAY_UP_TO

    def steps(self, *, by_week: bool | None = None) -> list[Step]:
        """Return the places on the axis of time, in weeks where that is asked for or the period is long."""
        if not (self.is_by_week if by_week is None else by_week):
            return [Step(Span(day, day), day < self.unfinished) for day in days_of(self.span)]
        steps = []
        monday = self.span.first - timedelta(days=self.span.first.weekday())
        while monday <= self.span.last:
            week = Span(max(monday, self.span.first), min(monday + 6 * _A_DAY, self.span.last))
            steps.append(Step(week, week.days == 7 and week.last < self.unfinished))
            monday += 7 * _A_DAY
        return steps


def days_of(span: Span) -> Iterator[date]:
    """Yield the days."""
    for number in range(span.days):
        yield span.first + timedelta(days=number)


def last_days(days: int, today: date, unfinished: date) -> Period:
    """Return the period of so many days that ends today."""
    return Period(Span(today - timedelta(days=days - 1), today), unfinished)


def chosen_days(first: date, last: date, today: date, unfinished: date) -> Period:
    """Return the period between two days; raises InputError where it makes no sense."""
    if first > last:
        raise InputError(f"The period ends on {last:%d %b %Y}, before it begins: choose an earlier first day.")
    if first > today:
        raise InputError(f"The period begins on {first:%d %b %Y}, which is still to come: choose an earlier first day.")
    if first < EARLIEST:
        raise InputError(f"There are no posts from before {EARLIEST:%Y}: choose a later first day.")
    span = Span(first, min(last, today))
    if span.days > LONGEST:
        raise InputError(f"The period has {span.days} days; {LONGEST} are the most: choose a later first day.")
    return Period(span, unfinished)


def day_of(at: datetime, zone: str) -> date:
    """Return the day that a calendar in this time zone shows."""
    return at.astimezone(ZoneInfo(zone)).date()


def bounds(span: Span, zone: str) -> tuple[datetime, datetime]:
    """Return when the first day begins in this time zone, and when the day after the last does, in UTC."""
    place = ZoneInfo(zone)
    return _at(span.first, 0, place), _at(span.last + _A_DAY, 0, place)


def weekly_bounds(span: Span, zone: str, weekday: int, hour: int | None) -> list[tuple[datetime, datetime]]:
    """Return when each of these weekdays begins and ends in this time zone, or that hour of each, in UTC.

    An hour that comes twice, as clocks are set back, is one of two hours; one that is left out is empty.
    """
    place = ZoneInfo(zone)
    days = [day for day in days_of(span) if day.weekday() == weekday]
    first, last = (0, 24) if hour is None else (hour, hour + 1)
    return [(_at(day, first, place), _at(day, last, place)) for day in days]


def _at(day: date, hour: int, place: ZoneInfo) -> datetime:
    """Return when the clock of a place shows the hour, of which the 24th is the next day's first, in UTC."""
    day, hour = (day + _A_DAY, 0) if hour == 24 else (day, hour)
    return datetime(day.year, day.month, day.day, hour, tzinfo=place).astimezone(UTC)


def change_words(now: int, before: int) -> str:
    """Return how a count differs from the one before it: in per cent, or in numbers where there are few."""
    if now == before:
        return "as before"
    direction = "up" if now > before else "down"
    if before < LEAST_FOR_SHARE:
        return f"{direction} {abs(now - before):,}, from {before:,}"
    share = round(100 * abs(now - before) / before)
    return f"{direction} {share:,}%, from {before:,}" if share else "about as before"


def change_mark(now: int, before: int) -> str:
    """Return the same in a few signs, as +12% or -3."""
    if now == before:
        return "="
    if before < LEAST_FOR_SHARE:
        return f"{now - before:+,}"
    return f"{100 * (now - before) / before:+,.0f}%"


def duration_change_words(now: timedelta | None, before: timedelta | None) -> str:
    """Return how a duration differs from the one before it, nothing where there is none to compare."""
    if now is None or before is None:
        return ""
    if abs(now - before) <= 2 * ERROR * max(now, before):  # each may be off by as much
        return "about as before"
    return f"{'slower' if now > before else 'faster'}: {duration_words(before)} before"


def bucket_of(duration: timedelta) -> int:
    """Return the bucket that the duration counts in."""
    if duration <= SHORTEST:
        return 0
    return math.ceil(math.log(duration / SHORTEST) / math.log(_GROWTH) - 1e-9)


def duration_of(bucket: int) -> timedelta:
    """Return the duration that stands for a bucket: the one that none in it differs from by more than `ERROR`."""
    return SHORTEST if bucket <= 0 else SHORTEST * (2 * _GROWTH**bucket / (_GROWTH + 1))


def quantile(counted: Mapping[int, int], share: float) -> timedelta | None:
    """Return the duration that `share` of those counted do not exceed, by its bucket; none where none are counted.

    It is the one at the place `share` times their number, rounded up, when they stand in order.
    """
    total = sum(counted.values())
    if total == 0:
        return None
    place = max(math.ceil(share * total - 1e-9), 1)
    for bucket in sorted(counted):
        place -= counted[bucket]
        if place <= 0:
            return duration_of(bucket)
    raise AssertionError("a place among those counted lies in one of their buckets")


@dataclass(frozen=True, slots=True)
class Durations:
    """How long something took: how many were counted, and what half and nine tenths of them do not exceed.

    None where there are too few to say.
    """

    number: int
    median: timedelta | None
    ninth: timedelta | None


def durations(counted: Mapping[int, int]) -> Durations:
    """Return what can be said of the durations in these buckets."""
    number = sum(counted.values())
    return Durations(
        number,
        quantile(counted, 0.5) if number >= LEAST_FOR_MEDIAN else None,
        quantile(counted, 0.9) if number >= LEAST_FOR_NINTH else None,
    )


def duration_mark(duration: timedelta | None) -> str:
    """Return a duration as it fits beside a mark in a chart."""
    if duration is None:
        return ""
    return "≤ 1 min" if duration <= SHORTEST else duration_words(duration)


def duration_words(duration: timedelta | None) -> str:
    """Return a duration as one says it."""
    if duration is None:
        return "too few to say"
    minutes = round(duration / timedelta(minutes=1))
    if duration <= SHORTEST:
        return "a minute or less"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 10 * 60:
        return f"{minutes // 60} h {minutes % 60:02} min"
    hours = round(duration / timedelta(hours=1))
    return f"{hours} h" if hours < 72 else f"{hours // 24} d {hours % 24} h"
