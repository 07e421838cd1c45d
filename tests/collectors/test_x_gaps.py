"""X: stretches of time that are read again, and what a source would bring and cost."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from collectors import Collector
from collectors.base import Estimates, FillsGaps
from core.errors import BadResponseError, NotPermittedError, UnreachableError
from core.types import Estimate, Page
from tests.collectors.archive import EVERY, START, all_posts, numbers, posts_archive, snowflake
from tests.collectors.conftest import Answer, Script
from tests.collectors.x_answers import MINE, found

Open = Callable[..., Collector]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOW = snowflake(NOON)


def fill(source: Any, from_at: datetime, until_at: datetime) -> list[Page]:
    assert isinstance(source, FillsGaps)
    return list(source.fill(from_at, until_at))


def estimate(source: Any) -> Estimate:
    assert isinstance(source, Estimates)
    return source.estimate()


def asked(server: Script, name: str) -> list[str]:
    return [parse_qs(urlsplit(path).query).get(name, [""])[0] for path, _ in server.requests]


def too_early(bound: str) -> dict[str, Any]:
    message = f"Invalid 'start_time':'2026-11-13T00:00Z'. 'start_time' must be on or after {bound}"
    return {"errors": [{"parameters": {"start_time": ["x"]}, "message": message}], "title": "Invalid Request"}


def test_a_gap_is_filled_by_its_two_ends_in_whole_seconds(server: Script, open_source: Open) -> None:
    server.say(found(NOW + 9, NOW + 8, more="t")).say(found(NOW + 7))
    from_at, until_at = NOON + timedelta(microseconds=5), NOON + timedelta(minutes=20, microseconds=5)
    pages = fill(open_source("x", server.url), from_at, until_at)

    assert asked(server, "start_time") == ["2026-11-20T12:00:00Z"] * 2
    assert asked(server, "end_time") == ["2026-11-20T12:20:01Z"] * 2
    assert asked(server, "next_token") == ["", "t"]
    assert asked(server, "since_id") == ["", ""]
    assert [len(page.posts) for page in pages] == [2, 1]
    assert [page.cost for page in pages] == [10_000, 5_000]


def test_what_lies_more_than_seven_days_back_stays_a_gap_and_the_rest_is_read(
    server: Script, open_source: Open
) -> None:
    server.say(too_early("2026-11-20T11:29Z"), 400).say(found(NOW))
    gap, page = fill(open_source("x", server.url), NOON - timedelta(hours=1), NOON)

    assert gap.gap.why == "X lists 7 days only."
    assert (gap.gap.from_at, gap.gap.until_at) == (NOON - timedelta(hours=1), NOON - timedelta(minutes=30))
    assert asked(server, "start_time")[1] == "2026-11-20T11:30:00Z"
    assert len(page.posts) == 1


def test_a_gap_that_is_wholly_out_of_reach_says_so_and_asks_no_more(server: Script, open_source: Open) -> None:
    server.say(too_early("2026-11-21T00:00Z"), 400)
    (page,) = fill(open_source("x", server.url), NOON - timedelta(hours=1), NOON)

    assert (page.gap.from_at, page.gap.until_at) == (NOON - timedelta(hours=1), NOON)
    assert len(server.requests) == 1


def test_a_gap_that_reaches_up_to_now_ends_where_xs_index_does(server: Script, open_source: Open) -> None:
    message = "Invalid 'end_time':'x'. 'end_time' must be a minimum of 10 seconds prior to the request time."
    server.say({"errors": [{"message": message}]}, 400).say(found(NOW))
    (page,) = fill(open_source("x", server.url), NOON - timedelta(hours=1), NOON)

    assert asked(server, "end_time") == ["2026-11-20T12:00:00Z", ""]
    assert len(page.posts) == 1


def test_another_refusal_and_an_endless_list_are_errors(server: Script, open_source: Open) -> None:
    server.say({"errors": [{"message": "missing EOF"}]}, 400)
    with pytest.raises(NotPermittedError, match="missing EOF"):
        fill(open_source("x", server.url), NOON, NOON)
    server.answers.clear()
    server.say(found(NOW, more="t"))
    with pytest.raises(BadResponseError, match="same page"):
        fill(open_source("x", server.url), NOON, NOON)


def filling(mentions: dict[str, Any], written: dict[str, Any], search: dict[str, Any]) -> Callable[[str], Answer]:
    """A server that lists these of a stretch of time, which search says to begin within."""

    def respond(path: str) -> Answer:
        told = {"mentions": mentions, "tweets": written}.get(urlsplit(path).path.rpartition("/")[2], search)
        if "/search/" in path and "11%3A00%3A00Z" in path:
            return Answer(json.dumps(too_early("2026-11-20T11:29Z")).encode(), 400)
        return Answer(json.dumps(told).encode())

    return respond


def test_a_gap_is_filled_from_the_own_timelines_at_their_price_and_each_post_is_paid_once(
    server: Script, open_source: Open
) -> None:
    server.respond = filling(found(NOW, NOW + 1), found(NOW + 2), found(NOW + 1, NOW + 3))
    settings = {"query": "parcelo", "own_handles": ("parcelo",), "options": {"user_id": "7"}}
    pages = fill(open_source("x", server.url, more=MINE, **settings), NOON - timedelta(hours=1), NOON)

    assert [urlsplit(path).path for path, _ in server.requests[:2]] == ["/2/users/7/mentions", "/2/users/7/tweets"]
    assert asked(server, "start_time") == ["2026-11-20T11:00:00Z"] * 3 + ["2026-11-20T11:30:00Z"]
    assert asked(server, "end_time") == ["2026-11-20T12:00:00Z"] * 4
    assert asked(server, "query")[2:] == ["parcelo -from:parcelo -@parcelo -is:retweet"] * 2
    assert [headers["authorization"].partition(" ")[0] for _, headers in server.requests] == ["OAuth"] * 2 + [
        "Bearer",
        "Bearer",
    ]
    assert [page.cost for page in pages] == [2 * 1_000, 1_000, 0, 5_000]
    assert [bool(page.gap) for page in pages] == [False, False, True, False]


def test_a_gap_of_mentions_is_filled_with_the_bearer_token_alone_and_the_account_is_paid_for(
    server: Script, open_source: Open
) -> None:
    server.say({"data": {"id": "7", "username": "parcelo"}}).say(found(NOW)).say(found())
    settings = {"query": "parcelo", "own_handles": ("parcelo",), "options": {"mentions": "true"}}
    (page,) = fill(open_source("x", server.url, **settings), NOON - timedelta(hours=1), NOON)

    assert page.cost == 10_000 + 5_000
    assert [urlsplit(path).path.rpartition("/")[2] for path, _ in server.requests] == ["parcelo", "mentions", "recent"]


def test_more_mentions_than_x_lists_leave_the_rest_of_a_gap_open(server: Script, open_source: Open) -> None:
    for hundred in range(8):
        server.say(found(*(NOW - ((100 * hundred + each) * 1_000 << 22) for each in range(100)), more=f"t{hundred}"))
    server.say(found())
    settings = {"query": "", "own_handles": ("parcelo",), "options": {"mentions": "true", "user_id": "7"}}
    *_, last = fill(open_source("x", server.url, **settings), NOON - timedelta(days=1), NOON)

    assert "last 800 mentions only" in last.gap.why
    assert (last.gap.from_at, last.gap.until_at) == (NOON - timedelta(days=1), NOON - timedelta(seconds=799))


@pytest.mark.replay
def test_a_real_client_fills_a_gap_of_several_pages_exactly(replay: Callable[..., Any], open_source: Open) -> None:
    with replay(archive=posts_archive(1000)) as served:
        source = open_source("x", served.url)
        pages = fill(source, START + EVERY * 200, START + EVERY * 550)
        served.control({"faults": [{"match": "search", "skip": 1, "status": 503, "times": 1}]})
        with pytest.raises(UnreachableError):
            fill(source, START, START + EVERY * 550)

    assert numbers(pages) == set(range(200, 550))
    assert len(all_posts(pages)) == 350


def counts(*days: int, token: str = "", name: str = "tweet_count") -> dict[str, Any]:
    meta = {f"total_{name}": sum(days)} | ({"next_token": token} if token else {})
    return {"data": [{name: each} for each in days], "meta": meta}


def test_an_estimate_is_xs_count_of_seven_days_stretched_to_thirty(server: Script, open_source: Open) -> None:
    server.say(counts(10, 20, 5))
    told = estimate(open_source("x", server.url, query="parcelo"))

    assert (told.posts, told.cost) == (150, 150 * 5_000)
    assert told.basis == "X counted 35 posts in the last 7 days"
    assert urlsplit(server.requests[0][0]).path == "/2/tweets/counts/recent"
    assert asked(server, "query") == ["parcelo -is:retweet"]
    assert asked(server, "granularity") == ["day"]


def test_an_estimate_follows_the_counts_pages_in_either_dialect(server: Script, open_source: Open) -> None:
    server.say(counts(7, token="t")).say(counts(7, 7, name="post_count"))

    assert estimate(open_source("x", server.url)).posts == 90
    assert asked(server, "next_token") == ["", "t"]


def test_an_estimate_prices_own_mentions_lower(server: Script, open_source: Open) -> None:
    def respond(path: str) -> Answer:
        (query,) = parse_qs(urlsplit(path).query)["query"]
        return Answer(json.dumps(counts(70 if query.startswith("@parcelo ") else 7)).encode())

    server.respond = respond
    settings = {"query": "parcels", "own_handles": ("parcelo",), "options": {"mentions": "true"}}
    told = estimate(open_source("x", server.url, more=MINE, **settings))

    assert (told.posts, told.cost) == (330, 30 * 5_000 + 300 * 1_000)
    assert "by 2 searches" in told.basis


def test_a_count_without_end_is_left(server: Script, open_source: Open) -> None:
    turn = iter(range(1000))
    server.respond = lambda _: Answer(json.dumps(counts(1, token=f"t{next(turn)}")).encode())
    with pytest.raises(BadResponseError, match="no end"):
        estimate(open_source("x", server.url))


@pytest.mark.replay
def test_a_real_client_estimates_what_the_archive_holds(replay: Callable[..., Any], open_source: Open) -> None:
    with replay(archive=posts_archive(700)) as served:
        told = estimate(open_source("x", served.url))

    assert (told.posts, told.cost) == (3_000, 3_000 * 5_000)
