"""Which words a post's answer hangs on, without and with the shipped model."""

import re
import statistics
import time

import pytest

from classifier.explanation import MOST_WORDS, weigh
from classifier.model import Model
from classifier.text import normalise
from core.taxonomy import Reason

TWEET = (
    "@parcelo I stayed in all day for the lamp that you promised for Tuesday, nobody rang the bell, and now your "
    "tracking page says sorry we missed you. Who can tell me where it is?"
)


class CountingModel:
    """Says that "late" speaks for a complaint by 2 and "thanks" against it by 1, and counts what it was asked."""

    def __init__(self):
        self.asked = 0

    def __call__(self, cleaned):
        self.asked += len(cleaned)
        return [2.0 * len(re.findall("late", each)) - len(re.findall("thanks", each)) for each in cleaned]


def weights(text, stretch=None, ask=None):
    found = weigh(text, stretch or (0, len(text)), ask or CountingModel())
    return [(text[word.start : word.end], word.weight) for word in found]


def test_words_come_by_their_weight_and_those_without_any_are_left_out():
    assert weights("thanks for nothing late again") == [("late", 2.0), ("thanks", -1.0)]


def test_places_count_the_post_as_it_was_written():
    text = "RT @ann: Tom &amp; I 😡😡 were told #never https://x.example/late, it is late!"
    assert weights(text) == [("late", 2.0)]
    [word] = weigh(text, (0, len(text)), CountingModel())
    assert (word.start, word.end) == (text.rindex("late"), text.rindex("late") + 4)


def test_pictograms_are_words_and_entities_are_not():
    asked = []

    def ask(cleaned):
        asked.extend(cleaned)
        return [0.0] * len(cleaned)

    weigh("so late 😡 &amp; wet", (0, 19), ask)
    whole = normalise("so late 😡 &amp; wet")
    assert asked[0] == whole
    assert set(asked[1:]) == {normalise(f"{each} &amp; wet") for each in ("late 😡", "so 😡", "so late")} | {
        normalise("so late 😡 &amp;")
    }


def test_a_stretch_is_weighed_by_itself():
    text = "late thanks late"
    assert weights(text, stretch=(5, 16)) == [("late", 2.0), ("thanks", -1.0)]


def test_of_many_words_only_the_heaviest_neighbours_are_taken_one_by_one():
    ask = CountingModel()
    text = "word " * 70 + "late " + "word " * 100 + "thanks " + "word " * 60
    assert weights(text, ask=ask) == [("late", 2.0), ("thanks", -1.0)]
    assert ask.asked <= 32 + MOST_WORDS + 2


def test_a_text_without_words_has_nothing_to_weigh():
    assert weights("!!! ... &amp;") == []


@pytest.fixture(scope="module")
def model():
    return Model.load()


@pytest.mark.model
def test_the_shipped_model_names_the_words_that_a_person_would(model):
    text = "lovely shop and a lovely lamp, but it arrived broken"
    found = model.explain(text)
    assert found.probability >= 0.5
    assert "broken" in [text[word.start : word.end] for word in found.words[:2]]


@pytest.mark.model
def test_a_reason_is_explained_by_its_own_words(model):
    text = "The lamp arrived broken and they refuse to pay my money back"
    refund, damaged = model.explain(text, Reason.REFUND), model.explain(text, Reason.DAMAGED)
    assert (refund.reason, damaged.reason) == (Reason.REFUND, Reason.DAMAGED)
    assert text[damaged.words[0].start : damaged.words[0].end] == "broken"
    assert text[refund.words[0].start : refund.words[0].end] != "broken"


@pytest.mark.model
def test_the_probability_is_that_of_the_prediction(model):
    [said] = model.predict([TWEET])
    assert model.explain(TWEET).probability == pytest.approx(said.complaint)
    assert said.reasons
    for reason, share in said.reasons.items():
        assert model.explain(TWEET, reason).probability == pytest.approx(share)


@pytest.mark.model
def test_of_a_long_post_the_window_that_says_it_most_clearly_is_explained(model):
    calm = "We spent the weekend in the garden, planted roses and had a long lunch with friends. " * 30
    complaint = (
        "The sofa arrived three weeks late, the frame was broken and nobody answers the phone at that shop. " * 2
    )
    text = calm + complaint + calm
    found = model.explain(text)
    assert "the frame was broken" in text[found.start : found.end]
    assert found.end - found.start < len(text) / 3
    assert 0 < len(found.words) <= MOST_WORDS
    assert all(found.start <= word.start < word.end <= found.end for word in found.words)


@pytest.mark.model
@pytest.mark.parametrize("text", ["", "https://t.co/abc", "@parcelo", "\x00", "\ud800", "a" * 300_000, "😡" * 5000])
def test_strange_texts_are_explained(model, text):
    assert len(model.explain(text).words) <= MOST_WORDS


@pytest.mark.model
def test_a_tweet_is_explained_while_a_person_waits(model):
    model.explain(TWEET)
    times = []
    for _ in range(5):
        began = time.perf_counter()
        model.explain(TWEET)
        times.append(time.perf_counter() - began)
    # 150 ms is what is wanted. It takes 100 ms of processor time, half on two free cores; a busy machine gets grace
    assert statistics.median(times) < 0.6


@pytest.mark.model
def test_of_pictograms_that_fill_more_than_a_window_no_more_than_a_sentence_is_explained(model):
    found = model.explain("😀a😡b" * 500)
    assert found.end - found.start <= 240
