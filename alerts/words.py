"""What messages of all kinds say alike: reasons, times, and what is shown of a stranger's words."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from core.masking import EXCERPT_LENGTH, LONGEST, excerpt, visible
from core.taxonomy import Reason

SHOWN_REASONS: Final = 4
LONGEST_LINE: Final = 300  # letters
LONGEST_LINK: Final = 900
# Mail programs make a link of whatever looks like one, and filters on the way open it: neither shall follow a stranger.
_LINK: Final = re.compile(r"(?i)\b(?:[a-z][a-z0-9+.-]{1,20}://|www\.|(?:mailto|javascript|data|tel):)\S+")
_BARE_LINK: Final = re.compile(r"(?i)\b(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24}/\S*")
_STACK: Final = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{3})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)


def reason_words(names: Sequence[str]) -> list[str]:
    """Return the likeliest reasons in words, and how many more there are."""
    words = [Reason(name).words for name in names[:SHOWN_REASONS]]
    more = len(names) - len(words)
    return [*words, f"{more} more"] if more else words


def time_words(iso: str, zone: ZoneInfo) -> str:
    """Return a time as people write it ("Wed 01 Jul, 12:00 BST"); nothing for none."""
    return f"{datetime.fromisoformat(iso).astimezone(zone):%a %d %b, %H:%M %Z}" if iso else ""


def due_words(due_at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return when a case is due or was ("Due at 07:15, in 47 minutes"), the day too where it is not today."""
    there, today = due_at.astimezone(zone), now.astimezone(zone).date()
    at = f"{there:%H:%M}" if there.date() == today else f"{there:%a %d %b, %H:%M}"
    if due_at <= now:
        return f"Overdue since {at}"
    return f"Due {'at' if there.date() == today else 'on'} {at}, in {_span_words(due_at - now)}"


def _span_words(span: timedelta) -> str:
    """Return a length of time in its largest unit, rounded down: nobody is to think there is more time."""
    for unit, length in (("days", timedelta(days=1)), ("hours", timedelta(hours=1))):
        if span >= 2 * length:
            return f"{span // length} {unit}"
    minutes = span // timedelta(minutes=1)
    return "less than a minute" if not minutes else f"{minutes} minute{'' if minutes == 1 else 's'}"


def promise_words(text: str, name: str, due_at: datetime | None, zone: ZoneInfo) -> str:
    """Return what was promised and did not come, by whom and until when; `text` is fit to be quoted."""
    by = f" by {name}" if name else ""
    until = f" for {time_words(due_at.isoformat(), zone)}" if due_at else ""
    return f"Promised{by}{until}, and not kept: “{text}”."


def post_link(address: str) -> str:
    """Return a post's address if it may stand in a message: a web page's, on one line."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    is_page = parts.scheme in ("http", "https") and bool(parts.hostname)
    return address if is_page and len(address) <= LONGEST_LINK and address == visible("".join(address.split())) else ""


def own_words(text: str, length: int = LONGEST_LINE) -> str:
    """Return words of ours on one line; names that people chose and answers of servers may stand in them.

    What is not seen is taken out, and of marks that pile up over a letter all but three: they reach into other lines.
    """
    return excerpt(_plain(text), length)


def strangers_words(text: str, length: int = EXCERPT_LENGTH) -> str:
    """Return the start of what a stranger wrote, on one line and without web addresses, as it may stand in a message.

    It is no HTML yet: templates escape it.
    """
    return excerpt(_BARE_LINK.sub("[link]", _LINK.sub("[link]", _plain(text))), length)


def _plain(text: str) -> str:
    return _STACK.sub(r"\1", visible(text[:LONGEST]))
