"""Which folds are made again, with a training that we made up."""

import sys
from types import SimpleNamespace

import pytest

from classifier.training.crossval import ANSWERS, cross_validate
from classifier.training.split import folds
from core.errors import ModelError


@pytest.fixture
def made(monkeypatch):
    """The folders that were asked to be trained; each such call stops there, as a run that is killed does."""
    places = []

    def train(posts, labels, out, **_):
        places.append(out.name)
        raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "classifier.training.train", SimpleNamespace(train=train))
    return places


def run(tmp_path):
    cross_validate(tmp_path / "posts.csv", [tmp_path / "labels.csv"], tmp_path, folds(5))


def test_a_fold_that_has_its_answers_is_left_alone(tmp_path, made):
    for name in folds(5):
        (tmp_path / name).mkdir()
        (tmp_path / name / ANSWERS).touch()
    run(tmp_path)
    assert made == []


def test_a_model_whose_thresholds_were_not_yet_set_is_trained_to_its_end(tmp_path, made):
    (tmp_path / "fold-0").mkdir()
    (tmp_path / "fold-0" / "labels.json").write_text("{}")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)
    assert made == ["fold-0"]


def test_a_finished_model_without_answers_is_not_trained_again(tmp_path, made):
    (tmp_path / "posts.csv").write_text("uid,source,text,complaint,dup_key\n")
    (tmp_path / "labels.csv").write_text("uid,complaint,reasons,severity,parties,praise\n")
    (tmp_path / "fold-0" / "training").mkdir(parents=True)
    (tmp_path / "fold-0" / "training" / "figures.json").write_text("{}")
    with pytest.raises(ModelError):  # the folder holds no weights, and it is they that are asked next
        run(tmp_path)
    assert made == []
