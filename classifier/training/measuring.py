"""A whole measurement: a weights folder or a cross-validation, with or without industries held out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from classifier.training.answers import Answered
from classifier.training.crossval import read_answers
from classifier.training.evaluate import Figures, evaluate, industry_figures, measure
from classifier.training.split import Split


@dataclass(frozen=True, slots=True)
class Measured:
    """Answers with their figures; `method` says in sentences who answered which posts."""

    answered: Sequence[Answered]
    figures: Figures
    method: str


def measure_all(
    posts: Path,
    labels: Sequence[Path],
    weights: Path,
    work: Path,
    folds: Mapping[str, Split],
    held_out: Mapping[str, Split],
) -> Measured:
    """Measure what the models of `folds`, kept in `work`, said; where there are none, the classifier in `weights`.

    Raises InputError where a file cannot be read or a split has not been run; ModelError where the weights folder
    cannot be used.
    """
    if folds:
        answered = read_answers(posts, labels, work, folds)
        method = f"Cross-validation: each post is answered by that of {len(folds)} models that has not seen its words."
    else:
        answered = evaluate(posts, labels, weights)
        method = f"The classifier in {weights}, on posts whose words neither trained it nor set its thresholds."
    figures = measure(answered)
    if held_out:
        figures["unseen"] = industry_figures(read_answers(posts, labels, work, held_out))
        method += f" Industries held out: {len(held_out)} further models, each without some of xci."
    return Measured(answered, figures, method)
