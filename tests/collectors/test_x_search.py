"""X: searches that a real server answers strangely."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from collectors import Collector
from collectors.x import Walk
from core.errors import BadResponseError, NotPermittedError
from tests.collectors.archive import START, snowflake
from tests.collectors.conftest import Script
from tests.collectors.x_answers import found, old_cursor, raw_post, walk_of

Open = Callable[..., Collector]
NEWEST = snowflake(START)
DAY = timedelta(days=1)


def too_old(name: str, after: str) -> dict[str, Any]:
    message = f"'{name}' must be a tweet id created after {after}. Please use a '{name}' that is larger than 77"
    return {"errors": [{"parameters": {name: ["1"]}, "message": message}], "title": "Invalid Request"}


def test_the_next_walk_begins_a_little_below_the_newest_post(server: Script, open_source: Open) -> None:
    server.say(found(NEWEST))
    list(open_source("x", server.url, options={"overlap_minutes": "10"}).fetch(old_cursor(since=NEWEST)))

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
    assert walk_of(pages[-1].cursor) == Walk(since=50)


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
    lost, page = open_source("x", server.url).fetch(old_cursor(since=7 << 50))

    assert lost.gap.why == (
        "X lists 7 days only: posts between the last reading and 2026-11-13T10:00Z are out of reach."
    )
    assert "since_id" not in server.requests[1][0]
    assert walk_of(page.cursor) == Walk(since=50)


def test_a_walk_that_rested_for_more_than_seven_days_is_closed_and_the_next_begun(
    server: Script, open_source: Open
) -> None:
    newest = NEWEST
    server.say(too_old("until_id", "2026-11-13T10:00Z"), 400).say(found(newest + 5))
    lost, page = open_source("x", server.url).fetch(old_cursor(since=4 << 50, newest=newest, until=5 << 50))

    assert "still to be read" in lost.gap.why
    assert walk_of(lost.cursor) == Walk(since=newest)
    assert walk_of(page.cursor) == Walk(since=newest + 5)


def test_another_refused_query_needs_a_person(server: Script, open_source: Open) -> None:
    server.say({"errors": [{"message": "There were errors processing your request: missing EOF"}]}, 400)
    with pytest.raises(NotPermittedError, match="missing EOF") as raised:
        list(open_source("x", server.url).fetch(old_cursor(since=9)))

    assert raised.value.needs_person


def test_the_watermark_does_not_sink_when_the_newest_post_is_deleted(server: Script, open_source: Open) -> None:
    server.say(found(40))
    (page,) = open_source("x", server.url).fetch(old_cursor(since=50))

    assert walk_of(page.cursor) == Walk(since=50)


def test_what_is_no_post_is_rejected_and_the_rest_lands(server: Script, open_source: Open) -> None:
    answer = found(50, 49)
    answer["data"] += ["nonsense", {"id": "x", "text": "a"}, {"id": "48"}, raw_post(1 << 63), raw_post(-1)]
    server.say(answer)
    (page,) = open_source("x", server.url).fetch("")

    assert [post.platform_id for post in page.posts] == ["50", "49"]
    assert [rejection.row for rejection in page.rejected] == [3, 4, 5, 6, 7]
    assert walk_of(page.cursor) == Walk(since=50)


def dated(server: Script, body: dict[str, Any], at: datetime, status: int = 200) -> None:
    """Let the server say this from now on, at that moment by its clock."""
    server.answers.clear()
    server.say(body, status, Date=format_datetime(at, usegmt=True))


def test_nothing_new_yields_no_page(server: Script, open_source: Open) -> None:
    dated(server, found(), START)
    first = list(open_source("x", server.url).fetch(old_cursor(since=NEWEST)))
    dated(server, found(), START + timedelta(hours=23))
    second = list(open_source("x", server.url).fetch(first[-1].cursor))

    assert [page.posts for page in first] == [()]  # only that it was looked at, once a day
    assert second == []


def test_a_week_without_posts_is_no_gap(server: Script, open_source: Open) -> None:
    dated(server, found(), START + 6 * DAY)
    cursor = next(iter(open_source("x", server.url).fetch(old_cursor(since=NEWEST)))).cursor
    server.answers.clear()
    server.say(too_old("since_id", "2026-11-21T10:00Z"), 400).say(found(NEWEST + 900))
    pages = list(open_source("x", server.url).fetch(cursor))

    assert [page.gap for page in pages] == [None, None]
    assert walk_of(pages[-1].cursor).since == NEWEST + 900


def test_a_week_that_nobody_read_is_a_gap_from_the_last_reading_on(server: Script, open_source: Open) -> None:
    dated(server, found(), START + DAY)
    cursor = next(iter(open_source("x", server.url).fetch(old_cursor(since=NEWEST)))).cursor
    server.answers.clear()
    server.say(too_old("since_id", "2026-11-22T00:00Z"), 400).say(found())
    lost = next(iter(open_source("x", server.url).fetch(cursor)))

    assert (lost.gap.from_at, lost.gap.until_at) == (START + DAY, START + 2 * DAY)


def test_a_walk_that_goes_on_days_later_has_not_seen_what_came_above_it(server: Script, open_source: Open) -> None:
    dated(server, found(NEWEST - 9), START + 6 * DAY)
    cursor = old_cursor(since=NEWEST - 900, newest=NEWEST, until=NEWEST - 5)
    finished = list(open_source("x", server.url).fetch(cursor))[-1].cursor
    dated(server, too_old("since_id", "2026-11-21T00:00Z"), START + 8 * DAY, 400)
    server.say(found())
    lost = next(iter(open_source("x", server.url).fetch(finished)))

    assert (lost.gap.from_at, lost.gap.until_at) == (START, START + DAY)


def test_an_overlap_of_five_minutes_is_the_default() -> None:
    assert snowflake(START + timedelta(minutes=5)) - snowflake(START) == 5 * 60_000 << 22
