"""Which misspellings of a name are searched for."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.queries import match, misspellings, parse_query
from core.queries.spelling import MOST
from tests.conftest import ROOT
from tests.core.queries import LATIN


@pytest.mark.parametrize(
    ("name", "slip"),
    [
        ("Parcelo", "parclo"),  # dropped
        ("Parcelo", "parcello"),  # doubled
        ("Parcelo", "parcleo"),  # swapped
        ("Tesco", "twsco"),  # the key beside
        ("Deliveroo", "delivero"),  # one of two
        ("PostNord", "post nord"),
        ("fern-hollow", "fern hollw"),
        ("Royal Mail", "royalmail"),
        ("Royal Mail", "roayl mail"),
        ("7eleven", "7 eleven"),
        ("McDonald's", "mcdonlds"),
        ("Müller", "muler"),
        ("Посылка", "посыкла"),
    ],
)
def test_slips_of_every_kind_are_thought_of(name: str, slip: str) -> None:
    assert slip in misspellings(name, most=100)


def test_how_two_words_are_written_in_one_comes_first_and_then_the_likeliest_slips() -> None:
    assert misspellings("Royal Mail")[0] == "royalmail"
    assert misspellings("PostNord")[0] == "post nord"
    assert misspellings("Deliveroo")[0] == "delivero"


@pytest.mark.parametrize("name", ["DHL", "E.ON", "H&M", "UPS", "", "🍊", "楽天市場です", "1234567"])
def test_short_names_and_other_scripts_have_no_misspellings(name: str) -> None:
    assert misspellings(name) == ()


@given(st.one_of(LATIN, st.text()))
@settings(deadline=None)
def test_there_are_never_more_than_a_dozen_none_twice_and_none_is_the_name(name: str) -> None:
    slips = misspellings(name)

    assert len(slips) == len(set(slips)) <= MOST
    assert name.lower() not in slips
    assert misspellings(name, most=3) == slips[:3]


@given(LATIN)
@settings(deadline=None)
def test_each_misspelling_is_one_that_matching_finds_in_a_text(name: str) -> None:
    slips = misspellings(name)
    for slip in slips:
        assert match(parse_query(f"~{name}"), f"where is {slip.upper()}, please").is_match


BRANDS = "Orange Target Boots Apple Currys Three Sprint Delta Chase Square Stripe Slack Costa Virgin United Shell Argos"
BRANDS += " Hermes Amazon Tesco Royal Uber Eats Quick Parcel Evri Walmart Costco Wayfair Zalando Converse Subway Visa"


def common_words() -> set[str]:
    """Return the English words of which the classifier's tokenizer makes no pieces."""
    vocabulary = json.loads((ROOT / "classifier/weights/tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    return {word for word in vocabulary if word.isalpha() and len(word) > 3}


def test_no_misspelling_of_a_well_known_name_is_a_common_english_word() -> None:
    slips = {slip for brand in BRANDS.split() for slip in misspellings(brand)}

    assert len(slips) > 200
    assert slips & common_words() == set()


def test_hardly_any_misspelling_even_of_english_words_is_another_english_word() -> None:
    words = common_words()
    slips = [slip for word in sorted(words) if word.isascii() for slip in misspellings(word)]

    assert len(slips) > 150_000
    assert sum(slip in words for slip in slips) < len(slips) / 200
