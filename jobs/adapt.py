"""Adapt: what the team corrected is learned, and kept only where that is measurably better."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from classifier.adaptation import Adaptation, Delta, fit
from classifier.agreement import quality, right
from classifier.decoding import Floats
from classifier.labelled import HEADS, Labelled, labelled
from classifier.model import Model
from classifier.text import normalise
from core.errors import InputError
from core.types import Correction

FEWEST: Final = 30
THIRDS: Final = 3
# So many more of the held-out answers, and so many more of a hundred, have to be right.
MORE_RIGHT: Final = 2.0
MARGIN: Final = 0.02
# So much macro-F1 may be lost on the reference set; its 95% interval is twice as wide either way.
TOLERANCE: Final = 0.01


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of adapting one head; shares are from 0 to 1.

    `learned` and `held_out` count judged posts; before and after are the share of the held-out ones that is right, and
    the macro-F1 on the reference set. `why` is the sentence that says why it was kept or not.
    """

    head: str
    learned: int
    held_out: int
    before: float
    after: float
    reference_before: float
    reference_after: float
    kept: bool
    why: str


@dataclass(frozen=True, slots=True)
class Adapting:
    """What came of a whole run; `adaptation` is the one to keep, None where nothing was better.

    `corrections` counts texts, copies once. `too_few` says of the heads that were not tried how many corrected them.
    """

    corrections: int
    confirmed: int
    tried: tuple[Tried, ...]
    too_few: Mapping[str, int]
    adaptation: Adaptation | None


def adapt(
    model: Model,
    reference: Labelled,
    corrections: Sequence[Correction],
    confirmed: Sequence[Correction] = (),
    present: Adaptation | None = None,
) -> Adapting:
    """Refit each head that was corrected often enough, and say what it was measured at.

    `model` is the shipped one and `present` what is added to it now, which stays wherever the new is not better.
    `confirmed` are posts that the team handled as what the model took them for: they keep the model from learning that
    nothing is a complaint. Raises InputError where no head was corrected often enough.
    """
    corrections, confirmed = _distinct(corrections, confirmed)
    counts = {head: sum(_tells(each, head) for each in corrections) for head in HEADS}
    heads = [head for head in HEADS if counts[head] >= FEWEST]
    if not heads:
        raise InputError(
            f"There are too few corrections to learn from: {max(counts.values())}, of {FEWEST} that are needed. "
            "Only posts of sources that may train count (docs/configuration.md, may_train)."
        )
    judged = [*corrections, *confirmed]
    held_out = np.array([is_held_out(each.text) for each in judged])
    posts = labelled(model, judged)
    added = dict(present.heads) if present else {}
    tried = []
    for head in heads:
        learned, kept_back = posts.rows(~held_out).known(head), posts.rows(held_out).known(head)
        delta = fit(learned, reference, model.labels, head)
        found = _measured(model, head, (added.get(head), delta), kept_back, reference.known(head), len(learned))
        tried.append(found)
        if found.kept:
            added[head] = delta
    is_new = any(each.kept for each in tried)
    adaptation = Adaptation(model.version, added) if is_new else None
    too_few = {head: count for head, count in counts.items() if head not in heads}
    return Adapting(len(corrections), len(confirmed), tuple(tried), too_few, adaptation)


def is_held_out(text: str) -> bool:
    """Whether a text measures and never trains: a fixed third of all texts, whoever corrects them and when."""
    return hashlib.sha256(_key(text).encode()).digest()[0] % THIRDS == 0


def _measured(
    model: Model, head: str, deltas: tuple[Delta | None, Delta], held_out: Labelled, reference: Labelled, learned: int
) -> Tried:
    labels = model.labels
    before, after = (_with(delta, held_out) for delta in deltas)
    rights = [float(right(logits, held_out, labels, head).sum()) for logits in (before, after)]
    reference_before, reference_after = (quality(_with(delta, reference), reference, labels, head) for delta in deltas)
    shipped = quality(reference.logits, reference, labels, head)
    gain, loss, posts = rights[1] - rights[0], reference_before - reference_after, max(1, len(held_out))
    if gain < max(MORE_RIGHT, MARGIN * posts):
        kept, why = False, "not kept: too few more of the held-out answers are right"
    elif loss > TOLERANCE:
        kept, why = False, "not kept: it answers the reference set worse"
    elif shipped - reference_after > TOLERANCE:
        # Else each run could lose a little more than the one before it.
        kept, why = False, f"not kept: it answers the reference set worse than the shipped model's {shipped:.1%}"
    else:
        kept, why = True, "kept: more of the held-out answers are right, and the reference set is answered as well"
    return Tried(
        head=head,
        learned=learned,
        held_out=len(held_out),
        before=rights[0] / posts,
        after=rights[1] / posts,
        reference_before=reference_before,
        reference_after=reference_after,
        kept=kept,
        why=why,
    )


def _with(delta: Delta | None, posts: Labelled) -> Floats:
    return Adaptation("", {"": delta}).applied(posts.logits, posts.vectors) if delta else posts.logits


def _distinct(
    corrections: Iterable[Correction], confirmed: Iterable[Correction]
) -> tuple[list[Correction], list[Correction]]:
    """Return each text once: of copies the last correction counts, and a correction before a confirmation."""
    corrected = {_key(each.text): each for each in corrections}
    others = {_key(each.text): each for each in confirmed}
    return list(corrected.values()), [each for key, each in others.items() if key not in corrected]


def _key(text: str) -> str:
    return normalise(text).casefold()


def _tells(correction: Correction, head: str) -> bool:
    return getattr(correction, head) is not None
