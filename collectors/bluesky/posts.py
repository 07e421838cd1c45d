"""A post of Bluesky as a post of ours.

https://docs.bsky.app/docs/api/app-bsky-feed-get-posts , https://docs.bsky.app/docs/advanced-guides/timestamps
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from collectors.base import language_code, plain, reach_of, short_id
from collectors.dates import within_bounds
from core.types import Post

INVALID_HANDLE: Final = "handle.invalid"  # what is shown of an account whose handle leads nowhere


@dataclass(frozen=True, slots=True)
class Profile:
    """Who writes; an account is its did, and its handle may change."""

    did: str
    handle: str = ""
    name: str = ""
    reach: int = 0

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> "Profile":
        """Return what Bluesky says of an account; the basic view knows no followers."""
        handle = plain(raw.get("handle"))
        return cls(
            did=plain(raw["did"]),
            handle="" if handle == INVALID_HANDLE else handle,
            name=plain(raw.get("displayName")),
            reach=reach_of(raw.get("followersCount") or 0),
        )


def to_post(view: Mapping[str, Any]) -> Post:
    """Return what Bluesky's services show of a post (`app.bsky.feed.defs#postView`) as ours."""
    return from_record(plain(view["uri"]), view["record"], Profile.read(view["author"]), moment(view["indexedAt"]))


def from_record(uri: str, record: Mapping[str, Any], author: Profile, arrived_at: datetime) -> Post:
    """Return a post's record, as its author's client wrote it, as ours; `arrived_at` is by the service's clock.

    The date in the record is the author's claim: it holds where it is of the past, and none is of the future.
    """
    known_as = author.handle or author.did
    reply = record.get("reply") or {}
    languages = record.get("langs") or []
    return Post(
        platform="bluesky",
        platform_id=short_id(uri),
        text=plain(record["text"]) or _pictured(record.get("embed") or {}),
        author=known_as,
        author_name=author.name,
        posted_at=min(claimed(record, arrived_at), arrived_at),
        url=f"https://bsky.app/profile/{known_as}/post/{uri.rpartition('/')[2]}",
        language=language_code(plain(languages[0])) if len(languages) == 1 else "",  # else it is one of them
        parent_id=short_id(plain(reply["parent"]["uri"])) if reply else "",
        conversation_id=short_id(plain(reply["root"]["uri"]) if reply else uri),
        reach=author.reach,
    )


def moment(value: object) -> datetime:
    """Return a time of Bluesky; raises `ValueError` where it is none."""
    return within_bounds(datetime.fromisoformat(plain(value)), UTC)


def claimed(record: Mapping[str, Any], otherwise: datetime) -> datetime:
    """Return when the author says that the post was written, or `otherwise` where that is no date."""
    try:
        return moment(record.get("createdAt"))
    except ValueError:
        return otherwise


def mark(view: Mapping[str, Any]) -> datetime:
    """Return a moment below which everything sorts that search lists behind the post.

    Search sorts by "sortAt", "which may not match createdAt" (lexicon app.bsky.feed.searchPosts); it is the author's
    claim or the arrival. The later of both is safe whichever it is: neither a backdated nor a future-dated post makes a
    walk jump over others.
    """
    arrived_at = moment(view["indexedAt"])
    return max(arrived_at, claimed(view["record"], arrived_at))


def _pictured(embed: Mapping[str, Any]) -> str:
    """Return the descriptions of the pictures of a post without words."""
    images = (embed.get("media") or embed).get("images") or []
    return "\n".join(filter(None, (plain(image.get("alt")) for image in images)))
