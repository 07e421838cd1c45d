"""RSS and Atom feeds, Google Alerts and the comment feeds of WordPress among them.

https://www.rssboard.org/rss-specification and https://www.rfc-editor.org/rfc/rfc4287

A feed lists its newest entries only, often ten, and does not say what fell out in between: read it more often than it
turns over. Reading is free, and an unchanged feed answers 304.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Protocol
from xml.sax import SAXException

import httpx

from collectors.base import (
    PAGE_SIZE,
    Credentials,
    NeedsNothing,
    SourceConfig,
    fingerprint,
    read_cursor,
    write_cursor,
)
from collectors.dates import moment_at
from collectors.entries import date_of, entry_id, to_posts
from collectors.entries import parse as parse  # collectors.reddit reads feeds with these two as well
from collectors.entries import to_post as to_post
from collectors.pages import PublicTransport
from collectors.web import get, http_client, http_date
from core.errors import ConfigError
from core.queries import Query, match
from core.types import Gap, Page, Post, PostKind, Rejection

logger = logging.getLogger(__name__)

READ_HEADERS: Final = ("content-type", "content-language", "content-location")  # what feedparser looks at
MAX_KNOWN: Final = 200  # entries of the last reading that the cursor remembers
CUT_OFF: Final = "The feed ends in the middle: entries are missing."
ALL_NEW: Final = (
    "The feed lists none of the entries that it listed at the last reading: what came and went in between is missing. "
    "Read it more often."
)
END: Final = re.compile(rb"</\s*(?:\w+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a feed lists: its entries as posts, those that are none, what is missing, and the state to go on from.

    `undated` are the ids of posts whose date is not their own.
    """

    posts: list[Post]
    rejected: tuple[Rejection, ...]
    gap: Gap | None
    state: dict[str, Any]
    undated: frozenset[str] = frozenset()


class Feeds(NeedsNothing):
    """The entries of one feed, those that `query` finds where one is given.

    An entry without a date, or with one that no post can be from, takes the feed's own, else the moment at which the
    server sent the feed; the store keeps the date that it saw first. The cursor holds what the server wants back to
    answer 304, and which entries were listed: where none of them is listed any more, some may have been missed.
    """

    options: ClassVar[frozenset[str]] = frozenset({"kind"})

    def __init__(self, config: SourceConfig, client: httpx.Client) -> None:
        self.name = config.name
        self.service = f'Feed "{config.name}"'
        self.url = feed_url(config)
        self.address = httpx.URL(config.base_url).join(self.url.raw_path.decode()) if config.base_url else self.url
        self.kind = post_kind(config)
        self.wanted = config.wanted
        if config.native_query:
            raise ConfigError(f'Source "{config.name}": a feed has no query language of its own; set query instead.')
        self.client = client

    @classmethod
    def build(
        cls,
        config: SourceConfig,
        credentials: Credentials,  # noqa: ARG003  (a feed has none)
        timeout: tuple[float, float] | None = None,
    ) -> "Feeds":
        """Return the collector with an httpx client that has timeouts."""
        return cls(config, feed_client(config, timeout))

    def fetch(self, cursor: str) -> Iterator[Page]:
        """Yield the feed's entries where it changed; only the last page carries the new cursor."""
        listing = read_feed(self, read_cursor(cursor))
        if listing is None:
            return
        posts = [post for post in listing.posts if is_wanted(self.wanted, post)]
        logger.info("%s: %d of %d entries are what the query looks for", self.name, len(posts), len(listing.posts))
        while len(posts) > PAGE_SIZE:
            yield Page(tuple(posts[:PAGE_SIZE]), cursor)
            posts = posts[PAGE_SIZE:]
        yield Page(tuple(posts), write_cursor(**listing.state) if listing.state else "", listing.rejected, listing.gap)

    def close(self) -> None:
        """Close the client's connections."""
        self.client.close()


def feed_client(config: SourceConfig, timeout: tuple[float, float] | None) -> httpx.Client:
    """Return the client for the feed itself."""
    transport = PublicTransport() if config.public_only else None
    return http_client(base_url=config.base_url, timeout=timeout, transport=transport)


