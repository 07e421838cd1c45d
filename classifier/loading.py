"""The one place that tells which kind of classifier a folder holds, and whether an adaptation fits it."""

import logging
from dataclasses import replace
from pathlib import Path

from classifier import hugging_face, labelmap
from classifier.adaptation import Adaptation
from classifier.adapted import Adapted
from classifier.labelmap import LabelMap
from classifier.model import WEIGHTS, Model
from core.errors import ModelError

_log = logging.getLogger(__name__)


def load(folder: Path | None = None, threads: int = 0, adapted: Path | None = None) -> Model:
    """Return the classifier in `folder`, ours or one that Hugging Face's libraries saved; the shipped one by default.

    The adaptation in force in the folder `adapted` is applied where it was made for this model; one that was not, or
    that is damaged, is ignored and said in the log. Raises ModelError where the folder holds no classifier.
    """
    chosen = folder or WEIGHTS
    if hugging_face.is_one(chosen):
        return hugging_face.load(chosen, threads)
    return Model.load(chosen, threads, _fitting(labelmap.read(chosen).version, adapted) if adapted else None)


def described(folder: Path | None = None, adapted: Path | None = None) -> LabelMap | None:
    """Return what `load` would give as the model's labels without loading it, None where the model is not one of ours.

    Raises ModelError where it is damaged.
    """
    chosen = folder or WEIGHTS
    if hugging_face.is_one(chosen):
        return None
    labels = labelmap.read(chosen)
    adaptation = _fitting(labels.version, adapted) if adapted else None
    return replace(labels, version=adaptation.version) if adaptation else labels


def _fitting(version: str, adapted: Path) -> Adaptation | None:
    try:
        found = Adapted(adapted).current()
    except ModelError as error:
        _log.warning("The adaptation in force is ignored: %s", error)
        return None
    if found is not None and found.base != version:
        _log.warning("The adaptation in force is ignored: it was made for %s, and this is %s", found.base, version)
        return None
    return found
