"""When somebody works: hours of the week as they are written, whether it is one of them, and the time between two."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

from core.errors import InputError

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EXAMPLE: Final = 'write such as "mon-fri 09:00-17:30" or "sat 22:00-06:00"'
MAX_LINES: Final = 50
_LINE: Final = re.compile(r"([a-z][a-z\s,-]*?)\s+(\d[\d:\s,-]*)")
_SPAN: Final = re.compile(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)")
_DAY: Final = 24 * 60
_WEEK: Final = 7 * _DAY
_A_WEEK: Final = timedelta(weeks=1)
_NONE: Final = timedelta()
_MONDAY: Final = datetime(2024, 1, 1)  # noqa: DTZ001  (what a clock on the wall shows, in no zone)


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of the week by the clock on the wall: `spans` in minutes from Monday 00:00, in order and apart.

    Where a zone changes its clocks, an hour that comes twice counts twice and one that is left out not at all. Every
    time handed in is aware.
    """

    spans: tuple[tuple[int, int], ...] = ((0, _WEEK),)

    @property
    def is_always(self) -> bool:
        """True where every minute of the week is one of them."""
        return self.spans == ((0, _WEEK),)

    def is_open(self, at: datetime, zone: str) -> bool:
        """Tell whether the clock shows one of these hours in this time zone."""
        wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        minute = (wall - _MONDAY) % _A_WEEK // timedelta(minutes=1)
        return any(start <= minute < end for start, end in self.spans)

    def between(self, start: datetime, end: datetime, zone: str) -> timedelta:
        """Return how much of the time from `start` to `end` lies in these hours; nothing where `end` comes first."""
        if self.is_always:
            return max(end.astimezone(UTC) - start.astimezone(UTC), _NONE)
        return sum((self._passed(stop) - self._passed(first) for _, first, stop in _walls(start, end, zone)), _NONE)

    def after(self, start: datetime, worked: timedelta, zone: str) -> datetime:
        """Return when this much of these hours has passed since `start`, at the earliest."""
        left = worked
        if left <= _NONE:
            return start
        start = start.astimezone(UTC)
        while True:
            for at, first, stop in _walls(start, start + _A_WEEK, zone):
                passed = self._passed(stop) - self._passed(first)
                if left <= passed:
                    return at + (self._reached(self._passed(first) + left) - first)
                left -= passed
            start += _A_WEEK

    def _passed(self, wall: datetime) -> timedelta:
        """Return how much of these hours lies between a Monday long ago and what the clock shows."""
        weeks, rest = divmod(wall - _MONDAY, _A_WEEK)
        starts, before, total = _summed(self.spans)
        minute = rest / timedelta(minutes=1)
        behind = bisect_right(starts, minute) - 1
        if behind < 0:
            return weeks * total
        start, end = self.spans[behind]
        inside = min(rest - timedelta(minutes=start), timedelta(minutes=end - start))
        return weeks * total + before[behind] + inside

    def _reached(self, passed: timedelta) -> datetime:
        """Return what the clock shows first when so much of these hours lies behind."""
        _, before, total = _summed(self.spans)
        weeks, rest = divmod(passed, total)
        if rest == _NONE:  # a week's last minute comes before the next week's first
            weeks, rest = weeks - 1, total
        index = max(number for number, sum_before in enumerate(before) if sum_before < rest)
        return _MONDAY + weeks * _A_WEEK + timedelta(minutes=self.spans[index][0]) + (rest - before[index])


def parse(lines: Sequence[str]) -> Hours:
    """Return the hours that lines such as "mon-fri 09:00-12:00, 13:00-17:30" name; no lines mean always.

    A shift whose end comes before its start ends on the next day. Raises InputError that quotes the line that is wrong.
    """
    if len(lines) > MAX_LINES:
        raise InputError(f"{len(lines)} lines are too many for the hours of a week: {MAX_LINES} are the most.")
    return _parsed(tuple(lines))


@lru_cache(maxsize=1024)
def _parsed(lines: tuple[str, ...]) -> Hours:
    spans = [span for line in lines if line.strip() for span in _line(line)]
    return Hours(_joined(spans)) if spans else Hours()


