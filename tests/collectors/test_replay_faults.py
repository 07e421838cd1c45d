"""Every fault that the replay server knows, through the real clients: which of our errors it becomes."""

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
from tests.collectors.archive import posts_archive

pytestmark = pytest.mark.replay
Replay = Callable[..., AbstractContextManager[Any]]
Open = Callable[..., Collector]
LISTING = "GET /(2|r)/"
FAULTS: list[tuple[dict[str, Any], type[CollectError]]] = [
    ({"status": 401}, AuthError),
    ({"status": 401, "headers": {"www-authenticate": 'Bearer error="invalid_token"'}}, AuthError),
    ({"status": 400}, NotPermittedError),
    ({"status": 402}, NotPermittedError),
    ({"status": 403}, NotPermittedError),
    ({"status": 403, "body": "<html>blocked</html>"}, NotPermittedError),
    ({"status": 404}, NotPermittedError),
    ({"status": 302, "headers": {"Location": "/subreddits/search"}}, NotPermittedError),
    ({"status": 500}, UnreachableError),
    ({"status": 500, "body": "[]"}, UnreachableError),
    ({"status": 502}, UnreachableError),
    ({"status": 503}, UnreachableError),
    ({"garbage": True}, BadResponseError),
    ({"truncate": 0.5}, BadResponseError),
    ({"status": 200, "body": []}, BadResponseError),
    ({"status": 200, "body": {}}, BadResponseError),
    ({"status": 200, "body": {"data": 3, "meta": {}}}, BadResponseError),
    ({"drop": 0.5}, UnreachableError),
    ({"reset_conn": True}, UnreachableError),
]


@pytest.mark.parametrize("platform", ["x", "reddit"])
@pytest.mark.parametrize(("fault", "expected"), FAULTS, ids=[str(fault)[:50] for fault, _ in FAULTS])
def test_each_fault_becomes_one_error_at_once_and_after_one_request(
    replay: Replay, open_source: Open, platform: str, fault: dict[str, Any], expected: type[CollectError]
) -> None:
    with replay(archive=posts_archive(5)) as served:
        served.control({"faults": [{"match": LISTING, "times": -1, **fault}]})
        started = time.monotonic()
        with pytest.raises(expected) as raised:
            list(open_source(platform, served.url).fetch(""))
        took = time.monotonic() - started
        asked = [line for line in served.log if line["method"] == "GET"]

    assert type(raised.value) is expected
    assert len(asked) == 1  # praw alone would have slept and asked three times
    assert took < 1.9
    assert "not-a-real" not in str(raised.value)
    assert "<html" not in str(raised.value)


@pytest.mark.parametrize(("platform", "key"), [("x", "X_BEARER_TOKEN"), ("reddit", "REDDIT_CLIENT_ID")])
def test_refused_credentials_name_the_key_to_look_at(
    replay: Replay, open_source: Open, platform: str, key: str
) -> None:
    with replay(archive=posts_archive(5)) as served:
        served.control({"faults": [{"match": LISTING, "status": 401}]})
        with pytest.raises(AuthError, match=key) as raised:
            list(open_source(platform, served.url).fetch(""))

    assert raised.value.needs_person


@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_a_refused_token_of_reddit_is_understood(replay: Replay, open_source: Open, status: int) -> None:
    expected = {401: AuthError, 500: UnreachableError}.get(status, NotPermittedError)
    with replay(archive=posts_archive(5)) as served:
        served.control({"faults": [{"match": "access_token", "status": status}]})
        with pytest.raises(expected):
            list(open_source("reddit", served.url).fetch(""))


def test_a_wrong_password_of_reddit_comes_with_status_200_and_is_still_refused(
    replay: Replay, open_source: Open
) -> None:
    with replay(archive=posts_archive(5)) as served:
        served.control({"faults": [{"match": "access_token", "status": 200, "body": {"error": "invalid_grant"}}]})
        with pytest.raises(AuthError, match="invalid_grant"):
            list(open_source("reddit", served.url).fetch(""))


@pytest.mark.parametrize("platform", ["x", "reddit"])
def test_a_rate_limit_says_how_long_the_platform_asked_to_wait(
    replay: Replay, open_source: Open, platform: str
) -> None:
    with replay(archive=posts_archive(5)) as served:
        served.control({"faults": [{"match": LISTING, "rate_limit": 120}]})
        with pytest.raises(RateLimitedError) as raised:
            list(open_source(platform, served.url).fetch(""))

    assert raised.value.retry_after is not None
    assert timedelta(seconds=110) < raised.value.retry_after <= timedelta(seconds=121)
    assert not raised.value.needs_person


@pytest.mark.parametrize("platform", ["x", "reddit"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-rate-limit-reset": "soon", "x-ratelimit-reset": "soon"},
        {"x-rate-limit-reset": "99999999999999", "x-ratelimit-reset": "-4"},
        {"x-rate-limit-reset": "nan", "retry-after": "inf"},
    ],
)
def test_a_rate_limit_in_plain_text_without_a_usable_header_leaves_the_pause_to_the_caller(
    replay: Replay, open_source: Open, platform: str, headers: dict[str, str]
) -> None:
    with replay(archive=posts_archive(5)) as served:
        served.control(
            {"faults": [{"match": LISTING, "status": 429, "body": "Rate limit exceeded\n", "headers": headers}]}
        )
        with pytest.raises(RateLimitedError) as raised:
            list(open_source(platform, served.url).fetch(""))

    assert raised.value.retry_after is None


@pytest.mark.parametrize("platform", ["x", "reddit"])
def test_a_server_that_hangs_is_left_after_the_timeout(replay: Replay, open_source: Open, platform: str) -> None:
    with replay(archive=posts_archive(5)) as served:
        served.control({"faults": [{"match": LISTING, "slow": 4}]})
        started = time.monotonic()
        with pytest.raises(UnreachableError, match="in time"):
            list(open_source(platform, served.url).fetch(""))

    assert time.monotonic() - started < 3.9


def test_praw_does_not_sleep_when_reddit_says_that_no_request_is_left(replay: Replay, open_source: Open) -> None:
    with replay(archive=posts_archive(250)) as served:
        low = {"x-ratelimit-remaining": "0.0", "x-ratelimit-used": "100", "x-ratelimit-reset": "300"}
        empty = {"kind": "Listing", "data": {"children": [], "after": "t3_zz"}}
        served.control({"faults": [{"match": LISTING, "status": 200, "body": empty, "headers": low}]})
        started = time.monotonic()
        list(open_source("reddit", served.url).fetch(""))

    assert time.monotonic() - started < 5


def test_data_with_errors_beside_it_is_data(replay: Replay, open_source: Open) -> None:
    body = {
        "data": [{"id": "2116706765239223271", "text": "late again 1", "author_id": "5"}],
        "errors": [{"title": "Not Found Error", "detail": "Could not find user with id: [5]."}],
        "meta": {"result_count": 1},
    }
    with replay() as served:
        served.control({"faults": [{"match": LISTING, "status": 200, "body": body}]})
        (page,) = open_source("x", served.url).fetch("")

    assert [(post.text, post.author) for post in page.posts] == [("late again 1", "5")]
