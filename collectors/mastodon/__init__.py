"""Mastodon: hashtag timelines, search and mentions of one server.

https://docs.joinmastodon.org/methods/timelines/ , /search/ , /notifications/

40 posts a request, 300 requests in 5 minutes (https://docs.joinmastodon.org/api/rate-limits/). Reading is free; hashtag
timelines need no key on most servers. A server shows what reached it: of other servers' posts that is a part.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import mastodon
import requests

from collectors.authors import mastodon_server
from collectors.base import Credentials, NeedsNothing, SourceConfig, plain, read_cursor, write_cursor
from collectors.mastodon.lists import Item, Listing, ListKind, Lists, Walk, listings, our_errors
from collectors.mastodon.lookup import BATCH, Lookup
from collectors.mastodon.statuses import Threads, id_at, id_moment, order, to_post
from collectors.web import Edge
from core.errors import AuthError, BadResponseError, NotPermittedError
from core.queries import match
from core.types import Gap, LookedUp, Page, Post, Rejection

OVERLAP_MINUTES: Final = 60  # other servers' posts come late, and sort by when they were written
REACH_BACK_DAYS: Final = 7  # of the first walk
FIRST_PAGES: Final = 25  # of the first walk, where ids hold no time
LISTS: Final = re.compile(r"/api/v1/(timelines/|notifications\?|statuses\?|accounts/[^/?]+/statuses)")
VERSION: Final = "4.3.0"  # the newest request that is used is of this one
USER_AGENT: Final = "afterclick (finds public complaints for the brand concerned)"


class Mastodon(NeedsNothing):
    """What one server of Mastodon (or of its kin) lists under hashtags, finds, and knows of the brand's accounts.

    The cursor keeps a walk for each list, by the server's own ids.
    """

    optional_credentials: ClassVar[tuple[str, ...]] = ("MASTODON_ACCESS_TOKEN",)
    options: ClassVar[frozenset[str]] = frozenset(
        {"server", "hashtags", "search", "mentions", "own_posts"}
        | {"overlap_minutes", "reach_back_days", "ask_origins"}
    )
    lookup_size: ClassVar[int] = BATCH

    def __init__(self, config: SourceConfig, client: mastodon.Mastodon, host: str, lookup: Lookup) -> None:
        self.listings = listings(config, host, with_token=client.access_token is not None)
        self.wanted = config.wanted if not config.native_query else None
        self.overlap = timedelta(minutes=config.whole_number("overlap_minutes", OVERLAP_MINUTES, high=7 * 24 * 60))
        self.reach = timedelta(days=config.whole_number("reach_back_days", REACH_BACK_DAYS, low=1, high=365))
        self.client, self.lists, self.host, self._lookup = client, Lists(client, host), host, lookup

    @classmethod
    def build(
        cls, config: SourceConfig, credentials: Credentials, timeout: tuple[float, float] | None = None
    ) -> "Mastodon":
        """Return the collector with a client that neither waits nor follows to other hosts."""
        host = mastodon_server(config)
        secret = credentials.get("MASTODON_ACCESS_TOKEN")
        session = requests.Session()
        edge = ListEdge(host, "MASTODON_ACCESS_TOKEN", base_url=config.base_url, timeout=timeout)
        session.mount("https://", edge)
        client = mastodon.Mastodon(
            api_base_url=f"https://{host}",
            access_token=(secret.get_secret_value() if secret else "") or None,
            ratelimit_method="throw",
            mastodon_version=VERSION,
            version_check_mode="created",  # what the library calls not to ask the server for its version
            session=session,
            user_agent=USER_AGENT,
        )
        # What the client knows of the server: with nothing there it would ask for it before each first timeline, only
        # to warn where it believes that timeline to be closed.
        vars(client)["_Mastodon__instance_v2_cache"] = {}
        asks = config.switch("ask_origins", default=True)
        return cls(config, client, host, Lookup(client, host, base_url=config.base_url, ask_origins=asks))

    def fetch(self, cursor: str) -> Iterator[Page]:
        """Yield each list in turn, newest first; a walk that was broken off goes on where it was."""
        had = {name: Walk.read(state) for name, state in read_cursor(cursor).items()}
        walks = {listing.name: had[listing.name] for listing in self.listings if listing.name in had}
        for listing in self.listings:
            yield from self._walk(listing, walks)

    def fill(self, from_at: datetime, until_at: datetime) -> Iterator[Page]:
        """Yield what each list holds of that time, where the server's ids tell times; else a page says so."""
        for listing in self.listings:
            yield from self._fill(listing, from_at, until_at)

    def lookup(self, ids: Sequence[str]) -> LookedUp:
        """Return what became of the posts, asked of this server, or of the server that each came from."""
        return self._lookup(ids)

    def close(self) -> None:
        """Close the connections of the client."""
        self.client.session.close()
        self._lookup.close()

    def _walk(self, listing: Listing, walks: dict[str, Walk]) -> Iterator[Page]:
        """Yield one list down to what is had; `walks` moves on with each page."""
        walk = walks.get(listing.name, Walk())
        known, was_broken_off = walk.since, bool(walk.until)
        for count, (items, is_end) in enumerate(self._pages(listing, walk.until), start=1):
            walk = walk.after([item.id for item in items])
            bottom = walk.bottom(self.overlap, self.reach)
            gap = None
            # One short page that ends early is what a deletion leaves of a quiet list, and no loss.
            if is_end and known and order(walk.until) > order(known) and (count > 2 or was_broken_off):
                why = f"{self.host} ended its list of {listing} before the point reached last time; some are missing."
                gap = Gap(why, id_moment(known), id_moment(walk.until))
            if is_end or walk.has_reached(bottom) or (not bottom and count >= FIRST_PAGES):
                walk = walk.finished()
            changed = walks.get(listing.name, Walk()) != walk
            walks[listing.name] = walk
            posts, rejected = self._posts(listing, items)
            if posts or rejected or gap or changed:
                yield Page(posts, write_cursor(**{name: each.state for name, each in walks.items()}), rejected, gap)
            if not walk.until:
                return

    def _pages(self, listing: Listing, until: str) -> Iterator[tuple[list[Item], bool]]:
        """Yield the list's entries below `until` and whether the list ends there, which only an empty page tells."""
        offset, seen = 0, set[str]()
        while True:
            items = self.lists.page(listing, until, offset)
            ids = {item.id for item in items}
            lowest = min(ids, key=order, default="")
            if items and until and order(lowest) >= order(until):
                if listing.kind is not ListKind.SEARCH:
                    raise BadResponseError(f"{self.host} keeps sending the same page.")
                if ids - seen:  # all of one second: see `whole_second_after`
                    offset, seen = offset + len(items), seen | ids
                    continue
                items = []  # a server that does not know of offsets
            yield items, not items
            if not items:
                return
            until, offset, seen = lowest, 0, set()

    def _fill(self, listing: Listing, from_at: datetime, until_at: datetime) -> Iterator[Page]:
        newest = self.lists.page(listing, "")
        if newest and not any(_listed_at(listing, item) for item in newest):
            yield Page((), "", gap=Gap(f"{self.host} cannot be asked for a stretch of {listing}.", from_at, until_at))
            return
        for items, _ in self._pages(listing, "" if listing.kind is ListKind.MENTIONS else id_at(until_at)):
            moments = [moment for item in items if (moment := _listed_at(listing, item))]
            inside = [item for item in items if from_at <= (_listed_at(listing, item) or from_at) < until_at]
            posts, rejected = self._posts(listing, inside)
            if posts or rejected:
                yield Page(posts, "", rejected)
            if moments and max(moments) < from_at:  # mentions are in the order of their arrival, not of these
                return

    def _posts(self, listing: Listing, items: list[Item]) -> tuple[tuple[Post, ...], tuple[Rejection, ...]]:
        """Return the posts that are wanted, and what is none."""
        threads = self._threads(items)
        posts, rejected = [], []
        for row, item in enumerate(items, start=1):
            try:
                post = to_post(item.status, self.host, threads) if item.status is not None else None
            except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
                reason = f"not a post of Mastodon: {type(error).__name__} {error}"
                rejected.append(Rejection(row, reason, plain(item.status)[:500]))
            else:
                posts += [post] if post and self._is_wanted(listing, post) else []
        return tuple(posts), tuple(rejected)

    def _is_wanted(self, listing: Listing, post: Post) -> bool:
        """Search knows one name and is loose; a hashtag stands for the name; the rest concerns the brand."""
        if self.wanted is None or listing.kind in (ListKind.MENTIONS, ListKind.ACCOUNT):
            return True
        wanted = replace(self.wanted, names=(), misspelt=()) if listing.kind is ListKind.TAG else self.wanted
        return match(wanted, f"{post.title}\n{post.text}", post.author, post.language).is_match

    def _threads(self, items: list[Item]) -> Threads:
        """Return the uris of what the statuses answer, in one request for most pages; a server may refuse to say."""
        statuses = [item.status for item in items if isinstance(item.status, dict)]
        found = _uris(statuses)
        answered = {plain(each.get("in_reply_to_id")) for each in statuses} - {"", *found}
        with suppress(AuthError, NotPermittedError):  # before Mastodon 4.3 there is no such request
            for batch in _batches(sorted(answered)):
                with our_errors():
                    found |= _uris(list(self.client.statuses(batch)))
        return found


class ListEdge(Edge):
    """An edge that takes no object for a list: Mastodon.py reads {} as an empty one, which would end a walk."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Return a whole answer of status 2xx; raises `CollectError` for everything else."""
        response = super().send(request, *args, **kwargs)
        if LISTS.match(request.path_url) and not response.content.lstrip().startswith(b"["):
            raise BadResponseError(f"{self.service} sent something else than a list.")
        return response


def _listed_at(listing: Listing, item: Item) -> datetime | None:
    """Return the entry's moment by the server's clock; of a mention, whose id is a mere number, that of its status."""
    status = item.status if isinstance(item.status, dict) else {}
    return id_moment(plain(status.get("id")) if listing.kind is ListKind.MENTIONS else item.id)


def _uris(statuses: list[dict[str, object]]) -> dict[str, tuple[str, bool]]:
    return {
        plain(each.get("id")): (plain(each.get("uri")), each.get("in_reply_to_id") is None)
        for each in statuses
        if each.get("uri")
    }


def _batches(ids: list[str]) -> list[list[str]]:
    return [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