def _line(line: str) -> Iterator[tuple[int, int]]:
    """Yield what a line adds, in minutes of the week."""
    plain = line.strip().lower().replace("–", "-")
    found = _LINE.fullmatch(plain) if len(plain) <= 200 else None
    if not found:
        raise InputError(f'"{line.strip()[:60]}" does not say when somebody works: {EXAMPLE}.')
    days = [day for part in found[1].split(",") for day in _days(part.strip(), line)]
    for words in found[2].split(","):
        start, end = _times(words.strip(), line)
        for day in days:
            yield day * _DAY + start, day * _DAY + end


def _days(words: str, line: str) -> list[int]:
    """Return the days, Monday as 0; a span of days may go over the week's end."""
    if words in ("daily", "every day"):
        return list(range(7))
    first, *last = [_day(word.strip(), line) for word in words.split("-", 1)]
    return [(first + more) % 7 for more in range((last[0] - first) % 7 + 1)] if last else [first]


def _day(word: str, line: str) -> int:
    found = [number for number, name in enumerate(DAYS) if len(word) >= 2 and name.startswith(word)]
    if len(found) != 1:
        raise InputError(f'"{line.strip()[:60]}": {word!r} is no day of the week; {EXAMPLE}.')
    return found[0]


def _times(words: str, line: str) -> tuple[int, int]:
    """Return start and end in minutes of the day, the end behind the start."""
    found = _SPAN.fullmatch(words)
    if not found:
        raise InputError(f'"{line.strip()[:60]}": {words!r} is no span of time; {EXAMPLE}.')
    hours = (int(found[1]), int(found[3]))
    start, end = (hour * 60 + int(minute) for hour, minute in zip(hours, (found[2], found[4]), strict=True))
    if int(found[2]) > 59 or int(found[4]) > 59 or start >= _DAY or end > _DAY:
        raise InputError(f'"{line.strip()[:60]}": {words!r} is no time of the day; it goes from 00:00 to 24:00.')
    if start == end:
        raise InputError(f'"{line.strip()[:60]}" lasts no time at all; write 00:00-24:00 for the whole day.')
    return start, end if end > start else end + _DAY


def _joined(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the spans within one week, in order, those that touch as one."""
    within = [
        span for start, end in spans for span in ((start, min(end, _WEEK)), (0, end - _WEEK)) if span[0] < span[1]
    ]
    joined: list[tuple[int, int]] = []
    for start, end in sorted(within):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


@cache
def _summed(spans: tuple[tuple[int, int], ...]) -> tuple[list[int], list[timedelta], timedelta]:
    """Return where the spans start, how much of the week's hours lies before each, and how much there is."""
    sums = list(accumulate((end - start for start, end in spans), initial=0))
    return [start for start, _ in spans], [timedelta(minutes=each) for each in sums[:-1]], timedelta(minutes=sums[-1])


def _walls(start: datetime, end: datetime, zone: str) -> Iterator[tuple[datetime, datetime, datetime]]:
    """Cut the time into parts in which no clock is changed: when each begins, and what the clock shows from and to."""
    place = ZoneInfo(zone)
    start, end = start.astimezone(UTC), end.astimezone(UTC)  # times of one zone would be told apart by its clock
    while start < end:
        stop = min(start + _A_WEEK, end)
        wall, later = start.astimezone(place), stop.astimezone(place)
        if wall.utcoffset() != later.utcoffset():
            stop = _change(start, stop, place)
            later = stop.astimezone(place)
        first = wall.replace(tzinfo=None)
        yield start, first, first + (stop - start)
        start = stop


def _change(start: datetime, stop: datetime, place: ZoneInfo) -> datetime:
    """Return the first second of the new offset, where the offsets at both ends differ."""
    before = start.astimezone(place).utcoffset()
    start = start.replace(microsecond=0)
    last, first = 0, -((start - stop) // timedelta(seconds=1))
    while first - last > 1:
        middle = (last + first) // 2
        if (start + timedelta(seconds=middle)).astimezone(place).utcoffset() == before:
            last = middle
        else:
            first = middle
    return start + timedelta(seconds=first)
