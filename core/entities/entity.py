"""What is found in a text."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class EntityKind(StrEnum):
    """What sort of thing a stretch of text names."""

    TRACKING_NUMBER = "tracking_number"
    ORDER_REFERENCE = "order_reference"
    PHONE = "phone"
    PROMISED_DATE = "promised_date"
    DATE = "date"
    COURIER = "courier"
    PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class Entity:
    """A stretch of a text, `text[start:end]` of the text as posted, and what it means.

    | kind | value | qualifier |
    |---|---|---|
    | courier | its name | |
    | tracking_number | upper case, without spaces | the courier whose it is, where the shape or the words tell |
    | order_reference | upper case | what the words around it call it: order, case, booking ... |
    | date, promised_date | ISO day, or first/last for a span | |
    | product | as the list has it | |
    | phone | E.164 | |

    `is_ambiguous` says of a date that another reading is possible: 03/04 without a country, a bare "Friday" where
    nothing tells the last from the next. `due_at` is the exact moment where hours were said ("within 24 hours").
    """

    kind: EntityKind
    start: int
    end: int
    text: str
    value: str
    qualifier: str = ""
    is_ambiguous: bool = False
    due_at: datetime | None = None

    @property
    def days(self) -> tuple[date, date] | None:
        """First and last day of a date or promised date; None for every other kind."""
        if self.kind not in (EntityKind.DATE, EntityKind.PROMISED_DATE):
            return None
        first, _, last = self.value.partition("/")
        return date.fromisoformat(first), date.fromisoformat(last or first)


def apart(entities: Iterable[Entity], length: int) -> tuple[Entity, ...]:
    """Return the entities of a text of that length in its order, the earlier one of `entities` where two overlap."""
    taken = bytearray(length)
    kept = []
    for entity in entities:
        if taken.find(1, entity.start, entity.end) < 0:
            taken[entity.start : entity.end] = b"\1" * (entity.end - entity.start)
            kept.append(entity)
    return tuple(sorted(kept, key=lambda entity: entity.start))
