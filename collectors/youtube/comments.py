"""A comment of YouTube as a post.

https://developers.google.com/youtube/v3/docs/comments
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from collectors.base import plain
from collectors.dates import within_bounds
from core.types import Post, PostKind, Rejection

PLACE: Final = "https://www.youtube.com/watch?v={}&lc={}"


def to_posts(comments: Iterable[Any], video: str = "") -> tuple[list[Post], list[Rejection]]:
    """Return the posts among comments, and what is none; `video` is theirs where they do not say so themselves."""
    posts, rejected = [], []
    for row, raw in enumerate(comments, start=1):
        try:
            posts.append(to_post(raw, video))
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
            rejected.append(Rejection(row, f"no comment of YouTube: {type(error).__name__} {error}", plain(raw)[:500]))
    return posts, rejected


def to_post(raw: Mapping[str, Any], video: str = "") -> Post:
    """Return YouTube's comment as ours; raises where it lacks an id, words or a date.

    What is asked for as plain text stands in `textDisplay`; `textOriginal` is for its author's eyes.
    """
    snippet = raw["snippet"]
    comment_id, text = plain(raw["id"]), plain(snippet["textDisplay"])
    if not comment_id or not text:
        raise ValueError("the comment has no id or no words")
    name = plain(snippet.get("authorDisplayName"))
    channel = snippet.get("authorChannelId")
    parent = plain(snippet.get("parentId"))
    video = plain(snippet.get("videoId")) or video
    return Post(
        platform="youtube",
        platform_id=comment_id,
        text=text,
        # A display name is the handle since 2022; a deleted account has neither.
        author=name.removeprefix("@") or plain(channel.get("value") if isinstance(channel, dict) else ""),
        author_name=name,
        posted_at=published_at(snippet),
        url=PLACE.format(video, comment_id) if video else "",
        parent_id=parent,
        conversation_id=parent or comment_id,
        kind=PostKind.COMMENT,
    )


def published_at(snippet: Mapping[str, Any]) -> datetime:
    """Return when the comment was first written; raises `ValueError` where it does not say."""
    return within_bounds(datetime.fromisoformat(str(snippet["publishedAt"])))
