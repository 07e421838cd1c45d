"""A configuration file is taken whole or refused with what is wrong."""

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.configuration import check_email, parse_configuration
from core.errors import ConfigError

BRAND = {"name": "Parcelo", "managers": ["ops@parcelo.example"]}
ANN = {"email": "ann@team.example", "name": "Ann"}
RULE = {"name": "All", "team": "Day"}
WATCH = {"name": "w", "brand": "Parcelo", "kind": "watch_words"}
SOURCE = {"name": "x-parcelo", "brand": "Parcelo", "platform": "x", "query": "parcelo", "every": "2m"}


def test_a_good_file_is_understood() -> None:
    configuration = parse_configuration({"brands": [BRAND], "sources": [SOURCE | {"base_url": "http://127.0.0.1:1"}]})
    assert configuration.sources[0].every == timedelta(minutes=2)
    assert configuration.brands[0].timezone == "UTC"


def test_nothing_at_all_is_a_configuration() -> None:
    assert parse_configuration({}).brands == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"brand": [BRAND]}, "brand: unknown key; did you mean 'brands'?"),
        ({"brands": [BRAND | {"handels": []}]}, "brands \"Parcelo\" handels: unknown key; did you mean 'handles'?"),
        ({"brands": [BRAND | {"zzz": 1}]}, "unknown key; known are name, handles"),
        ({"brands": [BRAND], "sources": [SOURCE | {"every": "soon"}]}, 'write a number and s, m, h or d, such as "2m"'),
        ({"brands": [BRAND], "sources": [SOURCE | {"every": "0s"}]}, "must be from 1s to 31d"),
        ({"brands": [BRAND], "sources": [SOURCE | {"every": "99999999999d"}]}, "must be from 1s to 31d"),
        ({"brands": [BRAND | {"handles": ["@"]}]}, "an empty handle"),
        ({"brands": [BRAND], "sources": [SOURCE | {"brand": "Parcel"}]}, "did you mean 'Parcelo'?"),
        ({"brands": [BRAND, BRAND]}, "'Parcelo' stands twice"),
        ({"brands": [BRAND | {"threshold": "few"}]}, "brands \"Parcelo\" threshold: write 'balanced', 'few_misses'"),
        ({"brands": [BRAND | {"threshold": 1}]}, "or a number from 0.05 to 0.95"),
        (
            {"brands": [BRAND], "sources": [SOURCE | {"may_train": "perhaps"}]},
            "may_train: Input should be a valid bool",
        ),
        ({"brands": [BRAND | {"timezone": "Mars/Olympus"}]}, "'Mars/Olympus' is no time zone"),
        ({"brands": [BRAND | {"managers": ["a@b.example\nBcc: x@y.example"]}]}, "holds the control character U+000A"),
        ({"brands": [{"handles": []}]}, "brands number 1 name: Field required"),
        ({"members": [{"email": "a@b.example", "name": "A", "role": "boss"}]}, "'responder', 'manager' or 'admin'"),
        ({"brands": [BRAND | {"hours": ["mon 9"]}]}, 'brands "Parcelo" hours: "mon 9": \'9\' is no span of time'),
        ({"members": [ANN | {"shift": ["noon"]}]}, 'members "Ann" shift: "noon" does not say when'),
        ({"members": [ANN | {"timezone": "Mars"}]}, "'Mars' is no time zone"),
        ({"members": [ANN | {"notify": "hourly"}]}, "'at_once', 'bundled' or 'never'"),
        ({"members": [ANN | {"most_case": 4}]}, "did you mean 'most_cases'?"),
        ({"teams": [{"name": "Day", "members": ["ann"]}]}, "'ann' is no e-mail address"),
        ({"teams": [{"name": "Day"}, {"name": "Day"}]}, "'Day' stands twice"),
        ({"routing": [{"name": "All"}]}, 'routing "All": sends to nobody; name a team or a member'),
        ({"routing": [RULE | {"reason": "lates"}]}, "there is no reason 'lates'; did you mean 'late'?"),
        ({"routing": [RULE | {"least_severity": 5}]}, "least_severity: Input should be less than or equal to 4"),
        ({"routing": [RULE | {"severity": 2}]}, "did you mean 'least_severity'?"),
        ({"suppliers": [{"name": "Lamps", "contact": "a@b.example, c@d.example"}]}, "is no e-mail address"),
        ({"brands": "Parcelo"}, "brands: Input should be a valid list"),
    ],
)
def test_what_is_wrong_is_named(data: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=None) as refused:
        parse_configuration(data)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("table", "row", "message"),
    [
        ("brands", {"name": "Par\0celo"}, "name: 'Par\\x00celo' holds the control character U+0000, take it out"),
        (
            "brands",
            {"name": "A\r\nBcc: x@y.example"},
            "name: 'A\\r\\nBcc: x@y.example' holds the control character U+000D",
        ),
        ("brands", {"name": "\u200b"}, "name: '\\u200b' shows nothing"),
        ("brands", BRAND | {"aliases": ["good", "bad\x7f"]}, "aliases: 'bad\\x7f' holds the control character U+007F"),
        ("rules", WATCH | {"name": "w\0x", "kind": "severe"}, "name: 'w\\x00x' holds the control character U+0000"),
        (
            "rules",
            WATCH | {"settings": {"words": ["a\0b", "late"]}},
            "words: 'a\\x00b' holds the control character U+0000",
        ),
        (
            "rules",
            WATCH | {"settings": {"words": ["\u200b\u200b\u2060"]}},
            "words 0: '\\u200b\\u200b\\u2060' shows nothing",
        ),
        ("rules", WATCH | {"settings": {"words": ["late"], "platform": "x\r\nY"}}, "settings: 'x\\r\\nY' holds the"),
        ("templates", {"name": "T", "text": "a\0b"}, "text: 'a\\x00b' holds the control character U+0000"),
        ("sources", SOURCE | {"options": {"user_id": "1\0"}}, "options: '1\\x00' holds the control character U+0000"),
    ],
)
def test_what_nobody_can_see_is_refused(table: str, row: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_configuration({"brands": [BRAND]} | {table: [row]})
    assert message in str(refused.value)


def test_a_template_and_a_query_may_have_lines() -> None:
    data = {
        "brands": [BRAND | {"query": "parcelo\nOR\t@parcelo"}],
        "templates": [{"name": "T", "text": "Dear you,\r\n\tsorry."}],
    }
    configuration = parse_configuration(data)
    assert configuration.templates[0].text == "Dear you,\r\n\tsorry."


def test_two_rules_of_one_brand_have_two_names() -> None:
    digest = WATCH | {"kind": "digest"}
    with pytest.raises(ConfigError, match="'w' of 'Parcelo' stands twice"):
        parse_configuration({"brands": [BRAND], "rules": [WATCH | {"kind": "severe"}, digest]})
    apart = parse_configuration({"brands": [BRAND], "rules": [digest, digest | {"brand": "Otra"}]})
    assert len(apart.rules) == 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"threshold": True}, "threshold: write a number, not true"),
        ({"repeat_minutes": False}, "repeat_minutes: write a number, not false"),
        (
            {"weekday": "fri"},
            "weekday: write the day as a number, 0 for Monday to 6 for Sunday: 4 for Friday, not 'fri'",
        ),
        ({"weekday": "t"}, "weekday: write the day as a number, 0 for Monday to 6 for Sunday"),
        ({"weekday": True}, "weekday: write a number, not true"),
        ({"channel": "webhook", "url": "http://x.example:abc/"}, "url: must be a web address"),
        ({"channel": "webhook", "url": "http://x.example:99999/"}, "url: must be a web address"),
        ({"channel": "webhook", "url": "http://x.example:0/"}, "url: must be a web address"),
    ],
)
def test_a_setting_that_means_nothing_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_configuration({"brands": [BRAND], "rules": [WATCH | {"kind": "severe", "settings": settings}]})
    assert message in str(refused.value)


