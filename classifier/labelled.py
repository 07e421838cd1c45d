"""Texts as the heads read them, with what people say of them: what a model is adapted with and measured on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from classifier.decoding import Floats
from classifier.labelmap import LabelMap
from classifier.text import normalise
from core.types import Correction

Answers: TypeAlias = NDArray[np.int8]
Rows: TypeAlias = NDArray[np.bool_] | NDArray[np.int64]

UNKNOWN: Final = -1
# Nobody corrects praise.
HEADS: Final = ("complaint", "reasons", "severity", "parties")


class Reader(Protocol):
    """What of a model is needed here."""

    labels: LabelMap

    def vectors(self, cleaned: Sequence[str]) -> tuple[Floats, Floats]:
        """Return logits and vectors of texts that went through `normalise`."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Rows of logits, of vectors and, for each head, of answers: a column an output, 1 yes, 0 no, -1 unknown.

    Whether the answers of a row are known is the same for all columns of a head; those of a severity hold one 1.
    """

    logits: Floats
    vectors: Floats
    answers: Mapping[str, Answers]

    def __len__(self) -> int:
        return len(self.logits)

    def known(self, head: str) -> "Labelled":
        """Return the rows whose answers for `head` are known."""
        return self.rows(self.answers[head][:, 0] != UNKNOWN)

    def rows(self, which: Rows) -> "Labelled":
        """Return some of the rows."""
        answers = {head: table[which] for head, table in self.answers.items()}
        return Labelled(self.logits[which], self.vectors[which], answers)


def labelled(model: Reader, corrections: Iterable[Correction]) -> Labelled:
    """Return the corrections as the model's heads read them."""
    told = list(corrections)
    width = max(columns.stop for columns in model.labels.heads.values())
    if told:
        logits, vectors = model.vectors([normalise(each.text) for each in told])
    else:
        logits, vectors = np.zeros((0, width), np.float32), np.zeros((0, 0), np.float32)
    return Labelled(logits, vectors, answers_of(told, model.labels))


def answers_of(told: Sequence[Correction], labels: LabelMap) -> dict[str, Answers]:
    """Return what people say, head by head, in the order of the model's outputs."""
    levels = range(1, labels.heads["severity"].stop - labels.heads["severity"].start + 1)
    said = {
        "complaint": [None if each.complaint is None else [each.complaint] for each in told],
        "reasons": [_held(each.reasons, labels.reasons) for each in told],
        "severity": [_held(None if each.severity is None else {int(each.severity)}, levels) for each in told],
        "parties": [_held(each.parties, labels.parties) for each in told],
    }
    return {head: _table(rows, labels.heads[head].stop - labels.heads[head].start) for head, rows in said.items()}


def _held(found: "Iterable[object] | None", outputs: Iterable[object]) -> list[bool] | None:
    if found is None:
        return None
    held = set(found)
    return [output in held for output in outputs]


def _table(rows: Sequence[Sequence[bool] | None], size: int) -> Answers:
    table = np.full((len(rows), size), UNKNOWN, dtype=np.int8)
    for number, row in enumerate(rows):
        if row is not None:
            table[number] = row
    return table
