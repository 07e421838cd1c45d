"""What X sends, in either of its two dialects, as posts of ours.

X renamed its fields in 2026: tweet.fields became post.fields, `referenced_tweets` `referenced_posts`, `note_tweet`
`note_post`, and so on (https://docs.x.com/x-api/fundamentals/fields). Both are understood here, whichever was asked.

An edit gives a post a new id; `edit_history_tweet_ids` holds all of them, the first one first
(https://docs.x.com/x-api/fundamentals/edit-posts). Here a post keeps its first id for good, so that an edited post is
the post it was, with new words, and not a second one. A version that is not the last of its history is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from collectors.base import language_code, plain, reach_of
from collectors.dates import moment_at, within_bounds
from collectors.text import unescaped
from collectors.x.walk import EPOCH_MS
from core.errors import BadResponseError
from core.types import Post, Rejection

OLD_CODES: Final = {"in": "id", "iw": "he", "ji": "yi"}  # X still writes these for Indonesian, Hebrew and Yiddish
NO_ID: Final = 2**63  # X's ids are smaller
REPOSTS: Final = frozenset({"retweeted", "reposted"})
NOT_A_POST: Final = (AttributeError, KeyError, OverflowError, TypeError, ValueError)
Users = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, read: its posts, what in it is none, and the ids of all posts in it, also of those left out.

    `returned` counts what X charges for.
    """

    posts: tuple[Post, ...]
    rejected: tuple[Rejection, ...]
    ids: tuple[int, ...]
    returned: int


def read_answer(answer: Mapping[str, Any], *, with_reposts: bool = True) -> Answer:
    """Return what one answer holds; raises `BadResponseError` where it is of another shape."""
    users, data = users_of(answer), data_of(answer)
    posts: dict[str, tuple[int, Post]] = {}
    rejected, ids = [], []
    for row, raw in enumerate(data, start=1):
        try:
            post, post_id = to_post(raw, users), int(raw["id"])
            if not 0 < post_id < NO_ID:  # it would lead the walk astray
                raise ValueError(f"{post_id} is no id of X")
            ids.append(post_id)
            known = posts.get(post.platform_id, (0, None))[0]
            if post_id > known and not is_superseded(raw) and (with_reposts or not is_repost(raw)):
                posts[post.platform_id] = (post_id, post)
        except NOT_A_POST as error:
            rejected.append(Rejection(row, f"not a post of X: {type(error).__name__} {error}", plain(raw)[:500]))
    return Answer(tuple(post for _, post in posts.values()), tuple(rejected), tuple(ids), len(data))


def to_posts(answer: Mapping[str, Any]) -> tuple[tuple[Post, ...], tuple[Rejection, ...]]:
    """Return the posts of one answer, and what in it is none."""
    read = read_answer(answer)
    return read.posts, read.rejected


def data_of(answer: Mapping[str, Any]) -> list[Any]:
    """Return the raw posts of an answer."""
    data = answer.get("data") or []
    data = [data] if isinstance(data, dict) else data
    if not isinstance(data, list):
        raise BadResponseError("X sent an answer of another shape.")
    return data


def users_of(answer: Mapping[str, Any]) -> Users:
    """Return the accounts that came along with an answer, by their number."""
    includes = answer.get("includes") or {}
    if not isinstance(includes, dict) or not isinstance(includes.get("users") or [], list):
        raise BadResponseError("X sent an answer of another shape.")
    return {str(user.get("id")): user for user in includes.get("users") or [] if isinstance(user, dict)}


def to_post(raw: Mapping[str, Any], users: Users) -> Post:
    """Return X's post as ours; where its author is withheld, the author's number stands for the handle."""
    post_id = str(int(raw["id"]))
    first_id = history_of(raw)[0]
    user = users.get(str(raw.get("author_id") or ""), {})
    handle = plain(user.get("username"))
    parents = [ref["id"] for ref in _references(raw) if ref.get("type") == "replied_to"]
    language = str(raw.get("lang") or "")
    note = raw.get("note_tweet") or raw.get("note_post") or {}
    views = (raw.get("public_metrics") or {}).get("impression_count")
    followers = (user.get("public_metrics") or {}).get("followers_count")
    return Post(
        platform="x",
        platform_id=first_id,
        text=plain(unescaped(note.get("text") or raw["text"])),  # a long post's `text` is cut; X escapes &, < and >
        author=handle or plain(raw.get("author_id")),
        author_name=plain(user.get("name")),
        posted_at=_posted_at(raw.get("created_at") if first_id == post_id else None, int(first_id)),
        url=f"https://x.com/{handle or 'i'}/status/{post_id}",
        language=language_code(OLD_CODES.get(language, language)),
        parent_id=plain(parents[0]) if parents else "",
        conversation_id=plain(raw.get("conversation_id")),
        reach=max(reach_of(views), reach_of(followers)),
    )


def history_of(raw: Mapping[str, Any]) -> list[str]:
    """Return the ids of all versions of the post, the first one first; only its own where X tells no history."""
    post_id = str(int(raw["id"]))
    history = raw.get("edit_history_tweet_ids") or raw.get("edit_history_post_ids")
    if history == [post_id]:  # nearly every post
        return [post_id]
    ids = [str(each) for each in history] if isinstance(history, list) else []
    sound = post_id in ids and all(each.isascii() and each.isdigit() for each in ids)
    return sorted(ids, key=int) if sound else [post_id]


def is_superseded(raw: Mapping[str, Any]) -> bool:
    """Return whether a later version of the post exists."""
    return history_of(raw)[-1] != str(int(raw["id"]))


def is_repost(raw: Mapping[str, Any]) -> bool:
    """Return whether the post is somebody else's, passed on without a word."""
    return any(ref.get("type") in REPOSTS for ref in _references(raw))


def under_id(post: Post, post_id: str) -> Post:
    """Return the post under another of the ids that it had."""
    return replace(post, platform_id=post_id)


def _references(raw: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return raw.get("referenced_tweets") or raw.get("referenced_posts") or []


def _posted_at(created_at: object, post_id: int) -> datetime:
    try:
        return within_bounds(datetime.fromisoformat(str(created_at)))
    except ValueError:  # the id tells as well
        return moment_at(((post_id >> 22) + EPOCH_MS) / 1000)
