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
