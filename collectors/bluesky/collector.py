"""Bluesky: search, or the whole network's stream.

https://docs.bsky.app/docs/api/app-bsky-feed-search-posts

Search answers newest first, 100 posts a page, to an account only (an app password will do); 3,000 requests in 5
minutes (https://docs.bsky.app/docs/advanced-guides/rate-limits). Reading is free. The stream has its own file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from collectors.base import Credentials, NeedsNothing, SourceConfig, plain, read_cursor
from collectors.bluesky.lists import Lists, author_of, has_dates, read
from collectors.bluesky.posts import mark, moment
from collectors.bluesky.service import Service
from collectors.bluesky.stream import Jetstream
from collectors.bluesky.streaming import Streaming
from collectors.bluesky.walk import Walk, cursor_of, written
from collectors.queries import for_bluesky
from core.errors import AuthError, BadResponseError, ConfigError
from core.queries import match
from core.types import LookedUp, Page, Post, Rejection

LOOKUP_SIZE: Final = 25  # the most uris of app.bsky.feed.getPosts
OVERLAP_MINUTES: Final = 60  # posts sort by when their authors say that they were written, and may come later
REACH_BACK_DAYS: Final = 7  # of the first walk
STREAM_MINUTES: Final = 4


class Bluesky(NeedsNothing):
    """What Bluesky's search finds for each name of the query, or what of all posts the query matches.

    The cursor keeps a walk for each name, or the stream's time.
    """

    optional_credentials: ClassVar[tuple[str, ...]] = ("BLUESKY_HANDLE", "BLUESKY_APP_PASSWORD")
    options: ClassVar[frozenset[str]] = frozenset(
        {"overlap_minutes", "reach_back_days", "own_posts", "jetstream", "stream_minutes"}
    )
    lookup_size: ClassVar[int] = LOOKUP_SIZE

    def __init__(
        self, config: SourceConfig, public: Service, service: Service | None, streaming: Streaming | None
    ) -> None:
        self.searches = [config.native_query] if config.native_query else for_bluesky(config.wanted)
        self.wanted = None if config.native_query else config.wanted
        self.overlap = timedelta(minutes=config.whole_number("overlap_minutes", OVERLAP_MINUTES, high=7 * 24 * 60))
        self.reach = timedelta(days=config.whole_number("reach_back_days", REACH_BACK_DAYS, low=1, high=365))
        self.accounts = own_accounts(config)
        # As nobody, so that posts of somebody who blocks the brand's account are not taken for deleted.
        self.public = public
        self.service, self.streaming = service or public, streaming
        self.lists = Lists(self.service, self.reach)
        if not self.searches:
            raise ConfigError(f'Source "{config.name}" needs a query with at least one name.')

    @classmethod
    def build(
        cls, config: SourceConfig, credentials: Credentials, timeout: tuple[float, float] | None = None
    ) -> "Bluesky":
        """Return the collector; raises `AuthError` where it is to search and has no account to do so."""
        given = [credentials[name].get_secret_value() for name in cls.optional_credentials if name in credentials]
        public = Service(None, config.base_url, timeout)
        if config.switch("jetstream", default=False):
            if config.native_query:
                raise ConfigError(f'Source "{config.name}": jetstream takes a query of our own language only.')
            minutes = config.whole_number("stream_minutes", STREAM_MINUTES, low=1, high=60)
            stream = Jetstream(config.base_url, timeout)
            lasts, accounts = timedelta(minutes=minutes), own_accounts(config)
            return cls(config, public, None, Streaming(stream, public, config.wanted, lasts, accounts))
        if len(given) < 2 or not all(given):
            raise AuthError(
                f'Source "{config.name}" is off: BLUESKY_HANDLE and BLUESKY_APP_PASSWORD are needed to search. Set '
                "both (docs/collectors.md tells where to get them), or read the stream with the option jetstream."
            )
        return cls(config, public, Service((given[0], given[1]), config.base_url, timeout), None)

    def fetch(self, cursor: str) -> Iterator[Page]:
        """Yield each search in turn, newest first, or what the stream brings for a few minutes."""
        state = read_cursor(cursor)
        if self.streaming:
            yield from self.streaming.fetch(state)
            return
        had = {name: Walk.read(each) for name, each in state.items() if name.startswith(("search:", "account:"))}
        if state and not had and "stream" not in state:
            raise ConfigError("The stored cursor is none of Bluesky; clear it to read the source from the start.")
        names = [*(f"search:{search}" for search in self.searches), *(f"account:{each}" for each in self.accounts)]
        walks = {name: had[name] for name in names if name in had}
        for search in self.searches:
            yield from self._walk(search, walks)
        for account in self.accounts:
            yield from self._own_posts(account, walks)

    def fill(self, from_at: datetime, until_at: datetime) -> Iterator[Page]:
        """Yield what search finds of that time, or what the stream still has of it."""
        if self.streaming:
            yield from self.streaming.fill(from_at, until_at)
            return
        for search in self.searches:
            walk = Walk(since=written(from_at), until=written(until_at))
            for views, _, _ in self.lists.pages(search, walk, timedelta()):
                posts, rejected = self._posts(views)
                if posts or rejected:
                    yield Page(posts, "", rejected)

    def lookup(self, ids: Sequence[str]) -> LookedUp:
        """Return what became of the posts; Bluesky leaves out what is gone."""
        uris = [each for each in ids if each.startswith("at://")]
        if not uris:
            return LookedUp()
        answer = self.public.ask("app.bsky.feed.getPosts", uris=uris)
        if not isinstance(answer.get("posts"), list):
            raise BadResponseError("Bluesky sent an answer without posts.")
        posts, _ = read(answer["posts"])
        shown = {plain(view.get("uri")) for view in answer["posts"] if isinstance(view, Mapping)}
        why = "Bluesky no longer shows it: deleted, taken down, or its author left"
        return LookedUp(posts, {each: why for each in uris if each not in shown})

    def close(self) -> None:
        """Close the connections."""
        self.public.close()
        self.service.close()

    def _walk(self, search: str, walks: dict[str, Walk]) -> Iterator[Page]:
        """Yield one search down to what is had; `walks` moves on with each page."""
        name = f"search:{search}"
        for views, walk, is_end in self.lists.pages(search, walks.get(name, Walk()), self.overlap):
            before = walks.get(name, Walk())
            walks[name] = walk.finished() if is_end else walk
            posts, rejected = self._posts(views)
            if posts or rejected or walks[name] != before:
                yield Page(posts, cursor_of(walks), rejected)

    def _own_posts(self, account: str, walks: dict[str, Walk]) -> Iterator[Page]:
        """Yield what the brand's account posted, newest first; a walk that was broken off starts anew."""
        name, token = f"account:{account}", ""
        walk, passed = replace(walks.get(name, Walk()), until=""), set[str]()
        while True:
            feed, following = self.lists.feed(account, token)
            views = [view for view in feed if has_dates(view)]
            walk = walk.after(views)
            bottom = walk.bottom(self.overlap, self.reach)
            is_below = bool(views) and max(mark(view) for view in views) < moment(bottom)
            is_end = is_below or not following or following in passed
            before = walks.get(name, Walk())
            walks[name] = walk.finished() if is_end else before
            posts, rejected = read([view for view in feed if author_of(view).lower() == account])
            if posts or rejected or walks[name] != before:
                yield Page(posts, cursor_of(walks), rejected)
            if is_end:
                return
            token = following
            passed.add(token)

    def _posts(self, views: Sequence[Any]) -> tuple[tuple[Post, ...], tuple[Rejection, ...]]:
        """Return the posts that are wanted, and what is none. Search knows one name and no more of the query."""
        posts, rejected = read(views)
        wanted = self.wanted
        if wanted is not None:
            posts = tuple(post for post in posts if match(wanted, post.text, post.author, post.language).is_match)
        return posts, rejected


def own_accounts(config: SourceConfig) -> tuple[str, ...]:
    """Return the brand's handles that can be of Bluesky: there they are names of hosts. None with `own_posts` off."""
    if not config.switch("own_posts", default=True):
        return ()
    handles = (handle.strip().lower().removeprefix("@") for handle in config.own_handles)
    return tuple(dict.fromkeys(handle for handle in handles if "." in handle and "@" not in handle))
