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


def test_equal_scores_are_flagged_together():
    flagged, hits = figures.at_each_border(TRUTH, np.array([0.9, 0.5, 0.5, 0.5]))
    assert flagged.tolist() == [1, 4]
    assert hits.tolist() == [1, 3]


def test_average_precision_does_not_depend_on_the_order_of_equal_scores():
    tied = np.array([0.9, 0.5, 0.5, 0.5])
    assert figures.average_precision(TRUTH, tied) == pytest.approx(1 / 3 * 1 + 2 / 3 * 3 / 4)
    assert figures.average_precision(TRUTH[::-1], tied[::-1]) == pytest.approx(figures.average_precision(TRUTH, tied))
    assert figures.average_precision(np.array([False, False]), np.array([0.1, 0.2])) == 0


def test_precision_at_a_recall_takes_the_best_border_that_finds_enough():
    score = np.array([0.9, 0.6, 0.4, 0.7])
    assert figures.precision_at(TRUTH, score, 1 / 3) == 1
    assert figures.precision_at(TRUTH, score, 0.9) == pytest.approx(3 / 4)


def test_an_interval_holds_the_figure_and_is_the_same_each_time():
    truth = np.array([True] * 60 + [False] * 40)
    guess = truth ^ (np.arange(100) % 10 == 0)
    low, high = figures.interval(figures.two_sided_f1, truth, guess)
    assert low < figures.two_sided_f1(truth, guess) < high
    assert 0.05 < high - low < 0.2
    assert figures.interval(figures.two_sided_f1, truth, guess) == (low, high)


def test_reliability_counts_each_row_once():
    bins = figures.reliability(TRUTH, np.array([0.95, 1.0, 0.0, 0.05]))
    assert bins == [(pytest.approx(0.025), 0.5, 2), (pytest.approx(0.975), 1.0, 2)]


def test_the_figures_are_those_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn comes with requirements-train.txt")
    random = np.random.default_rng(5)
    truth = random.random(400) < 0.4
    score = np.round(np.clip(truth * 0.3 + random.random(400) * 0.7, 0, 1), 2)  # rounded, so that many are equal
    guess = score >= 0.5
    assert figures.area_under_roc(truth, score) == pytest.approx(metrics.roc_auc_score(truth, score))
    assert figures.average_precision(truth, score) == pytest.approx(metrics.average_precision_score(truth, score))
    assert figures.two_sided_f1(truth, guess) == pytest.approx(metrics.f1_score(truth, guess, average="macro"))
    assert figures.precision(truth, guess) == pytest.approx(metrics.precision_score(truth, guess))
    assert figures.recall(truth, guess) == pytest.approx(metrics.recall_score(truth, guess))
    precision, recall, _ = metrics.precision_recall_curve(truth, score)
    assert figures.precision_at(truth, score, 0.9) == pytest.approx(precision[recall >= 0.9].max())
    levels, said = random.integers(1, 5, 400), random.integers(0, 5, 400)
    expected = metrics.f1_score(levels, said, labels=[1, 2, 3, 4], average="macro")
    assert figures.class_f1(levels, said, (1, 2, 3, 4)) == pytest.approx(expected)
    columns, told = random.random((400, 5)) < 0.3, random.random((400, 5)) < 0.3
    assert figures.micro_f1(columns, told) == pytest.approx(metrics.f1_score(columns, told, average="micro"))
    assert figures.macro_f1(columns, told) == pytest.approx(metrics.f1_score(columns, told, average="macro"))
