"""Links of alert mails: what we made is read back, whatever else somebody sends is not ours."""

from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alerts.links import LONGEST, MOST_RULES, PATH, Act, Link, link, read_link
from core.signing import signature

KEY = b"k" * 32
BOARD = "https://board.example"
OPS = "ops+night@parcelo.example"


def query_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query, strict_parsing=True))


def made(act: Act = Act.ACKNOWLEDGE, *ids: int, recipient: str = OPS) -> dict[str, str]:
    return query_of(link(BOARD, KEY, act, ids or (7,), recipient))


@pytest.mark.parametrize("act", Act)
def test_a_link_is_read_back(act: Act) -> None:
    address = link(BOARD, KEY, act, [7, 8], OPS)
    assert address.startswith(f"{BOARD}{PATH}?")
    assert read_link(KEY, query_of(address)) == Link(act, (7, 8), OPS)


def test_more_rules_than_fit_are_left_out() -> None:
    longest = link(BOARD, KEY, Act.STOP, range(2**31 - 100, 2**31 - 1), "a" * 242 + "@parcelo.example")
    assert len(longest) < LONGEST
    found = read_link(KEY, query_of(longest))
    assert found is not None
    assert len(found.ids) == MOST_RULES


def test_a_link_in_a_webhook_names_nobody_and_stops_nothing() -> None:
    hook = "https://hooks.example/T0/sEcReT"
    assert link(BOARD, KEY, Act.STOP, [7], hook) == ""
    address = link(BOARD, KEY, Act.SNOOZE, [7], hook)
    assert "sEcReT" not in address
    assert read_link(KEY, query_of(address)) == Link(Act.SNOOZE, (7,), "")


@pytest.mark.parametrize(
    "change",
    [
        {"do": "stop"}, {"do": "Acknowledge"}, {"do": ""}, {"of": "8"}, {"of": "07"}, {"of": "7.8"}, {"of": ""},
        {"to": "eve@parcelo.example"}, {"to": OPS.upper()}, {"to": ""}, {"to": OPS + " "}, {"sig": ""},
        {"sig": "A" * 32}, {"sig": "é" * 32}, {"sig": "\ud800"}, {"to": "\ud800"}, {"of": "７"},
    ],
)  # fmt: skip
def test_a_link_that_was_changed_is_not_ours(change: dict[str, str]) -> None:
    assert read_link(KEY, made() | change) is None


@pytest.mark.parametrize("name", ["do", "of", "to", "sig"])
def test_a_link_that_was_cut_is_not_ours(name: str) -> None:
    given = made()
    assert read_link(KEY, {**given, name: given[name][:-1]}) is None
    del given[name]
    assert read_link(KEY, given) is None


def test_a_signature_of_another_key_is_not_ours() -> None:
    assert read_link(b"other" * 7, made()) is None


@pytest.mark.parametrize("numbers", ["0", "-1", "2147483648", "1e3", "7;8", " 7", "7.", "9" * 300])
def test_no_number_that_is_none_is_taken_even_when_signed(numbers: str) -> None:
    signed = signature(KEY, "stop", numbers, OPS)
    found = read_link(KEY, {"do": "stop", "of": numbers, "to": OPS, "sig": signed})
    assert found is None or found.ids == (7,)


def test_what_is_very_long_is_not_looked_at() -> None:
    assert read_link(KEY, made() | {"more": "x" * LONGEST}) is None
    assert read_link(KEY, made() | {"utm_source": "mail"}) is not None


@given(st.dictionaries(st.sampled_from(["do", "of", "to", "sig", "x"]), st.text(max_size=60)))
def test_nothing_that_anybody_sends_fails(query: dict[str, str]) -> None:
    assert read_link(KEY, query) is None


@given(st.text(min_size=1, max_size=40).filter(lambda words: "://" not in words and words.isprintable()))
def test_any_recipient_comes_back_as_it_was(recipient: str) -> None:
    address = link(BOARD, KEY, Act.STOP, [1], recipient)
    assert address.isascii()
    assert {name: len(values) for name, values in parse_qs(urlsplit(address).query).items()} == {
        "do": 1, "of": 1, "to": 1, "sig": 1,
    }  # fmt: skip
    found = read_link(KEY, query_of(address))
    assert found is not None
    assert found.recipient == recipient
