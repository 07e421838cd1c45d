"""From the model's numbers to a `Prediction`."""

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from classifier.labelmap import LabelMap
from core.errors import ModelError
from core.taxonomy import Party, Reason, Severity
from core.thresholds import BALANCED_BORDER
from core.types import Prediction

Floats: TypeAlias = NDArray[np.float32]

_EVEN = 0.5
_SUREST = 0.9999


def join_windows(logits: Floats) -> Floats:
    """One row of logits for a long post: the mean of the two highest windows, column by column.

    The highest alone would let one odd window in a long article decide.
    """
    top: Floats = np.sort(logits, axis=0)[-2:].mean(axis=0)
    return top


def log_odds(logits: Floats, labels: LabelMap, head: str) -> Floats:
    """Return the log-odds of the head's answers, of one row or of many, shifted so that 0 and more means yes."""
    shifted = logits[..., labels.heads[head]] - np.asarray(labels.cuts[head], dtype=np.float32)
    return np.asarray(shifted / labels.temperatures[head], dtype=np.float32)


def probabilities(logits: Floats, labels: LabelMap, head: str) -> Floats:
    """Return the head's probabilities, shifted so that 0.5 and more means yes."""
    return np.asarray(1 / (1 + np.exp(-log_odds(logits, labels, head))), dtype=np.float32)


def probabilities_of_levels(logits: Floats, labels: LabelMap) -> Floats:
    """Return how likely each severity of a complaint is, from 1 up."""
    levels = logits[labels.heads["severity"]] / labels.temperatures["severity"]
    weights = np.exp(levels - levels.max())
    shares: Floats = weights / weights.sum()
    return shares


def odds_of(probability: float) -> float:
    """Return the log-odds of a probability between 0 and 1."""
    return math.log(probability / (1 - probability))


def band(unsure: float) -> float:
    """Return `LabelMap.unsure` in log-odds, so that it is as wide about every border as it is about 0.5.

    In probabilities the band about a border of 0.1 would reach below 0 and hold most posts.
    """
    return odds_of(min(0.5 + unsure, _SUREST))


def decode(
    logits: Floats, labels: LabelMap, language: str, foreign: bool, border: float = BALANCED_BORDER
) -> Prediction:
    """Return what one row of logits says, where a complaint begins at the probability `border`.

    Raises ModelError for numbers that are none: compared with a border they would make every post a complaint.
    """
    if not np.isfinite(logits).all():
        raise ModelError(f"The model {labels.version} answers with numbers that are none")
    complaint = float(probabilities(logits, labels, "complaint")[0])
    praise = float(probabilities(logits, labels, "praise")[0])
    beyond = float(log_odds(logits, labels, "complaint")[0]) - odds_of(border)
    unsure = foreign or abs(beyond) < band(labels.unsure)
    if beyond < 0:
        return Prediction(complaint, False, Severity.NONE, labels.version, {}, (), praise, language, unsure)
    return Prediction(
        complaint=complaint,
        is_complaint=True,
        severity=_severity(logits, labels),
        model_version=labels.version,
        reasons=_reasons(logits, labels),
        parties=_parties(logits, labels),
        praise=praise,
        language=language,
        unsure=unsure,
    )


def nothing_to_judge(labels: LabelMap) -> Prediction:
    """Return the answer to a post without words: no complaint is invented, and a person may look."""
    return Prediction(0.0, False, Severity.NONE, labels.version, unsure=True)


def _reasons(logits: Floats, labels: LabelMap) -> dict[Reason, float]:
    """Return the reasons that hold, most likely first; a complaint has at least its likeliest one."""
    found = probabilities(logits, labels, "reasons")
    best = int(found.argmax())
    found[best] = max(found[best], _EVEN)
    order = np.argsort(-found, kind="stable")
    return {labels.reasons[column]: float(found[column]) for column in order if found[column] >= _EVEN}


def _severity(logits: Floats, labels: LabelMap) -> Severity:
    """Return the level nearest to the expected one: levels are steps of a scale, and the likeliest is often an end."""
    scores = probabilities_of_levels(logits, labels)
    return Severity(round(float(scores @ np.arange(1, len(scores) + 1))))


def _parties(logits: Floats, labels: LabelMap) -> tuple[Party, ...]:
    found = probabilities(logits, labels, "parties")
    return tuple(party for party, share in zip(labels.parties, found, strict=True) if share >= _EVEN)
