"""A labelled post beside what a model says of it."""

from dataclasses import dataclass

from classifier.training.data import Example
from core.types import Prediction


@dataclass(frozen=True, slots=True)
class Answered:
    """One post with the answer of a model that has not seen it.

    `words` is the complaint's logit by counted words alone, fitted on the same rows; None where these were not asked.
    """

    example: Example
    answer: Prediction
    words: float | None = None