@pytest.mark.parametrize("port", ["abc", "99999", "0"])
def test_a_source_is_at_a_port_that_there_can_be(port: str) -> None:
    with pytest.raises(ConfigError, match=r"begins with http:.. or https:.., with a port from 1 to 65535"):
        parse_configuration({"brands": [BRAND], "sources": [SOURCE | {"base_url": f"http://127.0.0.1:{port}"}]})


@pytest.mark.parametrize(
    "address",
    [
        *("a@-", "a@.", "a@x..example", "a@x.example.", "a@-x.example", "a@.x.example", f"a@{'x' * 64}.example"),
        *("a@x.example\x7f", "a\x7f@x.example", "a\u200bb@x.example", "a@x\u200b.example", "a@x.example\u202e"),
        *("a:b@x.example", "=?utf-8?q?x?=@x.example", "a=?utf-8?q?x?=@x.example", "a(b)@x.example", "a[b]@x.example"),
        *(".a@x.example", "a.@x.example", "a..b@x.example", "a\\b@x.example", "@x.example", f"{'a' * 65}@x.example"),
        f"a@{'x.' * 125}example",
    ],
)
def test_what_is_no_address_gets_no_mail(address: str) -> None:
    with pytest.raises(ValueError, match="is no e-mail address"):
        check_email(address)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "jo.doe+x@mail.example",
            "o'brien@mail.example",
            "admin@localhost",
            "root@my_host",
            "a@[192.0.2.1]",
            "a=b@x.example",
        ),
        *("ops@bücher.example", "ü@x.example", "ops@xn--bcher-kva.example", "1@2.example", "a@ex--ample.example"),
    ],
)
def test_an_address_is_taken(address: str) -> None:
    assert check_email(address) == address


@given(st.from_regex(r"[!-~]{1,12}@[!-~]{1,12}", fullmatch=True))
def test_a_mail_goes_to_the_address_that_was_taken(address: str) -> None:
    try:
        check_email(address)
    except ValueError:
        return
    mail = EmailMessage()
    mail["To"] = address
    assert [each.addr_spec for each in mail["To"].addresses] == [address]
    assert not mail["To"].defects
