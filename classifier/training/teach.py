"""What earlier networks say of posts that our readers have not read: soft answers for the next model to learn from.

A large encoder tells complaints much better than a small one, and several err in different places. A small one that
learns what they say on thousands of fresh posts comes near them and is as small as before (Hinton et al. 2015,
"Distilling the knowledge in a neural network").
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

import numpy as np

from classifier.decoding import Floats
from classifier.text import normalise
from classifier.training.data import COPIES, Example
from classifier.training.split import Part

log = logging.getLogger(__name__)

# A teacher reads a long post as far as the pupil does, some 128 tokens.
_LONGEST: Final = 600


class Teaching(Protocol):
    """Whatever answers posts: `Teacher`, or a fake in a test."""

    name: str

    def logits(self, texts: Sequence[str]) -> Floats:
        """Return a row for each normalised text: the shipped heads side by side."""
        ...


def teach(
    examples: Sequence[Example], unlabelled: Sequence[Example], teachers: Mapping[Teaching, int]
) -> list[Example]:
    """Return the examples and the unlabelled posts, each with the mean of what `teachers` say of it.

    The number beside a teacher says how many times its answers count.

    Hand labels are left as they are: they are right, and the teachers have learned them by heart. What is kept for
    thresholds and figures is left, too.
    """
    known = [row for row in examples if not _to_teach(row)]
    rows = [row for row in examples if _to_teach(row)] + list(unlabelled)
    texts = [normalise(row.text)[:_LONGEST] for row in rows]
    says = np.average([_answers(teacher, texts) for teacher in teachers], axis=0, weights=[*teachers.values()])
    return known + [replace(row, taught=tuple(map(float, said))) for row, said in zip(rows, says, strict=True)]


def _to_teach(row: Example) -> bool:
    return row.part is Part.TRAIN and row.family not in COPIES


def _answers(teacher: Teaching, texts: Sequence[str]) -> Floats:
    log.info("%s reads %d posts", teacher.name, len(texts))
    return teacher.logits(texts)
