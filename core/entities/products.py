"""Words for what was ordered."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from core.entities.entity import Entity, EntityKind
from core.entities.goods import NOT_AFTER, NOT_BEFORE, PLURAL_ONLY, PRODUCTS
from core.entities.names import Hit, Lexicon, Word, key_of


def find_products(text: str, words: list[Word], own: Sequence[str]) -> Iterator[Entity]:
    """Yield the product words of the general list and of `own`, in singular and plural."""
    for hit in _lexicon(tuple(own)).hits(words):
        if words[hit.first].mark in ("", "#") and not _means_another_thing(words, hit):
            start, end = words[hit.first].start, words[hit.last].end
            yield Entity(EntityKind.PRODUCT, start, end, text[start:end], hit.value)


def _means_another_thing(words: list[Word], hit: Hit) -> bool:
    before = [word.lower for word in words[max(0, hit.first - 2) : hit.first]]
    after = [word.lower for word in words[hit.last + 1 : hit.last + 2]]
    spoken_against = NOT_AFTER.get(hit.key, frozenset())
    return bool(spoken_against & {*before[-1:], " ".join(before)} or NOT_BEFORE.get(hit.key, frozenset()) & {*after})


@lru_cache(maxsize=32)
def _lexicon(own: tuple[str, ...]) -> Lexicon:
    values: dict[str, str] = {}
    for product in (*PRODUCTS, *own):
        if key := key_of(product):
            values |= {_other_number(key): product, key: product}
    return Lexicon(values)


def _other_number(key: str) -> str:
    """Return a plural word's singular or a singular one's plural, sometimes a form that nobody writes."""
    if key in PLURAL_ONLY:
        return key
    if key.endswith("s") and not key.endswith("ss") and len(key) > 3:
        return key[:-1]
    if key.endswith(("s", "x", "sh", "ch")):
        return f"{key}es"
    if key.endswith("y") and key[-2:-1] not in "aeiou":
        return f"{key[:-1]}ies"
    return f"{key}s"
