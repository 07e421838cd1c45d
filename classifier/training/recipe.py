"""The numbers that decide the weights, together with the data and the seed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from classifier.training.data import Family

# How many rows of a family an epoch sees: a fresh draw each time. Of rows that were read by our guide it sees all.
ROWS_AN_EPOCH: Final[Mapping[Family, int]] = {
    Family.XCI: 2000,
    Family.AIRLINE: 1000,
    Family.TELECOM: 600,
    Family.PROMOTION: 1500,
    Family.BRAND_REPLY: 700,
    Family.REVIEW: 400,
    Family.UNLABELLED: 4500,
}


@dataclass(frozen=True)
class Recipe:
    """How to train; the defaults are for a small encoder without teachers.

    An epoch holds `copies` times the rows that are labelled by our own guide, and a draw of `rows` of the others.
    The `..._weight` fields say how much a head's error counts beside the complaint's, `weak_reason` how much a reason
    counts that a source named and not our readers, `longest` and `longest_weak` how many tokens of a post are read.
    `taught_weight` is how much a row counts that earlier models answered, beside the label it may have. Each epoch
    keeps the share `complaint_fade` of the weight that the one before gave to the complaint of hand labels: that answer
    is learned in one pass and over-learned in three, while reasons go on gaining.
    """

    epochs: int = 3
    copies: int = 1
    rows: Mapping[Family, int] = field(default_factory=lambda: dict(ROWS_AN_EPOCH))
    batch_size: int = 16
    rate: float = 1e-4
    head_rate: float = 1e-3
    layer_decay: float = 0.9
    weight_decay: float = 0.01
    warm_up: float = 0.1
    smoothing: float = 0.05
    dropout: float = 0.1
    longest: int = 256
    longest_weak: int = 128
    reasons_weight: float = 4.0
    severity_weight: float = 0.5
    parties_weight: float = 1.0
    praise_weight: float = 0.3
    source_severity_weight: float = 0.3
    weak_reason: float = 0.3
    taught_weight: float = 0.7
    complaint_fade: float = 0.5
    seed: int = 0
    threads: int = 0  # as many as torch takes by itself; 1 where the machine is shared, for threads wait on each other


# For a large encoder that only teaches: it learns our labels, and gently.
LARGE: Final = Recipe(
    epochs=2,
    rows={Family.XCI: 1000, Family.PROMOTION: 250, Family.BRAND_REPLY: 200},
    rate=6e-5,
    dropout=0.0,
    longest=128,
    longest_weak=96,
    complaint_fade=0.8,
)
# For a small encoder that has teachers: what they say of fresh posts is worth more rows and more passes over them.
TAUGHT: Final = Recipe(
    epochs=4,
    taught_weight=1.0,
    rows={
        **ROWS_AN_EPOCH,
        Family.AIRLINE: 3000,
        Family.TELECOM: 1500,
        Family.REVIEW: 1000,
        Family.UNLABELLED: 9000,
    },
)
