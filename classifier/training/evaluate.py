"""Figures of a weights folder on the held-out part, measured through the same `predict` that the product uses."""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from classifier.model import WEIGHTS, Model
from classifier.training.data import Example, Family, Part, read_examples
from classifier.training.figures import (
    area_under_roc,
    calibration_error,
    class_f1,
    f1_of,
    macro_f1,
    micro_f1,
    precision,
    recall,
    two_sided_f1,
)
from core.taxonomy import Party, Reason
from core.types import Prediction

log = logging.getLogger(__name__)

Figures = dict[str, Any]


def evaluate(posts: Path, labels: Path, weights: Path = WEIGHTS, report: Path | None = None) -> Figures:
    """Return the figures on the card, also written to `report` as JSON where one is named.

    Only rows of the test part are used: no training row and no threshold has seen their words.

    Raises InputError where a data file cannot be read; ModelError where the weights folder cannot be used.
    """
    model = Model.load(weights)
    figures = measure(model, read_examples(posts, labels), Part.TEST)
    if report is not None:
        report.write_text(json.dumps(figures, indent=1) + "\n")
    return figures


def measure(model: Model, examples: Sequence[Example], part: Part) -> Figures:
    """Figures of every family of rows in one part."""
    figures: Figures = {"model_version": model.version, "part": part.value}
    for family in Family:
        rows = [row for row in examples if row.family is family and row.part is part]
        if not rows:
            continue
        log.info("predicting %d rows of %s", len(rows), family)
        answers = model.predict([row.text for row in rows])
        figures[family.value] = _figures_of(family, rows, answers)
    return figures


def _figures_of(family: Family, rows: Sequence[Example], answers: Sequence[Prediction]) -> Figures:
    if family in (Family.PROMOTION, Family.BRAND_REPLY):
        flagged = sum(answer.is_complaint for answer in answers)
        return {"rows": len(rows), "flagged": round(flagged / len(rows), 4)}
    if family is not Family.HAND:
        return _complaint_figures(rows, answers)
    sure = [number for number, row in enumerate(rows) if not row.unsure]
    return {
        **_complaint_figures(rows, answers),
        "without_unsure": _complaint_figures([rows[n] for n in sure], [answers[n] for n in sure]),
        "by_source": _by_source(rows, answers),
        "reasons": _reason_figures(rows, answers),
        "severity": _severity_figures(rows, answers),
        "parties": _party_figures(rows, answers),
        "praise": _praise_figures(rows, answers),
    }


def _complaint_figures(rows: Sequence[Example], answers: Sequence[Prediction]) -> Figures:
    truth = np.array([row.complaint for row in rows])
    guess = np.array([answer.is_complaint for answer in answers])
    probability = np.array([answer.complaint for answer in answers])
    unsure = np.array([answer.unsure for answer in answers])
    return {
        "rows": len(rows),
        "complaints": int(truth.sum()),
        **_rounded(
            {
                "macro_f1": two_sided_f1(truth, guess),
                "precision": precision(truth, guess),
                "recall": recall(truth, guess),
                "auc": area_under_roc(truth, probability),
                "calibration_error": calibration_error(truth, probability),
                "unsure": float(unsure.mean()),
                "errors_among_unsure": recall(truth != guess, unsure),
            }
        ),
    }


def _by_source(rows: Sequence[Example], answers: Sequence[Prediction]) -> dict[str, Figures]:
    """Complaint figures of each source that hand labels were taken from, related sources together."""
    numbers: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        numbers.setdefault(row.source.split("_")[0], []).append(number)
    keep = ("rows", "complaints", "macro_f1", "recall")
    return {
        source: {
            key: value
            for key, value in _complaint_figures([rows[n] for n in found], [answers[n] for n in found]).items()
            if key in keep
        }
        for source, found in sorted(numbers.items())
    }


def _reason_figures(rows: Sequence[Example], answers: Sequence[Prediction]) -> Figures:
    truth = np.array([[reason in row.reasons for reason in Reason] for row in rows])
    guess = np.array([[reason in answer.reasons for reason in Reason] for answer in answers])
    scores = f1_of(truth, guess)
    return {
        **_rounded({"micro_f1": micro_f1(truth, guess), "macro_f1": macro_f1(truth, guess)}),
        "each": {
            reason.value: {"f1": round(float(score), 3), "rows": int(count)}
            for reason, score, count in zip(Reason, scores, truth.sum(axis=0), strict=True)
        },
    }


def _severity_figures(rows: Sequence[Example], answers: Sequence[Prediction]) -> Figures:
    """Over true complaints: one that was not flagged counts as level 0 and so as a miss."""
    pairs = [(row.severity, int(answer.severity)) for row, answer in zip(rows, answers, strict=True) if row.severity]
    truth, guess = np.array(pairs).T
    found = guess > 0
    levels = (1, 2, 3, 4)
    return {
        "confusion": [[int(((truth == real) & (guess == said)).sum()) for said in (0, *levels)] for real in levels],
        **_rounded(
            {
                "macro_f1": class_f1(truth, guess, levels),
                "macro_f1_where_flagged": class_f1(truth[found], guess[found], levels),
                "within_one": float((abs(truth - guess)[found] <= 1).mean()),
            }
        ),
    }


def _party_figures(rows: Sequence[Example], answers: Sequence[Prediction]) -> Figures:
    truth = np.array([[party in (row.parties or ()) for party in Party] for row in rows])
    guess = np.array([[party in answer.parties for party in Party] for answer in answers])
    scores = {party.value: round(float(score), 3) for party, score in zip(Party, f1_of(truth, guess), strict=True)}
    return {"micro_f1": round(micro_f1(truth, guess), 4), "each": scores}


def _praise_figures(rows: Sequence[Example], answers: Sequence[Prediction]) -> Figures:
    truth = np.array([bool(row.praise) for row in rows])
    guess = np.array([answer.praise >= 0.5 for answer in answers])
    return {"rows": int(truth.sum()), "f1": round(float(f1_of(truth, guess)), 4)}


def _rounded(figures: Mapping[str, float]) -> Figures:
    return {name: round(value, 4) for name, value in figures.items()}
