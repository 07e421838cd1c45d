"""Reddit's public feeds, for a source without keys: the best that can be had, and no more.

https://www.reddit.com/wiki/rss

A feed lists about 25 entries, up to 100 where Reddit honours `limit`, and cannot be read on behind them. Since June
2026 an address without a login may ask about once a minute (https://github.com/FreshRSS/FreshRSS/issues/8928).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Final
from xml.sax import SAXException

import httpx

from collectors.base import Credentials, NeedsNothing, SourceConfig, plain
from collectors.feeds import CUT_OFF, END, parse
from collectors.feeds import to_post as entry_to_post
from collectors.reddit.items import FULL_NAME, GONE, SITE, USER_AGENT, number_of, thread_of
from collectors.reddit.lists import Listing, Wanted, listings
from collectors.reddit.places import FEED, Place, Places, gap_between, is_home
from collectors.web import get, http_client, http_date
from core.errors import AuthError, NotPermittedError
from core.types import Gap, Page, Post, PostKind, Rejection

SERVICE: Final = "Reddit's public feed"
MOST: Final = 100  # entries that are asked for
WHOLE_LIST: Final = 20  # a feed of fewer entries is not full, so nothing fell out of it
SIGNED: Final = "submitted by /u/"
LINKS: Final = "[link] [comments]"
ADVICE: Final = (
    "Set REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET to read it by its API, or look whether the subreddit exists."
)


class RedditFeeds(NeedsNothing):
    """What `Reddit` reads, as far as Reddit shows it to anybody; looks nothing up and sees no mention.

    Posts have the ids that the API gives them. The cursor is that of `Reddit`, with places of its own in it: once keys
    are there, the API reads from where it left off itself, and brings what the feeds did not list.
    """

    options: ClassVar[frozenset[str]] = frozenset()  # those of Reddit

    def __init__(self, config: SourceConfig, client: httpx.Client) -> None:
        self.lists, self.wanted = listings(config), Wanted(config)
        self.site, self.client = (config.base_url or SITE).rstrip("/"), client

    @classmethod
    def build(
        cls,
        config: SourceConfig,
        credentials: Credentials,  # noqa: ARG003  (there are none)
        timeout: tuple[float, float] | None = None,
    ) -> "RedditFeeds":
        """Return the collector with an httpx client that has timeouts."""
        return cls(config, http_client(base_url=config.base_url, timeout=timeout))

    def fetch(self, cursor: str) -> Iterator[Page]:
        """Yield one page for each list; a round that Reddit breaks off goes on with the lists that are left."""
        places = Places.read(cursor)
        for listing in places.round(self.lists):
            yield self._page(listing, places)

    def close(self) -> None:
        """Close the client's connections."""
        self.client.close()

    def _page(self, listing: Listing, places: Places) -> Page:
        feed, broken, sent_at = self._feed(listing)
        posts, rejected, gone = to_posts(feed, sent_at)
        shown = [Place(number_of(post.platform_id), int(post.posted_at.timestamp())) for post in posts]
        key = FEED + listing.key
        own, known = places.of(key), max(places.of(key), places.of(listing.key))
        if broken:
            gap: Gap | None = Gap(broken)
        elif known.number and len(feed.entries) >= WHOLE_LIST and shown and not is_home(shown, known):
            oldest = min(place for place in shown if place.number > known.number)
            gap = gap_between(listing, known, oldest, _more_than(len(feed.entries)))
        else:
            gap = None
        places.finish(listing, key, own if broken else max(own, *shown, Place()))
        return Page(self.wanted.among(posts, listing), places.cursor, rejected, gap, gone)

    def _feed(self, listing: Listing) -> tuple[Any, str, datetime | None]:
        """Return the feed, what it lacks in words, and when Reddit sent it."""
        path = f"{listing.path}.rss" if listing.name == "search" else f"{listing.path}/.rss"
        address = httpx.URL(f"{self.site}/{path}", params={**listing.asked, "limit": str(MOST)})
        try:
            response, body = get(SERVICE, self.client, address, {"User-Agent": USER_AGENT})
        except (AuthError, NotPermittedError) as error:
            raise NotPermittedError(f"{error} {ADVICE}") from error
        headers = {"content-type": response.headers.get("content-type", "")}
        feed = parse(SERVICE, body, headers)
        if feed.entries and not any(FULL_NAME.fullmatch(_id(entry)) for entry in feed.entries):
            raise NotPermittedError(f"Reddit sent a feed of something else than posts. {ADVICE}")
        cut = isinstance(feed.get("bozo_exception"), SAXException) and not END.search(body)
        return feed, CUT_OFF if cut else "", http_date(response.headers.get("date", ""))


def to_posts(feed: Any, sent_at: datetime | None) -> tuple[tuple[Post, ...], tuple[Rejection, ...], tuple[str, ...]]:
    """Return the feed's posts, the entries that are none, and the ids of those whose words were taken away."""
    posts, rejected, gone = [], [], []
    for row, entry in enumerate(feed.entries, start=1):
        try:
            post = to_post(entry, feed.feed, sent_at)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
            raw = plain(entry.get("title") or entry.get("link") or entry.get("id"))
            rejected.append(Rejection(row, str(error), raw[:500]))
            continue
        if post.text in GONE or post.title in GONE:
            gone.append(post.platform_id)
        else:
            posts.append(post)
    return tuple(posts), tuple(rejected), tuple(gone)


def to_post(entry: Any, feed: Any, sent_at: datetime | None) -> Post:
    """Return an entry as the post that the API gives for it, but for the markup and a comment's parent.

    Raises `ValueError` where it is none.
    """
    name = _id(entry)
    if not FULL_NAME.fullmatch(name):
        raise ValueError("the entry has no id of a submission or comment")
    is_comment = name.startswith("t1_")
    post = entry_to_post(entry, feed, SITE, PostKind.COMMENT if is_comment else PostKind.POST, sent_at)
    # The API writes paragraphs with an empty line between, so a plain text is the same from both.
    text = "\n\n".join((post.text if is_comment else _unsigned(post.text)).split("\n"))
    title = "" if is_comment else post.title or post.text
    author = post.author.removeprefix("/u/")
    return replace(
        post,
        platform="reddit",
        platform_id=name,
        text=text or title,
        title=title if text else "",
        author="" if author in GONE else author,
        language="",
        parent_id="",
        conversation_id=thread_of(post.url) if is_comment else name,
    )


def _unsigned(text: str) -> str:
    """Return a submission's words without the lines that Reddit puts below: who sent it, and two links."""
    words, signed, below = text.rpartition(SIGNED)
    return words.rstrip() if signed and below.endswith(LINKS) else text


def _id(entry: Any) -> str:
    return plain(entry.get("id"))


def _more_than(entries: int) -> str:
    return (
        f"Without keys Reddit lists its newest {entries} alone: read it more often, or set REDDIT_CLIENT_ID and "
        "REDDIT_CLIENT_SECRET, with which it lists about 1,000."
    )
