"""Where each answer turns to yes, and how sure a probability may sound; set on the dev part, never on the test part."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from classifier.decoding import Floats as Logits
from classifier.model import Model
from classifier.text import normalise
from classifier.training.choices import choices_and_drift
from classifier.training.data import READ, Example, Family
from classifier.training.figures import Booleans, Floats, f1_of, macro_f1, micro_f1
from classifier.training.split import Part
from core.errors import InputError
from core.taxonomy import Party, Reason

# Probabilities tried as cuts, as logits.
_CUTS: Final = np.log(np.arange(0.1, 0.91, 0.02) / (1 - np.arange(0.1, 0.91, 0.02)))
_TEMPERATURES: Final = np.arange(0.5, 3.01, 0.05)
_BORDERS: Final = np.arange(-2, 2.01, 0.05)
# A reason's own best cut counts as much as the common one when dev holds this many of it. With cuts set on one half of
# dev and measured on the other, less trust in the common cut cost a point of micro-F1.
_TRUST: Final = 100
_UNSURE: Final = 0.2


def decide(model: Model, examples: Sequence[Example]) -> dict[str, Any]:
    """Return `cuts`, `temperatures`, `unsure`, `choices` and `drift` for labels.json.

    `model` must be one whose own cuts are 0. The complaint's cut is set on hand labels and xci together, everything
    else on hand labels. Raises InputError where there are too few of these.
    """
    dev = [row for row in examples if row.part is Part.DEV and row.family in (*READ, Family.XCI)]
    if len({row.complaint for row in dev if row.family in READ}) < 2:
        raise InputError("too few hand labels to set thresholds on: the tenth kept for it holds only one kind of post")
    return decide_on(dev, logits_of(model, dev), model.labels.heads)


def decide_on(dev: Sequence[Example], logits: Logits, heads: Mapping[str, slice]) -> dict[str, Any]:
    """Return the decisions, given the logits of the dev rows."""
    complaint, truth = logits[:, heads["complaint"]][:, 0], np.array([row.complaint for row in dev])
    cut, sharpness = _border(truth, complaint)
    hand = np.array([row.family in READ for row in dev])
    rows = [row for row in dev if row.family in READ]
    flagged = (complaint >= cut)[hand]
    columns = {
        "reasons": np.array([[reason in row.reasons for reason in Reason] for row in rows]),
        "parties": np.array([[party in (row.parties or ()) for party in Party] for row in rows]),
        "praise": np.array([[bool(row.praise)] for row in rows]),
    }
    cuts = {"complaint": [cut], "severity": [0.0] * 4}
    temperatures = {"complaint": sharpness, "severity": 1.0}
    for head, answers in columns.items():
        scores = logits[hand][:, heads[head]].astype(np.float64)
        gate = flagged if head != "praise" else np.ones_like(flagged)
        cuts[head] = _best_cuts(answers, scores, gate)
        temperatures[head] = _best_temperature(answers[gate], (scores - np.array(cuts[head]))[gate])
    return {
        "cuts": {head: [round(float(cut), 4) for cut in cuts[head]] for head in heads},
        "temperatures": {head: round(temperatures[head], 3) for head in heads},
        "unsure": _UNSURE,
        **choices_and_drift(truth[hand], 1 / (1 + np.exp(-(complaint[hand] - cut) / sharpness)), _UNSURE),
    }


def logits_of(model: Model, rows: Sequence[Example]) -> Logits:
    """Return the model's raw numbers, a row each."""
    return np.stack(model.logits([normalise(row.text) for row in rows]))


def _border(truth: Booleans, scores: Logits) -> tuple[float, float]:
    """Return cut and temperature that make the answers most likely, yes and no counting the same.

    The cut with the best F1 on a few hundred rows jumps about; this one rests on all of them. The even weights keep it
    from the share of complaints in this file, which is not that of the street.
    """
    share = truth.mean()
    weights = np.where(truth, 0.5 / share, 0.5 / (1 - share))
    signs = np.where(truth, 1.0, -1.0)
    losses = {
        (cut, temperature): (weights * np.logaddexp(0, -signs * (scores - cut) / temperature)).mean()
        for cut in _BORDERS
        for temperature in _TEMPERATURES
    }
    cut, temperature = min(losses, key=lambda pair: losses[pair])
    return float(cut), float(temperature)


def _best_cuts(truth: Booleans, scores: Floats, gate: Booleans) -> list[float]:
    """Return a cut for each column: the best for all together, pulled to the column's own best where it is common."""
    allowed = gate[:, None]
    together = [
        micro_f1(truth, (scores >= cut) & allowed) + macro_f1(truth, (scores >= cut) & allowed) for cut in _CUTS
    ]
    common = float(_CUTS[int(np.argmax(together))])
    cuts = []
    for column in range(truth.shape[1]):
        quality = np.array([f1_of(truth[:, column], (scores[:, column] >= cut) & gate) for cut in _CUTS])
        own = float(_CUTS[quality >= quality.max() - 1e-9].mean())
        count = int(truth[:, column].sum())
        cuts.append((count * own + _TRUST * common) / (count + _TRUST))
    return cuts


def _best_temperature(truth: Booleans, shifted: Floats | Logits) -> float:
    """Return the temperature that makes the shifted logits most likely."""
    signs = np.where(truth, 1.0, -1.0)
    losses = [np.logaddexp(0, -signs * shifted / temperature).mean() for temperature in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])
