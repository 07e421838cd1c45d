"""Bluesky's stream from a scripted websocket server: what is kept, and that a break loses nothing."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from collectors import Collector, SourceConfig, make
from collectors.base import read_cursor
from collectors.bluesky.service import Service
from collectors.bluesky.stream import Jetstream, read_event
from collectors.bluesky.streaming import Streaming
from core.errors import (
    AuthError,
    BadResponseError,
    CollectError,
    ConfigError,
    NotPermittedError,
    RateLimitedError,
    UnreachableError,
)
from core.queries import parse_query
from core.types import LookedUp, Page
from tests.collectors.archive import EVERY, START, all_posts, numbers
from tests.collectors.bluesky_answers import iso, uri_of
from tests.collectors.conftest import SHORT

Open = Callable[..., Collector]


def micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def event(number: int, operation: str = "create", **record: Any) -> dict[str, Any]:
    """What the stream says of one of `uri_of`'s posts, six seconds after the one before."""
    at = START + EVERY * number
    commit = {"operation": operation, "collection": "app.bsky.feed.post", "rkey": uri_of(number)[-7:], "rev": "3k"}
    if operation != "delete":
        text = f"where is my parcel number {number}"
        commit["record"] = {"$type": "app.bsky.feed.post", "text": text, "createdAt": iso(at), "langs": ["en"]} | record  # type: ignore[assignment]
    return {"did": uri_of(number).split("/")[2], "time_us": micros(at), "kind": "commit", "commit": commit}


@dataclass
class Stream:
    """The server: sends the events from the cursor on, then closes, holds the line, or drops it."""

    events: list[Any] = field(default_factory=list)
    then: str = "close"
    drop_after: int = 10_000
    refusal: tuple[int, bytes, dict[str, str]] | None = None
    profiles: bool = True
    paths: list[str] = field(default_factory=list)
    url: str = ""

    def cursors(self) -> list[str]:
        streams = (urlsplit(path) for path in self.paths if path.startswith("/subscribe"))
        return [parse_qs(split.query).get("cursor", [""])[0] for split in streams]

    def serve_one(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        cursor = int(parse_qs(urlsplit(connection.request.path).query).get("cursor", ["0"])[0])
        times = [each.get("time_us") if isinstance(each, dict) else None for each in self.events]
        due = [each for each, at in zip(self.events, times, strict=True) if not isinstance(at, int) or at >= cursor]
        with contextlib.suppress(ConnectionClosed):
            for count, each in enumerate(due):
                if count == self.drop_after:
                    connection.socket.shutdown(2)
                    return
                connection.send(json.dumps(each) if isinstance(each, dict) else each)
            if self.then == "hold":
                connection.recv(timeout=10)

    def process_request(self, connection: ServerConnection, request: Any) -> Any:
        self.paths.append(request.path)
        if self.refusal:
            status, body, headers = self.refusal
            response = connection.respond(HTTPStatus(status), body.decode())
            response.headers.update(headers)
            return response
        if not request.path.startswith("/xrpc/"):
            return None
        query = parse_qs(urlsplit(request.path).query)
        if not self.profiles:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "")
        names = [actor.removeprefix("did:plc:").removesuffix(".example") for actor in query.get("actors", [])]
        known = [
            {"did": f"did:plc:{name}", "handle": f"{name}.example", "displayName": name.title(), "followersCount": 12}
            for name in names
        ]
        shown = [{"profiles": known}, {"posts": []}]["getPosts" in request.path]
        return connection.respond(HTTPStatus.OK, json.dumps(shown))


@pytest.fixture
def stream() -> Iterator[Stream]:
    script = Stream()
    server = serve(script.serve_one, "127.0.0.1", 0, process_request=script.process_request)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    script.url = f"http://127.0.0.1:{server.socket.getsockname()[1]}"
    yield script
    server.shutdown()
    thread.join(5)


