"""The report's pictures: SVG that takes its colours from the page, so that it reads on light and on dark ground."""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from classifier.training import figures as measures
from classifier.training.figures import Booleans, Floats
from core.taxonomy import Reason, Severity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# matplotlib knows no CSS: it draws with these, and what the page calls them is put in their place.
_INK, _FAINT, _OURS, _WORDS = "#010101", "#020202", "#030303", "#040404"
_ON_PAGE: Final = {_INK: "currentColor", _FAINT: "var(--line)", _OURS: "var(--ours)", _WORDS: "var(--words)"}
# A cell of the severity table holds its number in ink, so even the fullest lets some ground through.
_FULLEST: Final = 0.6
_STYLE: Final[dict[Any, Any]] = {
    **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor"), _INK),
    "grid.color": _FAINT,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "font.size": 11,
    "legend.frameon": False,
    "savefig.transparent": True,
    "svg.hashsalt": "afterclick",
}
_ROC_AXES: Final = ("other posts flagged", "complaints found")
_PRECISION_AXES: Final = ("complaints found (recall)", "flagged that are complaints (precision)")
_NO_METADATA: Final = dict.fromkeys(("Creator", "Date", "Format", "Type"))


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing, and what it shows in words and numbers for those who do not see it."""

    svg: str
    says: str


def roc(truth: Booleans, scores: Mapping[str, Floats]) -> Picture:
    """Return how many complaints are found against how many other posts are flagged; ours is the first of `scores`."""

    def place(flagged: Floats, hits: Floats) -> tuple[Floats, Floats]:
        return (flagged - hits) / max(1, (~truth).sum()), hits / max(1, truth.sum())

    told = "; ".join(f"{name}: area {measures.area_under_roc(truth, score):.3f}" for name, score in scores.items())
    drawing, (wrongly, found) = _curves("roc", truth, scores, place, _ROC_AXES)
    return Picture(drawing, f"{told}. Afterclick flags {found:.0%} of complaints and {wrongly:.0%} of other posts.")


def precision_recall(truth: Booleans, scores: Mapping[str, Floats]) -> Picture:
    """Return how much of what is flagged is right against how many complaints are found; ours is the first."""

    def place(flagged: Floats, hits: Floats) -> tuple[Floats, Floats]:
        return hits / max(1, truth.sum()), hits / np.maximum(1, flagged)

    told = "; ".join(
        f"{name}: average precision {measures.average_precision(truth, score):.3f}" for name, score in scores.items()
    )
    drawing, (found, right) = _curves("pr", truth, scores, place, _PRECISION_AXES)
    return Picture(drawing, f"{told}. Afterclick finds {found:.0%} of complaints; {right:.0%} of what it flags is one.")


def _curves(
    name: str,
    truth: Booleans,
    scores: Mapping[str, Floats],
    place: Callable[[Floats, Floats], tuple[Floats, Floats]],
    axes_say: tuple[str, str],
) -> tuple[str, tuple[float, float]]:
    """Return the drawing, and the place on it where the first of `scores` flags."""
    guess = next(iter(scores.values())) >= 0.5
    x, y = place(guess.sum(), (guess & truth).sum())

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        for (title, score), (colour, dashes) in zip(scores.items(), ((_OURS, "-"), (_WORDS, "--")), strict=False):
            axes.plot(*place(*measures.at_each_border(truth, score)), dashes, color=colour, linewidth=2, label=title)
        axes.plot(x, y, "o", color=_OURS, markersize=8, label="where it flags")
        _shares(axes, *axes_say)
        axes.legend(loc="lower center")

    return _svg(name, draw, (4.6, 4.2)), (float(x), float(y))


def calibration(truth: Booleans, probability: Floats) -> Picture:
    """Return the reliability diagram: how often what was said with a probability was true, and how often it is said."""
    bins = measures.reliability(truth, probability)

    def draw(figure: "Figure") -> None:
        axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        axes.plot([0, 1], [0, 1], ":", color=_INK, label="as it should be")
        axes.plot([said for said, _, _ in bins], [true for _, true, _ in bins], "o-", color=_OURS, label="Afterclick")
        _shares(axes, "", "share that is a complaint")
        axes.legend(loc="upper left")
        below.hist(probability, bins=np.linspace(0, 1, 11).tolist(), color=_OURS, rwidth=0.9)
        below.set(xlabel="probability of a complaint, as said", ylabel="posts")

    told = "; ".join(f"said {said:.0%}, true {true:.0%} ({count:,} posts)" for said, true, count in bins)
    return Picture(_svg("calibration", draw, (4.6, 4.8)), f"{told}.")


def confusion(counts: Sequence[Sequence[int]]) -> Picture:
    """Return the severity said beside the true one: counts, shaded by their share of the row."""
    levels = [level for level in Severity if level]
    table = np.array(counts)
    shares = table / np.maximum(1, table.sum(axis=1, keepdims=True))
    said = ["not flagged", *(f"level {level}" for level in levels)]

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        for (row, column), share in np.ndenumerate(shares):
            axes.barh(row, 1, left=column, height=1, color=_OURS, alpha=_FULLEST * share, linewidth=0)
            axes.text(column + 0.5, row, f"{table[row, column]:,}", ha="center", va="center")
        axes.set_xticks(np.arange(5) + 0.5, ["not\nflagged", "1", "2", "3", "4"])
        axes.set_yticks(range(4), [f"{level.value} {level.words.lower()}" for level in levels])
        axes.set(xlabel="level said", ylabel="true level", xlim=(0, 5), ylim=(3.5, -0.5))
        axes.grid(visible=False)
        axes.tick_params(length=0)

    told = "; ".join(
        f"true level {level.value}: " + ", ".join(f"{name} {count:,}" for name, count in zip(said, row, strict=True))
        for level, row in zip(levels, counts, strict=True)
    )
    return Picture(_svg("severity", draw, (4.6, 3.6)), f"{told}.")


def reasons(each: Mapping[str, Mapping[str, float]]) -> Picture:
    """Return a bar of F1 for each reason, the best on top."""
    order = sorted(each, key=lambda name: each[name]["f1"])

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        axes.barh([Reason(name).words for name in order], [each[name]["f1"] for name in order], color=_OURS)
        for place, name in enumerate(order):
            axes.text(each[name]["f1"] + 0.01, place, f"{each[name]['f1'] * 100:.0f}", va="center", fontsize=10)
        axes.set(xlabel="F1", xlim=(0, 1))
        axes.xaxis.set_major_formatter(lambda share, _: f"{share * 100:.0f}")
        axes.grid(visible=False, axis="y")

    told = ", ".join(f"{Reason(name).words} {each[name]['f1'] * 100:.0f}" for name in reversed(order))
    return Picture(_svg("reasons", draw, (4.6, 5.2)), f"F1: {told}.")


def _shares(axes: "Axes", x: str, y: str) -> None:
    axes.set(xlabel=x, ylabel=y, xlim=(0, 1), ylim=(0, 1.01))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda share, _: f"{share:.0%}")


def _svg(name: str, draw: Callable[["Figure"], None], size: tuple[float, float]) -> str:
    """Return what `draw` puts on a figure; `name` keeps its ids apart from those of other pictures on the page."""
    import matplotlib as mpl  # only the report needs it, and it is slow to load
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        target = io.StringIO()
        figure.savefig(target, format="svg", metadata=_NO_METADATA)
    text = target.getvalue()
    text = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", text[text.index("<svg") :])
    for drawn, on_page in _ON_PAGE.items():
        text = text.replace(drawn, on_page)
    return text
