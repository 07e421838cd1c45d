import time

import pytest

from classifier.sentences import sentences
from classifier.text import normalise


def cut(text):
    return [text[each.start : each.end] for each in sentences(text, normalise(text))]


def test_a_post_is_cut_where_its_sentences_end():
    text = "We ordered a table from Parcelo. It never came, not once! Who do we write to about all of this?"
    assert cut(text) == [
        "We ordered a table from Parcelo.",
        "It never came, not once! Who do we write to about all of this?",
    ]


def test_a_paragraph_ends_a_sentence_without_a_full_stop():
    assert cut("A diary of four weeks without a table\n\nThe first week went by.") == [
        "A diary of four weeks without a table",
        "The first week went by.",
    ]


def test_a_closing_quote_belongs_to_its_sentence():
    text = "The man on the phone said “it is not our fault.” Then he put the receiver down on me."
    assert cut(text)[0].endswith("fault.”")


def test_a_price_or_an_address_ends_no_sentence():
    assert len(cut("They took £12.50 from my card at parcelo.example/pay?id=3 and I never agreed to it")) == 1


def test_a_sentence_without_end_is_cut_at_a_pause_or_at_a_word():
    text = "and then we rang them again and again, " * 30
    assert all(len(each) <= 240 and each.startswith("and then") and each.endswith(",") for each in cut(text))
    assert all(len(each) <= 240 and not each.startswith("ord") for each in cut("word " * 300))


STRANGE = "RT @ann: @bob @bob &amp;&lt;b&gt; 😀😀 “Sofa” at https://x.example/?a=1&b=2\u200b came LATE!!! "


@pytest.mark.parametrize(
    "text",
    [
        STRANGE * 20,
        "#WorstServiceEver is what I call a sofa that comes three weeks late. " * 30,
        "I waited for @parcelo. @parcelohelp never came, and @parcelo did not even ring. " * 30,
        "Tom &amp; I waited. We rang &#39;Parcelo&#39; at noon; \u201cno driver today\u201d they said 😡😡 &hellip; "
        * 30,
    ],
    ids=["everything", "hashtags", "handles", "entities"],
)
def test_a_sentence_stands_in_the_normalised_text_where_its_words_stand(text):
    normalised = normalise(text)
    found = sentences(text, normalised)
    there = [each for each in found if normalised[each.first : each.last] == each.words]
    assert len(there) >= len(found) - 1  # the handles that a border parts may be lost
    assert [each.first for each in found] == sorted(each.first for each in found)
    assert found[-1].last > len(normalised) - 20
    assert " ".join(text[each.start : each.end] for each in found).split() == text.split()


@pytest.mark.parametrize(
    "text", ["", " \n ", "." * 100_000, "a" * 300_000, "x " * 200_000, "\n" * 100_000, "!”" * 50_000]
)
def test_strange_texts_are_cut_in_little_time(text):
    assert all(each.end - each.start <= 240 for each in sentences(text, normalise(text)))


@pytest.mark.parametrize(
    "lost", ["we rang and we wrote to @parcelo\n@parcelohelp ", "see https://x.example/" + "a" * 224 + " "]
)
def test_a_long_sentence_that_is_not_found_loses_no_other(lost):
    text = (
        lost + "and then we rang them again and again " * 5 + "and no more. " + "Nobody ever came to us at noon. " * 9
    )
    normalised = normalise(text)
    found = sentences(text, normalised)
    assert sum(each.first == each.last for each in found) == 1
    assert found[-1].last == len(normalised)


def test_a_text_of_which_no_sentence_is_found_is_cut_in_little_time():
    before = time.process_time()
    sentences("a nice day it is, a nice day.\n" * 3200, "a nice day it is, a nice dad.\n" * 3200)
    assert time.process_time() - before < 2
