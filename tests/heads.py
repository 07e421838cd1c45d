"""A made-up model whose heads read which of six words a text holds: a test can work its answers out by hand."""

from collections.abc import Sequence

import numpy as np

from classifier.decoding import Floats
from classifier.labelled import Labelled, labelled
from classifier.labelmap import LabelMap
from core.taxonomy import Party, Reason
from core.types import Correction

WORDS = ("late", "lost", "app", "thanks", "courier", "never")
SIZES = {"complaint": 1, "reasons": len(Reason), "severity": 4, "parties": len(Party), "praise": 1}
ENDS = [sum(list(SIZES.values())[: place + 1]) for place in range(len(SIZES))]
HEADS = {name: slice(end - size, end) for (name, size), end in zip(SIZES.items(), ENDS, strict=True)}
LABELS = LabelMap(
    version="made-up-1",
    heads=HEADS,
    reasons=tuple(Reason),
    parties=tuple(Party),
    cuts={name: (0.5 if name == "complaint" else 0.0,) * size for name, size in SIZES.items()},
    temperatures=dict.fromkeys(SIZES, 1.5) | {"severity": 1.0},
    unsure=0.1,
    longest=64,
    files={},
)


class Heads:
    """Calls what is late, lost or about an app a complaint; "courier" is at fault, and "never" makes it worse."""

    labels = LABELS
    version = LABELS.version

    def __init__(self) -> None:
        self.weights = np.zeros((len(WORDS), ENDS[-1]), dtype=np.float32)
        self.weights[:, 0] = (3, 3, 3, -4, 0, 0)
        for word, reason in (("late", Reason.LATE), ("lost", Reason.LOST), ("app", Reason.WEBSITE)):
            self.weights[WORDS.index(word), HEADS["reasons"].start + list(Reason).index(reason)] = 3
        self.weights[:, HEADS["severity"]] = 0
        self.weights[WORDS.index("never"), HEADS["severity"].stop - 1] = 6
        self.weights[WORDS.index("courier"), HEADS["parties"].start + list(Party).index(Party.COURIER)] = 3

    def vectors(self, cleaned: Sequence[str]) -> tuple[Floats, Floats]:
        found = np.array([[word in text.split() for word in WORDS] for text in cleaned], dtype=np.float32)
        biases = np.zeros(ENDS[-1], dtype=np.float32)
        biases[HEADS["reasons"]] = biases[HEADS["parties"]] = -1.5
        biases[HEADS["severity"].start + 1] = 3
        return found @ self.weights + biases, found


def reference(*groups: tuple[str, bool, int]) -> Labelled:
    """Return a reference set: so many posts of these words, each a complaint or none."""
    said = [Correction(words, complaint=complaint) for words, complaint, count in groups for _ in range(count)]
    return labelled(Heads(), said)


def posts(words: str, count: int, **said: object) -> list[Correction]:
    """Return corrections of posts that say the same and yet are different texts."""
    return [Correction(f"{words} {number}", **said) for number in range(count)]  # type: ignore[arg-type]
