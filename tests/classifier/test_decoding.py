import math

import numpy as np
import pytest

from classifier.decoding import decode, join_windows, nothing_to_judge
from classifier.labelmap import LabelMap
from core.errors import ModelError
from core.taxonomy import Party, Reason

WIDTH = 1 + len(Reason) + 4 + len(Party) + 1


@pytest.fixture
def labels():
    return LabelMap(
        version="test-1",
        heads={
            "complaint": slice(0, 1),
            "reasons": slice(1, 17),
            "severity": slice(17, 21),
            "parties": slice(21, 25),
            "praise": slice(25, 26),
        },
        reasons=tuple(Reason),
        parties=tuple(Party),
        cuts={
            "complaint": (0.4,),
            "reasons": (1.0,) * 16,
            "severity": (0.0,) * 4,
            "parties": (0.0,) * 4,
            "praise": (0.0,),
        },
        temperatures={"complaint": 1.5, "reasons": 1.0, "severity": 1.0, "parties": 1.0, "praise": 1.0},
        unsure=0.1,
        longest=64,
        files={},
    )


@pytest.fixture
def logits():
    return np.full(WIDTH, -5, dtype=np.float32)


def test_the_border_of_a_complaint_is_at_one_half(labels, logits):
    logits[0] = 0.41
    assert decode(logits, labels, "en", foreign=False).is_complaint
    logits[0] = 0.39
    found = decode(logits, labels, "en", foreign=False)
    assert not found.is_complaint
    assert found.complaint < 0.5


def test_a_complaint_has_its_likeliest_reason_even_where_none_passes(labels, logits):
    logits[0] = 3
    logits[1 + list(Reason).index(Reason.LOST)] = -1
    assert decode(logits, labels, "en", foreign=False).reasons == {Reason.LOST: 0.5}


def test_reasons_that_pass_come_likeliest_first(labels, logits):
    logits[0] = 3
    logits[1 + list(Reason).index(Reason.LATE)] = 2
    logits[1 + list(Reason).index(Reason.REFUND)] = 3
    found = decode(logits, labels, "en", foreign=False)
    assert list(found.reasons) == [Reason.REFUND, Reason.LATE]
    assert all(share >= 0.5 for share in found.reasons.values())


def test_what_is_no_complaint_has_no_reasons_parties_or_severity(labels, logits):
    logits[1:25] = 4
    found = decode(logits, labels, "en", foreign=False)
    assert (dict(found.reasons), found.parties, int(found.severity)) == ({}, (), 0)


def test_severity_is_the_level_nearest_to_the_expected_one(labels, logits):
    logits[0] = 3
    logits[17:21] = [-9, -9, 9, -9]
    assert decode(logits, labels, "en", foreign=False).severity == 3
    logits[17:21] = [1.0, 0.9, 0.9, 0.9]
    assert decode(logits, labels, "en", foreign=False).severity == 2


def test_a_foreign_text_and_a_close_call_are_unsure(labels, logits):
    assert decode(logits, labels, "de", foreign=True).unsure
    assert not decode(logits, labels, "en", foreign=False).unsure
    logits[0] = 0.5
    assert decode(logits, labels, "en", foreign=False).unsure


def test_a_text_without_words_is_no_complaint_and_unsure(labels):
    found = nothing_to_judge(labels)
    assert not found.is_complaint
    assert found.unsure


def test_one_odd_window_does_not_decide_for_a_long_post():
    windows = np.array([[3.0], [-3.0], [-2.0]], dtype=np.float32)
    assert join_windows(windows)[0] == pytest.approx(0.5)
    assert join_windows(windows[:1])[0] == 3


def at(labels, logits, probability):
    """Make the logits say that the text is a complaint with this probability."""
    logits[0] = labels.cuts["complaint"][0] + labels.temperatures["complaint"] * math.log(
        probability / (1 - probability)
    )
    return logits


@pytest.mark.parametrize(("probability", "flagged"), [(0.19, False), (0.21, True), (0.9, True)])
def test_a_border_of_ones_own_decides_what_is_a_complaint(labels, logits, probability, flagged):
    found = decode(at(labels, logits, probability), labels, "en", foreign=False, border=0.2)
    assert found.is_complaint is flagged
    assert bool(found.reasons) is flagged
    assert found.complaint == pytest.approx(probability, abs=0.001)


def test_unsure_is_what_is_near_that_border_and_no_more(labels, logits):
    def unsure(probability, border):
        return decode(at(labels, logits, probability), labels, "en", foreign=False, border=border).unsure

    assert [unsure(share, 0.5) for share in (0.39, 0.41, 0.59, 0.61)] == [False, True, True, False]
    assert [unsure(share, 0.1) for share in (0.02, 0.09, 0.12, 0.5)] == [False, True, True, False]
    assert not unsure(0.5, 0.9)
    assert unsure(0.91, 0.9)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_numbers_that_are_none_are_no_complaint_but_an_error(labels, number):
    logits = np.zeros(WIDTH, dtype=np.float32)
    logits[0] = number
    with pytest.raises(ModelError, match="numbers that are none"):
        decode(logits, labels, "en", foreign=False)
