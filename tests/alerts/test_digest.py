"""The digest as it is read: its numbers in both forms, the chart in words, and strangers' words that do nothing."""

import json
from typing import Any

import pytest

from alerts.digest import wording
from alerts.mail import Envelope, compose
from tests.alerts import samples
from tests.alerts.reading import body, read
from tests.fakes import START

HOSTILE = (
    "<script>alert(1)</script><img src=https://evil.example/x.png>",
    "[click](https://evil.example/pay) **bold** https://evil.example/a",
    "\u202egnp.exe \u200b\u2066 turned",
    "line\r\nBcc: everybody@evil.example\r\n\r\nbody",
    "x" * 1_000_000,
)


def arrived(content: dict[str, Any]) -> tuple[str, str]:
    mail = read(
        compose(Envelope("<a@board.example>", "a@board.example", "ops@parcelo.example", START), wording(content))
    )
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Bcc"] is None
    return body(mail, "plain"), body(mail, "html")


def test_both_forms_say_the_numbers() -> None:
    for form in arrived(samples.digest()):
        for words in ("23 cases opened", "Promises broken", "31 before", "DPD", "may have missed", "Open now"):
            assert words in form
    text, _ = arrived(samples.digest())
    assert "Cases opened by hour: " in text


def test_nobody_claims_that_sources_were_read_where_there_are_none() -> None:
    quiet = samples.digest(quiet=True)
    for form in arrived(quiet):
        assert "every source was read" in " ".join(form.split())
    for form in arrived(quiet | {"has_sources": False}):
        assert "No source is switched on" in " ".join(form.split())
        assert "every source was read" not in form


def test_days_of_a_week_are_named_by_the_calendar() -> None:
    """A week from Friday morning to Friday morning has two Fridays, and each case is on its own."""
    week = {"since": "2026-11-20T06:46:00+00:00", "until": "2026-11-27T06:46:00+00:00", "period": "week"}
    counts = {"counts": (1, 0, 0, 0, 0, 0, 0, 150), "counts_before": (0,) * 8}
    text, _ = arrived(samples.digest() | week | counts)
    days = "Fri 20: 1, Sat 21: 0, Sun 22: 0, Mon 23: 0, Tue 24: 0, Wed 25: 0, Thu 26: 0, Fri 27: 150."
    assert f"Cases opened by day: {days}" in text
    text, _ = arrived(samples.digest() | week | counts | {"timezone": "America/Los_Angeles"})
    assert "Cases opened by day: Thu 19: 1, Fri 20: 0," in text


@pytest.mark.parametrize("is_masked", [True, False])
def test_it_says_what_is_masked_and_what_is_not(is_masked: bool) -> None:
    for form in arrived(samples.digest() | {"is_masked": is_masked}):
        assert ("postcodes, and phone, account and order numbers are masked here" in form) is is_masked
        assert ("names of people and streets in the text are not recognised" in " ".join(form.split())) is is_masked


def test_it_says_how_many_alerts_it_does_not_name() -> None:
    for form in arrived(samples.digest() | {"incidents_total": 1_235}):
        assert "Alerts (1,235)" in form
        assert "And 1,234 more." in form
    assert "more." not in arrived(samples.digest())[0]


def test_a_day_without_anything_says_so() -> None:
    content = samples.digest(quiet=True)
    text, html = arrived(content)
    assert "No case was opened" in text
    assert "Nothing that we know of" in html
    assert "<img" not in html


def test_content_comes_back_from_json() -> None:
    content = samples.digest()
    assert wording(json.loads(json.dumps(content))) == wording(content)


@pytest.mark.parametrize("words", HOSTILE, ids=["html", "markdown", "directions", "headers", "long"])
def test_strange_words_do_nothing(words: str) -> None:
    content = samples.digest()
    for case in content["oldest"]:
        case |= {"excerpt": words, "author": words, "language": words[:40]}
    text, html = arrived(content)
    assert len(text) + len(html) < 100_000
    for trace in ("evil.example/", "\u202e", "\u200b", "\nBcc:"):
        assert trace not in text
        assert trace not in html
    assert "<script" not in html


@pytest.mark.parametrize("words", HOSTILE, ids=["html", "markdown", "directions", "headers", "long"])
def test_names_and_what_servers_say_stay_words(words: str) -> None:
    content = samples.digest()
    content |= {"brand": words, "rule": words, "couriers": [[words, 3]], "incidents": [[words, words, "", False]]}
    for gap in content["gaps"]:
        gap |= {"why": words, "source": words}
    text, html = arrived(content)
    assert len(text) + len(html) < 100_000
    for trace in ("\u202e", "\u200b", "\nBcc:"):
        assert trace not in text
        assert trace not in html
    for trace in ("<script", "<img src=http", "href=https://evil", 'href="https://evil'):
        assert trace not in html
