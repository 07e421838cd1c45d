"""The few measures that the card, the report and the thresholds use, over arrays."""

from collections.abc import Callable
from typing import Any, TypeAlias

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
    gaps = np.bincount(bins, weights=confidence - right, minlength=_BINS)
    return float(abs(gaps).sum() / len(truth))


def area_under_roc(truth: Booleans, score: Floats) -> float:
    """Return the chance that a random yes scores above a random no; a half where there is only one of them."""
    if truth.all() or not truth.any():
        return 0.5
    ordered = np.sort(score[~truth])
    below = np.searchsorted(ordered, score[truth], "left") + np.searchsorted(ordered, score[truth], "right")
    return float(below.mean() / 2 / len(ordered))


def at_each_border(truth: Booleans, score: Floats) -> tuple[Floats, Floats]:
    """Return how many are flagged, and how many of these rightly, with the border at each score from the highest down.

    Equal scores are flagged together: their order says nothing.
    """
    order = np.argsort(-score, kind="stable")
    last = np.append(np.diff(score[order]) != 0, True)
    flagged: Floats = np.flatnonzero(last).astype(np.float64) + 1
    hits: Floats = np.cumsum(truth[order])[last].astype(np.float64)
    return flagged, hits


def average_precision(truth: Booleans, score: Floats) -> float:
    """Return the area under the precision-recall curve, as the mean precision at each true one."""
    flagged, hits = at_each_border(truth, score)
    return float((np.diff(hits, prepend=0) * hits / flagged).sum() / max(1, truth.sum()))


def precision_at(truth: Booleans, score: Floats, wanted: float) -> float:
    """Return the best precision at which at least the share `wanted` of the true ones is found."""
    flagged, hits = at_each_border(truth, score)
    return float((hits / flagged)[hits >= wanted * truth.sum()].max())


def interval(measure: Callable[..., float], *columns: NDArray[Any], draws: int = 500) -> tuple[float, float]:
    """Return the 95% interval of a measure of these columns, by drawing as many rows again (Efron's bootstrap)."""
    random = np.random.default_rng(0)
    count = len(columns[0])
    drawn = (random.integers(0, count, count) for _ in range(draws))
    low, high = np.quantile([measure(*(column[rows] for column in columns)) for rows in drawn], (0.025, 0.975))
    return float(low), float(high)


def reliability(truth: Booleans, probability: Floats, bins: int = 10) -> list[tuple[float, float, int]]:
    """Return for each bin of stated probability that holds rows: its mean, the share that was true, and the count."""
    places = np.minimum((probability * bins).astype(int), bins - 1)
    groups = [places == number for number in range(bins)]
    return [
        (float(probability[inside].mean()), float(truth[inside].mean()), int(inside.sum()))
        for inside in groups
        if inside.any()
    ]
