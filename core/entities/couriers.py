"""Couriers by name, handle and hashtag."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final, Protocol

from core.entities.carriers import CAREFUL, CARRIERS, DELIVERY, TAILS
from core.entities.entity import Entity, EntityKind
from core.entities.names import IN_ADDRESS, Hit, Lexicon, Word, key_of

_REACH: Final = 7  # words on each side in which a word of delivery vouches for a careful name
_BESIDE: Final = 2  # words on each side in which another meaning's word speaks against it


class NamedCourier(Protocol):
    """A courier as the configuration has it; `core.configuration.CourierEntry` is one."""

    @property
    def name(self) -> str:
        """What it is called on the board."""

    @property
    def aliases(self) -> Sequence[str]:
        """What else people call it."""


class Couriers:
    """The carriers known here and the configured ones, by every name.

    A configured courier takes over the carrier whose name it bears or lists as alias: with `name = "UPS UK", aliases =
    ["UPS"]` all that is known of UPS is found as "UPS UK".
    """

    def __init__(self, configured: tuple[tuple[str, tuple[str, ...]], ...]) -> None:
        values: dict[str, str] = {}
        own = {key_of(name): courier for courier, names in configured for name in (*names, courier)}
        for carrier in CARRIERS:
            value = next(
                (own[key] for key in map(key_of, (carrier.name, *carrier.aliases)) if key in own), carrier.name
            )
            values |= dict.fromkeys(map(key_of, (carrier.name, *carrier.aliases)), value)
        values |= own
        values.pop("", None)
        self._lexicon = Lexicon(values)
        self._values = values

    @property
    def names(self) -> Mapping[str, str]:
        """What each courier is called here, by every name that it is found by, as key_of gives it."""
        return self._values

    def carriers(self, found: Iterable[Entity]) -> frozenset[str]:
        """Return which carriers of CARRIERS the found couriers are."""
        values = {entity.value for entity in found}
        return frozenset(carrier.name for carrier in CARRIERS if self._values[key_of(carrier.name)] in values)

    def owned(self, number: Entity) -> Entity:
        """Return the tracking number with its carrier under the name that it has here."""
        return replace(number, qualifier=self._values.get(key_of(number.qualifier), number.qualifier))

    def find(self, text: str, words: list[Word]) -> Iterator[Entity]:
        """Yield the couriers that `text` names."""
        tagged = set()
        for index, word in enumerate(words):
            if word.mark in ("@", "#") and (found := self._lexicon.tag(word.lower, TAILS)):
                tagged.add(index)
                yield _entity(text, word.start - 1, word.end, found[1])
        for hit in self._lexicon.hits(words):
            is_open = hit.first not in tagged and words[hit.first].mark != IN_ADDRESS
            if is_open and (hit.key not in CAREFUL or _is_meant(text, words, hit)):
                yield _entity(text, words[hit.first].start, words[hit.last].end, hit.value)


@lru_cache(maxsize=32)
def _couriers(configured: tuple[tuple[str, tuple[str, ...]], ...]) -> Couriers:
    return Couriers(configured)


def couriers_of(configured: Sequence[NamedCourier]) -> Couriers:
    """Return the finder for a list of configured couriers; made once for each list."""
    return _couriers(tuple((courier.name, tuple(courier.aliases)) for courier in configured))


def _is_meant(text: str, words: list[Word], hit: Hit) -> bool:
    """Return whether a name that is also a word means the courier.

    It does not beside a word of its other meaning ("push ups", "Hermes bag"). Else it does with a word of delivery near
    ("ups lost my parcel", "Hermes driver"), and in capitals of its own within a text that does not shout ("UPS again").
    "Hermes" and "Yodel" by themselves stay undecided and are left out: a missed name costs less than a wrong blame.
    """
    beside = {word.lower for word in words[max(0, hit.first - _BESIDE) : hit.last + 1 + _BESIDE]}
    if beside & CAREFUL[hit.key]:
        return False
    around = words[max(0, hit.first - _REACH) : hit.last + 1 + _REACH]
    if any(word.lower in DELIVERY for word in around):
        return hit.key != "an post" or text[words[hit.first].start] == "A"
    name = text[words[hit.first].start : words[hit.last].end]
    others = [text[word.start : word.end] for word in around if word.end - word.start > 1 and word.lower != hit.key]
    return hit.key in ("ups", "gls") and name.isupper() and any(not other.isupper() for other in others)


def _entity(text: str, start: int, end: int, value: str) -> Entity:
    return Entity(EntityKind.COURIER, start, end, text[start:end], value)
