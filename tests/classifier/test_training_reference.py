"""The reference set is made of hand labels that did not train."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from classifier import labelmap
from classifier.labelled import UNKNOWN
from classifier.reference import REFERENCE, read_reference
from classifier.training import reference
from classifier.training.choices import choices_and_drift
from classifier.training.data import Example, Family
from classifier.training.reference import save_reference
from classifier.training.split import Part
from core.errors import ModelError
from core.taxonomy import Party, Reason
from core.thresholds import Choice
from tests.heads import LABELS, Heads

VOUCHED = replace(LABELS, files={REFERENCE: "its hash"})


def row(number, family=Family.HAND, part=Part.TEST, **said):
    values = {"complaint": True, "severity": 2, "reasons": frozenset({Reason.LATE}), "parties": frozenset()} | said
    return Example(f"{number:04d}", f"late {number}", family, part, "street", **values)


def test_only_hand_labels_of_the_held_out_parts_are_taken(tmp_path):
    families = (Family.HAND, Family.MORE, Family.OWN, Family.AIRLINE)
    rows = [row(number, *place) for number, place in enumerate(product(families, Part))]
    assert save_reference(Heads(), rows, tmp_path) == 4
    assert len(read_reference(tmp_path, VOUCHED)) == 4


def test_answers_are_the_readers_and_what_is_no_complaint_has_none_but_that(tmp_path):
    rows = [
        row(1, severity=4, reasons=frozenset({Reason.LOST}), parties=frozenset({Party.COURIER})),
        row(2, complaint=False, severity=None, reasons=frozenset()),
    ]
    save_reference(Heads(), rows, tmp_path)
    answers = read_reference(tmp_path, VOUCHED).answers
    assert answers["complaint"].tolist() == [[1], [0]]
    assert answers["severity"].tolist() == [[0, 0, 0, 1], [UNKNOWN] * 4]
    assert answers["reasons"][0].nonzero()[0].tolist() == [list(Reason).index(Reason.LOST)]
    assert answers["parties"].tolist() == [[0, 1, 0, 0], [UNKNOWN] * 4]


def test_of_too_many_those_of_the_first_file_and_of_the_test_part_come_first(tmp_path, monkeypatch):
    monkeypatch.setattr(reference, "MOST", 3)
    rows = [
        row(1, Family.MORE, Part.TEST, complaint=False),
        row(2, Family.HAND, Part.DEV),
        row(3, Family.HAND, Part.TEST),
        row(4, Family.HAND, Part.TEST),
        row(5, Family.MORE, Part.DEV, complaint=False),
    ]
    assert save_reference(Heads(), rows, tmp_path) == 3
    assert read_reference(tmp_path, VOUCHED).answers["complaint"].tolist() == [[1], [1], [1]]


def test_the_label_map_vouches_for_the_reference_set_where_there_is_one(tmp_path):
    export = pytest.importorskip(
        "classifier.training.export", reason="needs requirements-train.txt", exc_type=ImportError
    )
    for name in ("model.onnx", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes(b"made up")
    measured = choices_and_drift(np.array([True, False]), np.array([0.9, 0.1]), unsure=0.2)
    export.save_labels(tmp_path, export.undecided(), 64)
    assert REFERENCE not in labelmap.read(tmp_path).files
    save_reference(Heads(), [row(1)], tmp_path)
    export.save_labels(tmp_path, export.undecided() | measured, 64)
    labels = labelmap.read(tmp_path)
    assert len(read_reference(tmp_path, labels)) == 1
    assert set(labels.choices) == set(Choice)
    assert labels.drift.histogram[9] == 0.5
    (tmp_path / REFERENCE).write_bytes(b"another one")
    with pytest.raises(ModelError, match=r"reference\.npz is damaged"):
        labelmap.read(tmp_path)


@pytest.mark.model
def test_the_shipped_model_can_be_adapted_with_the_labelled_posts_beside_the_project(tmp_path, shared):
    from classifier.model import Model
    from classifier.training.data import read_examples
    from jobs.adapt import adapt
    from tests.heads import posts

    found = read_examples(shared / "data" / "posts.csv", [shared / "data" / "labels.csv"])
    model = Model.load(threads=2)
    rows = [example for example in found if example.family is Family.HAND][:2500]
    assert 200 < save_reference(model, rows, tmp_path) < 700
    assert (tmp_path / REFERENCE).stat().st_size < 500 * save_reference(model, rows, tmp_path)
    dismissed = posts("your app made me smile when it would not open at first, day", 60, complaint=False)
    done = adapt(model, read_reference(tmp_path, VOUCHED), dismissed)
    assert done.tried[0].learned + done.tried[0].held_out == 60
    assert 0.8 < done.tried[0].reference_before <= 1
