"""What is shown of a long post, without and with the shipped model."""

import pytest

from classifier.model import Model
from classifier.passages import LONGEST, MOST, passages
from classifier.text import normalise

CALM = "We spent the weekend in the garden, planted roses 🌹🌹 with @ann &amp; @bob and had a barbecue with friends. "
THANKS = "Thank you all for the roses, they look beautiful and smell wonderful in the morning. "
SOFA = (
    "The sofa arrived three weeks late and the frame was broken. Nobody answers the phone at @brindlehome &amp; they "
    "refuse to give us a refund! "
)
CARD = "They have also charged my card twice for it and not one of my five e-mails was answered. "
LONG = f"RT @carla: {CALM * 9}{SOFA}{CALM * 12}{CARD}{CALM * 5}"


def whole(text):
    return [(0, len(normalise(text)))]


def says(*words):
    """Return a stand-in for the model that calls a stretch with one of the words a complaint."""
    return lambda cleaned: [0.9 if any(word in each for word in words) else 0.1 for each in cleaned]


def found(text, windows, ask):
    return [text[each.start : each.end] for each in passages(text, normalise(text), windows, ask)]


def test_a_passage_holds_the_very_words_of_the_post():
    assert found(LONG, whole(LONG), says("broken", "charged my card")) == [
        "The sofa arrived three weeks late and the frame was broken.",
        CARD.strip(),
    ]


def test_neighbouring_sentences_are_one_passage():
    assert found(LONG, whole(LONG), says("broken", "refund")) == [SOFA.strip()]


def test_a_post_full_of_complaints_gives_few_passages_that_can_be_read_at_a_glance():
    text = SOFA * 40
    shown = found(text, whole(text), says("broken", "refund"))
    assert len(shown) == MOST
    assert all(len(each) <= LONGEST for each in shown)


def test_only_the_windows_that_are_complaints_are_looked_through():
    cleaned = normalise(LONG)
    middle = cleaned.index("The sofa"), cleaned.index("a refund!")
    assert found(LONG, [middle], says("broken", "charged my card")) == [
        "The sofa arrived three weeks late and the frame was broken."
    ]


def test_where_no_sentence_is_a_complaint_by_itself_the_likeliest_is_taken():
    def ask(cleaned):
        return [0.4 if "charged" in each else 0.2 for each in cleaned]

    text = LONG + CARD
    [passage] = passages(text, normalise(text), whole(text), ask)
    assert text[passage.start : passage.end] == CARD.strip()
    assert passage.complaint == 0.4


def test_the_strongest_passages_are_kept_in_the_order_of_the_text():
    shares = {"first": 0.6, "second": 0.9, "third": 0.7, "fourth": 0.8}
    calm = "Then for a while there was nothing at all to be told about it. "
    text = "".join(f"This is the {name} thing that I have to say about them. {calm}" for name in shares)

    def ask(cleaned):
        return [next((share for name, share in shares.items() if name in each), 0.1) for each in cleaned]

    assert [each.complaint for each in passages(text, normalise(text), whole(text), ask)] == [0.9, 0.7, 0.8]


def test_a_post_of_links_alone_has_no_passages():
    text = "https://garden.example/1 " * 100
    assert passages(text, normalise(text), whole(text), says("url")) == ()


@pytest.fixture(scope="module")
def model():
    return Model.load()


@pytest.mark.model
def test_the_shipped_model_finds_what_a_person_would_mark(model):
    [said] = model.predict([LONG])
    shown = [LONG[each.start : each.end] for each in said.passages]
    assert said.is_complaint
    assert shown == [SOFA.strip(), CARD.strip()]


@pytest.mark.model
def test_a_passage_says_how_likely_it_is_a_complaint_by_itself(model):
    [said] = model.predict([LONG])
    alone = model.predict([LONG[each.start : each.end] for each in said.passages])
    assert [each.complaint for each in said.passages] == [each.complaint for each in alone]


@pytest.mark.model
def test_short_posts_and_long_ones_that_are_no_complaint_have_no_passages(model):
    short, calm = model.predict([SOFA + CARD, THANKS * 40])
    assert short.is_complaint
    assert not calm.is_complaint
    assert short.passages == calm.passages == ()
