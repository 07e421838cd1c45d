"""Personal data leaves no excerpt unmasked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.masking import EXCERPT_LENGTH, LONGEST, excerpt, masked, masked_handle


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
        (".@johnsmith look", ".@… look"),
        ("u/johnsmith and /u/jo", "u/… and /u/…"),
        ("RT@johnsmith", "[e-mail]"),
        ("@john-doe. @john.doe!", "@…. @…!"),
        ("call 020–7946–0958 or 07700 - 900 - 123", "call [number] or [number]"),
        ("0211 / 12 34 567, 555.1234", "[number], [number]"),
        ("card 4111 1111 1111 1111", "card [number]"),
        ("ORD_2026_000123", "ORD_[number]"),
        ("order #1234, Order number: 12345", "order #[number], Order number: [number]"),
        ("заказ12345678", "заказ[number]"),
        ("booking ref ABC123, return no. 881", "booking ref [number], return no. [number]"),
        ("john (at) mail [dot] example", "[e-mail]"),
        ("john%40mail.example me@localhost", "[e-mail] [e-mail]"),
        ("o'brien@mail.example", "[e-mail]"),
        ("due 2026-11-21, 21.11.2026 14:05, 24 11 2026", "due 2026-11-21, 21.11.2026 14:05, 24 11 2026"),
        ("season 2019-2020", "season 2019-2020"),
        ("5 or 6pm @ the depot", "5 or 6pm @ the depot"),
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
    assert masked_handle("\u202eevil") == "e…"


@pytest.mark.parametrize("unit", ["ab-", "a.", "1 ", "@a", "a@", "(", "1-", "order ", "%40", "a (at) ", "2026-"])
def test_a_hostile_text_is_masked_as_fast_as_any(unit: str) -> None:
    assert len(masked(unit * 30_000)) <= 4 * LONGEST
