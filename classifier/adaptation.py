"""An adaptation: what a team's corrections add to the model's heads, fitted on the frozen encoder's vectors."""

import hashlib
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from classifier.decoding import Floats, log_odds
from classifier.labelled import Labelled
from classifier.labelmap import LabelMap
from core.errors import ModelError

Doubles: TypeAlias = NDArray[np.float64]

# The pull towards the shipped head. Of 3, 10, 30 and 100, tried with four made-up teams, the smaller two made the
# teams' other answers worse in two of them (docs/model-card.md).
PULL: Final = 30.0
_ROUNDS: Final = 500
_STILL: Final = 1e-6


@dataclass(frozen=True)
class Delta:
    """What is added to one head: its columns in the output, and weights and biases for these."""

    columns: slice
    weights: Floats
    biases: Floats


@dataclass(frozen=True)
class Adaptation:
    """Deltas by head, made for the model `base` and no other."""

    base: str
    heads: Mapping[str, Delta]

    @cached_property
    def version(self) -> str:
        """The name that predictions of the adapted model carry."""
        found = hashlib.sha256(self.base.encode())
        for name, delta in sorted(self.heads.items()):
            found.update(name.encode() + delta.weights.tobytes() + delta.biases.tobytes())
        return f"{self.base}+{found.hexdigest()[:8]}"

    def applied(self, logits: Floats, vectors: Floats) -> Floats:
        """Return the logits with what is added for the vectors; both may be one row or many."""
        found = logits.copy()
        for delta in self.heads.values():
            found[..., delta.columns] += vectors @ delta.weights + delta.biases
        return found


def fit(corrections: Labelled, reference: Labelled, labels: LabelMap, head: str) -> Delta:
    """Return what to add to a head so that it answers more as the corrections do.

    The reference set's posts hold it where it is: their targets are the shipped head's own answers, not their labels.
    So without corrections nothing is added, and the labels stay unseen for measuring. Every step is a Newton step with
    a fixed bound in place of the curvature (Böhning 1992, Multinomial logistic regression algorithm), which needs no
    step size, always descends, and gives the same numbers every time.
    """
    told = corrections.known(head)
    scale = float(np.sqrt((reference.vectors**2).mean()))
    vectors = np.vstack([told.vectors, reference.vectors]).astype(np.float64) / scale
    inputs = np.hstack([vectors, np.ones((len(vectors), 1))])
    before = log_odds(np.vstack([told.logits, reference.logits]), labels, head).astype(np.float64)
    link, bound = (_shares, 0.5) if head == "severity" else (_probabilities, 0.25)
    targets = np.vstack([told.answers[head].astype(np.float64), link(before[len(told) :])])
    held = np.linalg.inv(bound * inputs.T @ inputs + PULL * np.eye(inputs.shape[1]))
    added = np.zeros((inputs.shape[1], before.shape[1]))
    for _ in range(_ROUNDS):
        move = held @ (inputs.T @ (link(before + inputs @ added) - targets) + PULL * added)
        added -= move
        if np.abs(move).max() < _STILL:
            break
    added *= labels.temperatures[head]
    return Delta(labels.heads[head], (added[:-1] / scale).astype(np.float32), added[-1].astype(np.float32))


def save(adaptation: Adaptation, path: Path) -> None:
    """Write an adaptation to a file."""
    arrays: dict[str, NDArray[np.generic]] = {"base": np.array(adaptation.base)}
    for name, delta in adaptation.heads.items():
        arrays[f"{name}.columns"] = np.array([delta.columns.start, delta.columns.stop])
        arrays[f"{name}.weights"], arrays[f"{name}.biases"] = delta.weights, delta.biases
    with path.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def load(path: Path) -> Adaptation:
    """Return the adaptation in a file; raises ModelError where it cannot be read."""
    try:
        with path.open("rb") as content, np.load(content, allow_pickle=False) as file:
            names = [name.removesuffix(".weights") for name in file.files if name.endswith(".weights")]
            heads = {
                name: Delta(slice(*map(int, file[f"{name}.columns"])), file[f"{name}.weights"], file[f"{name}.biases"])
                for name in names
            }
            return Adaptation(str(file["base"]), heads)
    except (OSError, ValueError, KeyError, TypeError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(f"{path} is damaged: {error!r}") from error


def _probabilities(scores: Doubles) -> Doubles:
    found: Doubles = 1 / (1 + np.exp(-np.clip(scores, -50, 50)))
    return found


def _shares(scores: Doubles) -> Doubles:
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: Doubles = weights / weights.sum(axis=1, keepdims=True)
    return found
