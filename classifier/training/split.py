"""Which rows train, which set thresholds and which test: by the text, so that equal words never stand on two sides."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

TENTHS: Final = 10


class Part(StrEnum):
    """What a row may be used for."""

    TRAIN = "train"
    DEV = "dev"
    TEST = "test"


class Split(Protocol):
    """A way to part the posts."""

    def part_of(self, post: Mapping[str, str]) -> Part:
        """Where a row of posts.csv belongs."""
        ...


@dataclass(frozen=True)
class Tenths:
    """Tenths of all texts that are kept for figures and for thresholds; the others train."""

    test: frozenset[int]
    dev: frozenset[int]

    def part_of(self, post: Mapping[str, str]) -> Part:
        """By `dup_key`, which is the same for texts that differ in handles, links and punctuation only."""
        tenth = int(hashlib.sha256(post["dup_key"].encode()).hexdigest()[:8], 16) % TENTHS
        if tenth in self.test:
            return Part.TEST
        return Part.DEV if tenth in self.dev else Part.TRAIN


@dataclass(frozen=True)
class Unseen:
    """Industries of xci of which no post trains; a tenth of the others sets thresholds."""

    industries: frozenset[str]

    def part_of(self, post: Mapping[str, str]) -> Part:
        """By `domain`, where xci says one."""
        if post["source"] == "xci" and post.get("domain") in self.industries:
            return Part.TEST
        return Tenths(frozenset(), SHIPPED.dev).part_of(post)


SHIPPED: Final = Tenths(test=frozenset({0}), dev=frozenset({1}))
UNSEEN: Final[Mapping[str, Split]] = {
    "unseen-0": Unseen(frozenset({"food", "cars", "electronics"})),
    "unseen-1": Unseen(frozenset({"transport", "apparel", "other"})),
    "unseen-2": Unseen(frozenset({"retail", "services", "software"})),
}


def folds(count: int) -> dict[str, Split]:
    """Return the splits of a cross-validation by name: each text tests once, the tenth after sets thresholds.

    Raises ValueError where `count` is neither 5 nor 10, so that each fold is the same number of tenths.
    """
    if count not in (5, 10):
        raise ValueError(f"{count} folds: write 5 or 10")
    size = TENTHS // count
    return {
        f"fold-{number}": Tenths(
            frozenset(range(number * size, (number + 1) * size)), frozenset({(number + 1) * size % TENTHS})
        )
        for number in range(count)
    }
