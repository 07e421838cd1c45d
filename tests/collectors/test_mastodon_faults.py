"""Every fault of a server of Mastodon, through the real client: which of our errors it becomes."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from collectors import Collector
from core.errors import (
    AuthError,
    BadResponseError,
    CollectError,
    NotPermittedError,
    RateLimitedError,
    UnreachableError,
)
from core.types import Page
from tests.collectors.test_mastodon_walks import toots

pytestmark = pytest.mark.replay
Replay = Callable[..., AbstractContextManager[Any]]
Open = Callable[..., Collector]
LISTS: dict[str, tuple[str, dict[str, Any]]] = {
    "hashtag": ("/timelines/", {"options": {"hashtags": "parcelo", "search": "false"}}),
    "search": ("/search", {"native_query": "parcel"}),
    "mentions": ("/notifications", {"options": {"mentions": "true", "search": "false"}}),
}
FAULTS: list[tuple[dict[str, Any], type[CollectError]]] = [
    ({"status": 401}, AuthError),
    ({"status": 401, "body": {"error": "The access token is invalid"}}, AuthError),
    ({"status": 400}, NotPermittedError),
    ({"status": 402}, NotPermittedError),
    ({"status": 403}, NotPermittedError),
    ({"status": 404}, NotPermittedError),
    ({"status": 410}, NotPermittedError),
    ({"status": 422, "body": {"error": "This method requires an authenticated user"}}, NotPermittedError),
    ({"status": 302, "headers": {"Location": "/about"}}, NotPermittedError),
    ({"rate_limit": 2}, RateLimitedError),
    ({"status": 429}, RateLimitedError),
    ({"status": 429, "body": "slow down", "headers": {"x-ratelimit-reset": "soon"}}, RateLimitedError),
    ({"status": 500}, UnreachableError),
    ({"status": 502}, UnreachableError),
    ({"status": 503}, UnreachableError),
    ({"status": 504}, UnreachableError),
    ({"garbage": True}, BadResponseError),
    ({"truncate": 0.5}, BadResponseError),
    ({"status": 200, "body": ""}, BadResponseError),
    ({"status": 200, "body": {}}, BadResponseError),
    ({"status": 200, "body": {"error": "odd"}}, BadResponseError),
    ({"status": 200, "body": [3, None]}, BadResponseError),
    ({"status": 200, "body": "null"}, BadResponseError),
    ({"drop": 0.5}, UnreachableError),
    ({"reset_conn": True}, UnreachableError),
]


@pytest.mark.parametrize("listed", ["hashtag", "search"])
@pytest.mark.parametrize(("fault", "expected"), FAULTS, ids=[str(fault)[:50] for fault, _ in FAULTS])
def test_each_fault_becomes_one_error_at_once_and_after_one_request(
    replay: Replay, open_source: Open, listed: str, fault: dict[str, Any], expected: type[CollectError]
) -> None:
    path, settings = LISTS[listed]
    with replay(archive=toots(5)) as served:
        served.control({"faults": [{"match": path, "times": -1, **fault}]})
        started = time.monotonic()
        with pytest.raises(CollectError) as raised:
            list(open_source("mastodon", served.url, **settings).fetch(""))
        took = time.monotonic() - started
        asked = [line["path"] for line in served.log]

    assert type(raised.value) is expected
    assert len(asked) == 1  # the client by itself would have asked for the server's version, and slept on a 429
    assert took < 1.9
    assert "not-a-real" not in str(raised.value)
    assert "<html" not in str(raised.value).lower()


@pytest.mark.parametrize("fault", [{"status": 401}, {"status": 403}, {"status": 503}, {"garbage": True}])
def test_a_fault_of_the_mentions_is_told_too(replay: Replay, open_source: Open, fault: dict[str, Any]) -> None:
    path, settings = LISTS["mentions"]
    with replay() as served:
        served.control({"faults": [{"match": path, "times": -1, **fault}]})
        with pytest.raises(CollectError):
            list(open_source("mastodon", served.url, **settings).fetch(""))


def test_a_refused_token_names_the_key_to_look_at(replay: Replay, open_source: Open) -> None:
    with replay() as served:
        served.control({"faults": [{"match": "/timelines/", "status": 401}]})
        with pytest.raises(AuthError, match="MASTODON_ACCESS_TOKEN") as raised:
            list(open_source("mastodon", served.url, **LISTS["hashtag"][1]).fetch(""))

    assert raised.value.needs_person


def test_a_rate_limit_says_how_long_the_server_asked_to_wait(replay: Replay, open_source: Open) -> None:
    with replay() as served:
        served.control({"faults": [{"match": "/timelines/", "rate_limit": 120}]})
        with pytest.raises(RateLimitedError) as raised:
            list(open_source("mastodon", served.url, **LISTS["hashtag"][1]).fetch(""))

    assert raised.value.retry_after is not None
    assert timedelta(seconds=110) < raised.value.retry_after <= timedelta(seconds=121)


def test_a_server_that_hangs_is_left_after_the_timeout(replay: Replay, open_source: Open) -> None:
    with replay() as served:
        served.control({"faults": [{"match": "/timelines/", "slow": 4}]})
        started = time.monotonic()
        with pytest.raises(UnreachableError, match="in time"):
            list(open_source("mastodon", served.url, **LISTS["hashtag"][1]).fetch(""))

    assert time.monotonic() - started < 3.9


def test_pages_before_a_fault_are_kept_and_the_walk_goes_on_below_them(replay: Replay, open_source: Open) -> None:
    settings = LISTS["hashtag"][1]
    with replay(archive=toots(200)) as served:
        served.control({"faults": [{"match": "/timelines/", "skip": 2, "status": 503}]})
        pages: list[Page] = []
        with pytest.raises(UnreachableError):
            for page in open_source("mastodon", served.url, **settings).fetch(""):
                pages.append(page)  # noqa: PERF402  (what came before the error must stay)
        served.control({"reset": True})
        assert len(pages) == 2
        pages += open_source("mastodon", served.url, **settings).fetch(pages[-1].cursor)

    assert {post.platform_id for page in pages for post in page.posts} == {
        f"https://replay.example/@{each['author']}/{each['id']}" for each in toots(200)
    }
