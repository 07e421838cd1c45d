"""What earlier models say of posts that our readers have not read: soft answers for the next model to learn from.

Several models err in different places, and words counted plainly err in others again. Their mean is better than any of
them, and a network that learns it on thousands of fresh posts is as small as one of them.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from classifier.decoding import Floats
from classifier.model import Model
from classifier.text import normalise
from classifier.training.data import Example, Family, Part
from classifier.training.words import complaint_words

log = logging.getLogger(__name__)

# How much the plain words' logit adds to the networks' mean. On dev .35 to .75 did equally well.
_WORDS: Final = 0.4
# A teacher reads a long post as far as the pupil does, some 128 tokens.
_LONGEST: Final = 600


def teach(examples: Sequence[Example], unlabelled: Sequence[Example], teachers: Sequence[Model]) -> list[Example]:
    """Return the examples and the unlabelled posts, each with what `teachers` and counted words say of it.

    Hand labels are left as they are: they are right, and the teachers have learned them by heart. What is kept for
    thresholds and figures is left, too.
    """
    known = [row for row in examples if not _to_teach(row)]
    rows = [row for row in examples if _to_teach(row)] + list(unlabelled)
    texts = [normalise(row.text)[:_LONGEST] for row in rows]
    says = np.mean([_answers(teacher, texts) for teacher in teachers], axis=0)
    says[:, 0] += _WORDS * complaint_words(examples)(texts)
    return known + [replace(row, taught=tuple(map(float, said))) for row, said in zip(rows, says, strict=True)]


def _to_teach(row: Example) -> bool:
    return row.part is Part.TRAIN and row.family not in (Family.HAND, Family.OWN)


def _answers(model: Model, texts: Sequence[str]) -> Floats:
    log.info("%s reads %d posts", model.version, len(texts))
    return np.stack(model.logits(texts))
