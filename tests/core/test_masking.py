"""Personal data leaves no excerpt unmasked."""

import time

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
        ("write john.smith at gmail.com, please", "write [e-mail], please"),
        ("john at gmail dot com. john_84 at firm.co.uk", "[e-mail]. [e-mail]"),
        ("john [at] gmail dot com, john {at} mail . example", "[e-mail], [e-mail]"),
        ("john (at) mail.example. Thanks", "[e-mail]. Thanks"),
        ("mail john＠gmail.com or john﹫gmail．com", "mail [e-mail] or [e-mail]"),
        ("ｊｏｈｎ＠ｇｍａｉｌ．ｃｏｍ now", "[e-mail] now"),
        ("j o h n @ gmail . com", "[e-mail]"),
        ("ask j o h n@gmail.com", "ask [e-mail]"),
        ("john @ gmail.com and ann @ firm . com", "[e-mail] and [e-mail]"),
        ("john@[1.2.3.4] or john@[IPv6:2001:db8::1]", "[e-mail] or [e-mail]"),
        ("﹫johnsmith look", "﹫… look"),
        ("t.me/johnsmith, https://www.instagram.com/john.smith/", "t.me/…, https://www.instagram.com/…/"),
        ("see x.com/shop and x.com/john84", "see x.com/shop and x.com/…"),
        ("insta: johnsmith84, Snapchat : john_s, ig: shop", "insta: …, Snapchat : …, ig: shop"),
        ("IBAN DE89 3704 0044 0532 0130 00 please", "IBAN [number] please"),
        ("to GB29NWBK60161331926819 or gb29 nwbk 6016 1331 9268 19", "to [number] or [number]"),
        ("live in SW1A 1AA, M1 1AE or EC1A1BB", "live in [postcode], [postcode] or [postcode]"),
        (
            "postcode sw1a1aa, zip 90210-1234, PLZ: 10115, Postcode 1234 AB",
            "postcode [postcode], zip [postcode], PLZ: [postcode], Postcode [postcode]",
        ),
        ("passport AB1234 and Passport no. 123456", "passport [number] and Passport no. [number]"),
    ],
)
def test_masked(text: str, expected: str) -> None:
    assert masked(text, ("Shop",)) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("I was at amazon.com all day", "look at the dot com boom", "at polka dot dress shop"),
        *("bought it @ argos.co.uk", "see you @ the depot. Then home", "my PS5 at argos.co.uk never came"),
        *("Galaxy S22 8GB, an A4 page, the M25 at 5pm", "the 2nd of 3 vans, E10 petrol", "Facebook: nobody answers"),
        *("Twitter: 3 days of nothing", "my passport took 3 weeks", "no postcode on it", "zip it", "postcode: 2 tries"),
        *(
            "netflix.com/title",
            "WE WAITED 3 HOURS AT 10 DOWNING",
            "order at once. at last",
            "IN 24 HOURS FROM NOW",
            "late.Still at depot.Terrible",
        ),
        *("look pic.twitter.com/fOVur42dgd", "flight 3111 (N614SW) departs"),
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert masked(text) == text


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


UNITS = [
    "ab-",
    "a.",
    "1 ",
    "@a",
    "a@",
    "(",
    "1-",
    "order ",
    "%40",
    "a (at) ",
    "2026-",
    "a ",
    "a @ ",
    "a at ",
    "a.b at ",
]
UNITS += [
    "a dot ",
    "＠",
    "a＠",
    "@[",
    "t.me/",
    "x.com/a",
    "insta: ",
    "GB29 ",
    "GB29A",
    "SW1A ",
    "zip ",
    "AB12",
    "a.",
    "._",
]


@pytest.mark.parametrize("unit", UNITS)
def test_a_hostile_text_is_masked_as_fast_as_any(unit: str) -> None:
    began = time.process_time()
    assert len(masked(unit * 30_000)) <= 4 * LONGEST
    assert time.process_time() - began < 1
