"""An item of Reddit's API (a submission, t3, or a comment, t1) as a post of ours."""

import re
from collections.abc import Mapping
from typing import Any, Final

from collectors.base import plain
from collectors.dates import moment_at
from core.types import Post, PostKind, Rejection

SITE: Final = "https://www.reddit.com"
USER_AGENT: Final = "server:afterclick:v1 (finds public complaints for the brand concerned)"
ID: Final = re.compile(r"[0-9a-z]{1,13}")
FULL_NAME: Final = re.compile(f"t[13]_{ID.pattern}")
DELETED: Final = "[deleted]"
# What stands in the place of words that are gone, and who took them away.
GONE: Final = {
    DELETED: "its author deleted it",
    "[deleted by user]": "its author deleted it",
    "[removed]": "a moderator removed it",
    "[ Removed by Reddit ]": "Reddit removed it",
}
# `removed_by_category` of a submission; anything else in it is a moderator or a filter of theirs.
REMOVERS: Final = {"deleted": GONE[DELETED], "author": GONE[DELETED]} | dict.fromkeys(
    ("reddit", "anti_evil_ops", "community_ops", "content_takedown", "copyright_takedown", "legal"),
    "Reddit removed it",
)
THREAD: Final = re.compile(f"/comments/({ID.pattern})/")


def to_posts(items: list[Any]) -> tuple[tuple[Post, ...], tuple[Rejection, ...]]:
    """Return the posts among `items`, and what is none; what was deleted or removed is in neither."""
    posts, rejected = [], []
    for row, raw in enumerate(items, start=1):
        try:
            post = to_post(raw)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
            rejected.append(Rejection(row, f"not an item of Reddit: {type(error).__name__} {error}", plain(raw)[:500]))
        else:
            posts += [post] if post else []
    return tuple(posts), tuple(rejected)


def to_post(raw: Mapping[str, Any]) -> Post | None:
    """Return Reddit's item as ours, None where its words were deleted or removed.

    The account of an author may be gone while the words stay: then the post has no author.
    """
    if why_gone(raw):
        return None
    item, is_comment = raw["data"], raw["kind"] == "t1"
    text = plain(item["body"] if is_comment else item["selftext"])
    title = "" if is_comment else plain(item["title"])
    author = plain(item.get("author"))
    # A mention in the inbox has a context in place of the permalink, and no link_id.
    permalink = plain(item.get("permalink") or item.get("context")).partition("?")[0]
    return Post(
        platform="reddit",
        platform_id=plain(item["name"]),
        text=text or title,
        title=title if text else "",
        author="" if author in GONE else author,
        posted_at=moment_at(item["created_utc"]),
        url=SITE + permalink if permalink.startswith("/") else "",
        parent_id=plain(item.get("parent_id")),
        conversation_id=plain(item.get("link_id")) or thread_of(permalink) or plain(item["name"]),
        kind=PostKind.COMMENT if is_comment else PostKind.POST,
    )


def why_gone(raw: Mapping[str, Any]) -> str:
    """Return who took the item's words away, "" where they are there."""
    item = raw["data"]
    words = plain(item["body"] if raw["kind"] == "t1" else item["selftext"])
    remover = plain(item.get("removed_by_category"))
    if remover:
        return REMOVERS.get(remover, GONE["[removed]"])
    return GONE.get(words) or GONE.get(plain(item.get("title")), "")


def gone_among(items: list[Any]) -> dict[str, str]:
    """Return which of the items are gone, by full name, and why."""
    found = {}
    for raw in items:
        try:
            why, name = why_gone(raw), plain(raw["data"]["name"])
        except (AttributeError, KeyError, TypeError):
            continue
        if why and name:
            found[name] = why
    return found


def number_of(name: str) -> int:
    """Return the number in a full name ("t3_1pc0de") or a bare id, 0 for something else; they grow with time."""
    digits = name.rpartition("_")[2]
    return int(digits, 36) if ID.fullmatch(digits) else 0


def thread_of(address: str) -> str:
    """Return the full name of the submission under which a permalink lies, "" where it says none."""
    found = THREAD.search(address)
    return f"t3_{found[1]}" if found else ""
