"""A network that learns from earlier ones: as small as each of them, and better than any."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import torch
from torch import Tensor

from classifier.model import Model
from classifier.training.data import Example
from classifier.training.fit import fit
from classifier.training.recipe import Recipe, refinement_of
from classifier.training.teach import teach
from core.errors import ModelError

Weights: TypeAlias = Mapping[str, Tensor]

# Below a folder that `train` made: the weights as they were before the export.
TRAINED: Final = Path("training", "network.pt")


def fit_pupil(
    examples: Sequence[Example],
    unlabelled: Sequence[Example],
    teachers: Sequence[Path],
    encoder: str,
    work: Path,
    recipe: Recipe,
) -> Weights:
    """Return the mean of two networks that learned what the models in the folders `teachers` say.

    One begins afresh, the other with the mean of the teachers' weights.

    Raises ModelError where a folder is not one that `train` made.
    """
    taught = teach(examples, unlabelled, [Model.load(folder) for folder in teachers])
    begin_with = mean_of([_trained(folder) for folder in teachers])
    fresh = fit(taught, encoder, work / "fresh.pt", recipe)
    refined = fit(taught, encoder, work / "refined.pt", refinement_of(recipe), begin_with)
    return mean_of([fresh.state_dict(), refined.state_dict()])


def mean_of(networks: Sequence[Weights]) -> Weights:
    """Return the mean of each weight: one network about as good as the mean of their answers.

    That holds for networks that began as the same encoder, and only for these.
    """
    return {name: torch.stack([network[name] for network in networks]).mean(0) for name in networks[0]}


def _trained(folder: Path) -> Weights:
    try:
        weights: Weights = torch.load(folder / TRAINED, weights_only=True)
    except OSError as error:
        raise ModelError(f"{folder / TRAINED} cannot be read: a teacher is a folder that `train` made") from error
    return weights
