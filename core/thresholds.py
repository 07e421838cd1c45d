"""Where a complaint begins: choices named by what they mean, or a probability of one's own."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

BALANCED_BORDER: Final = 0.5
LOWEST: Final = 0.05
HIGHEST: Final = 0.95


class Choice(StrEnum):
    """A border that a model knows by name, with what it costs."""

    BALANCED = "balanced"
    FEW_MISSES = "few_misses"
    FEW_FALSE_ALARMS = "few_false_alarms"


Threshold: TypeAlias = Choice | float


@dataclass(frozen=True, slots=True)
class Border:
    """A choice as it was measured: from `border` on a post is a complaint.

    `misses` is the share of complaints that are not flagged then, `false_alarms` that of flagged posts that are none;
    `words` says both as a sentence. A model that was never measured knows neither.
    """

    border: float
    misses: float | None
    false_alarms: float | None
    words: str


def parse_threshold(value: object) -> Threshold:
    """Return the choice or the number that somebody wrote; raises ValueError that says what is allowed."""
    if isinstance(value, str) and value.strip() in list(Choice):
        return Choice(value.strip())
    try:
        if isinstance(value, str | int | float) and not isinstance(value, bool) and LOWEST <= float(value) <= HIGHEST:
            return float(value)
    except (ValueError, OverflowError):
        pass  # neither a choice nor a number, or one of hundreds of digits
    raise ValueError(f"write {', '.join(map(repr, map(str, Choice)))}, or a number from {LOWEST} to {HIGHEST}")
