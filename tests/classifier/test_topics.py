"""What a text is about, and how alike it is to others."""

import numpy as np
import pytest

from classifier.model import WEIGHTS, Model
from classifier.topics import TOPICS, likeness, read_topics, write_topics
from core.errors import ModelError

SOFAS = [
    "The sofa arrived with a torn armrest",
    "Our new sofa is too big for the door",
    "Does the corner sofa come in green?",
    "Two men brought the sofa up the stairs",
    "The sofa cushions lose their shape",
    "I sat on this sofa in your shop and loved it",
]


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load(threads=1)


def test_texts_about_the_same_are_more_alike_than_others(model: Model) -> None:
    same, other = model.likeness(["My sofa has a broken leg", "The striker missed a penalty in the last minute"], SOFAS)
    assert same > other + 0.1


def test_the_order_and_the_company_of_texts_change_no_likeness(model: Model) -> None:
    texts = ["My sofa has a broken leg", "Rain all day", "a penalty " * 300]
    alone = [model.likeness([text], SOFAS)[0] for text in texts]
    assert model.likeness(texts[::-1], SOFAS)[::-1] == pytest.approx(alone, abs=1e-5)


def test_a_text_without_words_is_like_nothing_in_particular(model: Model) -> None:
    [share] = model.likeness([""], SOFAS)
    assert -2 <= share <= 2


def test_nothing_to_compare_with_says_nothing(model: Model) -> None:
    assert model.likeness(["My sofa"], []) is None


def test_the_logits_are_those_of_the_network_without_the_topic(model: Model) -> None:
    [said] = model.predict(["Third time the parcel did not come, and nobody answers the phone"])
    assert said.is_complaint


def test_background_vectors_come_back_as_they_were_written(tmp_path) -> None:  # type: ignore[no-untyped-def]
    vectors = np.random.default_rng(1).normal(size=(50, 12)).astype(np.float32)
    write_topics(tmp_path / TOPICS, vectors)
    assert np.abs(read_topics(tmp_path) - vectors).max() < np.abs(vectors).max() / 127
    (tmp_path / TOPICS).write_bytes(b"PK\x03\x04nothing")
    with pytest.raises(ModelError, match=r"topics\.npz is damaged"):
        read_topics(tmp_path)


def test_likeness_is_that_of_the_five_nearest_against_the_background() -> None:
    background = np.array([[0, 1], [0, -1], [-1, 0], [1, 0]] * 3, dtype=np.float32)
    to = np.array([[1, 0]] * 5 + [[-1, 0]] * 9, dtype=np.float32)
    near, far = likeness(np.array([[2, 0], [0, 3]], dtype=np.float32), to, background)
    assert near > 0.3
    assert far < -0.3


def test_the_shipped_folder_vouches_for_its_topics(model: Model) -> None:
    assert TOPICS in model.labels.files
    assert read_topics(WEIGHTS).shape == (400, 384)
