"""Dates in English words and figures, told or promised.

A closed grammar of its own: `dateparser` 1.5 reads "the 3rd" as 25 March, "may" and "24/7" as dates and "48 hours" as
the past, brings 15 MB and is slower. What is found is a date; promises.py tells by the words around whether it is one
that somebody promised.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from core.entities.entity import Entity, EntityKind
from core.entities.forms import FORMS, Form
from core.entities.promises import is_promised, surroundings
from core.entities.readings import Context, Match, due_at, is_allowed, read_ahead, read_next_day

_PLAIN: Final = str.maketrans("’‘\u00a0\u202f", "''  ")  # as many characters as before, so that offsets hold


def find_dates(text: str, posted_at: datetime, day_first: bool | None = None) -> Iterator[Entity]:
    """Yield the dates and promised dates of `text` without overlap, form by form.

    Raises ValueError where `posted_at` has no time zone.
    """
    if posted_at.tzinfo is None:
        raise ValueError("posted_at needs a time zone: relative days are counted in it")
    plain = text.translate(_PLAIN)
    taken = bytearray(len(text))
    for form in FORMS:
        for match in form.pattern.finditer(plain):
            start, end = match.span("span" if "span" in form.pattern.groupindex else 0)
            if taken.find(1, start, end) < 0:
                context = Context(posted_at, day_first, surroundings(plain, start, end))
                entity = _entity(text[start:end], start, form, match, context)
                if entity or form.keeps:
                    taken[start:end] = b"\1" * (end - start)
                if entity:
                    yield entity


def _entity(words: str, start: int, form: Form, match: Match, context: Context) -> Entity | None:
    try:
        days = form.read(match, context)
        moment = due_at(match, context) if days and form.read is read_ahead else None
    except OverflowError:  # the calendar ends in the year 9999
        return None
    if not days:
        return None
    is_promise = (
        form.read is read_next_day
        or (form.read is read_ahead and is_allowed(match))
        or is_promised(context.around, form.is_over)
    )
    kind = EntityKind.PROMISED_DATE if is_promise else EntityKind.DATE
    value = days.first.isoformat() + (f"/{days.last.isoformat()}" if days.last > days.first else "")
    return Entity(kind, start, start + len(words), words, value, "", days.is_ambiguous, moment)
