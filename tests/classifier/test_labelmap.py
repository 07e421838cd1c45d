"""What labels.json says beside the columns: the borders to choose between, and what the scores looked like."""

import json

import pytest

from classifier.labelmap import BALANCED, LABELS, digest, read
from core.drift import Baseline
from core.errors import ModelError
from core.thresholds import Border, Choice

COLUMNS = {
    "format": 1,
    "heads": {"complaint": [0, 1]},
    "reasons": [],
    "parties": [],
    "cuts": {"complaint": [0.5]},
    "temperatures": {"complaint": 1.0},
    "unsure": 0.2,
    "longest": 64,
    "files": {},
}
FEW = {"border": 0.3, "misses": 0.05, "false_alarms": 0.25, "words": "misses 1 in 20 complaints"}


def written(folder, **more):
    raw = COLUMNS | more
    (folder / LABELS).write_text(json.dumps({"version": f"test-{digest(raw)}"} | raw))
    return folder


def test_choices_and_drift_are_read(tmp_path):
    shares = [0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0.5]
    found = read(written(tmp_path, choices={"few_misses": FEW}, drift={"unsure": 0.1, "histogram": shares}))
    assert found.choices[Choice.FEW_MISSES] == Border(0.3, 0.05, 0.25, "misses 1 in 20 complaints")
    assert found.drift == Baseline(0.1, tuple(shares))


def test_a_folder_that_tells_neither_knows_the_even_border_alone(tmp_path):
    found = read(written(tmp_path))
    assert found.choices == {Choice.BALANCED: BALANCED}
    assert found.drift is None


@pytest.mark.parametrize(
    "more",
    [
        {"choices": {"no_misses": FEW}},
        {"choices": {"few_misses": FEW | {"border": 1}}},
        {"choices": {"few_misses": {"border": 0.3}}},
        {"drift": {"unsure": 0.1, "histogram": [1.0]}},
        {"heads": []},
    ],
)
def test_what_cannot_be_is_refused(tmp_path, more):
    with pytest.raises(ModelError, match=r"labels\.json is damaged"):
        read(written(tmp_path, **more))
