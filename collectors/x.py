"""X, through its recent search.

https://docs.x.com/x-api/posts/search/introduction

Reaches 7 days back, newest first, 100 posts a page, 450 requests in 15 minutes. Every post read costs money
(https://docs.x.com/x-api/getting-started/pricing); reading one again on the same UTC day is free there ("soft
guarantee"), so the stretch that each walk re-reads costs next to nothing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Final, Self

import requests
import tweepy

from collectors.base import (
    Credentials,
    NeedsNothing,
    SourceConfig,
    language_code,
    plain,
    reach_of,
    read_cursor,
    write_cursor,
)
from collectors.dates import moment_at, within_bounds
from collectors.text import unescaped
from collectors.web import Edge
from core.errors import BadResponseError, ConfigError, NotPermittedError
from core.types import Page, Post, Rejection

MAX_QUERY_LENGTH: Final = 512  # https://docs.x.com/x-api/posts/search/integrate/build-a-query
PAGE_SIZE: Final = 100  # the most that max_results takes
OVERLAP_MINUTES: Final = 5  # posts reach the search index late, and not in order
EPOCH_MS: Final = 1_288_834_974_657  # ids hold the milliseconds since then, above 22 other bits
TWEET_FIELDS: Final = [
    *("author_id", "conversation_id", "created_at", "in_reply_to_user_id", "lang"),
    *("note_tweet", "public_metrics", "referenced_tweets"),
]
USER_FIELDS: Final = ["name", "public_metrics", "username"]
OLD_CODES: Final = {"in": "id", "iw": "he", "ji": "yi"}  # X still writes these for Indonesian, Hebrew and Yiddish
TOO_OLD: Final = re.compile(r"'(since_id|until_id)' must be a tweet id created after (\S+?)\.?(\s|$)")


@dataclass(frozen=True, slots=True)
class Walk:
    """How far the reading is: everything up to `since` is had; a walk from `newest` down has come to `until`.

    Search answers newest first, so `since` may move only when a walk has come down to it. What arrives above `newest`
    meanwhile is left to the next walk. 0 stands for "none".
    """

    since: int = 0
    newest: int = 0
    until: int = 0

    @classmethod
    def read(cls, cursor: str) -> Self:
        """Return the walk that `cursor` stands for."""
        state = read_cursor(cursor)
        try:
            return cls(*(int(state.get(name, 0)) for name in ("since", "newest", "until")))
        except (TypeError, ValueError) as error:
            raise ConfigError("The stored cursor is none of X; clear it to read the source from the start.") from error

    @property
    def cursor(self) -> str:
        """The walk as a cursor; ids as strings, as X writes them."""
        state = {"since": self.since, "newest": self.newest, "until": self.until}
        return write_cursor(**{name: str(value) for name, value in state.items() if value})

    def after(self, ids: list[int]) -> "Walk":
        """Return the walk once the posts with these ids are stored."""
        return replace(self, newest=max(self.newest, *ids), until=min(ids)) if ids else self

    def finished(self) -> "Walk":
        """Return the state when nothing is left below."""
        return Walk(since=max(self.since, self.newest))


class X(NeedsNothing):
    """Posts that match a query of X's own language; retweets are left out."""

    credentials: ClassVar[tuple[str, ...]] = ("X_BEARER_TOKEN",)
    options: ClassVar[frozenset[str]] = frozenset({"overlap_minutes"})

    def __init__(self, config: SourceConfig, client: tweepy.Client) -> None:
        self.query = search_query(config)
        self.overlap = config.whole_number("overlap_minutes", OVERLAP_MINUTES, high=24 * 60) * 60_000 << 22
        self.client = client

    @classmethod
    def build(cls, config: SourceConfig, credentials: Credentials, timeout: tuple[float, float] | None = None) -> "X":
        """Return the collector with a tweepy client that has a timeout and, where configured, another host."""
        token = credentials["X_BEARER_TOKEN"].get_secret_value()
        client = tweepy.Client(bearer_token=token, return_type=dict)
        client.session.mount("https://", Edge("X", "X_BEARER_TOKEN", base_url=config.base_url, timeout=timeout))
        return cls(config, client)

    def fetch(self, cursor: str) -> Iterator[Page]:
        """Yield the posts above the cursor, newest first; a walk that was broken off goes on where it was."""
        walk, token = Walk.read(cursor), ""
        while True:
            try:
                answer = self._search(walk, token)
            except NotPermittedError as error:
                walk, missed = _without_expired(walk, error)
                yield Page((), walk.cursor, truncated=missed)
                token = ""
                continue
            posts, rejected = to_posts(answer)
            ids = [int(post.platform_id) for post in posts]
            following = str(answer["meta"].get("next_token") or "")
            if following and (following == token or (ids and walk.until and min(ids) >= walk.until)):
                raise BadResponseError("X keeps sending the same page.")
            walk = walk.after(ids)
            if not following:
                walk = walk.finished()
            if posts or rejected or walk.cursor != cursor:
                yield Page(posts, walk.cursor, rejected)
            if not following:
                return
            # Ids lead on from a page with posts: unlike tokens they do not expire. X also sends pages that are empty
            # although more follows; only the token leads past those.
            token = "" if ids else following

    def close(self) -> None:
        """Close the connections of the client."""
        self.client.session.close()

    def _search(self, walk: Walk, token: str) -> dict[str, Any]:
        since = max(walk.since - self.overlap, 0)
        asked = {"since_id": since, "until_id": walk.until, "next_token": token}
        try:
            answer = self.client.search_recent_tweets(
                self.query,
                max_results=PAGE_SIZE,
                tweet_fields=TWEET_FIELDS,
                expansions=["author_id"],
                user_fields=USER_FIELDS,
                **{name: value for name, value in asked.items() if value},
            )
        except requests.JSONDecodeError as error:
            raise BadResponseError("X sent something else than JSON.") from error
        if not isinstance(answer, dict) or not isinstance(answer.get("meta"), dict):
            raise BadResponseError("X sent an answer without its result count.")
        return answer


