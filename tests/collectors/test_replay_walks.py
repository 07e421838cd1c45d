"""Real tweepy and praw against the replay server: everything comes, once, wherever a run dies."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from collectors import Collector
from core.errors import UnreachableError
from core.types import Page
from tests.collectors.archive import EVERY, START, all_posts, archived, numbers, posts_archive

pytestmark = pytest.mark.replay
Replay = Callable[..., AbstractContextManager[Any]]
Open = Callable[..., Collector]


@pytest.mark.parametrize("platform", ["x", "reddit"])
def test_a_thousand_posts_over_ten_pages_come_exactly_once(replay: Replay, open_source: Open, platform: str) -> None:
    with replay(archive=posts_archive(1000)) as served:
        pages = list(open_source(platform, served.url).fetch(""))

    ids = [post.platform_id for post in all_posts(pages)]
    assert len(ids) == len(set(ids)) == 1000
    assert len(pages) == 10


@pytest.mark.parametrize("platform", ["x", "reddit"])
def test_a_second_run_asks_once_and_finds_nothing_new(replay: Replay, open_source: Open, platform: str) -> None:
    with replay(archive=posts_archive(1000)) as served:
        first = list(open_source(platform, served.url).fetch(""))
        served.log.clear()
        second = list(open_source(platform, served.url).fetch(first[-1].cursor))
        asked = [line for line in served.log if line["method"] == "GET"]

    assert len(asked) == 1
    assert {post.platform_id for post in all_posts(second)} <= {post.platform_id for post in all_posts(first)}
    assert second[-1].cursor == first[-1].cursor


@pytest.mark.parametrize("platform", ["x", "reddit"])
@pytest.mark.parametrize("stop", range(1, 10))
def test_a_run_that_dies_after_any_page_is_finished_by_the_next(
    replay: Replay, open_source: Open, platform: str, stop: int
) -> None:
    with replay(archive=posts_archive(930)) as served:
        fetching = open_source(platform, served.url).fetch("")
        before = [next(fetching) for _ in range(stop)]
        fetching.close()  # type: ignore[attr-defined]  (a generator)
        served.archive.add(posts_archive(150, first=930))  # the world goes on meanwhile
        pages = list(before)
        while True:  # until a walk from the last cursor brings nothing new
            had = numbers(pages)
            pages += list(open_source(platform, served.url).fetch(pages[-1].cursor))
            if numbers(pages) == had:
                break

    assert numbers(pages) == set(range(1080))


def test_an_unfinished_walk_of_x_goes_on_below_and_reads_no_page_twice(replay: Replay, open_source: Open) -> None:
    with replay(archive=posts_archive(1000)) as served:
        fetching = open_source("x", served.url).fetch("")
        before = [next(fetching) for _ in range(4)]
        after = list(open_source("x", served.url).fetch(before[-1].cursor))

    assert len(after) == 6
    assert not numbers(before) & numbers(after)


@pytest.mark.parametrize("platform", ["x", "reddit"])
def test_new_posts_come_with_the_next_run(replay: Replay, open_source: Open, platform: str) -> None:
    with replay(archive=posts_archive(300)) as served:
        first = list(open_source(platform, served.url).fetch(""))
        served.archive.add(posts_archive(250, first=300))
        second = list(open_source(platform, served.url).fetch(first[-1].cursor))

    assert numbers(second) >= set(range(300, 550))
    assert numbers(first) | numbers(second) == set(range(550))


@pytest.mark.parametrize("platform", ["x", "reddit"])
def test_a_post_that_appears_late_below_the_newest_is_found(replay: Replay, open_source: Open, platform: str) -> None:
    late = archived(9999, START + EVERY * 280)  # two minutes before the newest of 300
    with replay(archive=posts_archive(300)) as served:
        first = list(open_source(platform, served.url).fetch(""))
        served.archive.add([late])
        second = list(open_source(platform, served.url).fetch(first[-1].cursor))

    assert 9999 in numbers(second)


@pytest.mark.parametrize("platform", ["x", "reddit"])
@pytest.mark.parametrize("fault", [{"shuffle": True}, {"overlap": 7}, {"shuffle": True, "overlap": 3}])
def test_pages_out_of_order_or_with_repeats_lose_nothing(
    replay: Replay, open_source: Open, platform: str, fault: dict[str, Any]
) -> None:
    with replay(archive=posts_archive(500)) as served:
        served.control({"faults": [{"match": "GET", "times": -1, **fault}]})
        pages = list(open_source(platform, served.url).fetch(""))
        served.archive.add(posts_archive(120, first=500))
        pages += list(open_source(platform, served.url).fetch(pages[-1].cursor))

    assert numbers(pages) == set(range(620))


@pytest.mark.parametrize("platform", ["x", "reddit"])
def test_posts_that_vanish_between_pages_take_no_other_with_them(
    replay: Replay, open_source: Open, platform: str
) -> None:
    archive = posts_archive(400)
    gone = [archive[number]["id"] for number in range(250, 300)]  # among them the last of page one and two
    with replay(archive=archive) as served:
        served.control({"faults": [{"match": "GET", "skip": 1, "hide": gone}]})
        pages = list(open_source(platform, served.url).fetch(""))

    assert numbers(pages) >= set(range(400)) - set(range(250, 300))


@pytest.mark.parametrize("platform", ["x", "reddit"])
def test_pages_before_a_fault_stay_and_the_next_run_brings_the_rest(
    replay: Replay, open_source: Open, platform: str
) -> None:
    pages: list[Page] = []
    with replay(archive=posts_archive(500)) as served:
        served.control({"faults": [{"match": "GET", "skip": 2, "status": 503}]})
        with pytest.raises(UnreachableError):
            pages.extend(open_source(platform, served.url).fetch(""))
        assert len(numbers(pages)) == 200
        pages += list(open_source(platform, served.url).fetch(pages[-1].cursor))

    assert numbers(pages) == set(range(500))


def test_reddit_says_so_where_its_list_ends_before_the_last_reading(replay: Replay, open_source: Open) -> None:
    with replay(archive=posts_archive(300), reddit_cap=250) as served:
        first = list(open_source("reddit", served.url).fetch(""))
        served.archive.add(posts_archive(700, first=300))
        burst = list(open_source("reddit", served.url).fetch(first[-1].cursor))
        calm = list(open_source("reddit", served.url).fetch(burst[-1].cursor))

    assert [page.gap for page in first] == [None, None, None]
    assert numbers(burst) == set(range(750, 1000))
    assert [page.gap for page in burst[:-1]] == [None, None]
    gap = burst[-1].gap
    assert gap is not None
    assert (gap.from_at, gap.until_at) == (START + EVERY * 299, START + EVERY * 750)
    assert (
        "ended at 2026-11-20 01:15 UTC and did not reach the newest one known before (2026-11-20 00:29 UTC)" in gap.why
    )
    assert all(not page.gap for page in calm)


def test_submissions_comments_and_search_of_reddit_keep_their_own_place(replay: Replay, open_source: Open) -> None:
    options = {"subreddit": "shopping", "listings": "new,comments,search"}
    with replay(archive=posts_archive(150)) as served:
        pages = list(open_source("reddit", served.url, native_query="number 14", options=options).fetch(""))
        searched = [line["query"] for line in served.log if "search" in line["path"]]

    kinds = [post.platform_id[:2] for post in all_posts(pages)]
    assert (kinds.count("t3"), kinds.count("t1")) == (150 + 12, 150)  # 14, 114 and 140 to 149
    assert searched[0]["restrict_sr"] == "on"
    assert searched[0]["sort"] == "new"


def test_deleted_posts_of_reddit_are_not_collected_and_are_reported(replay: Replay, open_source: Open) -> None:
    archive = posts_archive(20)
    with replay(archive=archive) as served:
        first = list(open_source("reddit", served.url).fetch(""))
        served.archive.add([{**archive[5], "deleted": True}])
        pages = list(open_source("reddit", served.url).fetch(first[-1].cursor))

    fifth = next(post.platform_id for post in all_posts(first) if post.text.endswith(" 5"))
    assert numbers(pages) == set(range(20)) - {5}
    assert [page.deleted for page in first + pages] == [(), (fifth,)]


def test_an_edited_post_comes_again_with_its_new_words(replay: Replay, open_source: Open) -> None:
    archive = posts_archive(50)
    with replay(archive=archive) as served:
        first = list(open_source("reddit", served.url).fetch(""))
        served.control({"edit": {archive[49]["id"]: "it came after all 49"}})
        second = list(open_source("reddit", served.url).fetch(first[-1].cursor))

    assert "it came after all 49" in [post.text for post in all_posts(second)]


def test_an_empty_result_is_no_error(replay: Replay, open_source: Open) -> None:
    with replay(archive=posts_archive(5)) as served:
        assert all_posts(list(open_source("x", served.url, query="nobody-says-this").fetch(""))) == []
        assert all_posts(list(open_source("reddit", served.url, query="nobody-says-this", options={}).fetch(""))) == []


def test_a_post_dated_into_the_future_does_not_hide_the_ones_after_it(replay: Replay, open_source: Open) -> None:
    archive = posts_archive(100)
    archive[99]["created_at"] = "2031-01-01T00:00:00Z"
    with replay(archive=archive) as served:
        for platform in ("x", "reddit"):
            served.archive.add(archive)
            first = list(open_source(platform, served.url).fetch(""))
            served.archive.add(posts_archive(350, first=100))
            second = list(open_source(platform, served.url).fetch(first[-1].cursor))
            assert numbers(first + second) == set(range(450))
