"""What texts are about, whatever they say of it: how alike they are to some, set against posts about anything."""

import zipfile
import zlib
from pathlib import Path
from typing import Final

import numpy as np

from classifier.decoding import Floats
from classifier.reference import in_8_bits
from core.errors import ModelError

TOPICS: Final = "topics.npz"
NEAREST: Final = 5  # one neighbour alone may be a chance likeness


def write_topics(path: Path, vectors: Floats) -> None:
    """Write the vectors of posts about anything, a row each, in 8 bits with a scale a row."""
    rows, scales = in_8_bits(vectors)
    np.savez_compressed(path, vectors=rows, scales=scales)


def read_topics(folder: Path) -> Floats:
    """Return the vectors of posts about anything in a weights folder; raises ModelError where they cannot be read."""
    path = folder / TOPICS
    try:
        with path.open("rb") as content, np.load(content, allow_pickle=False) as file:
            vectors: Floats = file["vectors"].astype(np.float32) * file["scales"][:, None]
            return vectors
    except (OSError, ValueError, KeyError, TypeError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(f"{path} is damaged: {error!r}") from error


def likeness(vectors: Floats, to: Floats, background: Floats) -> Floats:
    """Return how much more alike each vector is to those of `to` than to the background, from -2 to 2.

    Each side is the mean cosine of the nearest five, after the background's mean was taken away: vectors of one layer
    all point one way, which hides what tells them apart.
    """
    middle = background.mean(axis=0)
    found, known, anything = (_directions(rows - middle) for rows in (vectors, to, background))
    difference: Floats = _nearest(found, known) - _nearest(found, anything)
    return difference


def _directions(rows: Floats) -> Floats:
    lengths: Floats = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    unit: Floats = rows / lengths
    return unit


def _nearest(rows: Floats, others: Floats) -> Floats:
    cosines: Floats = np.sort(rows @ others.T, axis=1)[:, -NEAREST:].mean(axis=1)
    return cosines
