"""Alerts for Slack and what takes the same JSON."""

import json
from typing import Any

from alerts.slack import payload
from tests.alerts import samples
from tests.alerts.samples import BOARD, incident, item, message, source, spike


def texts(value: Any) -> list[dict[str, Any]]:
    """Every text object of a payload."""
    if isinstance(value, dict):
        own = [value] if value.get("type") in ("plain_text", "mrkdwn") else []
        return own + [found for each in value.values() for found in texts(each)]
    return [found for each in value for found in texts(each)] if isinstance(value, list) else []


def said(content: dict[str, Any]) -> str:
    return "\n".join(each["text"] for each in texts(payload(content)))


def buttons(content: dict[str, Any]) -> dict[str, str]:
    rows = [block["elements"] for block in payload(content)["blocks"] if block["type"] == "actions"]
    return {button["text"]["text"]: button["url"] for row in rows for button in row}


def test_a_message_says_what_the_mail_says() -> None:
    words = said(message(spike()))
    for fact in (
        "Spike: late delivery",
        "41 complaints in the 3 hours to 15:00, where 9 are usual",
        "DPD 31",
        "No delivery, no slip",
        "Parcelo · New since Thu 26 Nov, 14:02 GMT",
        "And 38 more.",
    ):
        assert fact in words
    assert set(buttons(message(spike()))) == {"Open on the board", "Acknowledge", "Snooze"}


def test_a_phones_notice_says_the_number_and_leads_to_the_board() -> None:
    assert payload(message(spike()))["text"].splitlines() == [
        "[Parcelo] Spike: late delivery",
        "41 complaints in the 3 hours to 15:00, where 9 are usual.",
        f"{BOARD}/?incident=6",
    ]


def test_what_is_over_asks_for_nothing() -> None:
    assert set(buttons(message(source(news="resolved")))) == {"Open on the board"}


def test_strangers_words_are_no_marks_no_names_and_no_links() -> None:
    hostile = "<!channel> <@U012> *loud* :siren: <https://evil.example|click> &lt;!here&gt; @everyone"
    told = payload(message(incident(items=(item(excerpt=hostile, author="<!here>"),))))
    assert {(each["type"], each["emoji"]) for each in texts(told)} == {("plain_text", False)}
    assert "channel" not in told["text"]
    assert "evil.example" not in json.dumps(told)
    assert not told["unfurl_links"]
    assert not told["unfurl_media"]


def test_our_own_words_call_nobody_either() -> None:
    told = payload(message(incident(title="<!channel> @here", summary="![x](https://evil.example/x.png) & more")))
    assert "<" not in told["text"].replace("&lt;", "")
    assert "@here" not in told["text"]
    assert "](" not in told["text"]
    assert "&amp; more" in told["text"]


def test_slacks_bounds_are_kept_whatever_comes() -> None:
    huge = incident(
        title="t" * 5000,
        summary="s" * 5000,
        details=("d" * 5000,) * 20,
        brand="b" * 3000,
        items=tuple(
            item(number, excerpt="ü" * 1_000_000, author="a" * 100_000, courier="c" * 9000) for number in range(50)
        ),
        acknowledge_link=f"{BOARD}/{'x' * 4000}",
    )
    told = payload(message(*[huge] * 60))
    assert len(told["blocks"]) <= 50
    for block in told["blocks"]:
        limit = {"header": 150, "section": 3000, "actions": 0}[block["type"]]
        if limit:
            assert 0 < len(block["text"]["text"]) <= limit
        else:
            assert 0 < len(block["elements"]) <= 25
            assert all(len(button["url"]) <= 3000 for button in block["elements"])
    assert "And 52 more alerts." in said(message(*[huge] * 60))


def test_a_title_of_nothing_seen_is_still_a_message() -> None:
    told = payload(message(incident(title="\u200b", summary="", items=())))
    assert all(each["text"] for each in texts(told))


def test_several_alerts_lead_to_all_of_them() -> None:
    assert buttons(samples.several())["Open all alerts"] == f"{BOARD}/alerts"
