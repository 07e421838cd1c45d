"""The numbers that decide the weights, together with the data and the seed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """How to train; the defaults are those of the shipped model.

    The `..._weight` fields say how much a head's error counts beside the complaint's, `weak_reason` how much a reason
    counts that a source named and not our readers, `longest` and `longest_weak` how many tokens of a post are read.
    """

    epochs: int = 3
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
    seed: int = 0
    threads: int = 0  # as many as torch takes by itself; 1 where the machine is shared, for threads wait on each other
