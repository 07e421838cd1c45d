"""Finding what a text names: couriers, tracking numbers, references, dates, promises, products, phone numbers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from core.entities.couriers import NamedCourier, couriers_of
from core.entities.dates import find_dates
from core.entities.entity import Entity, EntityKind, apart
from core.entities.names import words as words_of
from core.entities.phones import find_phones
from core.entities.products import find_products
from core.entities.references import find_references
from core.entities.tracking import find_tracking_numbers

__all__ = ["DEFAULT_REGION", "Entity", "EntityKind", "NamedCourier", "find"]

DEFAULT_REGION: Final = "GB"


def find(
    text: str,
    posted_at: datetime,
    couriers: Sequence[NamedCourier] = (),
    products: Sequence[str] = (),
    *,
    region: str = DEFAULT_REGION,
    day_first: bool | None = None,
) -> tuple[Entity, ...]:
    """Return what `text` names, in order and without overlap; a post or a brand's own reply alike.

    `posted_at` is aware; relative days count in its time zone, so hand it in in the brand's. `couriers` and `products`
    come on top of the lists here (carriers.py, goods.py) and win over them. `region` is the country of phone numbers
    without a code. `day_first` decides 03/04; left out, the day is read first and the date says that it is ambiguous.

    Where things overlap, the more telling one stays: a tracking number, then a reference, a date, a phone number, a
    courier, a product. Raises ValueError where `posted_at` has no time zone.
    """
    words = words_of(text)
    known = couriers_of(couriers)
    named = tuple(known.find(text, words))
    tracking = tuple(known.owned(number) for number in find_tracking_numbers(text, known.carriers(named)))
    return apart(
        (
            *tracking,
            *find_references(text),
            *find_dates(text, posted_at, day_first),
            *find_phones(text, region),
            *named,
            *find_products(text, words, products),
        ),
        len(text),
    )
