"""Alerts for Slack, and for what takes the same JSON (Mattermost, Rocket.Chat, Discord's /slack).

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and https://docs.slack.dev/reference/block-kit.
Strangers' words stand in `plain_text` objects alone, where Slack reads no marks, no names and no links. `text`, which
others than Slack show and read as Markdown, has only words of ours.
"""

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from alerts.cleaning import cleaned
from alerts.incident import item_words, subject_of
from alerts.telling import Told, ToldIncident, from_content
from alerts.words import time_words
from core.alerts.engine import News

# What Slack takes: docs.slack.dev/reference/block-kit/blocks (50 blocks, 150 letters of a header, 3,000 of a text).
MOST_HEADER, MOST_TEXT, MOST_LINK = 150, 2900, 3000
MOST_INCIDENTS: Final = 8  # with up to five blocks each
MOST_ITEMS: Final = 3


def payload(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an incoming webhook of Slack is sent about the message kept as `content`."""
    told = cleaned(from_content(content))
    zone = ZoneInfo(told.timezone)
    blocks = [block for incident in told.incidents[:MOST_INCIDENTS] for block in _blocks(incident, zone)]
    more = len(told.incidents) - MOST_INCIDENTS
    if more > 0:
        blocks.append(_section(f"And {more:,} more alerts."))
    if len(told.incidents) > 1 and told.alerts_link:
        blocks.append(_actions([("Open all alerts", told.alerts_link)]))
    return {"text": _text(told), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _text(told: Told) -> str:
    """Return what a phone's notice says, and all that programs without blocks show."""
    lines = [subject_of(told)]
    for incident in told.incidents[:MOST_INCIDENTS]:
        head = f"{News(incident.news).words}: {incident.title}" if len(told.incidents) > 1 else ""
        lines += [line for line in (head, incident.summary) if line]
    link = told.incidents[0].link if len(told.incidents) == 1 else told.alerts_link
    return "\n".join([_as_text(line) for line in lines] + ([link] if link else []))


def _as_text(words: str) -> str:
    """Return words in which Slack and Markdown find no link, no picture and no name to call."""
    line = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return line.replace("@", "@\u2060").replace("](", "]\u2060(")


def _blocks(told: ToldIncident, zone: ZoneInfo) -> list[dict[str, Any]]:
    news = News(told.news).words
    since = time_words(told.opened_at, zone)
    items = told.items[:MOST_ITEMS]
    left = told.total - len(items) if items else 0
    said = [told.summary, *told.details, f"{told.brand} · {news} since {since}" if since else f"{told.brand} · {news}"]
    blocks = [
        {"type": "header", "text": _plain(told.title, MOST_HEADER)},
        _section("\n".join(line for line in said if line)),
    ]
    if items:
        things = "\n\n".join("\n".join(item_words(item, zone, is_only=told.total == 1)) for item in items)
        blocks.append(_section(things + (f"\n\nAnd {left:,} more." if left > 0 else "")))
    posts = [item.link for item in items if item.link and item.case_id is None]
    buttons = [("Open on the board", told.link)]
    buttons += [
        ("Open the post" if len(items) == 1 else f"Open post {number}", link) for number, link in enumerate(posts, 1)
    ]
    if told.news != News.RESOLVED:
        buttons += [("Acknowledge", told.acknowledge_link), ("Snooze", told.snooze_link)]
    if any(link for _, link in buttons):
        blocks.append(_actions(buttons))
    return blocks


def _plain(words: str, most: int) -> dict[str, Any]:
    text = words if len(words) <= most else f"{words[: most - 1]}…"
    return {"type": "plain_text", "text": text or "…", "emoji": False}


def _section(words: str) -> dict[str, Any]:
    return {"type": "section", "text": _plain(words, MOST_TEXT)}


def _actions(buttons: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "type": "actions",
        "elements": [
            {"type": "button", "text": _plain(words, 75), "url": link}
            for words, link in buttons
            if link and len(link) <= MOST_LINK
        ],
    }
