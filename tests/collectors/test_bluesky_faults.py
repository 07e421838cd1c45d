"""Every fault of Bluesky's services, through the real client: which of our errors it becomes."""

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from collectors import Collector
from collectors.bluesky import service
from core.errors import (
    AuthError,
    BadResponseError,
    CollectError,
    NotPermittedError,
    RateLimitedError,
    UnreachableError,
)
from tests.collectors.bluesky_answers import session
from tests.collectors.conftest import REPLAY

pytestmark = pytest.mark.replay
Replay = Callable[..., AbstractContextManager[Any]]
Open = Callable[..., Collector]


@pytest.fixture(autouse=True)
def no_kept_sessions() -> None:
    """A port may come again, and with it the session of another test."""
    service._sessions.clear()


TAPE = ("f_search", "f_getposts")
LOGIN = {"match": "createSession", "times": -1, "status": 200, "body": session()}  # the recorded one has no token
QUERY = {"native_query": "redistricting"}
FAULTS: list[tuple[dict[str, Any], type[CollectError]]] = [
    ({"status": 401}, AuthError),
    ({"status": 401, "body": {"error": "AuthMissing", "message": "Authentication Required"}}, AuthError),
    ({"status": 401, "body": ""}, AuthError),
    ({"status": 400}, NotPermittedError),
    ({"status": 400, "body": {"error": "InvalidRequest", "message": "q must not be empty"}}, NotPermittedError),
    ({"status": 402}, NotPermittedError),
    ({"status": 403, "body": "<html>Request forbidden by administrative rules."}, NotPermittedError),
    ({"status": 404}, NotPermittedError),
    ({"status": 410}, NotPermittedError),
    ({"status": 422}, NotPermittedError),
    ({"status": 302, "headers": {"Location": "/xrpc/app.bsky.feed.searchPosts"}}, NotPermittedError),
    ({"rate_limit": 2}, RateLimitedError),
    ({"status": 429, "body": "slow down"}, RateLimitedError),
    ({"status": 500}, UnreachableError),
    ({"status": 500, "body": {"error": "InternalServerError"}}, UnreachableError),
    ({"status": 502}, UnreachableError),
    ({"status": 503}, UnreachableError),
    ({"status": 504}, UnreachableError),
    ({"garbage": True}, BadResponseError),
    ({"truncate": 0.5}, BadResponseError),
    ({"status": 200, "body": ""}, BadResponseError),
    ({"status": 200, "body": []}, BadResponseError),
    ({"status": 200, "body": {}}, BadResponseError),
    ({"status": 200, "body": {"posts": 3}}, BadResponseError),
    ({"drop": 0.5}, UnreachableError),
    ({"reset_conn": True}, UnreachableError),
]
IDS = [str(fault)[:60] for fault, _ in FAULTS]


def play(served: Any) -> None:
    """Load recordings; by itself the server leaves their files open, which is an error here."""
    recorded = [json.loads((REPLAY / "bluesky" / f"{name}.json").read_text(encoding="utf-8")) for name in TAPE]
    served.tape = [dict(each, used=False) for recording in recorded for each in recording["interactions"]]


@pytest.mark.parametrize(("fault", "expected"), FAULTS, ids=IDS)
def test_each_fault_of_search_becomes_one_error_at_once_and_after_one_request(
    replay: Replay, open_source: Open, fault: dict[str, Any], expected: type[CollectError]
) -> None:
    with replay() as served:
        play(served)
        served.control({"faults": [LOGIN, {"match": "searchPosts", "times": -1, **fault}]})
        started = time.monotonic()
        with pytest.raises(CollectError) as raised:
            list(open_source("bluesky", served.url, **QUERY).fetch(""))
        took = time.monotonic() - started
        asked = [line["path"].rpartition(".")[2] for line in served.log]

    assert type(raised.value) is expected
    assert asked == ["createSession", "searchPosts"]
    assert took < 1.9
    assert "not-a-real" not in str(raised.value)
    assert "<html" not in str(raised.value).lower()


@pytest.mark.parametrize(
    ("fault", "expected"),
    [pair for pair in FAULTS if not {"truncate", "drop"} & set(pair[0])],  # nothing is recorded
)
def test_each_fault_of_the_login_becomes_one_error_too(
    replay: Replay, open_source: Open, fault: dict[str, Any], expected: type[CollectError]
) -> None:
    with replay() as served:
        play(served)
        served.control({"faults": [{"match": "createSession", "times": -1, **fault}]})
        with pytest.raises(CollectError) as raised:
            list(open_source("bluesky", served.url, **QUERY).fetch(""))
        asked = len(served.log)

    assert type(raised.value) is expected
    assert asked == 1
    assert "not-a-real" not in str(raised.value)


def test_a_rate_limit_says_how_long_bluesky_asked_to_wait(replay: Replay, open_source: Open) -> None:
    with replay() as served:
        play(served)
        served.control({"faults": [LOGIN, {"match": "searchPosts", "rate_limit": 120}]})
        with pytest.raises(RateLimitedError) as raised:
            list(open_source("bluesky", served.url, **QUERY).fetch(""))

    assert raised.value.retry_after is not None
    assert timedelta(seconds=110) < raised.value.retry_after <= timedelta(seconds=121)


def test_a_service_that_hangs_is_left_after_the_timeout(replay: Replay, open_source: Open) -> None:
    with replay() as served:
        play(served)
        served.control({"faults": [LOGIN, {"match": "searchPosts", "slow": 4}]})
        started = time.monotonic()
        with pytest.raises(UnreachableError, match="in time"):
            list(open_source("bluesky", served.url, **QUERY).fetch(""))

    assert time.monotonic() - started < 3.9


def test_what_bluesky_really_sent_is_read_whole(replay: Replay, open_source: Open) -> None:
    with replay() as served:
        play(served)
        served.control({"faults": [LOGIN]})
        first = next(open_source("bluesky", served.url, **QUERY).fetch(""))
        collector: Any = open_source("bluesky", served.url, **QUERY)
        looked_up = collector.lookup(["at://did:plc:x/app.bsky.feed.post/gone"])

    posts = first.posts
    assert len({post.platform_id for post in posts}) == 25
    assert not first.rejected
    assert all(post.text and post.author and post.url.startswith("https://bsky.app/profile/") for post in posts)
    assert len(looked_up.posts) >= 1
    assert set(looked_up.gone) == {"at://did:plc:x/app.bsky.feed.post/gone"}
