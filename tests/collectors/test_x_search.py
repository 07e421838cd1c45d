"""X: the query that is asked, and searches that a real server answers strangely."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from collectors import Collector, SourceConfig
from collectors.x import Walk, search_query
from core.errors import BadResponseError, ConfigError, NotPermittedError
from tests.collectors.archive import START, snowflake
from tests.collectors.conftest import Script

Open = Callable[..., Collector]
NEWEST = snowflake(START)


def found(*ids: int, more: str = "") -> dict[str, Any]:
    meta = {"result_count": len(ids)} | ({"next_token": more} if more else {})
    return {"data": [{"id": str(each), "text": f"late {each}"} for each in ids], "meta": meta}


def too_old(name: str, after: str) -> dict[str, Any]:
    message = f"'{name}' must be a tweet id created after {after}. Please use a '{name}' that is larger than 77"
    return {"errors": [{"parameters": {name: ["1"]}, "message": message}], "title": "Invalid Request"}


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("parcelo", "parcelo -is:retweet"),
        (" parcelo\n OR  @parcelohelp ", "(parcelo OR @parcelohelp) -is:retweet"),
        ("parcelo -is:retweet lang:en", "parcelo -is:retweet lang:en"),
        ("parcelo is:retweet", "parcelo is:retweet"),
    ],
)
def test_retweets_are_left_out_unless_the_query_speaks_of_them(query: str, asked: str) -> None:
    assert search_query(SourceConfig("s", "x", query=query)) == asked


def test_a_query_may_be_512_characters_long_and_no_longer() -> None:
    room = 512 - len(" -is:retweet")

    assert len(search_query(SourceConfig("s", "x", query="a" * room))) == 512
    with pytest.raises(ConfigError, match="has 513 characters"):
        search_query(SourceConfig("s", "x", query="a" * (room + 1)))


def test_the_next_walk_begins_a_little_below_the_newest_post(server: Script, open_source: Open) -> None:
    server.say(found(NEWEST))
    list(open_source("x", server.url, options={"overlap_minutes": "10"}).fetch(Walk(since=NEWEST).cursor))

    asked = server.requests[0][0]
    assert f"since_id={NEWEST - (600_000 << 22)}" in asked
    assert "max_results=100" in asked
    assert server.requests[0][1]["authorization"] == "Bearer not-a-real-x_bearer_token"


def test_an_empty_page_with_a_token_is_not_the_end(server: Script, open_source: Open) -> None:
    server.say(found(50, 49, more="a")).say(found(more="b")).say(found(more="c")).say(found(30))
    pages = list(open_source("x", server.url).fetch(""))

    assert [post.platform_id for page in pages for post in page.posts] == ["50", "49", "30"]
    assert ["next_token" in path for path, _ in server.requests] == [False, False, True, True]
    assert all("until_id=49" in path for path, _ in server.requests[1:])
    assert Walk.read(pages[-1].cursor) == Walk(since=50)


@pytest.mark.parametrize(
    "answers", [[found(50, more="a"), found(50, more="b")], [found(50, more="a"), found(more="z"), found(more="z")]]
)
def test_a_server_that_goes_round_in_circles_is_left(
    server: Script, open_source: Open, answers: list[dict[str, Any]]
) -> None:
    for answer in answers:
        server.say(answer)
    with pytest.raises(BadResponseError, match="same page"):
        list(open_source("x", server.url).fetch(""))


def test_a_cursor_older_than_seven_days_starts_anew_and_says_what_is_lost(server: Script, open_source: Open) -> None:
    server.say(too_old("since_id", "2026-11-13T10:00Z"), 400).say(found(50))
    lost, page = open_source("x", server.url).fetch(Walk(since=7 << 50).cursor)

    assert lost.truncated == (
        "X lists 7 days only: posts between the last reading and 2026-11-13T10:00Z are out of reach."
    )
    assert "since_id" not in server.requests[1][0]
    assert Walk.read(page.cursor) == Walk(since=50)


def test_a_walk_that_rested_for_more_than_seven_days_is_closed_and_the_next_begun(
    server: Script, open_source: Open
) -> None:
    newest = NEWEST
    server.say(too_old("until_id", "2026-11-13T10:00Z"), 400).say(found(newest + 5))
    lost, page = open_source("x", server.url).fetch(Walk(since=4 << 50, newest=newest, until=5 << 50).cursor)

    assert "still to be read" in lost.truncated
    assert Walk.read(lost.cursor) == Walk(since=newest)
    assert Walk.read(page.cursor) == Walk(since=newest + 5)


def test_another_refused_query_needs_a_person(server: Script, open_source: Open) -> None:
    server.say({"errors": [{"message": "There were errors processing your request: missing EOF"}]}, 400)
    with pytest.raises(NotPermittedError, match="missing EOF") as raised:
        list(open_source("x", server.url).fetch(Walk(since=9).cursor))

    assert raised.value.needs_person


def test_the_watermark_does_not_sink_when_the_newest_post_is_deleted(server: Script, open_source: Open) -> None:
    server.say(found(40))
    (page,) = open_source("x", server.url).fetch(Walk(since=50).cursor)

    assert Walk.read(page.cursor) == Walk(since=50)


def test_what_is_no_post_is_rejected_and_the_rest_lands(server: Script, open_source: Open) -> None:
    answer = found(50, 49)
    answer["data"] += ["nonsense", {"id": "x", "text": "a"}, {"id": "48"}]
    server.say(answer)
    (page,) = open_source("x", server.url).fetch("")

    assert [post.platform_id for post in page.posts] == ["50", "49"]
    assert [rejection.row for rejection in page.rejected] == [3, 4, 5]


def test_nothing_new_yields_no_page(server: Script, open_source: Open) -> None:
    server.say({"meta": {"result_count": 0}})

    assert list(open_source("x", server.url).fetch(Walk(since=50).cursor)) == []


def test_an_overlap_of_five_minutes_is_the_default() -> None:
    assert snowflake(START + timedelta(minutes=5)) - snowflake(START) == 5 * 60_000 << 22