def search_query(config: SourceConfig) -> str:
    """Return the source's query without retweets; raises `ConfigError` where X would refuse its length."""
    query = " ".join(config.query.split())
    if not query:
        raise ConfigError(f'Source "{config.name}" needs a query.')
    if "is:retweet" not in query:
        query = f"({query}) -is:retweet" if " OR " in query else f"{query} -is:retweet"
    if len(query) > MAX_QUERY_LENGTH:
        raise ConfigError(
            f'Source "{config.name}": the query has {len(query)} characters with "-is:retweet", X takes '
            f"{MAX_QUERY_LENGTH}. Split it into several sources."
        )
    return query


def to_posts(answer: Mapping[str, Any]) -> tuple[tuple[Post, ...], tuple[Rejection, ...]]:
    """Return the posts of one answer, and what in it is none."""
    data, includes = answer.get("data") or [], answer.get("includes") or {}
    if not isinstance(data, list) or not isinstance(includes, dict):
        raise BadResponseError("X sent an answer of another shape.")
    users = {str(user.get("id")): user for user in includes.get("users") or [] if isinstance(user, dict)}
    posts, rejected = [], []
    for row, raw in enumerate(data, start=1):
        try:
            posts.append(to_post(raw, users))
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
            rejected.append(Rejection(row, f"not a post of X: {type(error).__name__} {error}", plain(raw)[:500]))
    return tuple(posts), tuple(rejected)


def to_post(raw: Mapping[str, Any], users: Mapping[str, Mapping[str, Any]]) -> Post:
    """Return X's post as ours; where its author is withheld, the author's number stands for the handle."""
    post_id = str(int(raw["id"]))
    user = users.get(raw.get("author_id", ""), {})
    handle = plain(user.get("username"))
    parents = [ref["id"] for ref in raw.get("referenced_tweets") or [] if ref.get("type") == "replied_to"]
    language = str(raw.get("lang") or "")
    text = (raw.get("note_tweet") or {}).get("text") or raw["text"]  # a long post's `text` is cut
    views = (raw.get("public_metrics") or {}).get("impression_count")
    followers = (user.get("public_metrics") or {}).get("followers_count")
    return Post(
        platform="x",
        platform_id=post_id,
        text=plain(unescaped(text)),  # X escapes &, < and >
        author=handle or plain(raw.get("author_id")),
        author_name=plain(user.get("name")),
        posted_at=_posted_at(raw.get("created_at"), int(post_id)),
        url=f"https://x.com/{handle or 'i'}/status/{post_id}",
        language=language_code(OLD_CODES.get(language, language)),
        parent_id=plain(parents[0]) if parents else "",
        conversation_id=plain(raw.get("conversation_id")),
        reach=max(reach_of(views), reach_of(followers)),
    )


def _posted_at(created_at: object, post_id: int) -> datetime:
    try:
        return within_bounds(datetime.fromisoformat(str(created_at)))
    except ValueError:  # the id tells as well
        return moment_at(((post_id >> 22) + EPOCH_MS) / 1000)


def _without_expired(walk: Walk, error: NotPermittedError) -> tuple[Walk, str]:
    """Return a walk that X will take, and what is lost; raises `error` again where it is about something else."""
    found = TOO_OLD.search(str(error))
    if found and found[1] == "until_id" and walk.until:
        lost = f"X lists 7 days only: posts from before {found[2]} that were still to be read are out of reach."
        return walk.finished(), lost
    if found and found[1] == "since_id" and walk.since:
        lost = f"X lists 7 days only: posts between the last reading and {found[2]} are out of reach."
        return replace(walk, since=0), lost
    raise error
