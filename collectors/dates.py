"""Dates as people and programs write them.

A date without a zone is in the zone that the caller names. Days and months in figures (03/04/2026) are told apart by
the whole column: see `collectors.files.Reading`; with dots the day always comes first.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from typing import Final

FIGURES: Final = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?:,?[ T]+(.+))?")
TIME: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(?:\s*([ap])\.?m\.?)?", re.IGNORECASE)
OFFSET: Final = re.compile(r"(?<![\d-])([+-])(\d{2}):?(\d{2})\b")
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH: Final = re.compile(
    r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"(?:(?<=jan)uary|(?<=feb)ruary|(?<=mar)ch|(?<=apr)il|(?<=jun)e|(?<=jul)y|(?<=aug)ust|(?<=sep)t|(?<=sep)tember"
    r"|(?<=oct)ober|(?<=nov)ember|(?<=dec)ember)?\b",
    re.IGNORECASE,
)
FILLING: Final = re.compile(
    r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b|\bat\b|\bof\b", re.IGNORECASE
)
# What RFC 2822 knows; other zone names are refused, as they mean different things in different places.
ZONES: Final = {
    "utc": 0,
    "gmt": 0,
    "z": 0,
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
}
ZONE: Final = re.compile(r"(?<![a-z])(utc|gmt|z|est|edt|cst|cdt|mst|mdt|pst|pdt)\b", re.IGNORECASE)
Clock = tuple[int, int, int, timezone | None]  # hour, minute, second, zone
MIDNIGHT: Final[Clock] = (0, 0, 0, None)
FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100
MAX_DATE_LENGTH: Final = 100  # characters


class DayOrder(StrEnum):
    """How a column writes days and months in figures."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"
    MIXED = "both ways"


def order_shown(value: str) -> DayOrder | None:
    """Return which order `value` proves ("21/11/2026": day first), None where it proves nothing."""
    found = FIGURES.fullmatch(value.strip())
    if not found or found[2] == ".":
        return None
    if int(found[1]) > 12:
        return DayOrder.DAY_FIRST
    return DayOrder.MONTH_FIRST if int(found[3]) > 12 else None


def is_ambiguous(value: str) -> bool:
    """Return whether the order of day and month decides what `value` means."""
    found = FIGURES.fullmatch(value.strip())
    return found is not None and found[2] != "." and max(int(found[1]), int(found[3])) <= 12 and found[1] != found[3]


def parse_date(value: str, order: DayOrder = DayOrder.DAY_FIRST, zone: tzinfo = UTC) -> datetime:
    """Return the moment in UTC; raises `ValueError` with the reason where `value` names none.

    Understands ISO 8601, seconds (or milli- and microseconds) since 1970, days and months in figures, English months
    ("Nov 21, 2026 2:05 PM", RFC 2822, X's "Sat Nov 21 10:00:00 +0000 2026").
    """
    text = " ".join(value.split())
    if len(text) > MAX_DATE_LENGTH:
        raise ValueError(f'"{text[:60]}..." is no date that is understood')
    try:
        moment = _since_1970(text) or _figures(text, order) or _iso(text) or _english(text)
        if moment is None:
            raise ValueError(f'"{text[:60]}" is no date that is understood')
    except OverflowError as error:
        raise ValueError(f'"{text[:60]}" is out of range') from error
    try:
        return within_bounds(moment, zone)
    except ValueError as error:
        raise ValueError(f'"{text[:60]}" is not between {FIRST_YEAR} and {LAST_YEAR}') from error


def within_bounds(moment: datetime, zone: tzinfo = UTC) -> datetime:
    """Return the moment in UTC, taken to be in `zone` where it names none; raises `ValueError` where no post is from.

    Every date of a stranger goes through here: with one at the end of the calendar the next sum overflows.
    """
    try:
        utc = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the date is at the end of the calendar") from error
    if not FIRST_YEAR <= utc.year <= LAST_YEAR:
        raise ValueError(f"the date is not between {FIRST_YEAR} and {LAST_YEAR}")
    return utc


def moment_at(seconds: float) -> datetime:
    """Return the moment so many seconds after 1970; raises `ValueError` where no post is from then."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("the date is out of range") from error
    return within_bounds(moment)


def _since_1970(text: str) -> datetime | None:
    found = re.fullmatch(r"(\d{9,10}|\d{13}|\d{16})(\.\d*)?", text, re.ASCII)
    if not found:
        return None
    power = {13: 3, 16: 6}.get(len(found[1]), 0)
    return datetime.fromtimestamp(float(text) / 10**power, UTC)


def _figures(text: str, order: DayOrder) -> datetime | None:
    found = FIGURES.fullmatch(text)
    if not found:
        return None
    if order is DayOrder.MIXED and is_ambiguous(text):
        raise ValueError(f'"{text[:60]}" may be two days: the column writes days and months both ways')
    first, second = int(found[1]), int(found[3])
    month_first = found[2] != "." and (second > 12 or (order is DayOrder.MONTH_FIRST and first <= 12))
    day, month = (second, first) if month_first else (first, second)
    year = int(found[4]) + (2000 if len(found[4]) == 2 else 0)
    clock, left = _clock(found[5] or "")
    return None if left else _moment(text, (year, month, day), clock)


def _iso(text: str) -> datetime | None:
    # "2026/11/21 14:05", "2026-11-21 14:05:00 UTC" and "... +0000" are ISO but for their dress
    tidy = re.sub(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})", lambda m: f"{m[1]}-{m[2]:0>2}-{m[3]:0>2}", text)
    tidy = re.sub(r"^(\d{8})(\d{6})$", r"\1T\2", tidy)
    try:
        return datetime.fromisoformat(tidy)
    except ValueError:
        found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})[T ](.+)", tidy)
    clock, left = _clock(found[4]) if found else (MIDNIGHT, "")
    return _moment(text, (int(found[1]), int(found[2]), int(found[3])), clock) if found and not left else None


def _english(text: str) -> datetime | None:
    month = MONTH.search(text)
    if not month:
        return None
    clock, left = _clock(text[: month.start()].rstrip("-") + " " + text[month.end() :].lstrip("-"))
    left = re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1", FILLING.sub(" ", left))
    figures = re.findall(r"\d+", left)
    years = [figure for figure in figures if len(figure) == 4]
    days = [figure for figure in figures if len(figure) <= 2]
    if re.sub(r"[\d\s,.()-]", "", left) or len(figures) != 2 or len(years) != 1 or len(days) != 1:
        return None
    return _moment(text, (int(years[0]), MONTHS.index(month[1].lower()) + 1, int(days[0])), clock)


def _clock(text: str) -> tuple[Clock, str]:
    """Return the time and zone that `text` names, and what of `text` is neither."""
    time, offset, zone = TIME.search(text), OFFSET.search(text), ZONE.search(text)
    for found in (time, offset, zone):
        text = text.replace(found[0], " ", 1) if found else text
    hour, minute, second = (int(time[1]), int(time[2]), int(time[3] or 0)) if time else (0, 0, 0)
    if time and time[4]:
        hour = hour % 12 + (12 if time[4].lower() == "p" else 0)
    where = timezone(timedelta(hours=ZONES[zone[1].lower()])) if zone else None
    if offset:
        shift = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        where = timezone(-shift if offset[1] == "-" else shift)
    return (hour, minute, second, where), text.strip()


def _moment(text: str, day: tuple[int, int, int], clock: Clock) -> datetime:
    hour, minute, second, where = clock
    try:
        return datetime(*day, hour, minute, second, tzinfo=where)
    except ValueError as error:
        raise ValueError(f'"{text[:60]}" is no day of the calendar') from error
