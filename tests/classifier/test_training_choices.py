"""Borders that are named by what they mean, measured on made-up scores."""

import json

import numpy as np
import pytest

from classifier.training.choices import choices_and_drift, choices_of, drift_of, in_words


@pytest.fixture
def scores():
    """2,000 posts, a third of them complaints, of a model that is good and not perfect."""
    draw = np.random.default_rng(3)
    truth = draw.random(2000) < 1 / 3
    odds = draw.normal(np.where(truth, 2.0, -2.0), 1.5)
    return truth, 1 / (1 + np.exp(-odds))


def test_each_choice_does_what_its_name_says(scores):
    found = choices_of(*scores)
    assert list(found) == ["balanced", "few_misses", "few_false_alarms"]
    assert found["balanced"]["border"] == 0.5
    assert found["few_misses"]["misses"] <= 0.05 < found["balanced"]["misses"]
    assert found["few_false_alarms"]["false_alarms"] <= 0.05 < found["balanced"]["false_alarms"]
    assert found["few_misses"]["border"] < 0.5 < found["few_false_alarms"]["border"]


def test_a_choice_gives_away_no_more_than_it_must(scores):
    truth, probability = scores
    border = choices_of(truth, probability)["few_misses"]["border"]
    assert (probability[truth] >= border + 0.01).mean() < 0.95
    border = choices_of(truth, probability)["few_false_alarms"]["border"]
    assert truth[probability >= border - 0.01].mean() < 0.95


def test_the_sentence_says_the_shares_as_people_do():
    truth = np.array([True] * 20 + [False] * 5)
    probability = np.array([0.9] * 19 + [0.2] + [0.8] * 5)
    assert choices_of(truth, probability)["balanced"] == {
        "border": 0.5,
        "misses": 0.05,
        "false_alarms": 0.2083,
        "words": "misses 1 in 20 complaints; of what it flags 1 in 5 is no complaint",
    }


def test_a_share_of_nothing_and_one_above_a_third_are_said_too():
    truth = np.array([True, True, False, False, False])
    found = choices_of(truth, np.array([0.9, 0.9, 0.9, 0.9, 0.1]))["balanced"]
    assert found["words"] == "misses hardly any complaints; of what it flags 5 in 10 is no complaint"


@pytest.mark.parametrize(
    ("misses", "false_alarms", "words"),
    [
        (0.05, 0.25, "misses 1 in 20 complaints; of what it flags 1 in 4 is no complaint"),
        (0.0, 1.0, "misses hardly any complaints; of what it flags nearly all is no complaint"),
        (1.0, 0.0, "misses nearly all complaints; of what it flags hardly any is no complaint"),
        (1 / 3, 0.5, "misses 1 in 3 complaints; of what it flags 5 in 10 is no complaint"),
        (0.0004, 0.0006, "misses hardly any complaints; of what it flags 1 in 1,667 is no complaint"),
        (0.94, 0.96, "misses 9 in 10 complaints; of what it flags nearly all is no complaint"),
    ],
)
def test_any_two_shares_can_be_said(misses, false_alarms, words):
    assert in_words(misses, false_alarms) == words


def test_few_misses_is_the_highest_border_that_finds_enough():
    truth = np.array([True] * 20 + [False] * 20)
    probability = np.array([0.3] + [0.845] * 19 + [0.1] * 20)
    found = choices_of(truth, probability)["few_misses"]
    assert (found["border"], found["misses"]) == (0.84, 0.05)


def test_few_false_alarms_is_the_lowest_border_from_a_half_on_that_is_right_enough():
    truth = np.array([True] * 19 + [False, False])
    probability = np.array([0.9] * 19 + [0.705, 0.615])
    found = choices_of(truth, probability)["few_false_alarms"]
    assert (found["border"], found["false_alarms"]) == (0.62, 0.05)


def test_few_false_alarms_never_flags_more_than_the_even_border():
    truth = np.array([True, True, False])
    assert choices_of(truth, np.array([0.9, 0.3, 0.1]))["few_false_alarms"]["border"] == 0.5


def test_where_no_border_is_right_often_enough_the_nearest_is_taken_and_says_so():
    truth = np.array([True, False, False] * 10)
    probability = np.array([0.7, 0.7, 0.55] * 10)
    found = choices_of(truth, probability)["few_false_alarms"]
    assert (found["border"], found["false_alarms"]) == (0.56, 0.5)


def test_where_no_border_finds_enough_the_nearest_is_taken():
    truth = np.array([True, True, False])
    found = choices_of(truth, np.array([0.7, 0.01, 0.01]))["few_misses"]
    assert (found["border"], found["misses"]) == (0.7, 0.5)


def test_the_histogram_has_tenths_and_its_ends_are_in():
    found = drift_of(np.array([0.0, 0.05, 0.31, 0.45, 1.0]), unsure=0.2)
    assert found == {"unsure": 0.4, "histogram": [0.4, 0, 0, 0.2, 0.2, 0, 0, 0, 0, 0.2]}


def test_what_is_measured_fits_into_labels_json(scores):
    found = choices_and_drift(*scores, unsure=0.2)
    assert json.loads(json.dumps(found)) == found
    assert sum(found["drift"]["histogram"]) == pytest.approx(1, abs=0.001)
