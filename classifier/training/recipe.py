"""The numbers that decide the weights, together with the data and the seed."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Recipe:
    """How to train; the defaults are those of the shipped model.

    An epoch holds `copies` times the rows that are labelled by our own guide, and a draw of the others.
    The `..._weight` fields say how much a head's error counts beside the complaint's, `weak_reason` how much a reason
    counts that a source named and not our readers, `longest` and `longest_weak` how many tokens of a post are read.
    `taught_weight` is how much a row counts that earlier models answered, beside the label it may have. Each epoch
    keeps the share `complaint_fade` of the weight that the one before gave to the complaint of hand labels: that answer
    is learned in one pass and over-learned in three, while reasons go on gaining.
    """

    epochs: int = 3
    copies: int = 2
    batch_size: int = 16
    rate: float = 1e-4
    head_rate: float = 1e-3
    layer_decay: float = 0.9
    weight_decay: float = 0.01
    warm_up: float = 0.1
    smoothing: float = 0.05
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


def refinement_of(recipe: Recipe) -> Recipe:
    """Return how to go on with a network that has learned all this once: more gently, shorter, in another order."""
    return replace(
        recipe,
        epochs=2,
        copies=1,
        rate=recipe.rate / 2,
        head_rate=recipe.head_rate * 0.3,
        seed=recipe.seed + 7,
    )
