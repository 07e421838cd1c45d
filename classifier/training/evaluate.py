"""What is measured: the figures of a weights folder on its test part, and those of a cross-validation."""

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from classifier.model import WEIGHTS, Model
from classifier.text import normalise
from classifier.training import figures as measures
from classifier.training.answers import Answered
from classifier.training.data import Example, Family, read_examples
from classifier.training.figures import Booleans, Floats
from classifier.training.split import Part
from core.taxonomy import Party, Reason

log = logging.getLogger(__name__)

Figures: TypeAlias = dict[str, Any]

LEVELS: Final = (1, 2, 3, 4)
# Words of a post, up to and including.
LENGTHS: Final = (5, 10, 20, 40, 100)
# Fewer rows than this say nothing by themselves.
_FEWEST: Final = 20


def evaluate(posts: Path, labels: Sequence[Path], weights: Path = WEIGHTS) -> list[Answered]:
    """Return the test part of the posts with what the classifier in `weights` says of them.

    No training row and no threshold has seen their words. Counted words answer too where scikit-learn is installed.
    Raises InputError where a data file cannot be read; ModelError where the weights folder cannot be used.
    """
    examples = read_examples(posts, labels)
    return beside_words(answered_by(Model.load(weights), examples, Part.TEST), examples)


def answered_by(model: Model, examples: Iterable[Example], part: Part) -> list[Answered]:
    """Return the rows of one part with the model's answers, measured through the `predict` that the product uses."""
    rows = [row for row in examples if row.part is part]
    log.info("predicting %d posts", len(rows))
    return [Answered(row, said) for row, said in zip(rows, model.predict([row.text for row in rows]), strict=True)]


def beside_words(answered: list[Answered], examples: Sequence[Example]) -> list[Answered]:
    """Return the answers with those of counted words, fitted on the training part of `examples`.

    Without scikit-learn they come back as they are.
    """
    try:
        from classifier.training.words import complaint_words  # needs scikit-learn, which only training installs
    except ImportError:
        log.info("without scikit-learn no counted words stand beside the figures")
        return answered
    said = complaint_words(examples)([normalise(one.example.text) for one in answered])
    return [replace(one, words=float(logit)) for one, logit in zip(answered, said, strict=True)]


def measure(answered: Sequence[Answered]) -> Figures:
    """Return every figure of these answers, by family of rows; shares are from 0 to 1."""
    found: Figures = {"model_versions": sorted({one.answer.model_version for one in answered})}
    hand = [one for one in answered if one.example.family is Family.HAND]
    if hand:
        found["hand"] = _hand_figures(hand)
    for family in (Family.MORE, Family.AIRLINE, Family.TELECOM, Family.REVIEW):
        if rows := [one for one in answered if one.example.family is family]:
            found[family.value] = complaint_figures(rows)
    for family in (Family.PROMOTION, Family.BRAND_REPLY):
        if rows := [one for one in answered if one.example.family is family]:
            flagged = np.mean([one.answer.is_complaint for one in rows])
            found[family.value] = {"rows": len(rows), "flagged": round(float(flagged), 4)}
    if xci := [one for one in answered if one.example.source == "xci" and one.example.source_says is not None]:
        found["xci"] = complaint_figures(xci, _source_says)
        if directed := [one for one in xci if _is_directed(one.example)]:
            found["xci_directed"] = industry_figures(directed)
    return found


def industry_figures(answered: Sequence[Answered]) -> Figures:
    """Return how well complaints are told by xci's own labels, in all and by industry."""
    by_industry = _grouped(answered, lambda one: one.example.industry, _source_says)
    return {**complaint_figures(answered, _source_says), "by_industry": by_industry}


def _is_directed(row: Example) -> bool:
    """Whether an xci tweet was written to a company: the others were drawn at random."""
    return not row.industry.startswith("random")


def complaint_figures(
    answered: Sequence[Answered], truth_of: Callable[[Answered], bool] = lambda one: one.example.complaint
) -> Figures:
    """Return how well complaints are told, and the same of counted words where these were asked."""
    truth = np.array([truth_of(one) for one in answered])
    guess = np.array([one.answer.is_complaint for one in answered])
    probability = np.array([one.answer.complaint for one in answered])
    unsure = np.array([one.answer.unsure for one in answered])
    found = {
        "rows": len(answered),
        "complaints": int(truth.sum()),
        **_told(truth, guess, probability),
        "interval": _interval(measures.two_sided_f1, truth, guess),
        "calibration_interval": _interval(measures.calibration_error, truth, probability),
        "unsure": round(float(unsure.mean()), 4),
        "errors_among_unsure": round(measures.recall(truth != guess, unsure), 4),
    }
    said = [one.words for one in answered if one.words is not None]
    if len(said) == len(answered):
        words = np.array(said)
        found["words"] = _told(truth, words >= 0, 1 / (1 + np.exp(-words)))
    return found


