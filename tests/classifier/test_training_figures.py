import numpy as np
import pytest

from classifier.training import figures

TRUTH = np.array([True, True, True, False])
GUESS = np.array([True, True, False, True])


def test_two_sided_f1_is_the_mean_of_both_classes():
    assert figures.two_sided_f1(TRUTH, GUESS) == pytest.approx((4 / 6 + 0) / 2)


def test_precision_and_recall():
    assert figures.precision(TRUTH, GUESS) == pytest.approx(2 / 3)
    assert figures.recall(TRUTH, GUESS) == pytest.approx(2 / 3)


def test_macro_f1_leaves_out_columns_that_never_occur():
    truth = np.array([[True, False], [True, False]])
    assert figures.macro_f1(truth, truth) == 1
    assert figures.micro_f1(truth, truth) == 1


def test_class_f1_counts_an_answer_outside_the_classes_as_a_miss():
    assert figures.class_f1(np.array([1, 2, 3, 4]), np.array([1, 2, 3, 0]), (1, 2, 3, 4)) == pytest.approx(0.75)


def test_area_under_roc_is_one_for_a_perfect_order_and_a_half_for_ties():
    assert figures.area_under_roc(TRUTH, np.array([0.9, 0.8, 0.7, 0.1])) == 1
    assert figures.area_under_roc(TRUTH, np.full(4, 0.5)) == 0.5
    assert figures.area_under_roc(TRUTH[:3], np.array([0.9, 0.8, 0.7])) == 0.5


def test_calibration_error_is_none_where_confidence_is_the_share_that_was_right():
    truth = np.array([True] * 8 + [False] * 2)
    assert figures.calibration_error(truth, np.full(10, 0.8)) == pytest.approx(0)
    assert figures.calibration_error(truth, np.full(10, 0.99)) == pytest.approx(0.19)
