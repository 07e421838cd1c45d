"""Links of alert mails: what we made is read back, whatever else somebody sends is not ours."""

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.mail import LONGEST_LINK
from core.alerts.links import LONGEST, PATH, Act, Link, link, read_link, rule_name
from core.signing import signature

KEY = b"k" * 32
BOARD = "https://board.example"
OPS = "ops+night@parcelo.example"
MADE = datetime(2026, 11, 21, 12, 0, 0, 250_000, tzinfo=UTC)


def query_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query, strict_parsing=True))


def made(act: Act = Act.ACKNOWLEDGE, name: str = "7", recipient: str = OPS) -> dict[str, str]:
    return query_of(link(BOARD, KEY, act, [name], recipient))


@pytest.mark.parametrize(("act", "name"), [(Act.ACKNOWLEDGE, "7"), (Act.SNOOZE, "7"), (Act.STOP, rule_name(7, MADE))])
def test_a_link_is_read_back(act: Act, name: str) -> None:
    address = link(BOARD, KEY, act, [name], OPS)
    assert address.startswith(f"{BOARD}{PATH}?")
    found = read_link(KEY, query_of(address))
    assert found == Link(act, (name,), OPS)
    assert found.ids == (7,)


def test_a_link_holds_all_the_rules_that_one_mail_can_be_about() -> None:
    names = [rule_name(number, MADE) for number in range(940, 1000)]
    address = link("https://afterclick.support.parcelo.example", KEY, Act.STOP, names, f"customer.care+alerts{OPS}")
    assert len(address) <= LONGEST_LINK
    found = read_link(KEY, query_of(address))
    assert found is not None
    assert found.ids == tuple(range(940, 1000))


def test_a_rule_that_has_the_number_of_one_before_has_another_name() -> None:
    moments = [MADE + timedelta(microseconds=step) for step in (0, 1, 250, 1_000_000)]
    assert len({rule_name(7, at) for at in moments}) == len(moments)
    assert rule_name(7, MADE) == rule_name(7, MADE.astimezone(timezone(timedelta(hours=3))))


def test_a_link_that_stops_a_number_and_no_certain_rule_is_not_ours() -> None:
    assert read_link(KEY, made(Act.STOP, "7")) is None
    assert read_link(KEY, made(Act.ACKNOWLEDGE, rule_name(7, MADE))) is None


def test_a_link_in_a_webhook_names_nobody_and_stops_nothing() -> None:
    hook = "https://hooks.example/T0/sEcReT"
    assert link(BOARD, KEY, Act.STOP, [rule_name(7, MADE)], hook) == ""
    address = link(BOARD, KEY, Act.SNOOZE, ["7"], hook)
    assert "sEcReT" not in address
    assert read_link(KEY, query_of(address)) == Link(Act.SNOOZE, ("7",), "")


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


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize(
    "names", ["0", "-1", "2147483648", "1e3", "7;8", " 7", "7.", "7-", "7-zzzzzz", "0-abcdef", "７", "9" * 300, ""]
)
def test_no_number_that_is_none_is_taken_even_when_signed(act: Act, names: str) -> None:
    signed = signature(KEY, act.value, names, OPS)
    assert read_link(KEY, {"do": act.value, "of": names, "to": OPS, "sig": signed}) is None


def test_what_is_very_long_is_not_looked_at() -> None:
    assert read_link(KEY, made() | {"more": "x" * LONGEST}) is None
    assert read_link(KEY, made() | {"utm_source": "mail"}) is not None


@given(st.dictionaries(st.sampled_from(["do", "of", "to", "sig", "x"]), st.text(max_size=60)))
def test_nothing_that_anybody_sends_fails(query: dict[str, str]) -> None:
    assert read_link(KEY, query) is None


@given(st.text(min_size=1, max_size=40).filter(lambda words: "://" not in words and words.isprintable()))
def test_any_recipient_comes_back_as_it_was(recipient: str) -> None:
    address = link(BOARD, KEY, Act.STOP, [rule_name(1, MADE)], recipient)
    assert address.isascii()
    assert {name: len(values) for name, values in parse_qs(urlsplit(address).query).items()} == {
        "do": 1, "of": 1, "to": 1, "sig": 1,
    }  # fmt: skip
    found = read_link(KEY, query_of(address))
    assert found is not None
    assert found.recipient == recipient
