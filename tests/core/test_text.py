"""Any text can be stored."""

from hypothesis import given
from hypothesis import strategies as st

from core.text import MAX_TEXT_LENGTH, storable


@given(st.text(st.characters()))
def test_what_comes_out_is_utf8_without_nul(text: str) -> None:
    clean = storable(text)
    clean.encode()
    assert "\0" not in clean


def test_half_a_surrogate_pair_becomes_a_mark_and_the_rest_stays() -> None:
    assert storable("late \ud83d parcel") == "late \ufffd parcel"


def test_ordinary_text_is_left_alone() -> None:
    assert storable("Zu spät 📦 – schon wieder\n") == "Zu spät 📦 – schon wieder\n"


def test_a_huge_text_is_cut() -> None:
    assert len(storable("x" * (MAX_TEXT_LENGTH + 1))) == MAX_TEXT_LENGTH
