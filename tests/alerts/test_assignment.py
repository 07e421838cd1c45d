"""What members are told of their cases, as text and as HTML."""

from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.assignment import ROOMY, SECTIONS, SUBJECT, CaseNews, ForMember, as_content, wording
from alerts.handover import wording as handover_wording
from alerts.mail import Envelope, compose
from core.errors import DeliveryError

HOSTILE = '<script>alert(1)</script> <img src=x onerror=y> {{ 7*7 }} " onmouseover='


def news(number: int = 1, **fields: Any) -> CaseNews:
    values: dict[str, Any] = {
        "why": "assigned",
        "told": "Sent by Bob.",
        "case_id": number,
        "brand": "Parcelo",
        "severity": 3,
        "unsure": False,
        "reasons": ("late", "lost"),
        "platform": "x",
        "courier": "Swiftvole",
        "author": "z…",
        "excerpt": "Third week!",
        "language": "de",
        "post_count": 2,
        "take_up_by": "2026-07-01T11:00:00+00:00",
        "due_at": "2026-07-01T14:30:00+00:00",
        "link": f"https://board.example/?case={number}&view=mine",
    }
    return CaseNews(**(values | fields))


def mail(*cases: CaseNews, more: int = 0, bundled: bool = False) -> dict[str, object]:
    return as_content(ForMember("Europe/London", cases, more, "https://board.example/?view=mine", bundled))


@pytest.mark.parametrize("count", [1, ROOMY, ROOMY + 1])
def test_both_forms_say_the_same(count: int) -> None:
    words = wording(mail(*(news(number) for number in range(1, count + 1)), more=7, bundled=True))
    for part in (words.text, " ".join(words.html.split())):
        for number in range(1, count + 1):
            assert f"?case={number}&" in part
        for fact in ("Parcelo", "Accuses", "Late", "Swiftvole", "Third week!", "Sent by Bob.", f"{count + 7} cases"):
            assert fact in part
        for fact in ("Wed 01 Jul, 12:00 BST", "Wed 01 Jul, 15:30 BST", "And 7 more", "at most once an hour"):
            assert fact in part
        assert "names of people and streets in the text are not recognised" in part


def test_a_strangers_links_and_turned_letters_are_left_out() -> None:
    words = wording(mail(news(excerpt="see https://evil.example/x \u202enow", author="\u202ez…")))
    for part in (words.text, words.html):
        assert "see [link] now" in part
        assert "evil.example" not in part
        assert "\u202e" not in part


@pytest.mark.parametrize("why", SECTIONS)
def test_the_headline_says_why(why: str) -> None:
    one, several = SECTIONS[why]
    assert wording(mail(news(why=why))).text.startswith(one)
    assert wording(mail(news(1, why=why), news(2, why=why))).text.startswith(several.format(2))


def test_several_reasons_have_a_part_each() -> None:
    text = wording(mail(news(1), news(2, why="returned"), news(3, why="mentioned"))).text
    places = [text.index(words) for words in ("News of 3 cases", "A CASE WAS SENT", "A NOTE NAMES YOU", "A CASE CAME")]
    assert places == sorted(places)


def test_the_subject_is_always_the_same() -> None:
    assert {wording(mail(news(brand=brand), more=more)).subject for brand in "AB" for more in (0, 3)} == {SUBJECT}


@pytest.mark.parametrize("count", [1, ROOMY + 1])
def test_a_strangers_words_are_text_in_html(count: int) -> None:
    told = {"excerpt": HOSTILE, "author": "<b>", "told": HOSTILE, "courier": "<i>", "brand": "<u>", "platform": "<s>"}
    html = wording(mail(*(news(number, **told) for number in range(1, count + 1)))).html
    for tag in ("<script", "<img", "<b>", "<i>", "<u>", "<s>"):
        assert tag not in html
    assert "{{ 7*7 }}" in html
    assert "src=" not in html.replace("&lt;img src=x", "")


def test_what_a_member_wrote_to_a_courier_is_text_in_html_and_no_header() -> None:
    said = {
        "subject": "[Parcelo\r\nBcc: eve@x.example] Case",
        "text": f"Hello,\n\n{HOSTILE}",
        "reply_to": "a@b.example",
    }
    envelope = Envelope("<1@board.example>", "us@board.example", "them@c.example", datetime(2026, 11, 21, tzinfo=UTC))
    message = compose(envelope, handover_wording(said))
    assert message["Bcc"] is None
    assert message["Subject"] == "[Parcelo Bcc: eve@x.example] Case"
    assert "<script" not in handover_wording(said).html
    assert handover_wording(said).text == f"Hello,\n\n{HOSTILE}".strip() + "\n"


def test_a_line_break_in_an_address_to_answer_to_is_refused() -> None:
    said = {"subject": "Case", "text": "Hello", "reply_to": "a@b.example\r\nBcc: eve@x.example"}
    envelope = Envelope("<1@board.example>", "us@board.example", "them@c.example", datetime(2026, 11, 21, tzinfo=UTC))
    with pytest.raises(DeliveryError, match="cannot be written to"):
        compose(envelope, handover_wording(said))