class Source(Protocol):
    """Where a feed is read from: what messages call it, the address asked for, and the one that its owner wrote."""

    service: str
    address: httpx.URL
    url: httpx.URL
    kind: PostKind
    client: httpx.Client


def read_feed(source: Source, state: Mapping[str, Any]) -> Listing | None:
    """Return what the feed lists, None where it did not change since `state`; raises `CollectError`."""
    asked = {"If-None-Match": state.get("etag"), "If-Modified-Since": state.get("modified")}
    response, body = get(
        source.service, source.client, source.address, {name: str(value) for name, value in asked.items() if value}
    )
    if response.status_code == 304:
        return None
    headers = {name: response.headers[name] for name in READ_HEADERS if name in response.headers}
    feed = parse(source.service, body, {"content-location": str(source.url), **headers})
    sent_at = http_date(response.headers.get("date", ""))
    posts, rejected = to_posts(feed, str(source.url), source.kind, sent_at)
    if isinstance(feed.get("bozo_exception"), SAXException) and not END.search(body):
        # Many feeds are ill-formed for good, and feedparser reads on behind the fault; one without its end is worse.
        return Listing(posts, tuple(rejected), Gap(CUT_OFF), dict(state))
    dates = [date for entry in feed.entries if (date := date_of(entry))]
    marks = {"etag": response.headers.get("etag"), "modified": response.headers.get("last-modified")}
    following = {name: value for name, value in marks.items() if value} | _known(state, posts, dates, sent_at)
    undated = frozenset(entry_id(entry, str(source.url), "", "") for entry in feed.entries if date_of(entry) is None)
    missed = _missed(state, posts, min(dates) if dates and not undated else None)
    return Listing(posts, tuple(rejected), missed, following, undated)


def is_wanted(query: Query, post: Post) -> bool:
    """Return whether the query finds the post."""
    return match(query, f"{post.title}\n{post.text}", post.author, post.language).is_match


def mark_of(post: Post) -> str:
    """Return a short stand-in for the post's id."""
    return fingerprint(post.platform_id)[-10:]


def _known(
    state: Mapping[str, Any], posts: list[Post], dates: list[datetime], sent_at: datetime | None
) -> dict[str, Any]:
    """Return what the next reading is to know of this one; a feed that is empty for once takes nothing away."""
    if not posts:
        return {name: state[name] for name in ("known", "newest") if name in state}
    latest = sorted(posts, key=lambda post: post.posted_at, reverse=True)[:MAX_KNOWN]
    past = [date for date in dates if not sent_at or date <= sent_at]  # some entries announce what is to come
    return {"known": [mark_of(post) for post in latest]} | ({"newest": int(max(past).timestamp())} if past else {})


def _missed(state: Mapping[str, Any], posts: list[Post], oldest: datetime | None) -> Gap | None:
    """Return the gap since the last reading; `oldest` is the date of the oldest entry, None where one has none.

    Where the dates of both readings overlap, a feed has merely given its entries other ids.
    """
    known = state.get("known")
    if not known or not posts or any(mark_of(post) in known for post in posts):
        return None
    newest = state.get("newest")
    if oldest is None or not isinstance(newest, int):
        return Gap(ALL_NEW)
    from_at = moment_at(newest)
    return Gap(ALL_NEW, from_at, oldest) if from_at < oldest else None


def feed_url(config: SourceConfig) -> httpx.URL:
    """Return the feed's address; raises `ConfigError` where there is none that can be asked."""
    try:
        url = httpx.URL(config.url)
    except httpx.InvalidURL as error:
        raise ConfigError(f'Source "{config.name}": its url cannot be read as an address.') from error
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigError(f'Source "{config.name}" needs a url that begins with https:// or http://.')
    return url


def post_kind(config: SourceConfig) -> PostKind:
    """Return what the entries are: articles, unless the option kind says posts or comments."""
    given = config.options.get("kind", PostKind.ARTICLE)
    try:
        return PostKind(given)
    except ValueError as error:
        raise ConfigError(f'Source "{config.name}": kind must be post, comment or article, not "{given}".') from error
