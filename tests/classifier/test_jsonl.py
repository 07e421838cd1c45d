import io
import json
from dataclasses import replace

import pytest

from classifier.jsonl import LONGEST_LINE, answer, lines_of
from core.taxonomy import Party, Reason, Severity
from core.types import Passage, Prediction


class FakeModel:
    """Flags every text with "late" in it, and remembers how many texts it was handed at once."""

    def __init__(self, complaint=0.9, reason=0.8):
        self.complaint = complaint
        self.reason = reason
        self.sizes = []

    def predict(self, texts, borders=None):
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


def test_passages_are_named_where_there_are_some():
    class Long(FakeModel):
        def _one(self, text):
            return replace(super()._one(text), passages=(Passage(5, 12, 0.98769),))

    [reply] = answer([line(id="a", text="once late again")], Long())
    assert reply.record["passages"] == [{"start": 5, "end": 12, "complaint": 0.9876}]


BAD_LINES = {
    b"": "empty",
    b"   \n": "empty",
    b"not json": "not JSON",
    b'{"id": 1, "text": "cut off': "not JSON",
    b"[" * 100_000: "not JSON",
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000: "not JSON",
    b'{"id": ' + b"9" * 5_000 + b', "text": "late"}': "not JSON",
    b"\x00" * 50: "not JSON",
    b'{"id": 1, "text": "late"} {"id": 2, "text": "late"}': "not JSON",
    b"\xef\xbb\xbf" + b'{"id": 1, "text": "late"}': "not JSON",
    '{"id": 1, "text": "late"}'.encode("utf-16"): "not UTF-8",
    bytes(range(128, 256)): "not UTF-8",
    b"[1, 2]": "not an object",
    b"NaN": "not an object",
    b'{"id": "a\xff", "text": "x"}': "not UTF-8",
    b'{"text": "late"}': "no id",
    b'{"id": null, "text": "late"}': "no id",
    b'{"id": true, "text": "late"}': "no id",
    b'{"id": NaN, "text": "late"}': "no id",
    b'{"id": 1e400, "text": "late"}': "no id",
    b'{"id": ["a"], "text": "late"}': "no id",
    b'{"id": "a"}': "text is missing",
    b'{"id": "a", "text": NaN}': "text is missing",
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


ODD_TEXTS = {
    "links": "https://a.example/b www.c.example",
    "pictograms": "😡😡😡",
    "zero width": "\u200b\u200d\ufeff",
    "no space": "a" * 100_000,
    "Chinese": "包裹迟到了" * 19_999,
    "separators": "late\u2028again\u2029and\x85again",
    "brackets": "[CLS] [SEP] {}",
}


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS)
def test_an_odd_text_is_no_fault(text):
    [(record, ok)] = records([json.dumps({"id": "a", "text": text}, ensure_ascii=False).encode()])
    assert (record["id"], ok) == ("a", True)


def test_equal_ids_and_line_ends_of_windows_are_no_fault():
    found = records([line(id=1, text="late") + b"\r\n", line(id=1, text="fine") + b"\r\n"])
    assert [(record["id"], record["is_complaint"]) for record, _ in found] == [(1, True), (1, False)]


def test_a_line_without_end_is_refused_and_read_no_further_than_any_post_can_be():
    file = io.BytesIO(line(id=1, text="late") + b"\n" + b"x" * (3 * LONGEST_LINE) + b"\n" + line(id=3, text="late"))
    lines = list(lines_of(file))
    assert [len(each) <= LONGEST_LINE for each in lines] == [True, True, True]
    (first, _), (long, ok), (last, _) = records(lines)
    assert (first["id"], last["id"], ok) == (1, 3, False)
    assert "line 2 is longer than 4,194,304 bytes" in long["error"]


def test_thousands_of_empty_lines_are_answered_one_by_one():
    found = records(lines_of(io.BytesIO(b"\n" * 5_000)))
    assert len(found) == 5_000
    assert found[-1] == ({"id": None, "error": "line 5000 is empty"}, False)


def test_fewer_long_lines_are_held_at_once():
    model = FakeModel()
    replies = answer([line(id=number, text="late " * 18_000) for number in range(30)], model)
    assert [reply.record["id"] for reply in replies] == list(range(30))
    assert max(model.sizes) <= 6


def test_a_text_that_the_model_fails_on_keeps_no_other_from_its_answer():
    class Choking(FakeModel):
        def _one(self, text):
            if "poison" in text:
                raise IndexError("token 7 of 5")
            return super()._one(text)

    found = list(answer([line(id=1, text="late"), line(id=2, text="poison"), line(id=3, text="late")], Choking()))
    assert [reply.ok for reply in found] == [True, False, True]
    assert found[1].record == {
        "id": 2,
        "error": "line 2: the model fails on this text (IndexError('token 7 of 5'))",
    }
