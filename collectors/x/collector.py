"""X, through its recent search, the timelines of own accounts and its filtered stream.

https://docs.x.com/x-api/posts/search/introduction - 7 days back, newest first, 100 posts a page, 450 requests in 15
minutes. Every post read costs money (https://docs.x.com/x-api/getting-started/pricing); reading one again on the same
UTC day is free there ("soft guarantee"), so the stretch that each walk re-reads costs next to nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import requests
import tweepy

from collectors.base import Credentials, NeedsNothing, SourceConfig
from collectors.web import Edge
from collectors.x.accounts import Accounts
from collectors.x.api import PAGE_SIZE, Api
from collectors.x.bill import Bill
from collectors.x.counts import estimate
from collectors.x.gaps import Stretch, beyond_list, fill
from collectors.x.lookup import look_up
from collectors.x.parts import (
    OWNED_PRICE,
    POST_PRICE,
    Part,
    Switches,
    mentions_query,
    parts_of,
    queries_of,
    unwanted,
)
from collectors.x.posts import NO_ID, Answer, read_answer
from collectors.x.stream import stream
from collectors.x.walk import Reading, Walk, id_at
from core.errors import AuthError, BadResponseError, ConfigError, NotPermittedError
from core.queries import match
from core.types import Estimate, LookedUp, Page, Post

OVERLAP_MINUTES: Final = 5  # posts reach the search index late, and not in order
STREAM_MINUTES: Final = 4
SPREAD: Final = timedelta(minutes=1)  # by which X's clocks may differ from one another
REACH: Final = timedelta(days=7)  # of search; the timelines of a new source are read as far back


class X(NeedsNothing):
    """Posts that match a query, or that mention the brand's accounts; reposts and the brand's own are left out."""

    credentials: ClassVar[tuple[str, ...]] = ("X_BEARER_TOKEN",)
    optional_credentials: ClassVar[tuple[str, ...]] = (
        *("X_CONSUMER_KEY", "X_CONSUMER_SECRET"),
        *("X_ACCESS_TOKEN", "X_ACCESS_SECRET"),
    )
    options: ClassVar[frozenset[str]] = frozenset(
        {"mentions", "overlap_minutes", "own_posts", "stream", "stream_minutes", "user_id"}
    )
    lookup_size: ClassVar[int] = PAGE_SIZE

    def __init__(self, config: SourceConfig, client: tweepy.Client, live: requests.Session) -> None:
        self.config, self.api, self.live = config, Api(client), live
        self.switches = Switches.of(config, in_own_name=bool(self.api.me))
        self.parts = parts_of(config, self.switches)
        self.accounts = Accounts(self.api, config.name)
        self.unwanted = unwanted(config)
        self.overlap = config.whole_number("overlap_minutes", OVERLAP_MINUTES, high=24 * 60) * 60_000 << 22
        self.stream_seconds = 60 * config.whole_number("stream_minutes", STREAM_MINUTES, low=1, high=60)
        self.streams = config.switch("stream", default=False)
        if self.streams and not any(part.query for part in self.parts):
            raise ConfigError(f'Source "{config.name}": stream needs a query.')

    @classmethod
    def build(cls, config: SourceConfig, credentials: Credentials, timeout: tuple[float, float] | None = None) -> "X":
        """Return the collector with a tweepy client that has a timeout and, where configured, another host.

        Raises `AuthError` where some but not all of the keys are set that let it ask in an account's own name.
        """
        token = credentials["X_BEARER_TOKEN"].get_secret_value()
        mine = {name: credentials[name].get_secret_value() for name in cls.optional_credentials if name in credentials}
        missing = [name for name in cls.optional_credentials if not mine.get(name)]
        if 0 < len(missing) < len(cls.optional_credentials):
            raise AuthError(f'Source "{config.name}" is off: {" and ".join(missing)} not set, though others of X are.')
        client = tweepy.Client(token, *([] if missing else mine.values()), return_type=dict)
        keys = " and ".join(cls.credentials if missing else cls.credentials + cls.optional_credentials)
        client.session.mount("https://", Edge("X", keys, base_url=config.base_url, timeout=timeout))
        live = requests.Session()
        live.mount("https://", Edge("X", keys, base_url=config.base_url, timeout=timeout, live=True))
        # With another host neither the machine's proxy nor a login in its .netrc is meant.
        client.session.trust_env = live.trust_env = not config.base_url
        return cls(config, client, live)

    def fetch(self, cursor: str) -> Iterator[Page]:
        """Yield what is new in each list, newest first, then what the stream brings.

        A walk that was broken off goes on where it was. The list that is furthest behind comes first, so that none
        starves where each run ends in a rate limit.
        """
        reading, bill = Reading.of(cursor, [part.key for part in self.parts]), Bill()
        for part in sorted(self.parts, key=lambda each: (not each.timeline, reading.walks[each.key].since)):
            yield from self._walk(part, reading, bill)
        searches = [part.query for part in self.parts if part.query]
        if self.streams:
            tag = f"afterclick: {self.config.name}"
            yield from stream(self.api, self.live, searches, tag, self.stream_seconds, reading.cursor)

    def lookup(self, ids: Sequence[str]) -> LookedUp:
        """Return what became of up to 100 posts; see `collectors.base.LooksUp`."""
        return look_up(self.api, ids)

    def fill(self, from_at: datetime, until_at: datetime) -> Iterator[Page]:
        """Yield what each list holds of that time; see `collectors.base.FillsGaps`."""
        bill, users = Bill(), dict[str, str]()
        found = [(part, *self.accounts.number(part, users)) for part in self.parts]
        lists = [self._stretch(part, number, owed, bill) for part, number, owed in found if number or part.query]
        yield from fill(lists, from_at, until_at)

    def estimate(self) -> Estimate:
        """Return what X counts; see `collectors.base.Estimates`. Asking costs half a cent a query."""
        counted = [(query, POST_PRICE) for query in queries_of(self.config, mentions_apart=self.switches.mentions)]
        if self.switches.mentions:
            counted.append((mentions_query(self.config), OWNED_PRICE if self.api.me else POST_PRICE))
        return estimate(self.api, counted)

    def close(self) -> None:
        """Close the connections."""
        self.api.client.session.close()
        self.live.close()

    def _walk(self, part: Part, reading: Reading, bill: Bill) -> Iterator[Page]:
        """Yield the posts of one list above its walk's `since`, and note in `reading` how far it came."""
        user_id, cost = self.accounts.number(part, reading.users)
        if part.timeline and not user_id:
            return
        token, top, passed = "", 0, set[str]()
        while True:
            before = reading.walks[part.key]
            try:
                raw = self._ask(part, user_id, before, token)
            except NotPermittedError as error:
                reading.walks[part.key], gap = before.without_expired(error)
                yield Page((), reading.cursor, gap=gap, cost=cost)
                token, cost = "", 0
                continue
            if not before.newest and not token and self.api.answered_at:
                top = id_at(self.api.answered_at)
            answer = self._read(part, raw, before)
            cost += bill.cost(answer, self.accounts.price(user_id), before)
            following = self._following(part, raw, answer, before, passed)
            walk = before.after(answer.ids)
            missed = None if following else beyond_list(part, walk)
            reading.walks[part.key] = walk if following else walk.finished(top)
            if answer.posts or answer.rejected or missed or cost or reading.walks[part.key] != before:
                yield Page(answer.posts, reading.cursor, answer.rejected, missed, cost=cost)
            if not following:
                return
            # Ids lead on from a page with posts: unlike tokens they do not expire. X also sends pages that are empty
            # although more follows; only the token leads past those.
            token, cost = "" if answer.ids else following, 0
            passed = passed | {token} if token else set()

    def _ask(self, part: Part, user_id: str, walk: Walk, token: str) -> dict[str, Any]:
        asked = {"since_id": max(walk.since - self.overlap, 0), "until_id": walk.until}
        if part.timeline:
            return self.api.timeline(user_id, part.timeline, **asked, pagination_token=token)
        return self.api.search(part.query, **asked, next_token=token)

    def _stretch(self, part: Part, number: str, owed: int, bill: Bill) -> Stretch:
        """Return how a stretch of time of one list is asked for and read."""

        def ask(start: str, end: str, token: str) -> dict[str, Any]:
            asked = {"start_time": start, "end_time": end}
            if part.timeline:
                return self.api.timeline(number, part.timeline, **asked, pagination_token=token)
            return self.api.search(part.query, **asked, next_token=token)

        def read(raw: dict[str, Any]) -> tuple[Answer, int]:
            answer = self._read(part, raw)
            return answer, bill.cost(answer, self.accounts.price(number))

        return Stretch(part, ask, read, owed)

    def _read(self, part: Part, raw: Mapping[str, Any], walk: Walk | None = None) -> Answer:
        """Return what of an answer is wanted; of a timeline that was never walked, no older than search would reach."""
        answer = read_answer(raw, with_reposts=not part.timeline)
        if walk:
            answer = replace(answer, ids=self._asked_for(answer.ids, walk))
        if not part.timeline:
            return answer
        oldest = self._oldest() if walk and not walk.since else 0
        posts = tuple(post for post in answer.posts if int(post.platform_id) >= oldest)
        if part.timeline == "mentions":
            posts = tuple(post for post in posts if self._is_wanted(post))
        return replace(answer, posts=posts)

    def _asked_for(self, ids: Sequence[int], walk: Walk) -> tuple[int, ...]:
        """Return the ids that may move the walk: one of the future or from below would make it pass over all others."""
        top = id_at(self.api.answered_at + SPREAD) if self.api.answered_at else NO_ID
        return tuple(each for each in ids if walk.since - self.overlap <= each < top)

    def _is_wanted(self, post: Post) -> bool:
        return match(self.unwanted, post.text, post.author, post.language).is_match

    def _oldest(self) -> int:
        """Return the id below which a new source does not read mentions, by X's own clock."""
        return id_at(self.api.answered_at - REACH) if self.api.answered_at else 0

    def _following(self, part: Part, raw: Mapping[str, Any], answer: Answer, walk: Walk, passed: set[str]) -> str:
        """Return the token of the next page, "" where the walk is at its end."""
        following = str(raw["meta"].get("next_token") or "")
        if following and (following in passed or (answer.ids and walk.until and min(answer.ids) >= walk.until)):
            raise BadResponseError("X keeps sending the same page.")
        if part.timeline and not walk.since and answer.ids and min(answer.ids) < self._oldest():
            return ""
        return following
