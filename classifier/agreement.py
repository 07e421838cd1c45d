"""How far answers agree with what people say, head by head."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from classifier.decoding import Floats, log_odds
from classifier.labelled import Labelled
from classifier.labelmap import LabelMap
from classifier.training.figures import Booleans, macro_f1

Shares: TypeAlias = NDArray[np.float64]


def right(logits: Floats, posts: Labelled, labels: LabelMap, head: str) -> Shares:
    """Return how right each answer is, from 0 to 1: the share of what it and the person name that both name."""
    said, true = answered(logits, labels, head), posts.answers[head] == 1
    either = (said | true).sum(axis=1)
    shared = (said & true).sum(axis=1)
    agreed: Shares = np.where(either > 0, shared / np.maximum(1, either), 1.0)
    return agreed


def quality(logits: Floats, posts: Labelled, labels: LabelMap, head: str) -> float:
    """Return the macro-F1 of a head's answers; that of a yes-or-no answer counts both."""
    said, true = answered(logits, labels, head), posts.answers[head] == 1
    if said.shape[1] == 1:
        said, true = np.hstack([said, ~said]), np.hstack([true, ~true])
    return macro_f1(true, said)


def answered(logits: Floats, labels: LabelMap, head: str) -> Booleans:
    """Return which answers hold, as `decoding` gives them to complaints."""
    scores = log_odds(logits, labels, head)
    if head == "severity":
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        expected = weights @ np.arange(scores.shape[1]) / weights.sum(axis=1)
        return np.asarray(np.arange(scores.shape[1]) == np.round(expected)[:, None])
    holds = scores >= 0
    if head == "reasons" and len(holds):
        holds[np.arange(len(holds)), scores.argmax(axis=1)] = True
    return np.asarray(holds)
