"""Shifts as people read them: the hours of a week in words, and how many work in each hour of a week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from core.hours import DAYS, Hours

_DAY: Final = 24 * 60
_SAMPLES: Final = (timedelta(minutes=0), timedelta(minutes=30))  # of each hour; whoever misses one does not cover it
_AWEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Shift:
    """When somebody works, by the clock of their time zone; until `away_until` not at all."""

    hours: Hours
    zone: str
    away_until: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Tell whether they work then."""
        return (self.away_until is None or at >= self.away_until) and self.hours.is_open(at, self.zone)


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from `first` on by the clock of one zone: for each day how many work in each of its 24 hours.

    `wanted` says of each whether anybody has to be there.
    """

    first: date
    counts: tuple[tuple[int, ...], ...]
    wanted: tuple[tuple[bool, ...], ...]

    @property
    def gaps(self) -> list[tuple[date, int, int]]:
        """Where somebody has to be there and nobody is: the day, the first hour and the one behind the last."""
        found: list[tuple[date, int, int]] = []
        for day in range(_AWEEK):
            for hour in range(24):
                if self.wanted[day][hour] and not self.counts[day][hour]:
                    at = self.first + timedelta(days=day)
                    if found and found[-1][0] == at and found[-1][2] == hour:
                        found[-1] = (at, found[-1][1], hour + 1)
                    else:
                        found.append((at, hour, hour + 1))
        return found


def week_of(shifts: Sequence[Shift], wanted: Sequence[tuple[Hours, str]], first: date, zone: str) -> Week:
    """Return who works in the seven days from `first` on, and when somebody has to: in any of the hours `wanted`."""
    counts = []
    needed = []
    for day in range(_AWEEK):
        starts = [_moment(first + timedelta(days=day), hour, zone) for hour in range(24)]
        counts.append(tuple(_covering(shifts, start) for start in starts))
        needed.append(tuple(any(_is_open(hours, start, place) for hours, place in wanted) for start in starts))
    return Week(first, tuple(counts), tuple(needed))


def _moment(day: date, hour: int, zone: str) -> datetime:
    """Return when the clock shows this hour, in UTC: what is added to a local time knows nothing of changed clocks."""
    return datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)


def _covering(shifts: Sequence[Shift], start: datetime) -> int:
    return sum(all(shift.covers(start + sample) for sample in _SAMPLES) for shift in shifts)


def _is_open(hours: Hours, start: datetime, zone: str) -> bool:
    return any(hours.is_open(start + sample, zone) for sample in _SAMPLES)


def in_words(hours: Hours) -> str:
    """Return the hours as a sentence has them: "Monday to Friday 09:00-17:30, Saturday 10:00-14:00"."""
    if hours.is_always:
        return "always"
    by_day: dict[int, list[str]] = {}
    long_ones = []
    for start, end in _whole_spans(hours):
        if end - start > _DAY:
            long_ones.append(f"from {_start(start)} to {_end(end)}")
        else:
            by_day.setdefault(start // _DAY, []).append(f"{_clock(start % _DAY)}-{_clock(end)}")
    return ", ".join([*(f"{_days(days)} {' and '.join(times)}" for days, times in _alike(by_day)), *long_ones])


def hours_a_week(hours: Hours) -> float:
    """Return how many hours of a week these are."""
    return sum(end - start for start, end in hours.spans) / 60


def _whole_spans(hours: Hours) -> list[tuple[int, int]]:
    """Return the spans with the one that goes over the week's end in one piece."""
    spans = list(hours.spans)
    if len(spans) > 1 and spans[0][0] == 0 and spans[-1][1] == _AWEEK * _DAY:
        (_, end), (start, over) = spans.pop(0), spans.pop()
        spans.append((start, over + end))
    return spans


def _alike(by_day: dict[int, list[str]]) -> list[tuple[list[int], list[str]]]:
    """Return days with the same times together, in the order of the week."""
    groups: list[tuple[list[int], list[str]]] = []
    for day, times in sorted(by_day.items()):
        same = next((days for days, others in groups if others == times), None)
        if same is None:
            groups.append(([day], times))
        else:
            same.append(day)
    return groups


def _days(days: list[int]) -> str:
    names = [DAYS[day].capitalize() for day in days]
    if len(days) == _AWEEK:
        return "every day"
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{names[0]} to {names[-1]}"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _start(minute: int) -> str:
    return f"{DAYS[minute // _DAY % _AWEEK].capitalize()} {_clock(minute % _DAY)}"


def _end(minute: int) -> str:
    return f"{DAYS[(minute - 1) // _DAY % _AWEEK].capitalize()} {_clock(minute)}"


def _clock(minute: int) -> str:
    of_day = minute % _DAY
    return "24:00" if of_day == 0 and minute else f"{of_day // 60:02}:{of_day % 60:02}"
