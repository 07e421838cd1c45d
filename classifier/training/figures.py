"""The few measures that the card and the thresholds use, over arrays."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Booleans: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]

_BINS = 15


def f1_of(truth: Booleans, guess: Booleans) -> Floats:
    """F1 of each column; 0 where a column has neither truth nor guess."""
    hits = (truth & guess).sum(axis=0)
    scores: Floats = 2 * hits / np.maximum(1, truth.sum(axis=0) + guess.sum(axis=0))
    return scores


def micro_f1(truth: Booleans, guess: Booleans) -> float:
    """F1 over all cells together."""
    return float(f1_of(truth.reshape(-1), guess.reshape(-1)))


def macro_f1(truth: Booleans, guess: Booleans) -> float:
    """Return the mean of the columns' F1, over columns that occur at all."""
    occurs = truth.any(axis=0) | guess.any(axis=0)
    return float(f1_of(truth, guess)[occurs].mean()) if occurs.any() else 0.0


def two_sided_f1(truth: Booleans, guess: Booleans) -> float:
    """Macro-F1 of a yes-or-no answer: the mean of the F1 of yes and of no."""
    return float((f1_of(truth, guess) + f1_of(~truth, ~guess)) / 2)


def class_f1(truth: NDArray[np.int64], guess: NDArray[np.int64], classes: tuple[int, ...]) -> float:
    """Macro-F1 over the given classes."""
    columns = np.array(classes)
    return macro_f1(truth[:, None] == columns, guess[:, None] == columns)


def precision(truth: Booleans, guess: Booleans) -> float:
    """How much of what was flagged was right."""
    return float((truth & guess).sum() / max(1, guess.sum()))


def recall(truth: Booleans, guess: Booleans) -> float:
    """How much of what there was, was flagged."""
    return float((truth & guess).sum() / max(1, truth.sum()))


def calibration_error(truth: Booleans, probability: Floats) -> float:
    """Return the expected calibration error: how far stated confidence is from the share that was right."""
    confidence = np.maximum(probability, 1 - probability)
    right = (probability >= 0.5) == truth
    bins = np.minimum(((confidence - 0.5) * 2 * _BINS).astype(int), _BINS - 1)
    error = 0.0
    for number in range(_BINS):
        inside = bins == number
        if inside.any():
            error += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    return float(error)


def area_under_roc(truth: Booleans, score: Floats) -> float:
    """Return the chance that a random yes scores above a random no; a half where there is only one of them."""
    if truth.all() or not truth.any():
        return 0.5
    ordered = np.sort(score[~truth])
    below = np.searchsorted(ordered, score[truth], "left") + np.searchsorted(ordered, score[truth], "right")
    return float(below.mean() / 2 / len(ordered))
