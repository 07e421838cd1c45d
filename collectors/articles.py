"""The pages behind the entries of a feed: long blog posts are complaints too.

Each new entry's page is fetched once, where its robots.txt allows it, and its main text taken by trafilatura. Where
that fails the entry's own words are kept, as `collectors.feeds` would.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Final, Self

import httpx

from collectors.base import Credentials, NeedsNothing, SourceConfig, plain, read_cursor, short_id, write_cursor
from collectors.dates import moment_at, within_bounds
from collectors.entries import MAX_AUTHOR
from collectors.extraction import Extracted, extract_apart
from collectors.feeds import Listing, feed_client, feed_url, is_wanted, mark_of, read_feed
from collectors.pages import Fetched, Robots, fetch_page, page_client, page_id
from core.errors import CollectError, ConfigError, RateLimitedError, UnreachableError
from core.types import Gap, Page, Post, PostKind

logger = logging.getLogger(__name__)

PAGES: Final = 20  # fetched in one run
MAX_WAITING: Final = 100  # entries whose pages wait for a run to come
MAX_SEEN: Final = 2_000  # entries that are told from new ones; of a longer feed the newest are read
MAX_TRIES: Final = 3  # for a page whose site does not answer
MAX_SILENT: Final = 3  # sites that do not answer, each of which may take half a minute, until a run ends
MAX_WORDS: Final = 2_000  # characters of an entry that are kept while it waits
OVERFLOW: Final = (
    "So many new entries came at once that the pages of {} were not fetched: the feed's own words were kept. "
    "Read the feed more often, or raise the option pages."
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry whose page is still to be fetched: what its feed says of it, and how often its site did not answer."""

    url: str
    text: str
    title: str
    author: str
    language: str
    posted_at: float  # seconds since 1970
    is_dated: bool = True
    tries: int = 0

    @classmethod
    def of(cls, post: Post, *, is_dated: bool = True) -> Self:
        """Return an entry of a feed as one that waits; `is_dated` where the feed says when it is from."""
        at = post.posted_at.timestamp()
        return cls(post.url, post.text[:MAX_WORDS], post.title[:500], post.author, post.language, at, is_dated)

    def to_post(self, fetched: Fetched | None = None, extracted: Extracted | None = None) -> Post:
        """Return the post: with the page's words where those are there and are more than the feed's."""
        text, title = self.text, self.title
        if extracted and len(extracted.text) >= len(text):
            text, title = plain(extracted.text), title or plain(extracted.title)
        url = fetched.url if fetched else self.url
        return Post(
            platform="articles",
            platform_id=short_id(page_id(url, extracted.address if extracted else "")),
            text=text,
            title=title if title != text else "",
            author=self.author or plain(extracted.author if extracted else "")[:MAX_AUTHOR],
            posted_at=self._posted_at(extracted.day if extracted else ""),
            url=url,
            language=self.language,
            kind=PostKind.ARTICLE,
        )

    def _posted_at(self, day: str) -> datetime:
        """Return when the article is from: a page names a day at most, so it is asked only where the feed is silent."""
        at = moment_at(self.posted_at)
        try:
            return at if self.is_dated else min(at, within_bounds(datetime.fromisoformat(day)))
        except ValueError:
            return at


