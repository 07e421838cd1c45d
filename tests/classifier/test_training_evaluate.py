"""What is measured, on answers that we made up."""

import pytest

from classifier.training.evaluate import complaint_figures, industry_figures, measure
from classifier.training.targets import BENCHMARKS, TARGETS, Target
from core.taxonomy import Party, Reason
from tests.classifier.made_up_answers import answered


def test_complaints_are_counted_by_hand_label():
    found = measure([answered(said=0.9), answered(said=0.2), answered(complaint=False, said=0.1)])["hand"]
    assert (found["rows"], found["complaints"]) == (3, 2)
    assert (found["precision"], found["recall"]) == (1, 0.5)
    assert found["macro_f1"] == pytest.approx(2 / 3, abs=1e-4)
    assert found["brier"] == pytest.approx((0.01 + 0.64 + 0.01) / 3, abs=1e-4)


def test_a_doubted_post_counts_in_the_whole_and_not_beside_it():
    found = measure([answered(said=0.9), answered(said=0.1, doubted=True), answered(complaint=False, said=0.1)])["hand"]
    assert found["macro_f1"] < 1
    assert found["without_unsure"]["macro_f1"] == 1
    assert "without_unsure" not in measure([answered(doubted=True)])["hand"]


def test_unsure_answers_are_told_with_the_errors_that_they_hold():
    found = complaint_figures([answered(said=0.4, unsure=True), answered(said=0.1), answered(), answered()])
    assert (found["unsure"], found["errors_among_unsure"]) == (0.25, 0.5)


def test_xci_is_measured_by_its_own_label_whoever_read_the_post_too():
    rows = [
        answered(source="xci", industry="food", source_says=True, said=0.9),
        answered(source="xci", industry="random_tweet", source_says=False, said=0.9),
        answered(source="xci", industry="food", source_says=False, said=0.1, family="xci"),
    ]
    found = measure(rows)
    assert (found["xci"]["rows"], found["xci"]["precision"]) == (3, 0.5)
    assert (found["xci_directed"]["rows"], found["xci_directed"]["precision"]) == (2, 1)
    assert found["hand"]["precision"] == 1


def test_counted_words_stand_beside_only_where_all_were_asked():
    rows = [answered(words=2.0), answered(complaint=False, said=0.1, words=1.0)]
    assert complaint_figures(rows)["words"]["precision"] == 0.5
    assert "words" not in complaint_figures([*rows, answered()])


def test_reasons_of_a_complaint_that_was_not_flagged_are_missed():
    rows = [answered(reasons=[Reason.LATE]), answered(reasons=[Reason.LATE], said=0.1)]
    late = measure(rows)["hand"]["reasons"]["each"]["late"]
    assert (late["rows"], late["precision"], late["recall"]) == (2, 1, 0.5)


def test_severity_is_told_by_true_and_said_level():
    rows = [answered(severity=3, level=3), answered(severity=3, level=1), answered(severity=4, said=0.1)]
    found = measure(rows)["hand"]["severity"]
    assert found["confusion"] == [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 1, 0, 1, 0], [1, 0, 0, 0, 0]]
    assert found["within_one"] == 0.5
    assert found["macro_f1"] == pytest.approx((2 / 3 + 0 + 0) / 3, abs=1e-4)
    assert found["macro_f1_where_flagged"] == pytest.approx((2 / 3 + 0) / 2, abs=1e-4)


def test_parties_and_praise():
    rows = [answered(parties=[Party.COURIER]), answered(complaint=False, said=0.1, praise=True, praised=0.8)]
    found = measure(rows)["hand"]
    assert found["parties"]["each"]["courier"] == {"rows": 1, "f1": 1.0}
    assert found["praise"] == {"rows": 1, "f1": 1.0}


def test_groups_are_told_from_twenty_posts_on_and_lengths_in_their_order():
    rows = [answered(text=" ".join(["word"] * words)) for words in (3, 8, 15, 30, 80, 200) for _ in range(20)]
    assert list(measure([*rows[:-1]])["hand"]["by_length"]) == ["1-5", "6-10", "11-20", "21-40", "41-100"]
    assert list(measure(rows)["hand"]["by_length"])[-1] == "over 100"


def test_of_posts_that_are_never_complaints_the_flagged_share_is_told():
    rows = [answered(complaint=False, said=said, family="promotion") for said in (0.1, 0.2, 0.3, 0.9)]
    assert measure(rows) == {"model_versions": ["made-up"], "promotion": {"rows": 4, "flagged": 0.25}}


def test_industries_are_told_each():
    rows = [answered(source="xci", industry=name, source_says=True) for name in ("food", "cars") for _ in range(20)]
    assert list(industry_figures(rows)["by_industry"]) == ["cars", "food"]


def test_a_target_is_met_at_its_value_and_never_where_it_was_not_measured():
    most, least = Target("errors", ("a", "b"), 0.03, at_least=False), Target("hits", ("a", "c"), 0.9)
    figures = {"a": {"b": 0.03, "c": 0.899}}
    assert most.is_met(figures)
    assert not least.is_met(figures)
    assert least.reached({"a": {}}) is None
    assert not least.is_met({})


def test_every_target_and_benchmark_stands_among_the_figures():
    xci = [answered(source="xci", industry="food", source_says=True, words=1.0)]
    never = [answered(complaint=False, said=0.1, family=family) for family in ("promotion", "brand_reply")]
    figures = measure([*xci, *never]) | {"unseen": industry_figures(xci)}
    assert [target.name for target in TARGETS if target.reached(figures) is None] == []
    assert all(share is not None for benchmark in BENCHMARKS for _, share in benchmark.rows(figures))
