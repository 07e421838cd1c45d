"""The reference set of a weights folder, made of posts that did not train."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from classifier.labelled import labelled
from classifier.model import Model
from classifier.reference import REFERENCE, write_reference
from classifier.training.data import READ, Example
from classifier.training.split import Part
from core.taxonomy import Severity
from core.types import Correction

MOST: Final = 1500
_ORDER: Final = [(part, family) for family in READ for part in (Part.TEST, Part.DEV)]


def save_reference(model: Model, examples: Sequence[Example], folder: Path) -> int:
    """Write reference.npz into `folder` and return how many posts it holds: hand labels of the test and dev parts.

    Of more than 1,500 those of the first file of labels go first, and of these the test part. It must be there before
    labels.json is written, which names its SHA-256.
    """
    order = {place: number for number, place in enumerate(_ORDER)}
    held_out = [row for row in examples if (row.part, row.family) in order]
    chosen = sorted(held_out, key=lambda row: (order[row.part, row.family], row.uid))[:MOST]
    write_reference(folder / REFERENCE, labelled(model, map(_said, chosen)))
    return len(chosen)


def _said(row: Example) -> Correction:
    if not row.complaint:
        return Correction(row.text, complaint=False)
    return Correction(
        text=row.text,
        complaint=True,
        reasons=row.reasons,
        severity=Severity(row.severity) if row.severity else None,
        parties=row.parties,
    )
