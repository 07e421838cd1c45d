"""Walks over a server of Mastodon with the real client: nothing lost, nothing left out silently."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors import Collector
from collectors.base import read_cursor
from collectors.mastodon.statuses import id_at, id_moment
from core.types import Page
from tests.collectors.archive import EVERY, START, all_posts, numbers
from tests.collectors.conftest import REPLAY, Answer, Script

Replay = Callable[..., AbstractContextManager[Any]]
Open = Callable[..., Collector]
needs_replay = pytest.mark.replay
TAG = {"options": {"hashtags": "parcelo", "search": "false"}, "query": ""}


def status_id(when: datetime, low: int = 0) -> str:
    return str(int(id_at(when)) + low)


def tooted(number: int, when: datetime | None = None) -> dict[str, Any]:
    """An invented post for the replay server."""
    when = when or START + EVERY * number
    return {
        "id": status_id(when, number % 60_000),
        "text": f"#parcelo where is my parcel number {number}",
        "created_at": when.isoformat().replace("+00:00", "Z"),
        "author": f"author{number % 7}",
        "url": "",
    }


def toots(count: int, first: int = 0) -> list[dict[str, Any]]:
    return [tooted(number) for number in range(first, first + count)]


def timelines(served: Any) -> list[dict[str, Any]]:
    return [line for line in served.log if "/timelines/" in line["path"]]


@needs_replay
def test_a_thousand_posts_over_25_pages_come_once_each(replay: Replay, open_source: Open) -> None:
    with replay(archive=toots(1000)) as served:
        pages = list(open_source("mastodon", served.url, **TAG).fetch(""))
        asked = served.log

    assert sorted(int(post.text.rsplit(" ", 1)[1]) for post in all_posts(pages)) == list(range(1000))
    assert len(asked) == 26  # an empty page alone tells that a list ends; the client asks for nothing else


@needs_replay
def test_a_second_run_takes_one_request_and_brings_nothing_new(replay: Replay, open_source: Open) -> None:
    options = {"options": {**TAG["options"], "overlap_minutes": "1"}}  # type: ignore[dict-item]
    with replay(archive=toots(300)) as served:
        first = list(open_source("mastodon", served.url, **options).fetch(""))
        served.log.clear()
        second = list(open_source("mastodon", served.url, **options).fetch(first[-1].cursor))

    assert len(served.log) == 1
    assert {post.platform_id for post in all_posts(second)} <= {post.platform_id for post in all_posts(first)}
    assert second[-1].cursor == first[-1].cursor


@needs_replay
@pytest.mark.parametrize("killed_after", [1, 2, 3, 7])
def test_a_run_that_dies_after_any_page_leaves_no_hole(replay: Replay, open_source: Open, killed_after: int) -> None:
    with replay(archive=toots(300)) as served:
        cursor, stored = "", list[Page]()
        for page in open_source("mastodon", served.url, **TAG).fetch(""):
            stored.append(page)
            cursor = page.cursor
            if len(stored) == killed_after:
                break
        served.control({"add": toots(50, first=300)})
        for _ in range(2):
            for page in open_source("mastodon", served.url, **TAG).fetch(cursor):
                stored.append(page)
                cursor = page.cursor

    assert numbers(stored) == set(range(350))
    assert not any(page.gap for page in stored)


@needs_replay
def test_new_posts_above_the_watermark_come_in_the_next_run(replay: Replay, open_source: Open) -> None:
    with replay(archive=toots(100)) as served:
        first = list(open_source("mastodon", served.url, **TAG).fetch(""))
        served.control({"add": toots(150, first=100)})
        second = list(open_source("mastodon", served.url, **TAG).fetch(first[-1].cursor))

    assert numbers(second) >= set(range(100, 250))
    assert not any(page.gap for page in second)


@needs_replay
def test_a_post_of_another_server_that_arrives_late_below_the_watermark_is_caught(
    replay: Replay, open_source: Open
) -> None:
    with replay(archive=toots(520)) as served:
        first = list(open_source("mastodon", served.url, **TAG).fetch(""))
        written = START + EVERY * 520 - timedelta(minutes=45)
        served.control({"add": [tooted(5000, written)]})
        second = list(open_source("mastodon", served.url, **TAG).fetch(first[-1].cursor))

    assert 5000 in numbers(second)


@needs_replay
def test_a_page_out_of_order_loses_nothing(replay: Replay, open_source: Open) -> None:
    with replay(archive=toots(200)) as served:
        served.control({"faults": [{"match": "/timelines/", "times": -1, "shuffle": True}]})
        pages = list(open_source("mastodon", served.url, **TAG).fetch(""))

    assert numbers(pages) == set(range(200))


@needs_replay
def test_posts_that_vanish_between_pages_take_no_others_with_them(replay: Replay, open_source: Open) -> None:
    archive = toots(200)
    with replay(archive=archive) as served:
        gone = [archive[number]["id"] for number in (160, 159, 120)]
        served.control({"faults": [{"match": "max_id", "hide": gone}]})
        pages = list(open_source("mastodon", served.url, **TAG).fetch(""))

    assert numbers(pages) >= set(range(200)) - {159, 120}


@needs_replay
def test_a_first_walk_goes_back_as_far_as_asked_from_the_newest_post(replay: Replay, open_source: Open) -> None:
    old = [tooted(number, START - timedelta(days=3, seconds=number)) for number in range(1000, 1200)]
    options = {"options": {**TAG["options"], "reach_back_days": "1"}}  # type: ignore[dict-item]
    with replay(archive=[*old, *toots(20)]) as served:
        pages = list(open_source("mastodon", served.url, **options).fetch(""))
        asked = len(served.log)

    assert set(range(20)) <= numbers(pages)
    assert asked == 1
    assert not any(page.gap for page in pages)


@needs_replay
def test_two_hashtags_and_a_search_keep_a_walk_each(replay: Replay, open_source: Open) -> None:
    archive = [{**each, "text": each["text"].replace("#parcelo", "#parcelo #late")} for each in toots(60)]
    config: dict[str, Any] = {"query": "parcelo", "options": {"hashtags": "parcelo,late"}}
    with replay(archive=archive) as served:
        pages = list(open_source("mastodon", served.url, **config).fetch(""))
        paths = {line["path"] for line in served.log}

    assert paths == {"/api/v1/timelines/tag/parcelo", "/api/v1/timelines/tag/late", "/api/v2/search"}
    assert set(read_cursor(pages[-1].cursor)) == {"tag:parcelo", "tag:late", 'search:"parcelo"'}
    assert numbers(pages) == set(range(60))


@needs_replay
def test_a_hashtag_that_is_no_longer_asked_for_leaves_the_cursor(replay: Replay, open_source: Open) -> None:
    with replay(archive=toots(10)) as served:
        two = {"options": {"hashtags": "parcelo,late", "search": "false"}}
        first = list(open_source("mastodon", served.url, **two).fetch('{"tag:late":{"since":"117"}}'))
        second = list(open_source("mastodon", served.url, **TAG).fetch(first[-1].cursor))

    assert set(read_cursor(first[-1].cursor)) == {"tag:parcelo", "tag:late"}
    assert set(read_cursor(second[-1].cursor)) == {"tag:parcelo"}


@needs_replay
def test_a_hashtag_in_letters_of_its_own_is_found(replay: Replay, open_source: Open) -> None:
    archive = [{**each, "text": each["text"].replace("#parcelo", "#größe")} for each in toots(3)]
    settings: dict[str, Any] = {"query": "#Größe", "options": {"search": "false"}}
    with replay(archive=archive) as served:
        pages = list(open_source("mastodon", served.url, **settings).fetch(""))

    assert numbers(pages) == {0, 1, 2}


def play(served: Any, *names: str) -> None:
    """Load recordings; by itself the server leaves their files open, which is an error here."""
    recorded = [json.loads((REPLAY / "mastodon" / f"{name}.json").read_text(encoding="utf-8")) for name in names]
    served.tape = [dict(each, used=False) for recording in recorded for each in recording["interactions"]]


@needs_replay
def test_what_mastodon_really_sent_is_read_whole(replay: Replay, open_source: Open) -> None:
    settings: dict[str, Any] = {"native_query": "halcy", "options": {"server": "mastodon.social"}}
    with replay() as served:
        play(served, "test_entity_searchv2", "test_hashtag_tl", "test_entity_status")
        pages = list(open_source("mastodon", served.url, **settings).fetch(""))
        tagged = next(open_source("mastodon", served.url, options={"hashtags": "hoot", "search": "false"}).fetch(""))
        collector: Any = open_source("mastodon", served.url, **settings)
        numbers_known = ["110446223051565765", "110446183735368325", "1"]
        uris = [f"https://mastodon.social/users/nobody/statuses/{number}" for number in numbers_known]
        looked_up = collector.lookup(uris)

    posts = [*all_posts(pages), *tagged.posts]
    assert len({post.platform_id for post in posts}) == 3
    assert not any(page.rejected for page in [*pages, tagged])
    assert all(post.text and "@" in post.author and "<" not in post.text and post.url for post in posts)
    assert uris[2] in looked_up.gone  # the others are of somebody else, so nothing is said of these uris
    assert set(looked_up.gone) <= {uris[2]}


@needs_replay
def test_an_edited_post_comes_as_it_reads_now(replay: Replay, open_source: Open) -> None:
    archive = toots(3)
    with replay(archive=archive) as served:
        first = list(open_source("mastodon", served.url, **TAG).fetch(""))
        served.control({"edit": {archive[2]["id"]: "#parcelo found it 2"}})
        second = list(open_source("mastodon", served.url, **TAG).fetch(first[-1].cursor))

    assert {post.platform_id for post in all_posts(first)} == {post.platform_id for post in all_posts(second)}
    assert "#parcelo found it 2" in {post.text for post in all_posts(second)}


@needs_replay
def test_an_empty_hashtag_is_no_page_and_no_gap(replay: Replay, open_source: Open) -> None:
    with replay(archive=[]) as served:
        assert list(open_source("mastodon", served.url, **TAG).fetch("")) == []


def status(number: int, when: datetime | None = None, **more: Any) -> dict[str, Any]:
    """An invented status as a server sends it."""
    when = when or START + EVERY * number
    known = {
        "id": status_id(when, number),
        "uri": f"https://replay.example/users/anna/statuses/{status_id(when, number)}",
        "url": f"https://replay.example/@anna/{status_id(when, number)}",
        "created_at": when.isoformat(),
        "content": f"<p>#parcelo lost parcel {number}</p>",
        "visibility": "public",
        "reblog": None,
        "in_reply_to_id": None,
        "account": {"acct": "anna", "display_name": "Anna", "url": "https://replay.example/@anna"},
    }
    return known | more


class Timeline:
    """A hashtag timeline that lists no more than `cap` of its newest statuses."""

    def __init__(self, statuses: list[dict[str, Any]], cap: int = 10_000) -> None:
        self.statuses, self.cap = statuses, cap

    def __call__(self, path: str) -> Answer:
        listed = sorted(self.statuses, key=lambda each: int(each["id"]), reverse=True)[: self.cap]
        if "max_id=" in path:
            below = int(path.split("max_id=")[1].split("&")[0])
            listed = [each for each in listed if int(each["id"]) < below]
        return Answer(json.dumps(listed[:40]).encode())


def test_a_burst_of_700_in_a_list_of_250_says_which_time_is_missing(server: Script, open_source: Open) -> None:
    timeline = Timeline([status(number) for number in range(100)], cap=250)
    server.respond = timeline
    first = list(open_source("mastodon", server.url, **TAG).fetch(""))
    timeline.statuses += [status(number) for number in range(100, 800)]
    second = list(open_source("mastodon", server.url, **TAG).fetch(first[-1].cursor))
    third = list(open_source("mastodon", server.url, **TAG).fetch(second[-1].cursor))

    (gap,) = [page.gap for page in second if page.gap]
    assert numbers(second) == set(range(550, 800))
    assert "ended its list of #parcelo before the point reached last time" in gap.why
    assert (gap.from_at, gap.until_at) == (id_moment(status(99)["id"]), id_moment(status(550)["id"]))
    assert gap.from_at == START + EVERY * 99
    assert not any(page.gap for page in third)


def test_a_quiet_list_whose_last_post_was_deleted_reports_no_gap(server: Script, open_source: Open) -> None:
    timeline = Timeline([status(0)])
    server.respond = timeline
    first = list(open_source("mastodon", server.url, **TAG).fetch(""))
    timeline.statuses = [status(40)]
    second = list(open_source("mastodon", server.url, **TAG).fetch(first[-1].cursor))

    assert numbers(second) == {40}
    assert not any(page.gap for page in second)


def test_a_future_dated_post_neither_moves_the_watermark_nor_sits_in_the_future(
    server: Script, open_source: Open
) -> None:
    timeline = Timeline([status(1), status(2) | {"created_at": "2031-01-01T00:00:00Z"}])
    server.respond = timeline
    first = list(open_source("mastodon", server.url, **TAG).fetch(""))
    timeline.statuses.append(status(3))
    second = list(open_source("mastodon", server.url, **TAG).fetch(first[-1].cursor))

    assert max(post.posted_at for post in all_posts(first)) == START + EVERY * 2
    assert 3 in numbers(second)


def test_a_server_that_sends_the_same_page_for_ever_is_left(server: Script, open_source: Open) -> None:
    server.say(json.dumps([status(1), status(2)]))

    collector = open_source("mastodon", server.url, **TAG)
    with pytest.raises(Exception, match="same page"):
        list(collector.fetch(""))


def letters(number: int) -> dict[str, Any]:
    return status(number) | {"id": f"01HZ{number:022d}"}


def test_a_server_whose_ids_hold_no_time_is_walked_by_their_order(server: Script, open_source: Open) -> None:
    statuses = [letters(number) for number in range(100)]

    def respond(path: str) -> Answer:
        below = path.split("max_id=")[1].split("&")[0] if "max_id=" in path else "~"
        listed = [each for each in reversed(statuses) if each["id"] < below]
        return Answer(json.dumps(listed[:40]).encode())

    server.respond = respond
    first = list(open_source("mastodon", server.url, **TAG).fetch(""))
    statuses += [letters(number) for number in range(100, 130)]
    second = list(open_source("mastodon", server.url, **TAG).fetch(first[-1].cursor))

    assert numbers(first) == set(range(100))
    assert numbers(second) >= set(range(100, 130))
    (page,) = open_source("mastodon", server.url, **TAG).fill(START, START + EVERY)  # type: ignore[attr-defined]
    assert page.gap is not None
    assert (page.posts, page.gap.from_at, page.gap.until_at) == ((), START, START + EVERY)


def test_search_pages_by_whole_seconds_and_still_comes_past_a_second_of_50_posts(
    server: Script, open_source: Open
) -> None:
    """Search knows max_id as "before" a moment without fractions only."""
    second = START.replace(microsecond=0)
    statuses = [status(number, second + timedelta(milliseconds=number)) for number in range(100, 150)]
    statuses += [status(number, second - timedelta(seconds=number)) for number in range(30)]

    def respond(path: str) -> Answer:
        query = dict(part.split("=") for part in path.partition("?")[2].split("&"))
        listed = sorted(statuses, key=lambda each: int(each["id"]), reverse=True)
        if "max_id" in query:
            before = (id_moment(query["max_id"]) or datetime.now(UTC)).replace(microsecond=0)
            listed = [each for each in listed if datetime.fromisoformat(each["created_at"]) < before]
        start = int(query.get("offset", "0"))
        return Answer(json.dumps({"accounts": [], "hashtags": [], "statuses": listed[start : start + 40]}).encode())

    server.respond = respond
    config = {"native_query": '"lost parcel"', "options": {"search": "true"}}
    pages = list(open_source("mastodon", server.url, **config).fetch(""))

    assert numbers(pages) == {*range(100, 150), *range(30)}


def filled(collector: Any, from_at: datetime, until_at: datetime) -> Iterator[Page]:
    pages: Iterator[Page] = collector.fill(from_at, until_at)
    return pages


@needs_replay
def test_a_gap_is_filled_by_ids_made_of_its_times(replay: Replay, open_source: Open) -> None:
    with replay(archive=toots(500)) as served:
        collector = open_source("mastodon", served.url, **TAG)
        pages = list(filled(collector, START + EVERY * 100, START + EVERY * 250))
        asked = len(served.log)

    assert numbers(pages) == set(range(100, 250))
    assert asked <= 6
