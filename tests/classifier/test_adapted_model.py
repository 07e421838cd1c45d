"""The shipped weights with an adaptation, and how one that does not fit is passed over."""

import json
import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from classifier import labelmap, loading
from classifier.adaptation import Adaptation, Delta
from classifier.adapted import Adapted
from classifier.model import WEIGHTS, Model
from core.thresholds import Choice

pytestmark = pytest.mark.model

TEXTS = ["my parcel is two weeks late", "what a lovely morning", "the driver broke my vase, and nobody answers. " * 60]


@pytest.fixture(scope="module")
def model():
    return Model.load()


def raised(base, by=0.75):
    """An adaptation that raises every complaint's logit by as much."""
    width = 384
    delta = Delta(slice(0, 1), np.zeros((width, 1), dtype=np.float32), np.array([by], dtype=np.float32))
    return Adaptation(base, {"complaint": delta})


def test_an_adaptation_is_added_to_the_logits_and_stands_in_the_version(model, tmp_path):
    adaptation = raised(model.version)
    Adapted(tmp_path).keep(adaptation)
    adapted = loading.load(adapted=tmp_path)
    assert adapted.version == adaptation.version == loading.described(adapted=tmp_path).version
    before, after = np.array(model.logits(TEXTS)), np.array(adapted.logits(TEXTS))
    assert np.allclose(after[:, 0], before[:, 0] + 0.75, atol=1e-4)
    assert np.allclose(after[:, 1:], before[:, 1:])
    assert {answer.model_version for answer in adapted.predict(TEXTS)} == {adaptation.version}


def test_vectors_come_with_the_logits_of_the_shipped_heads(model, tmp_path):
    Adapted(tmp_path).keep(raised(model.version))
    adapted = loading.load(adapted=tmp_path)
    logits, vectors = adapted.vectors(TEXTS)
    assert vectors.shape == (3, 384)
    assert np.allclose(logits, np.array(model.logits(TEXTS)), atol=1e-5)


def test_an_adaptation_of_another_model_is_passed_over_and_said(model, tmp_path, caplog):
    Adapted(tmp_path).keep(raised("minilm-v0-12345678"))
    with caplog.at_level(logging.WARNING):
        assert loading.load(adapted=tmp_path).version == model.version
    assert len(caplog.records) == 1
    assert "made for minilm-v0-12345678" in caplog.text


def test_a_damaged_adaptation_is_passed_over_and_said(model, tmp_path, caplog):
    Adapted(tmp_path).keep(raised(model.version)).write_bytes(b"")
    with caplog.at_level(logging.WARNING):
        assert loading.load(adapted=tmp_path).version == model.version
    assert "is damaged" in caplog.text


def test_choices_are_borders_by_name_and_an_unknown_one_is_the_balanced_one_and_said_once(model, tmp_path, caplog):
    assert model.border_of(0.3) == 0.3
    assert model.border_of(Choice.BALANCED) == 0.5
    folder = Path(shutil.copytree(WEIGHTS, tmp_path / "weights"))
    raw = json.loads((folder / labelmap.LABELS).read_text())
    told = {"border": 0.25, "misses": 0.05, "false_alarms": 0.3, "words": "misses 1 in 20 complaints"}
    raw["choices"] = {"few_misses": told}
    raw["version"] = f"minilm-test-{labelmap.digest(raw)}"
    (folder / labelmap.LABELS).write_text(json.dumps(raw))
    chosen = Model.load(folder)
    assert chosen.border_of(Choice.FEW_MISSES) == 0.25
    assert caplog.messages == []
    assert [chosen.border_of(Choice.FEW_FALSE_ALARMS) for _ in range(3)] == [0.5] * 3
    assert caplog.messages == [
        f"The model {raw['version']} does not know the threshold 'few_false_alarms', it knows balanced, few_misses and "
        "numbers: the border is the balanced 0.5"
    ]


def test_a_border_decides_what_is_a_complaint_and_which_passages_made_it_one(model):
    long = TEXTS[2]
    share = model.predict([long])[0].complaint
    low, high = model.predict([long, long], [0.05, 0.95])
    assert low.is_complaint
    assert high.is_complaint is (share >= 0.95)
    assert low.passages
