"""A status of Mastodon as a post of ours, and what its id tells.

https://docs.joinmastodon.org/entities/Status/
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from collectors.base import language_code, plain, reach_of, short_id, web_address
from collectors.dates import moment_at, within_bounds
from collectors.text import plain_text
from core.types import Post

PUBLIC: Final = ("public", "unlisted")  # private and direct ones are not for us, though a token may show them
FIRST_YEAR: Final = 2016  # no server of Mastodon is older; smaller numbers are mere counts and hold no time
Threads = Mapping[str, tuple[str, bool]]  # a server's own id -> the status's uri, and whether it answers nothing


def id_moment(status_id: str) -> datetime | None:
    """Return when a status with this id reached its server, None where the id holds no time.

    Mastodon's ids are milliseconds since 1970 above 16 other bits, never of the future: a status that claims a past
    date gets an id of then, any other one of its arrival (lib/mastodon/snowflake.rb). Other servers (Pleroma,
    GoToSocial) count differently.
    """
    if not status_id.isascii() or not status_id.isdigit() or len(status_id) > 20:
        return None
    try:
        moment = moment_at((int(status_id) >> 16) / 1000)
    except ValueError:
        return None
    return moment if moment.year >= FIRST_YEAR else None


def id_at(moment: datetime) -> str:
    """Return the lowest id that a status of this moment can have."""
    return str(int(moment.timestamp() * 1000) << 16)


def order(status_id: str) -> tuple[int, str]:
    """Return what sorts ids by age: numbers by their size, the letters of other servers by the alphabet."""
    return len(status_id), status_id


def to_post(raw: Mapping[str, Any], host: str, threads: Threads | None = None) -> Post | None:
    """Return the status as a post, None where it is a boost or not for everybody.

    `host` is the server that showed it. A post's id is the status's uri, which is the same on every server.
    """
    if raw.get("reblog") is not None or raw["visibility"] not in PUBLIC:
        return None
    status_id, uri = plain(raw["id"]), plain(raw["uri"])
    account = raw["account"]
    answered = plain(raw.get("in_reply_to_id"))
    # The status that is answered is known by this server's own number only; where its uri could not be learnt, the
    # number still tells that there is one.
    parent, is_root = (threads or {}).get(answered, (f"{answered}@{host}", False)) if answered else ("", False)
    return Post(
        platform="mastodon",
        platform_id=short_id(uri),
        text=_words(raw),
        title=plain(raw.get("spoiler_text")),
        author=_full_handle(account, host),
        author_name=plain(account.get("display_name")),
        posted_at=_posted_at(raw.get("created_at"), status_id),
        url=web_address(plain(raw.get("url")) or uri),
        language=language_code(plain(raw.get("language"))),
        parent_id=short_id(parent),
        conversation_id=short_id(uri if not answered else parent if is_root else ""),
        reach=reach_of(account.get("followers_count")),
    )


def _words(raw: Mapping[str, Any]) -> str:
    """Return what is written, or what the pictures show where nothing is."""
    text = plain(plain_text(plain(raw["content"])))
    pictured = (plain(media.get("description")) for media in raw.get("media_attachments") or [])
    return text or "\n".join(filter(None, pictured))


def _full_handle(account: Mapping[str, Any], host: str) -> str:
    """Return name@server, also of an account of the server itself, which writes it without."""
    handle = plain(account["acct"])
    return handle if not handle or "@" in handle else f"{handle}@{urlsplit(plain(account.get('url'))).netloc or host}"


def _posted_at(created_at: object, status_id: str) -> datetime:
    """Return the moment that the author's server claims, but none after the arrival."""
    arrived = id_moment(status_id)
    try:
        claimed = within_bounds(
            created_at if isinstance(created_at, datetime) else datetime.fromisoformat(str(created_at)), UTC
        )
    except ValueError:
        if arrived is None:
            raise
        return arrived
    return min(claimed, arrived) if arrived else claimed
