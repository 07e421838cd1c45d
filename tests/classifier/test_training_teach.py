"""What earlier models say of unread posts; needs requirements-train.txt and is skipped without."""

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="teaching needs requirements-train.txt")

from classifier.training.data import Example, Family
from classifier.training.split import Part
from classifier.training.teach import teach
from classifier.training.words import complaint_words


class FakeTeacher:
    """Says the same of every post."""

    name = "fake"

    def __init__(self, logit):
        self.logit = logit
        self.asked = 0

    def logits(self, texts):
        self.asked += 1
        return np.full((len(texts), 26), self.logit, dtype=np.float32)


def row(number, family=Family.HAND, part=Part.TRAIN, complaint=True):
    text = f"the parcel is late again {number}" if complaint else f"what a lovely day out there {number}"
    return Example(f"{family}-{number}", text, family, part, "made up", complaint)


HAND = [row(number, complaint=number % 2 == 0) for number in range(40)]


def test_counted_words_tell_a_complaint_from_none():
    late, lovely = complaint_words(HAND)(["my parcel is late", "a lovely day"])
    assert late > 0 > lovely


def test_posts_without_a_hand_label_get_the_mean_of_the_teachers():
    unlabelled = [row(1, Family.UNLABELLED)]
    taught = teach([*HAND, row(2, Family.AIRLINE)], unlabelled, {FakeTeacher(1.0): 1, FakeTeacher(3.0): 1})
    said = [example for example in taught if example.taught]
    assert {example.family for example in said} == {Family.UNLABELLED, Family.AIRLINE}
    assert all(example.taught == (2.0,) * 26 for example in said)


def test_a_teacher_that_is_named_twice_is_asked_once_and_counts_twice():
    first, second = FakeTeacher(1.0), FakeTeacher(4.0)
    [*_, taught] = teach(HAND, [row(1, Family.UNLABELLED)], {first: 2, second: 1})
    assert taught.taught == (2.0,) * 26
    assert (first.asked, second.asked) == (1, 1)


def test_what_is_held_back_for_figures_is_not_taught():
    held_back = [row(1, Family.AIRLINE, Part.TEST), row(2, Family.XCI, Part.DEV)]
    taught = teach([*HAND, *held_back], [row(3, Family.UNLABELLED)], {FakeTeacher(0.0): 1})
    assert all(example in taught for example in held_back)
