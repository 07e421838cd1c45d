"""What the labels of somebody else's classifier mean."""

import numpy as np
import pytest

from classifier.meanings import Meanings, meanings
from core.errors import ModelError
from core.taxonomy import Party, Reason


def shares(told, *logits):
    """Return the answers as probabilities: of a complaint, of the reasons, of the parties, of praise."""
    odds = told.answers(np.array(logits, dtype=np.float32))
    complaint, *rest = (1 / (1 + np.exp(-odds))).tolist()
    reasons, parties = len(told.reasons), len(told.parties)
    return complaint, rest[:reasons], rest[reasons + 1 : reasons + 1 + parties], rest[-1]


@pytest.mark.parametrize(
    ("names", "outputs"),
    [
        (["not complaint", "complaint"], ("not complaint", "complaint")),
        (["Complaint", "NON-COMPLAINT"], ("complaint", "not complaint")),
        (["no_complaint", "late", "wrong_item"], ("not complaint", "late", "wrong_item")),
        (["LABEL_0", "LABEL_1"], ("not complaint", "complaint")),
        (["POSITIVE", "NEGATIVE"], ("not complaint", "complaint")),
        (["neg", "neu", "pos"], ("complaint", "not complaint", "not complaint")),
    ],
)
def test_names_that_are_ours_or_usual_are_understood(tmp_path, names, outputs):
    assert meanings(tmp_path, names, several=False).outputs == outputs


@pytest.mark.parametrize(
    "names",
    [["LABEL_0", "LABEL_1", "LABEL_2"], ["1 star", "5 stars"], ["complaint", "spam"], ["joy", "anger"], ["LABEL_0"]],
)
def test_names_that_are_not_understood_are_answered_with_what_to_write(tmp_path, names):
    with pytest.raises(ModelError) as refused:
        meanings(tmp_path, names, several=False)
    said = str(refused.value)
    assert all(part in said for part in (str(tmp_path), names[0], "labels.toml", "[labels]", '= "complaint"', "'late'"))


def test_what_the_message_says_to_write_is_understood(tmp_path):
    names = ['the "good" ones', "the bad"]
    with pytest.raises(ModelError) as refused:
        meanings(tmp_path, names, several=False)
    example = str(refused.value).split("such as:\n")[1].rsplit("\n", 1)[0]
    (tmp_path / "labels.toml").write_text(example, encoding="utf-8")
    assert meanings(tmp_path, names, several=False).outputs == ("not complaint", "complaint")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("labels.toml", 'several = true\n[labels]\n"1 star" = "complaint"\n"rude" = "unhelpful"'),
        ("labels.json", '{"several": true, "labels": {"1 star": "complaint", "rude": "unhelpful"}}'),
    ],
)
def test_a_file_says_what_the_labels_mean(tmp_path, file, content):
    (tmp_path / file).write_text(content, encoding="utf-8")
    assert meanings(tmp_path, ["1 star", "5 stars", "rude"], several=False) == Meanings(
        ("complaint", "", "unhelpful"), several=True
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[labels", "cannot be read"),
        ("labels = 3", "no table"),
        ('[labels]\n"6 stars" = "complaint"', "names the label '6 stars'; the model has '1 star', '5 stars'"),
        ('[labels]\n"1 star" = "anger"', "says 'anger'; a label can mean 'complaint'"),
        ('[labels]\n"1 star" = ["complaint"]', "can mean"),
        ('[labels]\n"5 stars" = "praise"', "none of the labels means a complaint"),
        ('[labels]\n"1 star" = "praise"\n"5 stars" = "not complaint"', "none of the labels means a complaint"),
        ('[labels]\n"1 star" = "complaint"\n"5 stars" = "late"', "every label means a complaint"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_in_words(tmp_path, content, message):
    (tmp_path / "labels.toml").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=message):
        meanings(tmp_path, ["1 star", "5 stars"], several=False)


def test_of_two_classes_the_complaint_gets_its_share_and_the_reason_other():
    told = Meanings(("complaint", "not complaint"), several=False)
    complaint, reasons, parties, praise = shares(told, 1.0, 0.0)
    assert complaint == pytest.approx(np.exp(1) / (np.exp(1) + 1))
    assert told.reasons == (Reason.OTHER,)
    assert reasons == [complaint]
    assert (parties, round(praise, 6)) == ([], 0)


def test_shares_of_all_that_means_a_complaint_add_up():
    told = Meanings(("not complaint", "late", "lost", ""), several=False)
    complaint, reasons, _, _ = shares(told, *np.log([0.1, 0.5, 0.2, 0.2]))
    assert complaint == pytest.approx(0.7)
    assert told.reasons == (Reason.LATE, Reason.LOST)
    assert reasons == pytest.approx([0.5, 0.2])


def test_several_answers_hold_side_by_side():
    told = Meanings(("refund", "complaint", "praise", "courier", "late"), several=True)
    complaint, reasons, parties, praise = shares(told, 3.0, 2.0, -1.0, 1.0, -4.0)
    assert complaint == pytest.approx(1 / (1 + np.exp(-2)))
    assert (told.reasons, told.parties) == ((Reason.LATE, Reason.REFUND), (Party.COURIER,))
    assert reasons == pytest.approx([1 / (1 + np.exp(4)), 1 / (1 + np.exp(-3))])
    assert parties == pytest.approx([1 / (1 + np.exp(-1))])
    assert praise == pytest.approx(1 / (1 + np.exp(1)))


def test_reasons_alone_make_a_complaint_and_an_opposite_alone_does_too():
    assert shares(Meanings(("late", "lost"), several=True), -1.0, 2.0)[0] == pytest.approx(1 / (1 + np.exp(-2)))
    assert shares(Meanings(("not complaint",), several=True), -2.0)[0] == pytest.approx(1 / (1 + np.exp(-2)))
    told = Meanings(("not complaint", "praise", ""), several=False)
    assert shares(told, *np.log([0.5, 0.2, 0.3]))[0] == pytest.approx(0.3)
