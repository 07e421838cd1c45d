"""The report: the figures for a person who decides whether to trust the model, and the same as JSON.

The page holds posts that were answered wrongly. They are other people's words: it is for the reader's own folder.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from classifier.training import pictures
from classifier.training.answers import Answered
from classifier.training.data import Family
from classifier.training.evaluate import Figures
from classifier.training.measuring import Measured
from classifier.training.pictures import Picture
from classifier.training.targets import BENCHMARKS, TARGETS
from core.taxonomy import Reason, Severity

PAGE: Final = "report.html"
NUMBERS: Final = "figures.json"
_WORST: Final = 60
_EXCERPT: Final = 600


@dataclass(frozen=True, slots=True)
class Error:
    """A post that was answered wrongly, as the page tells of it."""

    text: str
    source: str
    is_complaint: bool
    read: str
    said: str
    probability: float
    notes: tuple[str, ...]


def write_report(measured: Measured, folder: Path) -> None:
    """Write report.html and figures.json into `folder`, which is made where it is missing."""
    figures, answered = measured.figures, measured.answered
    page = (
        _environment()
        .get_template("report.html.j2")
        .render(
            figures=figures,
            method=measured.method,
            targets=TARGETS,
            benchmarks=[(benchmark, benchmark.rows(figures)) for benchmark in BENCHMARKS],
            pictures=_pictures(figures, answered),
            errors=_errors(answered),
        )
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NUMBERS).write_text(json.dumps({"method": measured.method, **figures}, indent=1) + "\n", encoding="utf-8")
    (folder / PAGE).write_text(page, encoding="utf-8")


def _pictures(figures: Figures, answered: Sequence[Answered]) -> dict[str, Picture]:
    hand = [one for one in answered if one.example.family is Family.HAND]
    if not hand:
        return {}
    truth = np.array([one.example.complaint for one in hand])
    probability = np.array([one.answer.complaint for one in hand])
    scores = {"Afterclick": probability}
    words = [one.words for one in hand if one.words is not None]
    if len(words) == len(hand):
        scores["counted words"] = np.array(words)
    return {
        "roc": pictures.roc(truth, scores),
        "precision_recall": pictures.precision_recall(truth, scores),
        "calibration": pictures.calibration(truth, probability),
        "confusion": pictures.confusion(figures["hand"]["severity"]["confusion"]),
        "reasons": pictures.reasons(figures["hand"]["reasons"]["each"]),
    }


def _errors(answered: Sequence[Answered]) -> list[Error]:
    """Return the hand-labelled posts of which the model was surest and wrong."""
    hand = [one for one in answered if one.example.family is Family.HAND]
    wrong = [one for one in hand if one.answer.is_complaint != one.example.complaint]
    wrong.sort(key=lambda one: -abs(one.answer.complaint - 0.5))
    return [_error(one) for one in wrong[:_WORST]]


def _error(one: Answered) -> Error:
    example, answer = one.example, one.answer
    notes = []
    if example.unsure:
        notes.append("its reader was in doubt")
    if answer.unsure:
        notes.append("the model called itself unsure")
    if example.source_says is not None and example.source_says != example.complaint:
        notes.append(f"{example.source} itself calls it {'a complaint' if example.source_says else 'no complaint'}")
    return Error(
        text=example.text if len(example.text) <= _EXCERPT else example.text[:_EXCERPT] + "…",
        source=example.source,
        is_complaint=example.complaint,
        read=_in_words(example.complaint, example.reasons, example.severity or 0),
        said=_in_words(answer.is_complaint, answer.reasons, answer.severity),
        probability=answer.complaint,
        notes=tuple(notes),
    )


def _in_words(is_complaint: bool, reasons: Any, severity: int) -> str:
    if not is_complaint:
        return "no complaint"
    named = [reason.words.lower() for reason in Reason if reason in reasons]
    return f"complaint: {', '.join(named) or 'no reason'}; {Severity(severity).words.lower()}"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["points"] = _points
    environment.filters["count"] = lambda number: f"{number:,}"
    environment.filters["reason"] = lambda name: Reason(name).words
    return environment


def _points(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.1f}"
