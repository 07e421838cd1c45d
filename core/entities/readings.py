"""What the words of a date mean on the day of the post; forms.py says how a date is written.

A reader gets a form's match and returns the days that are meant, None where these words are no date after all.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from core.entities.calendar import (
    AMOUNTS,
    MONTHS,
    WEEKDAYS,
    Days,
    day_of,
    day_of_month,
    month_of,
    nearest,
    one,
    week_of,
    weekday,
    working_days_after,
)
from core.entities.promises import Surroundings, Tense, is_promised, tense

# "within 30 days of purchase", "in 2 weeks I had"
_NOT_AHEAD: Final = re.compile(r"\s(?:of|i|we|and i)\b", re.IGNORECASE)


class Context(NamedTuple):
    """What a date is read against."""

    posted_at: datetime
    day_first: bool | None
    around: Surroundings

    @property
    def today(self) -> date:
        """The day of the post."""
        return self.posted_at.date()

    @property
    def tense(self) -> Tense:
        """Where the words around put a bare day."""
        return tense(self.around)

    @property
    def side(self) -> bool | None:
        """Whether the words around put it in the past, None where they leave it in doubt."""
        return self.tense.is_past if self.tense.is_certain else None


Match = re.Match[str]
Reader = Callable[[Match, Context], Days | None]


def read_nothing(_match: Match, _context: Context) -> Days | None:
    """Return None: words that look like a date and are none."""
    return None


def read_iso(match: Match, _context: Context) -> Days | None:
    """Read 2026-11-21."""
    found = day_of(int(match["year"]), int(match["b"]), int(match["a"]))
    return one(found) if found else None


def read_figures(match: Match, context: Context) -> Days | None:
    """Read 3/11, 03.11.26 or 3-11-2026: in the order asked for, else the day first and in doubt."""
    year, figures = _group(match, "year"), (int(match["a"]), int(match["b"]))
    orders = (figures, figures[::-1]) if context.day_first is not False else (figures[::-1], figures)
    days = [
        day_of(int(year), month, day) if year else nearest(context.today, month, day, context.side)
        for day, month in orders
    ]
    found = [day for day in days if day]
    return one(found[0], context.day_first is None and len(set(found)) > 1) if found else None


def read_written(match: Match, context: Context) -> Days | None:
    """Read "21 Nov 2026", "Nov 21st", "3-5 November"."""
    year, month = _group(match, "year").strip("'/"), MONTHS[_group(match, "month")]
    if match["month"] in ("may", "march", "mar") and not (year or _group(match, "ordinal") or _group(match, "of")):
        return None  # "3 may have", "may 5 of them"
    first, last = (
        day_of(int(year), month, int(day)) if year else nearest(context.today, month, int(day), context.side)
        for day in (_group(match, "from_day") or match["day"], match["day"])
    )
    return Days(first, last) if first and last and first <= last else None


def read_numbered(match: Match, context: Context) -> Days | None:
    """Read "the 3rd", of the month that the tense asks for."""
    day, which = int(match["day"]), _group(match, "which")
    if which:
        month = month_of(context.today, {"this": 0, "next": 1, "last": -1}[which])
        found = day_of(month.first.year, month.first.month, day) if month else None
        return one(found) if found else None
    found = day_of_month(context.today, day, context.tense.is_past)
    return one(found, not context.tense.is_certain) if found else None


def read_relative_day(match: Match, context: Context) -> Days | None:
    """Read "today", "tomorrow", "yesterday", "the day after tomorrow", "last night", "this evening"."""
    words = _group(match, "word")
    if "after tomorrow" in words or "before yesterday" in words:
        return one(context.today + timedelta(2 if "tomorrow" in words else -2))
    shift = -1 if words.startswith(("yest", "last")) else 1 if words[:3] in ("tom", "tmr", "tmw", "2mo") else 0
    return one(context.today + timedelta(shift))


def read_weekday(match: Match, context: Context) -> Days | None:
    """Read "Friday", by the tense, and "next Friday": that of the next week, though some mean the coming one."""
    today, number, which = context.today, WEEKDAYS[_group(match, "day")], _group(match, "which")
    if which == "last":
        return one(weekday(today - timedelta(1), number, is_past=True))
    if which == "next":
        return one(week_of(today, 1).first + timedelta(number), is_ambiguous=number > today.weekday())
    if which:
        return one(weekday(today, number, is_past=False))
    is_past, is_certain = context.tense
    if number == today.weekday():
        return one(today if is_past else today + timedelta(7), is_ambiguous=True)
    return one(weekday(today, number, is_past), not is_certain)


def read_weekday_span(match: Match, context: Context) -> Days | None:
    """Read "between Tuesday and Thursday"."""
    first = weekday(context.today, WEEKDAYS[_group(match, "day")], context.tense.is_past)
    last = weekday(first, WEEKDAYS[_group(match, "last_day")], is_past=False)
    return Days(first, last, not context.tense.is_certain)


def read_week_or_month(match: Match, context: Context) -> Days | None:
    """Read "next week", "the end of the month", "the weekend"; a week ends from Friday to Sunday."""
    offset = {"last": -1, "next": 1, "following": 1}.get(_group(match, "which"), 0)
    unit, is_end = _group(match, "unit"), bool(_group(match, "end"))
    if unit == "month":
        month = month_of(context.today, offset)
        return one(month.last) if month and is_end else month
    week = week_of(context.today, offset)
    if unit == "weekend":
        saturday = week.last - timedelta(1)
        is_before = not offset and context.tense.is_past and context.today < saturday
        back = timedelta(7 if is_before else 0)
        return Days(saturday - back, week.last - back, not _group(match, "which"))
    return Days(week.last - timedelta(2), week.last) if is_end else week


def read_end_of_day(_match: Match, context: Context) -> Days | None:
    """Read "by close of business"."""
    return one(context.today)


def read_ahead(match: Match, context: Context) -> Days | None:
    """Read "in 3 days", "within 24-48 hours", "3 to 5 working days": the last day that is meant.

    None where the time lies back: "three calls in 2 days", "sold within 2 hours".
    """
    amount, unit = _amount(match), _group(match, "unit")
    if not (_group(match, "later") or is_allowed(match) or is_promised(context.around)):
        is_other = context.tense.is_past or _group(match, "lead") == "up to" or _NOT_AHEAD.match(context.around.after)
        if is_other or context.around.before.endswith(("time ", "times ")):
            return None
    if unit.startswith(("work", "bus", "weekd")):
        return one(working_days_after(context.today, amount))
    if unit.startswith("month"):
        return _months_on(context.today, amount)
    return one((context.posted_at + _duration(amount, unit)).date())


def is_allowed(match: Match) -> bool:
    """Return whether an amount of time is asked for by who promises ("allow up to 5 days")."""
    return _group(match, "lead").startswith("allow")


def due_at(match: Match, context: Context) -> datetime | None:
    """Return the exact moment of "within 24 hours", None for what read_ahead reads in days."""
    unit = _group(match, "unit")
    is_exact = unit.startswith(("h", "mi"))
    return context.posted_at + _duration(_amount(match), unit) if is_exact else None


def read_back(match: Match, context: Context) -> Days | None:
    """Read "3 days ago"; weeks and months are rough."""
    amount, unit = _amount(match), _group(match, "unit")
    if unit.startswith("month"):
        return _months_on(context.today, -amount)
    return one((context.posted_at - _duration(amount, unit)).date(), unit.startswith("w"))


def read_next_day(match: Match, context: Context) -> Days | None:
    """Read "next day" as a promise; when the order was is not known, so the day after the post is a guess."""
    if not (_group(match, "service") or is_promised(context.around, is_next_day=True)):
        return None
    days = 0 if _group(match, "which") == "same" else 1
    is_working = bool(_group(match, "working"))
    day = working_days_after(context.today, days) if is_working else context.today + timedelta(days)
    return one(day, is_ambiguous=True)


def _group(match: Match, name: str) -> str:
    """Return a group in lower case with single spaces, empty where the form has none."""
    return " ".join((match.groupdict().get(name) or "").lower().split())


def _months_on(today: date, amount: int) -> Days | None:
    month = month_of(today, amount)
    return one(min(month.last, month.first + timedelta(today.day - 1)), is_ambiguous=True) if month else None


def _amount(match: Match) -> int:
    words = _group(match, "amount")
    return int(words) if words.isdigit() else AMOUNTS[words]


def _duration(amount: int, unit: str) -> timedelta:
    if unit.startswith("h"):
        return timedelta(hours=amount)
    if unit.startswith("mi"):
        return timedelta(minutes=amount)
    return timedelta(weeks=amount) if unit.startswith("w") else timedelta(days=amount)
