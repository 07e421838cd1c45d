"""The queue's filters as they stand in the address, and the words of its rows."""

from datetime import timedelta
from typing import Any

import pytest

from board.queue.filters import OPERATORS, filter_of, words_of
from board.queue.shown import VIEWS, empty_words, fault_words, initials
from core.searching import parse
from core.taxonomy import Party, Reason, Severity
from storage.queue.filters import NOBODY, Filter, Sort, View

WHOLE: dict[str, str | list[str]] = {
    "platform": ["x"],
    "brand": ["2"],
    "reason": ["late"],
    "severity": "3",
    "party": ["courier"],
    "courier": ["DPD"],
    "assignee": ["7"],
    "team": ["4"],
    "age": "24",
    "language": ["de"],
    "sort": "due",
    "q": "lamp -refund",
}


def test_address_and_filter_say_the_same() -> None:
    assert filter_of(WHOLE) == Filter(
        sort=Sort.DUE,
        brand_ids=(2,),
        platforms=("x",),
        reasons=(Reason.LATE,),
        least_severity=Severity.ACCUSATION,
        parties=(Party.COURIER,),
        couriers=("DPD",),
        assignee_ids=(7,),
        team_ids=(4,),
        languages=("de",),
        oldest=timedelta(days=1),
        text="lamp -refund",
    )
    assert words_of(filter_of(WHOLE)) == WHOLE
    assert words_of(Filter(view=View.MINE)) == {}


def test_one_plain_word_means_what_a_list_of_it_means() -> None:
    plain = {name: value[0] if isinstance(value, list) else value for name, value in WHOLE.items()}
    assert filter_of(plain) == filter_of(WHOLE)


def test_address_and_filter_say_the_same_of_several() -> None:
    words: dict[str, str | list[str]] = {
        "platform": ["reddit", "x"],
        "reason": ["late", "lost"],
        "courier": ["Evri", "Smith, Sons"],
        "assignee": ["nobody", "7"],
    }
    wanted = Filter(
        platforms=("reddit", "x"),
        reasons=(Reason.LATE, Reason.LOST),
        couriers=("Evri", "Smith, Sons"),
        assignee_ids=(NOBODY, 7),
    )
    assert filter_of(words) == wanted
    assert words_of(wanted) == words


def test_same_values_in_another_order_are_the_same_filter() -> None:
    assert filter_of({"reason": ["lost", "late", "lost"]}) == filter_of({"reason": ["late", "lost"]})


@pytest.mark.parametrize(
    "asked",
    [
        {"reason": "fate"},
        {"severity": "9"},
        {"brand": "-1"},
        {"brand": "one"},
        {"assignee": "9" * 30},
        {"age": "1.5"},
        {"age": "²"},
        {"party": "x'; --"},
        {"sort": ""},
        {"view": "mine"},
        {"severity": ["3"]},
        {"age": ["24"]},
        {"reason": ["fate", ["late"], None, {}]},
        {"assignee": ["-1", "somebody"]},
    ],
)
def test_what_cannot_be_read_in_an_address_counts_as_not_given(asked: dict[str, Any]) -> None:
    assert filter_of(asked) == Filter()


def test_every_operator_on_offer_can_be_read() -> None:
    for example, _what in OPERATORS:
        assert parse(example).clauses, example


def test_every_view_has_a_name_and_says_what_it_means_to_be_empty() -> None:
    assert set(VIEWS) == set(View)
    for view in View:
        title, hint = empty_words(Filter(view=view))
        assert title != empty_words(Filter(view=view, platforms=("x",)))[0]
        assert hint.endswith(".")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("Dana Fischer", "DF"), ("Omar", "O"), ("anna maria van dijk", "AD"), ("", ""), ("  ", ""), ("李 雷", "李雷")],
)
def test_initials_are_of_the_first_and_the_last_word(name: str, wanted: str) -> None:
    assert initials(name) == wanted


def test_the_courier_is_named_where_it_is_known() -> None:
    assert fault_words("DPD", [Party.COURIER, Party.BRAND]) == "DPD, Brand"
    assert fault_words("", [Party.COURIER]) == "Courier"
    assert fault_words("DPD", []) == "DPD"
    assert fault_words("", []) == ""
