"""Reading what a browser says. Anything may be in it, so nothing is taken but what it should be."""

from collections.abc import Sequence
from typing import Final

LARGEST_NUMBER: Final = 2**53 - 1  # the largest whole number that JavaScript knows exactly


def as_number(value: object) -> int | None:
    """Return a key or count, none where the value is no whole number that could be one."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 <= value <= LARGEST_NUMBER else None  # type: ignore[operator, return-value]


def as_numbers(values: object, most: int) -> list[int]:
    """Return the keys in a list, none of what is no list, looking at `most` of them."""
    if not isinstance(values, Sequence) or isinstance(values, str):
        return []
    return [found for found in map(as_number, values[:most]) if found is not None]
