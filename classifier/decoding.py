"""From the model's numbers to a `Prediction`."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from classifier.labelmap import LabelMap
from core.taxonomy import Party, Reason, Severity
from core.types import Prediction

Floats: TypeAlias = NDArray[np.float32]

_EVEN = 0.5


def join_windows(logits: Floats) -> Floats:
    """One row of logits for a long post: the mean of the two highest windows, column by column.

    The highest alone would let one odd window in a long article decide.
    """
    top: Floats = np.sort(logits, axis=0)[-2:].mean(axis=0)
    return top


def probabilities(logits: Floats, labels: LabelMap, head: str) -> Floats:
    """Return the head's probabilities, shifted so that 0.5 and more means yes."""
    shifted = logits[labels.heads[head]] - np.asarray(labels.cuts[head], dtype=np.float32)
    yes: Floats = 1 / (1 + np.exp(-shifted / labels.temperatures[head]))
    return yes


def probabilities_of_levels(logits: Floats, labels: LabelMap) -> Floats:
    """Return how likely each severity of a complaint is, from 1 up."""
    levels = logits[labels.heads["severity"]] / labels.temperatures["severity"]
    weights = np.exp(levels - levels.max())
    shares: Floats = weights / weights.sum()
    return shares


def decode(logits: Floats, labels: LabelMap, language: str, foreign: bool) -> Prediction:
    """Return what one row of logits says."""
    complaint = float(probabilities(logits, labels, "complaint")[0])
    praise = float(probabilities(logits, labels, "praise")[0])
    unsure = foreign or abs(complaint - _EVEN) < labels.unsure
    if complaint < _EVEN:
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
