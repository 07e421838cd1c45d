"""The reference set: labelled posts without their texts, so that an adapted model can be held to the card."""

import zipfile
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifier.decoding import Floats
from classifier.labelled import HEADS, Labelled
from classifier.labelmap import LabelMap
from core.errors import ModelError

REFERENCE: Final = "reference.npz"
_STEPS: Final = 127


def write_reference(path: Path, posts: Labelled) -> None:
    """Write the posts' vectors in 8 bits with a scale a row, their logits in 16, and their answers."""
    vectors, scales = in_8_bits(posts.vectors)
    logits = posts.logits.astype(np.float16)
    answers: dict[str, Any] = {f"is_{head}": posts.answers[head] for head in HEADS}
    np.savez_compressed(path, vectors=vectors, scales=scales, logits=logits, **answers)


def read_reference(folder: Path, labels: LabelMap) -> Labelled:
    """Return the posts of the reference set in a weights folder.

    Raises ModelError where there is none, or it cannot be read. That it is the one that was shipped was checked with
    the other files when `labels` was read.
    """
    path = folder / REFERENCE
    if REFERENCE not in labels.files:
        raise ModelError(f"{folder} holds no reference set ({REFERENCE}): its model cannot be adapted")
    try:
        with path.open("rb") as content, np.load(content, allow_pickle=False) as file:
            vectors = file["vectors"].astype(np.float32) * file["scales"][:, None]
            answers = {head: file[f"is_{head}"] for head in HEADS}
            return Labelled(file["logits"].astype(np.float32), vectors, answers)
    except (OSError, ValueError, KeyError, TypeError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(f"{path} is damaged: {error!r}") from error


def in_8_bits(vectors: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return the rows as whole numbers from -127 to 127, and the scale of each."""
    scales = np.maximum(np.abs(vectors).max(axis=1), 1e-9).astype(np.float32) / _STEPS
    return np.round(vectors / scales[:, None]).astype(np.int8), scales
