"""Which courier an author speaks of."""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from core.entities.couriers import NamedCourier, couriers_of
from core.entities.names import words as words_of
from core.entities.tracking import find_tracking_numbers

LONGEST: Final = 2000  # characters of a post that are looked at: who is meant is said early, and strangers write much
MOST_POSTS: Final = 50


def courier_named(texts: Sequence[str], couriers: Sequence[NamedCourier] = ()) -> str:
    """Return the courier that the texts of one author speak of most, of several the first; empty where of none.

    A name counts before a tracking number's owner, since numbers of several couriers look alike. `couriers` are the
    configured ones, under whose names the known ones go too.
    """
    configured = tuple((courier.name, tuple(courier.aliases)) for courier in couriers)
    found = [_named(text[:LONGEST], configured) for text in texts[:MOST_POSTS]]
    for kind in (0, 1):
        counts = Counter(name for each in found for name in dict.fromkeys(each[kind]))
        if counts:
            return counts.most_common(1)[0][0]
    return ""


@lru_cache(maxsize=2048)
def _named(text: str, configured: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the couriers that a text names, and those whose tracking numbers it holds; kept: cases are read often."""
    known = couriers_of([_Configured(*each) for each in configured])
    named = tuple(known.find(text, words_of(text)))
    numbers = (known.owned(number) for number in find_tracking_numbers(text, known.carriers(named)))
    return tuple(each.value for each in named), tuple(each.qualifier for each in numbers if each.qualifier)


class _Configured:
    def __init__(self, name: str, aliases: tuple[str, ...]) -> None:
        self.name, self.aliases = name, aliases