class Clock:
    """Each look at it takes a while."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@contextlib.contextmanager
def streaming(
    stream: Stream, query: str = "parcel", step: float = 0.0, minutes: float = 4, accounts: tuple[str, ...] = ()
) -> Iterator[Streaming]:
    service = Service(None, stream.url, SHORT)
    lasts = timedelta(minutes=minutes)
    reader = Jetstream(stream.url, SHORT)
    yield Streaming(reader, service, parse_query(query), lasts, accounts, clock=Clock(step))
    service.close()


def read(stream: Stream, cursor: str = "", **settings: Any) -> list[Page]:
    """All pages until the scripted server breaks off, which it always does in the end."""
    pages: list[Page] = []
    with streaming(stream, **settings) as reading, contextlib.suppress(UnreachableError):
        for page in reading.fetch(read_cursor(cursor)):
            pages.append(page)  # noqa: PERF402  (what came before the break must stay)
    return pages


def test_only_what_the_query_matches_is_kept(stream: Stream) -> None:
    stream.events = [
        event(1),
        event(2, text="lovely weather 2"),
        event(3, text="Parcel jobs 3"),
        event(4, langs=["de"]),
    ]
    pages = read(stream, query='parcel -"parcel jobs" lang:en')

    assert numbers(pages) == {1}
    assert "wantedCollections=app.bsky.feed.post" in stream.paths[0]


def test_a_first_run_starts_now_and_the_next_one_a_little_before_the_last_event(stream: Stream) -> None:
    stream.events = [event(1), event(2, text="lovely weather")]
    first = read(stream)
    read(stream, first[-1].cursor)

    assert read_cursor(first[-1].cursor) == {"stream": str(micros(START + EVERY * 2))}
    assert stream.cursors() == ["", str(micros(START + EVERY * 2) - 5_000_000)]


def test_a_stream_that_breaks_loses_nothing(stream: Stream) -> None:
    stream.events = [event(number) for number in range(100)]
    stream.drop_after = 40
    stored: list[Page] = []
    with streaming(stream) as reading, pytest.raises(UnreachableError, match="cut off"):
        for page in reading.fetch({}):
            stored.append(page)  # noqa: PERF402
    stream.drop_after = 10_000
    stored += read(stream, stored[-1].cursor)

    assert numbers(stored) == set(range(100))


def test_a_run_that_dies_between_pages_loses_nothing(stream: Stream) -> None:
    stream.events = [event(number) for number in range(60)]
    with streaming(stream, step=1.0) as reading:
        stored = [page for page, _ in zip(reading.fetch({}), range(3), strict=False)]
    stored += read(stream, stored[-1].cursor)

    assert numbers(stored) == set(range(60))


def test_pages_come_every_few_seconds_also_where_nothing_is_wanted(stream: Stream) -> None:
    stream.events = [event(number, text="lovely weather") for number in range(60)]
    pages = read(stream, step=1.0)

    assert len(pages) >= 8
    assert all(page.posts == () for page in pages)
    assert len({page.cursor for page in pages}) == len(pages)


def test_a_silent_stream_gives_pages_too_so_that_a_stop_is_heard(stream: Stream) -> None:
    stream.events, stream.then = [event(1)], "hold"
    with streaming(stream, step=6.0) as reading:
        pages = reading.fetch({})
        assert numbers([next(pages)]) == {1}
        assert next(pages).posts == ()
        pages.close()  # type: ignore[attr-defined]


def test_reading_ends_when_its_time_is_over(stream: Stream) -> None:
    stream.events, stream.then = [event(number) for number in range(300)], "hold"
    with streaming(stream, step=1.0, minutes=1) as reading:
        pages = list(reading.fetch({}))

    assert 50 <= len(numbers(pages)) <= 61


def test_a_stream_that_falls_silent_for_good_is_left(stream: Stream) -> None:
    stream.events, stream.then = [event(1)], "hold"
    started = time.monotonic()
    with streaming(stream) as reading, pytest.raises(UnreachableError, match="in time"):
        list(reading.fetch({}))

    assert time.monotonic() - started < 3.9


def test_changes_and_deletions_come_along(stream: Stream) -> None:
    stream.events = [
        event(1),
        event(2),
        event(1, "update", text="my parcel number came 1"),
        event(2, "delete"),
        event(77, "delete"),
        event(3, "delete"),
        event(3),
    ]
    (page,) = read(stream)

    assert [post.text for post in page.posts] == ["my parcel number came 1", "where is my parcel number 3"]
    assert set(page.deleted) == {uri_of(2), uri_of(77)}


def test_the_authors_of_what_is_kept_are_looked_up_once(stream: Stream) -> None:
    stream.events = [event(number) for number in (0, 7, 14, 1)] + [event(2, text="lovely weather")]
    posts = all_posts(read(stream, step=2.0))

    assert {(post.author, post.author_name, post.reach) for post in posts} == {
        ("anna0.example", "Anna0", 12),
        ("anna1.example", "Anna1", 12),
    }
    assert posts[0].url == f"https://bsky.app/profile/anna0.example/post/{uri_of(0)[-7:]}"
    asked = [did for path in stream.paths for did in parse_qs(urlsplit(path).query).get("actors", [])]
    assert sorted(asked) == ["did:plc:anna0", "did:plc:anna1"]


def test_where_a_handle_cannot_be_learnt_the_did_stands_for_it(stream: Stream) -> None:
    stream.events, stream.profiles = [event(number) for number in range(5)], False
    posts = all_posts(read(stream, step=6.0))

    assert {post.author for post in posts} == {f"did:plc:anna{number}" for number in range(5)}
    assert sum("getProfiles" in path for path in stream.paths) == 1  # not again and again


def test_posts_of_an_unwanted_author_are_left_out_once_the_handle_is_known(stream: Stream) -> None:
    stream.events = [event(0), event(1)]

    assert numbers(read(stream, query="parcel -from:anna0.example")) == {1}


def test_a_future_dated_post_does_not_sit_in_the_future(stream: Stream) -> None:
    stream.events = [event(1, createdAt="2031-01-01T00:00:00Z"), event(2, createdAt="soon")]
    posts = all_posts(read(stream))

    assert [post.posted_at for post in posts] == [START + EVERY, START + EVERY * 2]


def test_a_cursor_older_than_the_server_keeps_is_a_gap_with_its_times(stream: Stream) -> None:
    stream.events = [event(number) for number in range(1000, 1010)]
    (page,) = read(stream, json.dumps({"stream": str(micros(START))}))

    assert page.gap is not None
    assert "Jetstream keeps about 36 hours" in page.gap.why
    assert (page.gap.from_at, page.gap.until_at) == (START, START + EVERY * 1000)
    assert len(page.posts) == 10


def test_a_cursor_that_the_server_still_keeps_is_no_gap(stream: Stream) -> None:
    stream.events = [event(number) for number in range(10)]
    pages = read(stream, json.dumps({"stream": str(micros(START + EVERY))}))

    assert not any(page.gap for page in pages)


def test_a_gap_is_filled_from_what_the_stream_still_keeps(stream: Stream) -> None:
    stream.events, stream.then = [event(number) for number in range(100, 400)], "hold"
    with streaming(stream) as reading:
        kept = list(reading.fill(START + EVERY * 150, START + EVERY * 200))
        lost = list(reading.fill(START, START + EVERY * 120))

    assert numbers(kept) == set(range(150, 200))
    assert numbers(lost) == set(range(100, 120))
    assert not any(page.gap for page in kept)
    (gap,) = [page.gap for page in lost if page.gap]
    assert (gap.from_at, gap.until_at) == (START, START + EVERY * 100)
    assert {page.cursor for page in [*kept, *lost]} == {""}


def test_events_about_other_things_move_the_time_on_and_strange_frames_do_no_harm(stream: Stream) -> None:
    account = {
        "did": "did:plc:x",
        "time_us": micros(START + EVERY * 9),
        "kind": "account",
        "account": {"active": False},
    }
    stream.events = ["no json", "[1]", b"\xff\xfe", {"time_us": "later"}, {"time_us": 10**30}, event(1), account]
    (page,) = read(stream)

    assert numbers([page]) == {1}
    assert read_cursor(page.cursor) == {"stream": str(micros(START + EVERY * 9))}


def test_a_record_of_another_shape_is_rejected_and_the_others_stay(stream: Stream) -> None:
    stream.events = [event(1, reply={"parent": 3}), event(2), event(3, text=["a"]), event(4, langs=7)]
    (page,) = read(stream)

    assert numbers([page]) == {2}
    assert len(page.rejected) == 2


def test_a_server_that_sends_no_events_at_all_is_no_jetstream(stream: Stream) -> None:
    stream.events = ["hello"] * 200
    with streaming(stream) as reading, pytest.raises(BadResponseError):
        list(reading.fetch({}))


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        ((400, b'{"error":"InvalidRequest","message":"bad cursor"}', {}), NotPermittedError),
        ((401, b"", {}), AuthError),
        ((403, b"<html>", {}), NotPermittedError),
        ((404, b"", {}), NotPermittedError),
        ((429, b"slow down", {"Retry-After": "30"}), RateLimitedError),
        ((500, b"", {}), UnreachableError),
        ((503, b"bootstrapping", {}), UnreachableError),
        ((200, b"<html>hello", {}), CollectError),
    ],
)
def test_a_refusal_becomes_one_of_our_errors(
    stream: Stream, refusal: tuple[int, bytes, dict[str, str]], expected: type[CollectError]
) -> None:
    stream.refusal = refusal
    with streaming(stream) as reading, pytest.raises(expected) as raised:
        list(reading.fetch({}))

    assert "<html" not in str(raised.value)
    if isinstance(raised.value, RateLimitedError):
        assert raised.value.retry_after == timedelta(seconds=30)


def test_nobody_at_the_address_is_unreachable() -> None:
    with pytest.raises(UnreachableError):
        list(Jetstream("http://127.0.0.1:9", SHORT).events())


def test_the_collector_reads_the_stream_without_an_account(stream: Stream) -> None:
    stream.events = [event(1)]
    options = {"jetstream": "true", "stream_minutes": "1"}
    collector: Any = make(SourceConfig("s", "bluesky", query="parcel", base_url=stream.url, options=options), {})
    pages: list[Page] = []
    with contextlib.suppress(UnreachableError):
        pages.extend(page for page in collector.fetch(""))
    result: LookedUp = collector.lookup([uri_of(1)])
    collector.close()

    assert set(result.gone) == {uri_of(1)}
    assert not any("createSession" in path for path in stream.paths)
    with pytest.raises(ConfigError, match="clear"):
        list(collector.fetch('{"since":"x"}'))


@pytest.mark.parametrize(
    "frame", ["", "null", "7", '{"time_us":5}', "[" * 100_000, '{"time_us":1795132800000000,"kind":"commit"}']
)
def test_no_frame_makes_the_reader_fail(frame: str) -> None:
    assert read_event(frame) is None


def test_the_brands_own_posts_are_kept_whatever_they_say(stream: Stream) -> None:
    stream.events = [event(1, text="we are on it 1"), event(2, text="lovely weather 2"), event(3)]

    assert numbers(read(stream, query="parcel lang:en", accounts=("anna1.example",))) == {1, 3}
