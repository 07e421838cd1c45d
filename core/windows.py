"""Which times of a source were read and which were not: pure rules over the account of its windows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

Stretch = tuple[datetime, datetime]  # from, until
SHORT: Final = "%H:%M"
LONG: Final = "%d %b %H:%M"
WITH_YEAR: Final = "%d %b %Y %H:%M"


class Had(StrEnum):
    """What is had of a window of time."""

    READ = "read"  # a run came to its end
    UNREAD = "unread"  # a run did not; the next one that does makes it good
    WITHHELD = "withheld"  # the platform did not hand it over: no later run makes it good
    FILLED = "filled"  # was withheld, and was read afterwards


@dataclass(frozen=True, slots=True)
class Window:
    """A window of time, both ends included, and what is had of it."""

    id: int
    from_at: datetime
    until_at: datetime
    had: Had


@dataclass(frozen=True, slots=True)
class OpenGap:
    """A window of which something is still missing, and the stretches that are."""

    window: Window
    stretches: tuple[Stretch, ...]

    @property
    def from_at(self) -> datetime:
        """When the first missing stretch begins."""
        return self.stretches[0][0]

    @property
    def until_at(self) -> datetime:
        """When the last missing stretch ends."""
        return self.stretches[-1][1]


def open_gaps(windows: Iterable[Window]) -> list[OpenGap]:
    """Return what is missing, oldest first, in whatever order the windows come.

    A run that failed is made good by one that came to its end and reaches back, or by filling; what a platform
    withheld only by filling.
    """
    ordered = sorted(windows, key=lambda window: (window.from_at, window.until_at, window.id))
    filled = joined((w.from_at, w.until_at) for w in ordered if w.had is Had.FILLED)
    had = joined((w.from_at, w.until_at) for w in ordered if w.had in (Had.FILLED, Had.READ))
    gaps = []
    for window in ordered:
        if window.had in (Had.UNREAD, Had.WITHHELD):
            cover = had if window.had is Had.UNREAD else filled
            stretches = without((window.from_at, window.until_at), cover)
            if stretches:
                gaps.append(OpenGap(window, tuple(stretches)))
    return gaps


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return the same times as stretches that neither overlap nor touch, in order."""
    result: list[Stretch] = []
    for start, end in sorted(stretches):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def without(stretch: Stretch, cover: Sequence[Stretch]) -> list[Stretch]:
    """Return what of the stretch lies outside `cover`, which is as `joined` returns it."""
    start, end = stretch
    if any(low <= start and end <= high for low, high in cover):
        return []
    pieces = []
    for low, high in cover:
        if high <= start or low >= end or low == high:
            continue
        if low > start:
            pieces.append((start, low))
        start = high
    if start < end or not pieces:
        pieces.append((start, end))
    return pieces


def missed_words(from_at: datetime, until_at: datetime, why: str, zone: str = "UTC") -> str:
    """Return the gap as a sentence in a time zone: "may have missed 21 Nov 14:00-14:20: X asked for a pause"."""
    start, end = (at.astimezone(ZoneInfo(zone)) for at in (from_at, until_at))
    long = LONG if start.year == end.year else WITH_YEAR
    last = end.strftime(SHORT if start.date() == end.date() else long)
    same = last == start.strftime(SHORT)
    times = start.strftime(long) if same else f"{start.strftime(long)}\N{EN DASH}{last}"
    return f"may have missed {times}: {why}" if why else f"may have missed {times}"
