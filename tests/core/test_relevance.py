"""What the words of a query say of a post, and what its likeness to confirmed posts adds."""

import pytest

from core.queries import parse_query
from core.relevance import by_words, nameless, with_likeness

TARGET = parse_query('target OR @targethelp with:delivery|parcel|order -"target audience"')

LIKE, UNLIKE = 0.05, -0.3


def left_out(text: str, likeness: float | None = None, query: str = "") -> bool:
    return with_likeness(by_words(parse_query(query) if query else TARGET, text), likeness).is_left_out


def test_the_target_of_the_attack_stays_out_of_targets_queue() -> None:
    said = by_words(TARGET, "The target of the attack was a hospital")
    assert with_likeness(said, None).is_left_out
    assert with_likeness(said, UNLIKE).is_left_out
    assert "delivery" in said.relevance.why
    assert "order" in said.relevance.why


@pytest.mark.parametrize(
    "text", ["Target lost my order", "my PARCEL from target is late", "@TargetHelp nobody answers the phone"]
)
def test_a_post_with_a_context_word_or_to_the_account_is_the_brands_whatever_it_is_like(text: str) -> None:
    said = by_words(TARGET, text)
    assert said.is_final
    assert not with_likeness(said, UNLIKE).is_left_out


def test_a_post_without_context_that_reads_like_confirmed_ones_comes_in() -> None:
    text = "Target never came, third day at home waiting"
    assert left_out(text)
    assert left_out(text, UNLIKE)
    assert not left_out(text, LIKE)


def test_a_name_that_asks_for_no_context_is_never_left_out_by_likeness_alone() -> None:
    assert not left_out("parcelo again", UNLIKE, query="parcelo")
    assert with_likeness(by_words(parse_query("parcelo"), "parcelo again"), UNLIKE).score < 0.5


def test_what_is_excluded_stays_out_even_where_it_reads_like_the_others() -> None:
    assert left_out("Our target audience wants its order on time", LIKE)
    assert left_out("Le colis", LIKE, query="parcelo lang:en") is False  # nobody knows the language


def test_a_post_that_the_platform_found_by_what_we_do_not_see_stays() -> None:
    said = by_words(TARGET, "look at this picture of my delivery")
    assert not with_likeness(said, None).is_left_out
    assert with_likeness(said, UNLIKE).is_left_out


def test_the_reason_says_what_the_likeness_added() -> None:
    said = by_words(TARGET, "The target of the attack")
    assert with_likeness(said, UNLIKE).why.endswith("it does not read like other posts about the brand")
    assert with_likeness(said, LIKE).why.endswith("it reads like other posts about the brand")


def test_the_name_itself_plays_no_part_in_the_likeness() -> None:
    assert nameless(TARGET, "Target, targets and @TARGETHELP") == "it, targets and it"
    assert nameless(parse_query("c++ OR t.net"), "C++ and t.net, not tanet") == "it and it, not tanet"


def test_a_likeness_that_is_no_number_leaves_the_words_to_decide() -> None:
    said = by_words(TARGET, "The target of the attack")
    assert with_likeness(said, float("nan")) == said.relevance
