"""Any text can be stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.text import MAX_TEXT_LENGTH, has_words, storable, written


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


@pytest.mark.parametrize(
    "text", ["", " \n", "\u200b\u2060\ufeff", "\u3164 \u2800", "\u202e\u202c", "\ufe0f\u0301", "\u200b" * 9000]
)
def test_what_nobody_sees_is_no_text(text: str) -> None:
    assert not has_words(text)
    assert written(text) == written(text, strip=False) == ""


@pytest.mark.parametrize("text", ["x", "📦", "שלום", "\u200b.", "한", "🇩🇪"])
def test_anything_that_is_seen_is_text(text: str) -> None:
    assert has_words(text)
    assert written(f" {text}\n") == text
    assert written(f" {text}\n", strip=False) == f" {text}\n"


def test_what_a_member_writes_is_never_cut() -> None:
    with pytest.raises(InputError, match="from 100,001 to 100,000"):
        written("x" * (MAX_TEXT_LENGTH + 1))
