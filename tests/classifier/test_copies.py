"""Copies of one post are read once and answered alike."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from classifier.memory import Memory, key_of
from classifier.model import Model
from tests.heads import ENDS, LABELS


class Letters:
    """A token a word, the sum of its letters; `cased` tells capitals apart."""

    is_fast = False

    def __init__(self, cased=False):
        self.cased = cased

    def __call__(self, text, add_special_tokens=True, verbose=True):
        if not isinstance(text, str):
            return {"input_ids": [self(each, add_special_tokens)["input_ids"] for each in text]}
        tokens = [sum(map(ord, word if self.cased else word.lower())) for word in text.split()]
        return {"input_ids": [1, *tokens, 2] if add_special_tokens else tokens}


class CharacterByCharacter(Letters):
    """Makes letters small each by itself, as the tokenizers written in Rust do."""

    def __call__(self, text, add_special_tokens=True, verbose=True):
        small = "".join(map(str.lower, text)) if isinstance(text, str) else text
        return super().__call__(small, add_special_tokens, verbose)


class Counting:
    """A network that says of every text what its tokens add up to, and remembers how often it was asked."""

    def __init__(self):
        self.asked = 0

    def __call__(self, window):
        self.asked += 1
        return np.full(ENDS[-1], (sum(window) % 89) / 10 - 4, dtype=np.float32)


@pytest.fixture
def network():
    return Counting()


@pytest.fixture
def model(network):
    return Model(LABELS, Letters(), network, threads=2)


def copies(count):
    """Retweets of one post by different people, with other links, spaces and capitals."""
    forms = (
        "RT @ann{0}: My parcel never came @parcelo https://a.example/{0}",
        "my parcel  never came @parcelo www.b.example/{0}",
        "MY PARCEL NEVER CAME @parcelo{0} @bob https://c.example/{0}",
    )
    return [forms[number % 3].format(number) for number in range(count)]


def test_a_thousand_copies_cost_one_run_of_the_network_and_get_one_answer(model, network):
    answers = model.predict(copies(1000))
    assert network.asked == 1
    assert len(answers) == 1000
    assert all(answer == answers[0] for answer in answers)


def test_copies_that_come_later_cost_nothing(model, network):
    [first] = model.predict(copies(1))
    assert model.predict(copies(50)) == [first] * 50
    assert network.asked == 1


def test_the_same_post_is_judged_by_each_border_though_it_is_read_once(model, network):
    texts = copies(2)
    share = model.predict(texts)[0].complaint
    low, high = model.predict(texts, [share - 0.01, share + 0.01])
    assert (low.is_complaint, high.is_complaint) == (True, False)
    assert low.complaint == high.complaint
    assert network.asked == 1


def test_other_texts_are_read_for_themselves(model, network):
    texts = ["my parcel never came", "my parcel came", "my parcel never came again"]
    apart = [model.predict([text])[0] for text in texts]
    fresh = Model(LABELS, Letters(), Counting())
    assert fresh.predict([*texts, *reversed(texts)]) == [*apart, *reversed(apart)]
    assert network.asked == 3


def test_capitals_make_another_text_where_the_tokenizer_tells_them(network):
    model = Model(LABELS, Letters(cased=True), network)
    model.predict(["my parcel never came", "MY PARCEL NEVER CAME"])
    assert network.asked == 2


def test_a_sigma_is_read_as_it_is_written_whatever_was_read_before():
    shouted, written = "late ΟΔΟΣ", "late οδος"
    tokenizer = CharacterByCharacter()
    model = Model(LABELS, tokenizer, Counting())
    model.predict([shouted])
    assert model.predict([written]) == Model(LABELS, tokenizer, Counting()).predict([written])


def test_what_was_not_asked_for_longest_is_forgotten():
    memory = Memory(most=2)
    row = np.zeros(1, dtype=np.float32)
    memory.keep({key_of("a"): row, key_of("b"): row})
    memory.recall([key_of("a")])
    memory.keep({key_of("c"): row})
    assert set(memory.recall(map(key_of, "abc"))) == {key_of("a"), key_of("c")}


def test_several_threads_may_ask_at_once():
    model = Model(LABELS, Letters(), Counting(), threads=1)
    texts = [f"parcel {number} never came" for number in range(40)]
    expected = model.predict(texts)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda start: Model.predict(model, texts[start:] + texts[:start]), range(40)))
    assert all(found[start] == expected[start:] + expected[:start] for start in range(40))
