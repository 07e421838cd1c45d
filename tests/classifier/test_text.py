from hypothesis import given
from hypothesis import strategies as st

from classifier.text import LONGEST, has_words, normalise


def test_links_and_handles_become_words_that_name_no_brand():
    assert normalise("@ParceloHelp see https://parcelo.example/x and www.parcelo.example") == "@user see url and url"


def test_a_post_that_is_passed_on_reads_as_the_post_itself():
    post = "@parcelo never rang the bell"
    assert normalise(f"RT @ann: {post}") == normalise(f"rt @bob RT @ann {post}") == normalise(post)


def test_handles_in_a_row_count_once():
    assert normalise("@ann @bob @parcelo where is it? @ann") == "@user where is it? @user"


def test_hashtags_are_split_at_their_capitals():
    assert normalise("#WorstServiceEver #fail") == "#Worst Service Ever #fail"


def test_mail_addresses_are_not_taken_for_handles():
    assert normalise("write to help@parcelo.example") == "write to help@parcelo.example"


def test_entities_and_quotes_become_plain():
    assert normalise("I &lt;3 the “great” driver’s note &amp; card") == 'I <3 the "great" driver\'s note & card'


def test_pictograms_are_named_once_a_run():
    assert normalise("late again 😡😡") == "late again pouting face"
    assert normalise("thanks 👍🏽") == "thanks thumbs up sign"


def test_characters_that_no_reader_sees_are_dropped():
    assert normalise("a\x00b \ud800c\u200b d\ufeff") == "a b c d"


def test_a_post_of_links_and_handles_has_no_words():
    assert not has_words(normalise("@parcelo https://t.co/abc ..."))
    assert not has_words(normalise(" \n\t"))
    assert has_words(normalise("@parcelo hello"))
    assert has_words(normalise("curly"))


def test_very_long_texts_are_read_to_a_limit():
    assert len(normalise("word " * LONGEST)) <= LONGEST


@given(st.text())
def test_any_text_becomes_encodable_and_stays_the_same_when_done_twice(text):
    once = normalise(text)
    once.encode("utf-8")
    assert normalise(once).split() == once.split() or "&" in text
