"""What Hacker News' search and its own API send, as posts of ours."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from collectors.base import plain
from collectors.dates import moment_at
from collectors.text import plain_text
from core.types import Post, PostKind, Rejection

PLACE: Final = "https://news.ycombinator.com/item?id={}"


def to_posts(hits: Sequence[Any]) -> tuple[list[Post], list[Rejection]]:
    """Return the posts among `hits`, and what is none; what has lost its words is in neither."""
    posts, rejected = [], []
    for row, hit in enumerate(hits, start=1):
        try:
            post = to_post(hit)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
            rejected.append(Rejection(row, f"no post of Hacker News: {type(error).__name__} {error}", plain(hit)[:500]))
        else:
            posts += [post] if post else []
    return posts, rejected


def to_post(hit: Mapping[str, Any]) -> Post | None:
    """Return a hit of the search as a post, None where it has no words; a story that is a mere link is its title."""
    post_id = str(int(hit["objectID"]))
    parent, story = plain(hit.get("parent_id")), plain(hit.get("story_id"))
    is_comment = hit.get("comment_text") is not None
    text = plain(plain_text(str(hit["comment_text"] if is_comment else hit.get("story_text") or "")))
    title = "" if is_comment else plain(plain_text(str(hit.get("title") or "")))
    if not text and not title:
        return None
    return Post(
        platform="hackernews",
        platform_id=post_id,
        text=text or title,
        title=title if text else "",
        author=plain(hit.get("author")),
        posted_at=moment_at(hit["created_at_i"]),
        url=PLACE.format(post_id),
        parent_id=parent if is_comment else "",
        conversation_id=story or ("" if is_comment else post_id),
        kind=PostKind.COMMENT if is_comment else PostKind.POST,
    )


def why_gone(item: Any) -> str:
    """Return why an item of Hacker News' own API is not there any more, "" where it is."""
    if item.get("deleted"):
        return "deleted by its author"
    if item.get("dead"):
        return "taken down by users' flags or a moderator"
    return ""


def as_hit(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item of Hacker News' own API as the search would have it; the story of a comment is not said."""
    is_comment = item["type"] == "comment"
    return {
        "objectID": item["id"],
        "created_at_i": item["time"],
        "author": item.get("by"),
        "title": item.get("title"),
        "comment_text" if is_comment else "story_text": item.get("text"),
        "parent_id": item.get("parent"),
    }
