"""Whether what the model sees today still looks like what its card was measured on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

BINS: Final = 10
WINDOW: Final = timedelta(days=7)
FEWEST: Final = 200
# N. Siddiqi, Credit Risk Scorecards (Wiley 2006), chapter 9: below 0.1 nothing has changed, from 0.25 on much has.
MOVING: Final = 0.1
MOVED: Final = 0.25
# So many more of a hundred posts may be unsure than on the card.
MORE_UNSURE: Final = 0.15
# An empty bin would make the index infinite; it counts as one post in a thousand.
_LEAST_SHARE: Final = 0.001


class Verdict(StrEnum):
    """What the comparison says."""

    UNKNOWN = "unknown"
    TOO_FEW = "too_few"
    STEADY = "steady"
    MOVING = "moving"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Seen:
    """Predictions of some days: how many, how many of them unsure, and how many in each tenth of probability."""

    posts: int
    unsure: int
    histogram: tuple[int, ...]

    @property
    def unsure_share(self) -> float:
        """The share of posts that a person should look at."""
        return self.unsure / self.posts if self.posts else 0.0


@dataclass(frozen=True, slots=True)
class Baseline:
    """The same of the card's posts, as shares."""

    unsure: float
    histogram: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """How far today's predictions are from the card's; the index is None where it was not worked out."""

    verdict: Verdict
    psi: float | None
    words: str


def drift(seen: Seen, card: Baseline | None) -> Drift:
    """Compare the predictions of some days with the card's."""
    if card is None:
        return Drift(
            Verdict.UNKNOWN, None, "the model's folder does not say what its scores looked like when it was made"
        )
    if seen.posts < FEWEST:
        return Drift(Verdict.TOO_FEW, None, f"{seen.posts:,} posts are too few to compare; {FEWEST} are needed")
    index = stability_index([count / seen.posts for count in seen.histogram], card.histogram)
    unsure = f"{seen.unsure_share:.0%} of posts are unsure, {card.unsure:.0%} on the card"
    if index >= MOVED or seen.unsure_share >= card.unsure + MORE_UNSURE:
        return Drift(
            Verdict.MOVED,
            index,
            f"the posts look unlike those of the card (index {index:.2f}; {unsure}): its figures may not hold; "
            "in the first week this may only say that your customers write unlike the card's",
        )
    if index >= MOVING:
        return Drift(Verdict.MOVING, index, f"the posts begin to differ from those of the card ({index:.2f}; {unsure})")
    return Drift(Verdict.STEADY, index, f"the posts look like those of the card (index {index:.2f}; {unsure})")


def stability_index(found: Sequence[float], expected: Sequence[float]) -> float:
    """Return the population stability index of two histograms of shares: 0 where they are the same."""
    pairs = [(max(now, _LEAST_SHARE), max(then, _LEAST_SHARE)) for now, then in zip(found, expected, strict=True)]
    return sum((now - then) * math.log(now / then) for now, then in pairs)
