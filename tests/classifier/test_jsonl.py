import json

import pytest

from classifier.jsonl import answer
from core.taxonomy import Party, Reason, Severity
from core.types import Prediction


class FakeModel:
    """Flags every text with "late" in it, and remembers how many texts it was handed at once."""

    def __init__(self, complaint=0.9, reason=0.8):
        self.complaint = complaint
        self.reason = reason
        self.sizes = []

    def predict(self, texts):
        self.sizes.append(len(texts))
        return [self._one(text) for text in texts]

    def _one(self, text):
        if "late" not in text:
            return Prediction(0.1, False, Severity.NONE, "fake-1", praise=0.7, language="en")
        reasons = {Reason.LATE: self.reason}
        return Prediction(
            self.complaint, self.complaint >= 0.5, Severity.ACCUSATION, "fake-1", reasons, (Party.COURIER,), 0.2, "en"
        )


def line(**row):
    return json.dumps(row).encode()


def records(lines, **options):
    return [(reply.record, reply.ok) for reply in answer(lines, FakeModel(), **options)]


def test_an_answer_holds_what_the_design_names():
    [(record, ok)] = records([line(id="a", text="late again")])
    assert ok
    assert record == {
        "id": "a",
        "complaint": 0.9,
        "is_complaint": True,
        "reasons": {"late": 0.8},
        "severity": 3,
        "parties": ["courier"],
        "praise": False,
        "language": "en",
        "unsure": False,
        "model_version": "fake-1",
    }


BAD_LINES = {
    b"": "empty",
    b"   \n": "empty",
    b"not json": "not JSON",
    b'{"id": 1, "text": "cut off': "not JSON",
    b"[" * 100_000: "not JSON",
    b"[1, 2]": "not an object",
    b'{"id": "a\xff", "text": "x"}': "not UTF-8",
    b'{"text": "late"}': "no id",
    b'{"id": null, "text": "late"}': "no id",
    b'{"id": true, "text": "late"}': "no id",
    b'{"id": "a"}': "text is missing",
    b'{"id": "a", "text": 5}': "text is missing",
    b'{"id": "a", "text": " "}': "text is empty",
    b'{"id": "a", "text": "late \\u0000"}': "NUL",
    b'{"id": "a", "text": "late \\ud800"}': "surrogate",
    line(id="a", text="late " * 200_000): "1,000,000 characters",
}


@pytest.mark.parametrize(("bad", "reason"), BAD_LINES.items(), ids=lambda value: str(value)[:30])
def test_a_bad_line_is_answered_with_an_error_and_the_others_as_ever(bad, reason):
    first, middle, last = records([line(id=1, text="late"), bad, line(id=3, text="late")])
    assert first[1]
    assert last[1]
    assert not middle[1]
    assert reason in middle[0]["error"]
    assert "line 2" in middle[0]["error"]
    assert last[0]["id"] == 3


def test_an_error_carries_the_id_where_there_is_one():
    [(record, _)] = records([line(id="a7", text="")])
    assert record["id"] == "a7"


def test_answers_come_in_order_and_before_the_input_ends():
    taken = []

    def lines():
        for number in range(10):
            taken.append(number)
            yield line(id=number, text="late")

    replies = answer(lines(), FakeModel(), chunk=4)
    assert next(replies).record["id"] == 0
    assert taken == [0, 1, 2, 3]
    assert [reply.record["id"] for reply in replies] == list(range(1, 10))


def test_the_model_is_asked_in_chunks():
    model = FakeModel()
    list(answer([line(id=number, text="late") for number in range(10)], model, chunk=4))
    assert model.sizes == [4, 4, 2]


def test_a_printed_answer_is_one_line_of_plain_characters():
    [reply] = answer([line(id="naïve 😡", text="late\nagain")], FakeModel())
    assert str(reply).isascii()
    assert "\n" not in str(reply)
    assert json.loads(str(reply)) == reply.record


def test_shortening_does_not_lift_a_probability_over_the_border():
    [reply] = answer([line(id=1, text="late")], FakeModel(complaint=0.49999, reason=0.5))
    assert reply.record["complaint"] == 0.4999
    assert reply.record["reasons"] == {"late": 0.5}


def test_a_byte_order_mark_before_the_first_line_is_no_fault():
    [(_, ok)] = records([b"\xef\xbb\xbf" + line(id=1, text="late")])
    assert ok
