"""What was asked of the model, and what others reached on the same posts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from classifier.training.evaluate import Figures


def found_at(figures: Figures, path: Sequence[str]) -> float | None:
    """Return the figure that stands at a path of keys, or None where it was not measured."""
    found: Any = figures
    for key in path:
        if key not in found:
            return None
        found = found[key]
    return float(found)


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that was asked for; `at_least` is false where less is better."""

    name: str
    path: tuple[str, ...]
    wanted: float
    at_least: bool = True

    def reached(self, figures: Figures) -> float | None:
        """Return the figure, or None where it was not measured."""
        return found_at(figures, self.path)

    def is_met(self, figures: Figures) -> bool:
        """Whether the figure was measured and is good enough."""
        found = self.reached(figures)
        return found is not None and (found >= self.wanted if self.at_least else found <= self.wanted)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A measure that others published: where ours stands among the figures, and theirs with who reached them."""

    name: str
    note: str
    path: tuple[str, ...]
    words: tuple[str, ...] | None
    published: tuple[tuple[str, float], ...]

    def rows(self, figures: Figures) -> list[tuple[str, float | None]]:
        """Return who reached what: ours first, then counted words on the same posts, then theirs."""
        ours: list[tuple[str, float | None]] = [("Afterclick, measured here", found_at(figures, self.path))]
        if self.words is not None:
            ours.append(("counted words, measured here", found_at(figures, self.words)))
        return [*ours, *self.published]


TARGETS: Final = (
    Target("Complaint, hand labels, macro-F1", ("hand", "macro_f1"), 0.91),
    Target("the same without posts whose reader was in doubt", ("hand", "without_unsure", "macro_f1"), 0.93),
    Target("Complaint, xci, macro-F1", ("xci", "macro_f1"), 0.895),
    Target("the same, written to a company", ("xci_directed", "macro_f1"), 0.865),
    Target("the same, industries held out", ("unseen", "macro_f1"), 0.83),
    Target("Reasons, micro-F1", ("hand", "reasons", "micro_f1"), 0.75),
    Target("Reasons, macro-F1", ("hand", "reasons", "macro_f1"), 0.70),
    Target("Severity, macro-F1", ("hand", "severity", "macro_f1"), 0.62),
    Target("Calibration error", ("hand", "calibration_error"), 0.03, at_least=False),
    Target("Adverts and news flagged", ("promotion", "flagged"), 0.01, at_least=False),
    Target("Brand replies flagged", ("brand_reply", "flagged"), 0.01, at_least=False),
)

# Preotiuc-Pietro et al. (ACL 2019), Jin and Aletras (COLING 2020; NAACL 2021), as ../shared/data/README.md gives them;
# the experiments before this model are in ../shared/prototypes/classifier/FIGURES.md.
BENCHMARKS: Final = (
    Benchmark(
        "Complaint, xci, macro-F1",
        "Theirs: nested ten-fold cross-validation on all 3,449 tweets of the set, of which we have four fifths.",
        ("xci", "macro_f1"),
        ("xci", "words", "macro_f1"),
        (
            ("logistic regression, ACL 2019", 0.79),
            ("BERT and its like, COLING 2020", 0.87),
            ("BERT with severity as a second task, NAACL 2021", 0.882),
        ),
    ),
    Benchmark(
        "Complaint, xci, written to a company, macro-F1",
        "Without the random tweets of xci: those are easy to tell. The last two: our own trials before, on 1,974.",
        ("xci_directed", "macro_f1"),
        ("xci_directed", "words", "macro_f1"),
        (("MiniLM, airline tweets first", 0.838), ("the same with counted words", 0.848)),
    ),
    Benchmark(
        "Severity, four levels, macro-F1",
        "Not strictly comparable: ours is on hand labels by our own guide, theirs on the levels of xci.",
        ("hand", "severity", "macro_f1"),
        None,
        (("BERT with severity as a second task, NAACL 2021", 0.557),),
    ),
)
