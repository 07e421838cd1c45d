"""The borders that a brand may choose between, and what the scores look like; measured on posts that did not train."""

from typing import Any, Final

import numpy as np

from classifier.decoding import band
from classifier.training.figures import Booleans, Floats, precision, recall
from core.drift import BINS
from core.thresholds import BALANCED_BORDER, HIGHEST, LOWEST, Choice

WANTED: Final = 0.95
# Probabilities tried as borders, and rounded so: a border is read and typed by people.
_BORDERS: Final = np.round(np.arange(LOWEST, HIGHEST + 0.005, 0.01), 2)
_NEARLY_ALL: Final = 0.95
_HARDLY_ANY: Final = 0.0005


def choices_and_drift(truth: Booleans, probability: Floats, unsure: float) -> dict[str, Any]:
    """Return `choices` and `drift` for labels.json, to be merged with the decisions.

    `probability` is that of a complaint as `decode` gives it, so 0.5 is the even border, of posts without part in
    training; `truth` is what a reader says of them, and `unsure` the band of labels.json.
    """
    return {"choices": choices_of(truth, probability), "drift": drift_of(probability, unsure)}


def choices_of(truth: Booleans, probability: Floats) -> dict[str, dict[str, Any]]:
    """Return each choice with its border, what it misses, how much it flags in vain, and both as a sentence.

    `few_misses` is the highest border that finds 95 in 100, `few_false_alarms` the lowest from 0.5 on that is right
    about 95 in 100. Where none does, the one that comes nearest is taken: the sentence says what it does, whatever its
    name hopes.
    """
    found = np.array([recall(truth, probability >= border) for border in _BORDERS])
    strict = _BORDERS[_BORDERS >= BALANCED_BORDER]
    right = np.array([precision(truth, probability >= border) for border in strict])
    borders = {
        Choice.BALANCED: BALANCED_BORDER,
        Choice.FEW_MISSES: float(_BORDERS[_enough(found)].max()),
        Choice.FEW_FALSE_ALARMS: float(strict[_enough(right)].min()),
    }
    return {choice.value: _measured(truth, probability, border) for choice, border in borders.items()}


def drift_of(probability: Floats, unsure: float) -> dict[str, Any]:
    """Return the share of unsure posts and that of each tenth of probability."""
    odds = np.log(np.clip(probability, 1e-9, 1) / np.clip(1 - probability, 1e-9, 1))
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    shares = np.bincount(bins, minlength=BINS) / len(probability)
    return {
        "unsure": round(float((abs(odds) < band(unsure)).mean()), 4),
        "histogram": [round(float(share), 4) for share in shares],
    }


def in_words(misses: float, false_alarms: float) -> str:
    """Return what a border costs as a sentence; both are shares from 0 to 1."""
    return f"misses {_one_in(misses)} complaints; of what it flags {_one_in(false_alarms)} is no complaint"


def _enough(shares: Floats) -> Booleans:
    """Return where a share is high enough; where none is, those that come nearest."""
    return np.asarray(shares >= min(WANTED, shares.max()))


def _measured(truth: Booleans, probability: Floats, border: float) -> dict[str, Any]:
    guess = probability >= border
    misses = 1 - recall(truth, guess)
    false_alarms = 1 - precision(truth, guess) if guess.any() else 0.0
    return {
        "border": border,
        "misses": round(misses, 4),
        "false_alarms": round(false_alarms, 4),
        "words": in_words(misses, false_alarms),
    }


def _one_in(share: float) -> str:
    """Return a share as people say it: 1 in 20."""
    if share > _NEARLY_ALL:
        return "nearly all"
    if share > 1 / 3:
        return f"{share * 10:.0f} in 10"
    return f"1 in {round(1 / share):,}" if share > _HARDLY_ANY else "hardly any"
