"""Reading the stream: which of all posts are wanted, in pages of a few seconds."""

import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from collectors.base import plain, write_cursor
from collectors.bluesky.posts import Profile, from_record
from collectors.bluesky.service import Service
from collectors.bluesky.stream import Event, Jetstream
from collectors.dates import moment_at
from core.errors import CollectError, ConfigError
from core.queries import Query, match
from core.types import Gap, Page, Post, Rejection

REWIND: Final = timedelta(seconds=5)  # "it may be prudent to rewind your cursor a few seconds for gapless playback"
HOLE: Final = timedelta(minutes=5)  # posts come many a second: where so long is missing, it was not kept
PAGE_SECONDS: Final = 5.0
PAGE_EVENTS: Final = 500  # kept posts and deletions a page
PROFILES: Final = 25  # the most accounts of app.bsky.actor.getProfiles
_log = logging.getLogger(__name__)


@dataclass
class _Batch:
    """What came since the last page: of each post its last state, and the ids of those deleted."""

    began: float
    time_us: int = 0
    gap: Gap | None = None
    events: dict[str, Event] = field(default_factory=dict)
    deleted: dict[str, None] = field(default_factory=dict)

    def is_due(self, now: float) -> bool:
        return now - self.began >= PAGE_SECONDS or len(self.events) + len(self.deleted) >= PAGE_EVENTS

    def says_something(self) -> bool:
        return bool(self.events or self.deleted or self.gap)

    def take(self, event: Event, wanted: Query, own: Collection[str]) -> None:
        """Keep the event where it is wanted or of one of the brand's own accounts; the time moves on in any case."""
        self.time_us = max(self.time_us, event.time_us)
        if not event.operation:
            return
        self.events.pop(event.uri, None)
        if event.operation == "delete":
            self.deleted[event.uri] = None
            return
        self.deleted.pop(event.uri, None)
        record = event.record if isinstance(event.record, dict) else {}
        # who wrote it is looked up for what is wanted only
        if event.did in own or match(wanted, plain(record.get("text"))).is_match:
            self.events[event.uri] = event


class Streaming:
    """Pages of the wanted posts; the cursor is the time of the last event.

    Where the stream breaks, the next run replays it from there, and a little before; nothing is lost.
    """

    def __init__(
        self,
        stream: Jetstream,
        service: Service,
        wanted: Query,
        lasts: timedelta,
        accounts: Sequence[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream, self._service, self._wanted = stream, service, wanted
        self._lasts, self._clock = lasts.total_seconds(), clock
        self._accounts, self._own = accounts, set[str]()
        self._profiles: dict[str, Profile] = {}
        self._may_ask = True

    def fetch(self, state: dict[str, Any]) -> Iterator[Page]:
        """Yield what came since the cursor, then what comes, until the time is over; a page every few seconds."""
        since, started = _time_in(state), self._clock()
        self._learn_own()
        is_first, batch = bool(since), _Batch(started, since)
        try:
            for event in self._stream.events(max(since - _micros(REWIND), 0)):
                if event:
                    batch.gap = batch.gap or (_hole(since, event.time_us) if is_first else None)
                    is_first = False
                    batch.take(event, self._wanted, self._own)
                now = self._clock()
                is_over = now - started >= self._lasts
                if is_over or batch.is_due(now):
                    yield self._page(batch)
                    batch = _Batch(now, batch.time_us)
                if is_over:
                    return
        except CollectError:
            if batch.says_something():
                yield self._page(batch)
            raise

    def fill(self, from_at: datetime, until_at: datetime) -> Iterator[Page]:
        """Yield what the stream still has of that time, as fast as it comes."""
        start, end = (int(moment.timestamp() * 1_000_000) for moment in (from_at, until_at))
        self._learn_own()
        is_first, batch = True, _Batch(self._clock())
        for event in filter(None, self._stream.events(start)):
            batch.gap = batch.gap or (_hole(start, min(event.time_us, end)) if is_first else None)
            is_first = False
            if event.time_us >= end:
                break
            batch.take(event, self._wanted, self._own)
            if batch.is_due(self._clock()):
                yield replace(self._page(batch), cursor="")
                batch = _Batch(self._clock())
        if batch.says_something():
            yield replace(self._page(batch), cursor="")

    def _page(self, batch: _Batch) -> Page:
        self._learn_of({event.did for event in batch.events.values()})
        posts: list[Post] = []
        rejected: list[Rejection] = []
        for row, event in enumerate(batch.events.values(), start=1):
            author = self._profiles.get(event.did, Profile(event.did))
            try:
                post = from_record(event.uri, event.record, author, event.arrived_at)
            except (AttributeError, KeyError, IndexError, OverflowError, TypeError, ValueError) as error:
                reason = f"not a post of Bluesky: {type(error).__name__} {error}"
                rejected.append(Rejection(row, reason, plain(event.record)[:500]))
                continue
            if event.did in self._own or match(self._wanted, post.text, post.author, post.language).is_match:
                posts.append(post)
        cursor = write_cursor(stream=str(batch.time_us)) if batch.time_us else ""
        return Page(tuple(posts), cursor, tuple(rejected), batch.gap, tuple(batch.deleted))

    def _learn_own(self) -> None:
        """Learn the dids of the brand's accounts, by which the stream names them."""
        handles = {handle.lower() for handle in self._accounts}
        self._learn_of(self._accounts)
        self._own = {did for did, profile in self._profiles.items() if profile.handle.lower() in handles}

    def _learn_of(self, actors: Collection[str]) -> None:
        """Ask who the accounts are; where that fails the did stands for the handle, and nobody is asked again."""
        unknown = sorted(set(actors) - self._profiles.keys())
        try:
            for start in range(0, len(unknown) if self._may_ask else 0, PROFILES):
                answer = self._service.ask("app.bsky.actor.getProfiles", actors=unknown[start : start + PROFILES])
                for raw in answer.get("profiles") or []:
                    profile = Profile.read(raw)
                    self._profiles[profile.did] = profile
        except (CollectError, AttributeError, KeyError, TypeError) as error:
            _log.warning("The handles of authors could not be learnt: %s", error)
            self._may_ask = False


def _time_in(state: dict[str, Any]) -> int:
    value = state.get("stream", "0")
    if (state and "stream" not in state and not any(key.startswith("search:") for key in state)) or not (
        isinstance(value, str) and value.isascii() and value.isdigit()
    ):
        raise ConfigError("The stored cursor is none of Bluesky; clear it to read the source from the start.")
    return int(value)


def _hole(since: int, first: int) -> Gap | None:
    if first - since < _micros(HOLE):
        return None
    why = "Jetstream keeps about 36 hours and began later than asked: what was written before is missing."
    return Gap(why, moment_at(since / 1_000_000), moment_at(first / 1_000_000))


def _micros(span: timedelta) -> int:
    return int(span.total_seconds() * 1_000_000)