class Articles(NeedsNothing):
    """The articles that a feed lists, with the words of their pages; those that `query` finds where one is given.

    The cursor holds that of the feed and the entries that wait. A run fetches so many pages as `pages` says; the rest
    waits for the next, so nothing needs to be slept. A site that asks for pauses, or does not answer, is left alone
    for the rest of the run. With `allow_private` pages may be on private addresses too.
    """

    options: ClassVar[frozenset[str]] = frozenset({"allow_private", "pages"})

    def __init__(
        self,
        config: SourceConfig,
        client: httpx.Client,
        pages: httpx.Client,
        extract: Callable[[str, str], Extracted | None] = extract_apart,
    ) -> None:
        self.name = config.name
        self.service = f'Feed "{config.name}"'
        self.url = feed_url(config)
        self.address = httpx.URL(config.base_url).join(self.url.raw_path.decode()) if config.base_url else self.url
        self.kind = PostKind.ARTICLE
        self.wanted = config.wanted
        self.most = config.whole_number("pages", PAGES, low=1, high=500)
        self.client, self.pages, self.extract = client, pages, extract

    @classmethod
    def build(
        cls,
        config: SourceConfig,
        credentials: Credentials,  # noqa: ARG003  (there are none)
        timeout: tuple[float, float] | None = None,
    ) -> "Articles":
        """Return the collector with a client for the feed and one for strangers' pages."""
        allow_private = config.switch("allow_private", default=False)
        client = feed_client(config, timeout)
        return cls(config, client, page_client(allow_private=allow_private, timeout=timeout))

    def fetch(self, cursor: str) -> Iterator[Page]:
        """Yield the articles, one a page; what waits is fetched also where the feed itself cannot be read."""
        state = State.read(cursor)
        fault: CollectError | None = None
        try:
            listing = read_feed(self, state.feed)
        except CollectError as error:
            listing, fault = None, error
        if listing is not None:
            yield self._take_in(listing, state)
        yield from self._fetch_pages(state)
        if fault:
            raise fault

    def close(self) -> None:
        """Close the connections of both clients."""
        self.client.close()
        self.pages.close()

    def _take_in(self, listing: Listing, state: "State") -> Page:
        """Return a page with the new entries that have no page or cannot wait for one; the others go into `state`."""
        new = state.new_of(listing.posts)
        state.feed = listing.state
        queue = state.waiting + [
            Waiting.of(post, is_dated=post.platform_id not in listing.undated) for post in new if host_of(post.url)
        ]
        state.waiting, late = queue[-MAX_WAITING:], queue[:-MAX_WAITING]
        posts = [replace(post, platform="articles", kind=PostKind.ARTICLE) for post in new if not host_of(post.url)]
        posts += [entry.to_post() for entry in late]
        gap = listing.gap
        if late:
            why = OVERFLOW.format(len(late))
            gap = Gap(f"{gap.why} {why}", gap.from_at, gap.until_at) if gap else Gap(why)
        wanted = tuple(post for post in posts if is_wanted(self.wanted, post))
        return Page(wanted, state.cursor, listing.rejected, gap)

    def _fetch_pages(self, state: "State") -> Iterator[Page]:
        """Yield a page for each entry that was tried; those of a site that is left alone for now go on waiting."""
        robots, left_alone, tried, silent = Robots(self.pages), set[str](), 0, 0
        for entry in tuple(state.waiting):
            site = host_of(entry.url)
            if tried == self.most or silent == MAX_SILENT:
                return
            if site in left_alone:
                continue
            tried += 1
            state.waiting.remove(entry)
            posts: tuple[Post, ...] = ()
            try:
                posts = (self._read(entry, robots),)
            except (RateLimitedError, UnreachableError) as error:
                left_alone.add(site)
                silent += 1
                if entry.tries + 1 < MAX_TRIES:
                    state.waiting.append(replace(entry, tries=entry.tries + 1))
                else:
                    posts = (self._without_page(entry, error),)
            if robots.wants_pauses(httpx.URL(entry.url)):
                left_alone.add(site)
            yield Page(tuple(post for post in posts if is_wanted(self.wanted, post)), state.cursor)

    def _read(self, entry: Waiting, robots: Robots) -> Post:
        """Return the entry with its page's words, or its own where no try can help; raises what may pass by itself."""
        try:
            page = fetch_page(self.pages, robots, httpx.URL(entry.url))
        except (RateLimitedError, UnreachableError):
            raise
        except CollectError as error:
            return self._without_page(entry, error)
        extracted = self.extract(page.html, page.url)
        if extracted is None:
            logger.info("%s: no text was found on %s; the feed's own words are kept", self.name, entry.url[:200])
        return entry.to_post(page, extracted)

    def _without_page(self, entry: Waiting, error: CollectError) -> Post:
        logger.info("%s: %s was not read, the feed's own words are kept: %s", self.name, entry.url[:200], error)
        return entry.to_post()


@dataclass(slots=True)
class State:
    """What the cursor holds: how far the feed is read, which entries were seen, and which wait for their pages."""

    feed: dict[str, Any]
    seen: list[str]
    waiting: list[Waiting]

    @classmethod
    def read(cls, cursor: str) -> Self:
        """Return the state that `cursor` stands for."""
        stored = read_cursor(cursor)
        try:
            waiting = [Waiting(**entry) for entry in stored.get("waiting", ())]
            feed, seen = dict(stored.get("feed", {})), [str(mark) for mark in stored.get("seen", ())]
        except (TypeError, ValueError) as error:
            raise ConfigError("The stored cursor is none of articles; clear it to read the source anew.") from error
        return cls(feed, seen, waiting)

    @property
    def cursor(self) -> str:
        """The state as a cursor."""
        return write_cursor(feed=self.feed, seen=self.seen, waiting=[asdict(entry) for entry in self.waiting])

    def new_of(self, posts: list[Post]) -> list[Post]:
        """Return the posts that were not seen yet, oldest first, and take them for seen."""
        # Feeds list the newest first; among those of one moment that order is all there is to go by.
        latest = sorted(posts, key=lambda post: post.posted_at, reverse=True)[:MAX_SEEN][::-1]
        known, addresses = set(self.seen), {entry.url for entry in self.waiting}
        new: list[Post] = []
        for post in latest:
            if mark_of(post) not in known and not (post.url and post.url in addresses):
                new.append(post)
                addresses.add(post.url)
        self.seen = list(dict.fromkeys([*(mark_of(post) for post in latest), *self.seen]))[:MAX_SEEN]
        return new


def host_of(url: str) -> str:
    """Return the host of an address, "" for one that cannot be asked."""
    try:
        return httpx.URL(url).host
    except httpx.InvalidURL:
        return ""
