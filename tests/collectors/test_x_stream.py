"""X: the filtered stream, which brings posts early and loses none when it breaks."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest
import requests

from collectors import Collector
from collectors.web import Edge, live_lines
from collectors.x.stream import pages, read_line, set_rules
from core.errors import AuthError, BadResponseError, NotPermittedError, RateLimitedError, UnreachableError
from tests.collectors.archive import EVERY, START, all_posts, archived, numbers, posts_archive
from tests.collectors.conftest import Script
from tests.collectors.x_answers import raw_post

Open = Callable[..., Collector]
Replay = Callable[..., Any]
STREAM = {"options": {"stream": "true", "stream_minutes": "1"}}
RULES_SET = {"match": "POST .*stream/rules", "times": -1, "status": 201}
QUERY = "parcel -is:retweet"


def line(post_id: int, text: str = "", rule: str = "1") -> bytes:
    return json.dumps({"data": raw_post(post_id, text), "matching_rules": [{"id": rule, "tag": "t"}]}).encode()


def rule(number: int, value: str, tag: str = "ours") -> dict[str, str]:
    return {"id": str(number), "value": value, "tag": tag}


def told(body: list[dict[str, str]]) -> dict[str, Any]:
    return {"data": body, "meta": {"sent": "2026-11-20T00:00:00Z"}}


def streaming(served: Any, *queries: str) -> None:
    """Let the replay server take rules; it has none of its own, and answers every post by rule 1."""
    created = [rule(1, query) for query in queries or (QUERY,)]
    served.control({"faults": [{**RULES_SET, "body": told(created)}]})


@pytest.fixture
def setter(server: Script, open_source: Open) -> Callable[[list[str]], frozenset[str]]:
    source: Any = open_source("x", server.url)
    return lambda queries: set_rules(source.api, queries, "ours")


def test_the_rules_become_the_queries_and_those_of_others_stay(
    server: Script, setter: Callable[[list[str]], frozenset[str]]
) -> None:
    there = [rule(1, "kept"), rule(2, "stale"), rule(3, "somebody else's", "theirs")]
    server.say(told(there)).say(told([rule(4, "new")]), 201).say({"meta": {"summary": {"deleted": 1}}})

    assert setter(["kept", "new"]) == {"1", "4"}
    assert [json.loads(body) for body in server.sent] == [
        {"add": [{"value": "new", "tag": "ours"}]},
        {"delete": {"ids": ["2"]}},
    ]


def test_rules_that_are_there_are_left_alone(server: Script, setter: Callable[[list[str]], frozenset[str]]) -> None:
    server.say(told([rule(1, "a"), rule(2, "b", "theirs")]))

    assert setter(["a", "b"]) == {"1", "2"}
    assert server.sent == []


def test_a_rule_that_x_refuses_needs_a_person(server: Script, setter: Callable[[list[str]], frozenset[str]]) -> None:
    server.say({"meta": {}})
    server.say({"errors": [{"title": "Invalid Rule", "detail": "no viable alternative"}], "meta": {}}, 201)
    with pytest.raises(NotPermittedError, match="refused a rule of the stream: no viable alternative"):
        setter(["(("])


def test_a_rule_that_somebody_else_made_meanwhile_is_no_error(
    server: Script, setter: Callable[[list[str]], frozenset[str]]
) -> None:
    server.say({"meta": {}}).say({"errors": [{"title": "DuplicateRule", "value": "a", "id": "1"}], "meta": {}}, 201)

    assert setter(["a"]) == frozenset()


def test_posts_of_a_stream_come_in_small_pages_under_one_cursor_and_cost_nothing_yet() -> None:
    lines = [line(number) for number in range(1, 121)]
    found = list(pages(lines, frozenset({"1"}), "cursor"))

    assert [len(page.posts) for page in found] == [50, 50, 20]
    assert {(page.cursor, page.cost) for page in found} == {("cursor", 0)}


def test_what_only_another_rule_of_the_app_brought_is_left_out() -> None:
    lines = [line(1), line(2, rule="9"), json.dumps({"data": raw_post(3)}).encode()]
    (page,) = pages(lines, frozenset({"1"}), "")

    assert [post.platform_id for post in page.posts] == ["1", "3"]


def test_signs_of_life_are_no_posts_and_let_the_caller_renew_its_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    found = list(pages([b""] * 12, frozenset(), "cursor"))

    assert found
    assert all(page.posts == () and page.cursor == "cursor" for page in found)


def test_a_post_is_not_kept_waiting_by_the_silence_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    stream = pages(iter([line(1)]), frozenset(), "")

    assert [post.platform_id for post in next(stream).posts] == ["1"]


def test_an_edited_post_comes_once_in_a_page_with_its_last_words() -> None:
    first = {"data": raw_post(50, "lost", edit_history_tweet_ids=["50"])}
    second = {"data": raw_post(60, "found", edit_history_tweet_ids=["50", "60"])}
    (page,) = pages([json.dumps(each).encode() for each in (first, second)], frozenset(), "")

    assert [(post.platform_id, post.text) for post in page.posts] == [("50", "found")]


def test_posts_before_a_break_are_yielded_and_then_the_break_is_told() -> None:
    def lines() -> Iterator[bytes]:
        yield line(1)
        raise UnreachableError("The stream of X broke off.")

    stream = pages(lines(), frozenset(), "")

    assert len(next(stream).posts) == 1
    with pytest.raises(UnreachableError, match="broke off"):
        next(stream)


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ({"errors": [{"title": "operational-disconnect", "detail": "for operational reasons."}]}, None, "reasons"),
        ({"title": "ConnectionException", "detail": "at the maximum allowed connection limit"}, None, "maximum"),
        ({}, None, "did not say why"),
        ([], BadResponseError, "another shape"),
        ("<html>", BadResponseError, "another shape"),
    ],
)
def test_what_x_says_in_place_of_a_post_ends_the_stream(said: Any, error: type[Exception] | None, words: str) -> None:
    with pytest.raises(error or UnreachableError, match=words):
        read_line(json.dumps(said).encode(), frozenset())


def test_a_line_that_is_no_json_ends_the_stream() -> None:
    with pytest.raises(BadResponseError, match="something else than JSON"):
        read_line(b"<!DOCTYPE html>", frozenset())


def test_a_post_of_another_shape_is_rejected_and_the_stream_goes_on() -> None:
    (page,) = pages([json.dumps({"data": {"id": "x"}}).encode(), line(2)], frozenset(), "")

    assert len(page.rejected) == 1
    assert [post.platform_id for post in page.posts] == ["2"]


# With the real client and the replay server


@pytest.mark.replay
@pytest.mark.timeout(60)
def test_the_search_catches_up_before_the_stream_begins(replay: Replay, open_source: Open) -> None:
    with replay(archive=posts_archive(250)) as served:
        streaming(served)
        fetching = open_source("x", served.url, **STREAM).fetch("")
        searched = list(islice(fetching, 3))
        assert numbers(searched) == set(range(250))
        first = next(fetching)
        fetching.close()  # type: ignore[attr-defined]  (a generator)
        paths = [line["path"].removeprefix("/2/tweets/search/") for line in served.log]
        added = [json.loads(line["body"]) for line in served.log if line["method"] == "POST"]

    assert paths == ["recent", "recent", "recent", "stream/rules", "stream/rules", "stream"]
    assert added == [{"add": [{"value": QUERY, "tag": "afterclick: test"}]}]
    assert first.posts
    assert first.cursor == searched[-1].cursor


@pytest.mark.replay
@pytest.mark.timeout(60)
def test_a_stream_that_breaks_loses_nothing_as_the_next_search_catches_up(replay: Replay, open_source: Open) -> None:
    found = []
    with replay(archive=posts_archive(300)) as served:
        streaming(served)
        served.control({"faults": [{"match": "search/stream\\?", "drop": 0.4}]})
        with pytest.raises(UnreachableError, match="broke off"):
            found.extend(open_source("x", served.url, **STREAM).fetch(""))
        streamed = found[3:]
        served.archive.add(posts_archive(50, first=300))
        again = list(open_source("x", served.url).fetch(found[-1].cursor))

    assert numbers(streamed) == set(range(len(all_posts(streamed))))  # a reset takes along what was not yet read
    assert 0 < len(all_posts(streamed)) <= 120
    assert numbers(again) >= set(range(300, 350))
    assert {page.cursor for page in streamed} == {found[2].cursor}


@pytest.mark.replay
@pytest.mark.timeout(60)
def test_a_post_that_only_the_stream_has_seen_is_found_by_the_next_search(replay: Replay, open_source: Open) -> None:
    with replay(archive=posts_archive(10)) as served:
        streaming(served)
        fetching = open_source("x", served.url, **STREAM).fetch("")
        searched = next(fetching)
        served.archive.add([archived(10, START + EVERY * 10)])
        streamed = [next(fetching)]
        fetching.close()  # type: ignore[attr-defined]  (a generator)
        again = list(open_source("x", served.url).fetch(streamed[-1].cursor))

    assert 10 not in numbers([searched])
    assert 10 in numbers(again)
    assert sum(page.cost for page in [searched, *streamed, *again]) == 11 * 5_000


@pytest.mark.replay
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 401}, AuthError),
        ({"rate_limit": 60, "body": {"title": "ConnectionException", "detail": "connection limit"}}, RateLimitedError),
        ({"status": 503}, UnreachableError),
        ({"garbage": True}, BadResponseError),
        ({"reset_conn": True}, UnreachableError),
        ({"slow": 4}, UnreachableError),
    ],
    ids=str,
)
def test_a_stream_that_cannot_begin_is_one_of_our_errors_after_the_search(
    replay: Replay, open_source: Open, fault: dict[str, Any], error: type[Exception]
) -> None:
    found = []
    with replay(archive=posts_archive(20)) as served:
        streaming(served)
        served.control({"faults": [{"match": "search/stream\\?", **fault}]})
        with pytest.raises(error) as raised:
            found.extend(open_source("x", served.url, **STREAM).fetch(""))

    assert type(raised.value) is error
    assert numbers(found) == set(range(20))
    assert len(all_posts(found)) == 20


# Answers without an end, byte by byte


@pytest.fixture
def wire() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    """A maker of servers that let the test write to the connection; gives the address."""
    listening: list[socket.socket] = []

    def serve(server: socket.socket, write: Callable[[socket.socket], None]) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                write(connection)
            except OSError:
                return

    def start(write: Callable[[socket.socket], None]) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        listening.append(server)
        threading.Thread(target=serve, args=(server, write), daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}"

    yield start
    for server in listening:
        server.close()


def chunk(words: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(words), words)


def read(url: str, seconds: float = 5.0) -> Iterator[bytes]:
    with requests.Session() as session:
        session.mount("https://", Edge("X", "X_BEARER_TOKEN", base_url=url, timeout=(1.0, 1.0), live=True))
        yield from live_lines("X", session.get("https://x.example/", stream=True), seconds)


Wire = Callable[[Callable[[socket.socket], None]], str]


def test_lines_come_as_they_are_written_however_they_are_cut(wire: Wire) -> None:
    def write(connection: socket.socket) -> None:
        connection.sendall(chunk(b"one\r\n\r\nt") + chunk(b"wo\r") + chunk(b"\nhalf") + b"0\r\n\r\n")

    assert list(read(wire(write))) == [b"one", b"", b"two", b"half"]


def test_a_stream_ends_when_its_time_is_over_even_if_nothing_comes(wire: Wire) -> None:
    def write(connection: socket.socket) -> None:
        connection.sendall(chunk(b"one\r\n"))
        time.sleep(3)

    began = time.monotonic()

    assert list(read(wire(write), seconds=0.3)) == [b"one"]
    assert time.monotonic() - began < 0.9


def test_a_stream_that_falls_silent_broke_off(wire: Wire) -> None:
    def write(connection: socket.socket) -> None:
        connection.sendall(chunk(b"one\r\n"))
        time.sleep(3)

    lines = read(wire(write))

    assert next(lines) == b"one"
    with pytest.raises(UnreachableError, match="broke off"):
        next(lines)


def test_a_line_without_end_is_left(wire: Wire) -> None:
    def write(connection: socket.socket) -> None:
        while True:
            connection.sendall(chunk(b"x" * 65_536))

    with pytest.raises(BadResponseError, match="more than 1 MB"):
        list(read(wire(write)))