def _told(truth: Booleans, guess: Booleans, probability: Floats) -> Figures:
    return _rounded(
        {
            "macro_f1": measures.two_sided_f1(truth, guess),
            "accuracy": float((truth == guess).mean()),
            "precision": measures.precision(truth, guess),
            "recall": measures.recall(truth, guess),
            "auc": measures.area_under_roc(truth, probability),
            "average_precision": measures.average_precision(truth, probability),
            "precision_at_recall_90": measures.precision_at(truth, probability, 0.9),
            "precision_at_recall_95": measures.precision_at(truth, probability, 0.95),
            "calibration_error": measures.calibration_error(truth, probability),
            "brier": float(((probability - truth) ** 2).mean()),
        }
    )


def _interval(measure: Callable[..., float], *columns: NDArray[Any]) -> list[float]:
    return [round(end, 4) for end in measures.interval(measure, *columns)]


def _hand_figures(hand: Sequence[Answered]) -> Figures:
    sure = [one for one in hand if not one.example.unsure]
    return {
        **complaint_figures(hand),
        **({"without_unsure": complaint_figures(sure)} if sure else {}),
        "by_source": _grouped(hand, lambda one: one.example.source.split("_")[0]),
        "by_length": _grouped(hand, lambda one: _length(one.example.text)),
        "by_language": _grouped(hand, lambda one: "en" if one.answer.language == "en" else "other or not told"),
        "reasons": _reason_figures(hand),
        "severity": _severity_figures(hand),
        "parties": _party_figures(hand),
        "praise": _praise_figures(hand),
    }


def _source_says(one: Answered) -> bool:
    return bool(one.example.source_says)


def _grouped(
    answered: Sequence[Answered],
    group_of: Callable[[Answered], str],
    truth_of: Callable[[Answered], bool] = lambda one: one.example.complaint,
) -> dict[str, Figures]:
    """Return the main figures of each group that has rows enough to say something."""
    groups: dict[str, list[Answered]] = {}
    for one in answered:
        groups.setdefault(group_of(one), []).append(one)
    keep = ("rows", "complaints", "macro_f1", "interval", "precision", "recall", "auc")
    return {
        name: {key: value for key, value in complaint_figures(rows, truth_of).items() if key in keep}
        for name, rows in sorted(
            groups.items(), key=lambda group: ([int(n) for n in re.findall(r"\d+", group[0])], group[0])
        )
        if len(rows) >= _FEWEST
    }


def _length(text: str) -> str:
    words = len(text.split())
    for first, last in zip((1, *(length + 1 for length in LENGTHS)), LENGTHS, strict=False):
        if words <= last:
            return f"{first}-{last}"
    return f"over {LENGTHS[-1]}"


def _reason_figures(answered: Sequence[Answered]) -> Figures:
    """Return how well reasons are told; a complaint that was not flagged has none and counts as missed."""
    truth = np.array([[reason in one.example.reasons for reason in Reason] for one in answered])
    guess = np.array([[reason in one.answer.reasons for reason in Reason] for one in answered])
    return {
        **_rounded({"micro_f1": measures.micro_f1(truth, guess), "macro_f1": measures.macro_f1(truth, guess)}),
        "each": {
            reason.value: {
                "rows": int(truth[:, column].sum()),
                **_rounded(
                    {
                        "f1": float(measures.f1_of(truth[:, column], guess[:, column])),
                        "precision": measures.precision(truth[:, column], guess[:, column]),
                        "recall": measures.recall(truth[:, column], guess[:, column]),
                    }
                ),
            }
            for column, reason in enumerate(Reason)
        },
    }


def _severity_figures(answered: Sequence[Answered]) -> Figures:
    """Return how well the level of true complaints is told; one that was not flagged counts as a miss."""
    pairs = [(one.example.severity, int(one.answer.severity)) for one in answered if one.example.severity]
    truth, guess = _columns(pairs)
    found = guess > 0
    return {
        "rows": len(pairs),
        "confusion": [[int(((truth == real) & (guess == said)).sum()) for said in (0, *LEVELS)] for real in LEVELS],
        **_rounded(
            {
                "macro_f1": measures.class_f1(truth, guess, LEVELS),
                "macro_f1_where_flagged": measures.class_f1(truth[found], guess[found], LEVELS),
                "within_one": float((abs(truth - guess)[found] <= 1).mean()) if found.any() else 0.0,
            }
        ),
    }


def _columns(pairs: Sequence[tuple[int, int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _party_figures(answered: Sequence[Answered]) -> Figures:
    truth = np.array([[party in (one.example.parties or ()) for party in Party] for one in answered])
    guess = np.array([[party in one.answer.parties for party in Party] for one in answered])
    scores = measures.f1_of(truth, guess)
    each = {
        party.value: {"rows": int(rows), "f1": round(float(score), 4)}
        for party, rows, score in zip(Party, truth.sum(axis=0), scores, strict=True)
    }
    return {"micro_f1": round(measures.micro_f1(truth, guess), 4), "each": each}


def _praise_figures(answered: Sequence[Answered]) -> Figures:
    truth = np.array([bool(one.example.praise) for one in answered])
    guess = np.array([one.answer.praise >= 0.5 for one in answered])
    return {"rows": int(truth.sum()), "f1": round(float(measures.f1_of(truth, guess)), 4)}


def _rounded(found: Mapping[str, float]) -> Figures:
    return {name: round(value, 4) for name, value in found.items()}
