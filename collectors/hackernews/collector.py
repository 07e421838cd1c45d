"""Hacker News, through the search that Algolia runs for it, and its own API for what became of a post.

https://hn.algolia.com/api and https://github.com/HackerNews/API

Search reaches back to 2007, newest first, and takes 10,000 requests an hour from one address. A query brings no more
than its first 1,000 hits, whatever the page (https://github.com/algolia/hn-search/issues/230), so that a walk goes down
by time and not by page. Neither wants a key or costs anything.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Final

import httpx

from collectors.base import Credentials, NeedsNothing, SourceConfig
from collectors.hackernews.posts import as_hit, to_post, to_posts, why_gone
from collectors.hackernews.walk import Found, Walk, is_time, read_walks, step, write_walks
from collectors.queries import for_hackernews
from collectors.web import get_json, http_client, http_date
from core.errors import BadResponseError, CollectError, ConfigError
from core.queries import match
from core.types import LookedUp, Page, Post, Rejection

SEARCH: Final = "https://hn.algolia.com/api/v1/search_by_date"
ITEM: Final = "https://hacker-news.firebaseio.com/v0/item/{}.json"
PAGE_SIZE: Final = 100  # the most is 1,000: https://github.com/algolia/hn-search/issues/125
DAYS: Final = 30  # how far back a source reaches that was never read
OVERLAP_MINUTES: Final = 120  # a comment may be edited for two hours; Algolia also indexes some late
DAY: Final = 86_400  # seconds
TAGS: Final = "(story,comment)"
NAME: Final = re.compile(r"[A-Za-z0-9_-]{2,15}")
# Ours decides what is a match: typing errors that Algolia thinks of would cost pages for nothing. Only with
# advancedSyntax are quotation marks understood. Highlights double an answer's size.
ALWAYS: Final = {
    "advancedSyntax": "true",
    "typoTolerance": "false",
    "attributesToHighlight": "",
}


class HackerNews(NeedsNothing):
    """Stories and comments that match the query, one search for each of its names.

    The search goes by words only, so what it brings is kept where `core.queries.match` finds it too; with a native
    query all of it is kept. What the brand's own accounts write is a part of its own, whatever its words.
    """

    options: ClassVar[frozenset[str]] = frozenset({"days", "overlap_minutes"})
    lookup_size: ClassVar[int] = 20  # one request each

    def __init__(self, config: SourceConfig, client: httpx.Client) -> None:
        self.parts = [config.native_query] if config.native_query else for_hackernews(config.wanted)
        if not self.parts:
            raise ConfigError(f'Source "{config.name}" needs a query that names something.')
        self.own = {f"author:{name}": name for name in own_names(config)}  # the part's name in the cursor -> the author
        self.parts = [*self.parts, *self.own]
        self.wanted = None if config.native_query else config.wanted
        self.days = config.whole_number("days", DAYS, low=1, high=20 * 366)
        self.overlap = config.whole_number("overlap_minutes", OVERLAP_MINUTES, high=7 * 24 * 60) * 60
        self.base_url = config.base_url
        self.client = client

    @classmethod
    def build(
        cls,
        config: SourceConfig,
        credentials: Credentials,  # noqa: ARG003  (there are none)
        timeout: tuple[float, float] | None = None,
    ) -> "HackerNews":
        """Return the collector with an httpx client that has timeouts."""
        return cls(config, http_client(base_url=config.base_url, timeout=timeout))

    def fetch(self, cursor: str) -> Iterator[Page]:
        """Yield what is above the cursor, newest first, part by part; a walk that was broken off goes on."""
        walks = read_walks(cursor, self.parts)
        for part in self.parts:
            while True:
                walk = walks[part]
                found = self._search(part, max(walk.since - self.overlap, 0), walk.until)
                # The first answer tells the server's time, and so how far back a source goes that was never read.
                since = walk.since or max(found.now - self.days * DAY, 0)
                walks[part] = step(replace(walk, since=since), found, since - self.overlap)
                posts, rejected = self._posts(part, found, since - self.overlap)
                new_cursor = write_walks(walks)
                if posts or rejected or new_cursor != cursor:
                    yield Page(posts, new_cursor, rejected)
                    cursor = new_cursor
                if not walks[part].until:
                    break

    def fill(self, from_at: datetime, until_at: datetime) -> Iterator[Page]:
        """Yield the posts of that time, newest first."""
        for part in self.parts:
            bottom = int(from_at.timestamp())
            walk = Walk(since=bottom, until=int(until_at.timestamp()))
            while walk.until:
                found = self._search(part, bottom, walk.until)
                walk = step(walk, found, bottom)
                posts, rejected = self._posts(part, found, bottom)
                if posts or rejected:
                    yield Page(posts, "", rejected)

    def lookup(self, ids: Sequence[str]) -> LookedUp:
        """Return what became of the posts, by Hacker News' own API.

        It says who took a post away, where the search merely has none; and it sends no thread along. Where it knows
        nothing of an id or fails in the middle, the ids are in neither list.
        """
        posts: list[Post] = []
        gone: dict[str, str] = {}
        for each in ids:
            try:
                _, item = get_json("Hacker News", self.client, self._at(ITEM.format(int(each))), {})
                read = to_post(as_hit(item)) if not (why := why_gone(item)) else None
            except CollectError:
                if posts or gone:
                    break
                raise
            except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
                continue
            if read:
                posts.append(read)
            else:
                gone[each] = why or "without words"
        return LookedUp(tuple(posts), gone)

    def close(self) -> None:
        """Close the client's connections."""
        self.client.close()

    def _at(self, address: str) -> httpx.URL:
        url = httpx.URL(address)
        return httpx.URL(self.base_url).join(url.raw_path.decode()) if self.base_url else url

    def _search(self, part: str, since: int, until: int) -> Found:
        filters = [f"created_at_i>={since}"] if since else []
        filters += [f"created_at_i<={until}"] if until else []
        author = self.own.get(part)
        tags = f"{TAGS},author_{author}" if author else TAGS
        asked = {"query": "" if author else part, "tags": tags, "hitsPerPage": str(PAGE_SIZE), **ALWAYS}
        asked |= {"numericFilters": ",".join(filters)} if filters else {}
        response, answer = get_json(
            "Hacker News' search",
            self.client,
            self._at(SEARCH).copy_merge_params(asked),
            {"Accept": "application/json"},
        )
        if not isinstance(answer, dict) or not isinstance(answer.get("hits"), list):
            raise BadResponseError("Hacker News' search sent an answer without hits.")
        hits, total = answer["hits"], answer.get("nbHits")
        times = [hit["created_at_i"] for hit in hits if isinstance(hit, dict) and is_time(hit.get("created_at_i"))]
        times = [at for at in times if since <= at]  # an older one was not asked for, and would end the walk
        has_more = len(hits) >= PAGE_SIZE or (isinstance(total, int) and total > len(hits))
        if has_more and (not times or (until and min(times) >= until)):
            raise BadResponseError("Hacker News' search keeps sending the same page.")
        sent_at = http_date(response.headers.get("date", ""))
        now = int(sent_at.timestamp()) if sent_at else max(times, default=0)
        return Found(hits, times, has_more, now)

    def _posts(self, part: str, found: Found, floor: int) -> tuple[tuple[Post, ...], tuple[Rejection, ...]]:
        posts, rejected = to_posts(found.hits)
        wanted = [post for post in posts if post.posted_at.timestamp() >= floor and self._is_wanted(part, post)]
        return tuple(wanted), tuple(rejected)

    def _is_wanted(self, part: str, post: Post) -> bool:
        if part in self.own:
            return post.author.lower() == self.own[part].lower()
        return self.wanted is None or match(self.wanted, f"{post.title}\n{post.text}", post.author).is_match


def own_names(config: SourceConfig) -> list[str]:
    """Return those of the brand's handles that can be names at Hacker News."""
    handles = (handle.strip().removeprefix("@") for handle in config.own_handles)
    return list(dict.fromkeys(handle for handle in handles if NAME.fullmatch(handle)))
