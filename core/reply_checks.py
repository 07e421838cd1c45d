"""What is worth a second look in a reply before everybody can read it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from core.entities import Entity, EntityKind, find
from core.masking import excerpt, find_emails

LOOKED_AT: Final = 2000  # characters: finding takes a hundredth of a second for these, and much longer for more
LONGEST_PROMISE: Final = 160
_NAMES: Final = {
    EntityKind.ORDER_REFERENCE: "an order or case number",
    EntityKind.TRACKING_NUMBER: "a tracking number",
    EntityKind.PHONE: "a phone number",
}
_SENTENCE_END: Final = re.compile(r"[.!?…]+(?=\s|$)|\n")


@dataclass(frozen=True, slots=True)
class Promised:
    """Something that a reply promises: the sentence, and when it is over if nothing came."""

    text: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found: sentences of warning, and what is promised."""

    warnings: tuple[str, ...] = ()
    promises: tuple[Promised, ...] = ()


def check_reply(text: str, at: datetime, zone: str) -> Checked:
    """Return what to say of a reply that is posted at `at`; days end in the time zone `zone`.

    Only the start of a long reply is looked at.
    """
    start = text[:LOOKED_AT]
    here = ZoneInfo(zone)
    found = find(start, at.astimezone(here))
    return Checked(_warnings(start, found), _promises(start, found, at, here))


def _warnings(text: str, found: Sequence[Entity]) -> tuple[str, ...]:
    named = [(entity.text, _NAMES[entity.kind]) for entity in found if entity.kind in _NAMES]
    named += [(address, "an e-mail address") for address in find_emails(text)]
    once = dict.fromkeys((excerpt(words, 40), what) for words, what in named)
    return tuple(f"Everybody can read this reply, and it names {what}: {words}" for words, what in once)


def _promises(text: str, found: Sequence[Entity], at: datetime, zone: ZoneInfo) -> tuple[Promised, ...]:
    promises: dict[str, Promised] = {}
    for entity in found:
        if entity.kind is EntityKind.PROMISED_DATE and entity.days:
            due_at = entity.due_at or _end_of(entity, zone)
            sentence = excerpt(_sentence(text, entity), LONGEST_PROMISE)
            if due_at > at and sentence not in promises:
                promises[sentence] = Promised(sentence, due_at)
    return tuple(promises.values())


def _end_of(entity: Entity, zone: ZoneInfo) -> datetime:
    """Return the last second of the last day that an entity with days names."""
    _, last = entity.days or (None, None)
    if last is None:
        raise ValueError(f"{entity!r} has no days")
    return datetime.combine(last + timedelta(days=1), time(), zone) - timedelta(seconds=1)


def _sentence(text: str, entity: Entity) -> str:
    ends = [found.end() for found in _SENTENCE_END.finditer(text)]
    begin = max((end for end in ends if end <= entity.start), default=0)
    end = min((end for end in ends if end >= entity.end), default=len(text))
    return text[begin:end].strip()
