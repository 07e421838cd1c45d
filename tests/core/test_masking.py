"""Personal data leaves no excerpt unmasked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.masking import EXCERPT_LENGTH, excerpt, masked, masked_handle


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to jo.doe+x@mail.example now", "write to [e-mail] now"),
        ("call +44 1632 960 123 today", "call [number] today"),
        ("call (01632) 960123", "call [number]"),
        ("order 884-2291-77 is late", "order [number] is late"),
        ("tracking JD014600006281230704 says nothing", "tracking [number] says nothing"),
        ("@shop @nosy_neighbour look", "@shop @… look"),
        ("paid 49.99 on 21 Nov 2026, 3 weeks ago", "paid 49.99 on 21 Nov 2026, 3 weeks ago"),
        ("3rd of 12 parcels, 100% lost", "3rd of 12 parcels, 100% lost"),
        ("turned \u202earound and hid\u200bden", "turned around and hidden"),
    ],
)
def test_masked(text: str, expected: str) -> None:
    assert masked(text, ("Shop",)) == expected


@given(st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.(com|example)", fullmatch=True))
def test_no_address_survives(address: str) -> None:
    assert address not in masked(f"mail {address}, please")


@given(st.text())
def test_an_excerpt_is_one_short_line(text: str) -> None:
    line = excerpt(text)
    assert len(line) <= EXCERPT_LENGTH
    assert "\n" not in line


def test_a_long_text_is_cut_at_a_word() -> None:
    assert excerpt("one two three four", 12) == "one two…"


def test_a_handle_is_not_told() -> None:
    assert masked_handle("nosy_neighbour") == "n…"
    assert masked_handle("") == "unknown"
