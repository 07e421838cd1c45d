"""X through the real tweepy and the replay server, where it reads several lists, or fails again and again."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors import Collector
from core.errors import AuthError, CollectError, UnreachableError
from core.types import Page
from tests.collectors.archive import EVERY, START, all_posts, archived, numbers, posts_archive

pytestmark = pytest.mark.replay
Replay = Callable[..., Any]
Open = Callable[..., Collector]
NAMES = [f"parcelo{number:03}" for number in range(60)]  # more than one search of X can hold


def named_archive(count: int, first: int = 0) -> list[dict[str, Any]]:
    """Posts that name one of `NAMES` each, every fifth also the brand's account, from two hours ago on."""
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    posts = [archived(number, began + timedelta(seconds=5 * number)) for number in range(first, first + count)]
    for number, post in enumerate(posts, start=first):
        mention = "@parcelohelp " if number % 5 == 0 else ""
        post["text"] = f"{mention}{NAMES[number % len(NAMES)]} number {number}"
    return posts


SETTINGS: dict[str, Any] = {
    "query": " OR ".join(NAMES),
    "own_handles": ("parcelohelp",),
    "options": {"mentions": "true", "user_id": "7"},
}


def read_to_the_end(open_source: Open, url: str, cursor: str) -> list[Page]:
    """What runs from this cursor bring until one brings nothing new; a run that fails is followed by another."""
    pages: list[Page] = []
    while True:
        had = numbers(pages)
        failed = False
        try:
            pages.extend(open_source("x", url, **SETTINGS).fetch(pages[-1].cursor if pages else cursor))
        except CollectError:
            failed = True
        if numbers(pages) == had and not failed:
            return pages


@pytest.mark.parametrize("stop", range(1, 10))
def test_a_run_over_several_lists_that_dies_after_any_page_leaves_no_hole(
    replay: Replay, open_source: Open, stop: int
) -> None:
    with replay(archive=named_archive(800), handle="parcelohelp") as served:
        fetching = open_source("x", served.url, **SETTINGS).fetch("")
        before = [next(fetching) for _ in range(stop)]
        fetching.close()  # type: ignore[attr-defined]  (a generator)
        served.archive.add(named_archive(100, first=800))
        after = read_to_the_end(open_source, served.url, before[-1].cursor)

    assert numbers(before + after) == set(range(900))


@pytest.mark.parametrize("fault", [{"shuffle": True}, {"overlap": 7}, {"shuffle": True, "overlap": 3}], ids=str)
def test_mentions_and_searches_out_of_order_or_with_repeats_lose_nothing(
    replay: Replay, open_source: Open, fault: dict[str, Any]
) -> None:
    with replay(archive=named_archive(800), handle="parcelohelp") as served:
        served.control({"faults": [{"match": "GET", "times": -1, **fault}]})
        pages = read_to_the_end(open_source, served.url, "")

    assert numbers(pages) == set(range(800))


@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"rate_limit": 5}, {"drop": 0.5}, {"truncate": 0.5}, {"garbage": True}], ids=str
)
def test_every_third_request_may_fail_and_nothing_is_lost(
    replay: Replay, open_source: Open, fault: dict[str, Any]
) -> None:
    with replay(archive=named_archive(500), handle="parcelohelp") as served:
        served.control({"faults": [{"match": "GET", "skip": 2 * turn, **fault} for turn in range(1, 5)]})
        pages = read_to_the_end(open_source, served.url, "")

    assert numbers(pages) == set(range(500))


def test_a_second_run_over_several_lists_asks_each_once_and_charges_nothing(replay: Replay, open_source: Open) -> None:
    with replay(archive=named_archive(500), handle="parcelohelp") as served:
        first = read_to_the_end(open_source, served.url, "")
        served.log.clear()
        second = list(open_source("x", served.url, **SETTINGS).fetch(first[-1].cursor))
        asked = len(served.log)

    assert asked == len(json.loads(first[-1].cursor)["walks"])
    assert sum(page.cost for page in second) == 0
    assert numbers(second) <= numbers(first)


def test_a_server_that_fails_twice_brings_everything_the_third_time(replay: Replay, open_source: Open) -> None:
    pages: list[Page] = []
    with replay(archive=posts_archive(250)) as served:
        served.control({"faults": [{"match": "GET", "skip": 1, "times": 2, "status": 503}]})
        for _ in range(2):
            with pytest.raises(UnreachableError):
                pages.extend(open_source("x", served.url).fetch(pages[-1].cursor if pages else ""))
        pages += open_source("x", served.url).fetch(pages[-1].cursor)

    assert numbers(pages) == set(range(250))
    assert len(all_posts(pages)) == 250


def test_a_key_that_is_revoked_in_the_middle_of_a_walk_keeps_what_was_read(replay: Replay, open_source: Open) -> None:
    pages: list[Page] = []
    with replay(archive=posts_archive(250)) as served:
        served.control({"faults": [{"match": "GET", "skip": 1, "status": 401}]})
        with pytest.raises(AuthError, match="X_BEARER_TOKEN"):
            pages.extend(open_source("x", served.url).fetch(""))
        rest = list(open_source("x", served.url).fetch(pages[-1].cursor))

    assert numbers(pages) == set(range(150, 250))
    assert numbers(rest) == set(range(150))


def test_posts_that_vanish_while_several_lists_are_read_take_no_other_with_them(
    replay: Replay, open_source: Open
) -> None:
    archive = named_archive(600)
    gone = set(range(300, 360))
    with replay(archive=archive, handle="parcelohelp") as served:
        served.control({"faults": [{"match": "GET", "skip": 3, "hide": [archive[each]["id"] for each in gone]}]})
        pages = read_to_the_end(open_source, served.url, "")

    assert numbers(pages) >= set(range(600)) - gone


def test_a_mention_that_appears_late_below_the_newest_is_found(replay: Replay, open_source: Open) -> None:
    archive = named_archive(300)
    late = dict(archive[285], id=str(int(archive[285]["id"]) + 1), text="@parcelohelp number 9999")
    with replay(archive=archive, handle="parcelohelp") as served:
        first = read_to_the_end(open_source, served.url, "")
        served.archive.add([late])
        second = list(open_source("x", served.url, **SETTINGS).fetch(first[-1].cursor))

    assert 9999 in numbers(second)


def test_an_edited_post_comes_again_with_its_new_words_and_the_same_id(replay: Replay, open_source: Open) -> None:
    archive = posts_archive(50)
    with replay(archive=archive) as served:
        first = list(open_source("x", served.url).fetch(""))
        served.control({"edit": {archive[49]["id"]: "my parcel came after all 49"}})
        second = list(open_source("x", served.url).fetch(first[-1].cursor))
    words = {post.platform_id: post.text for post in all_posts(second)}

    assert words[archive[49]["id"]] == "my parcel came after all 49"


def test_a_stretch_of_time_that_was_missed_is_filled_to_the_post(replay: Replay, open_source: Open) -> None:
    with replay(archive=posts_archive(400)) as served:
        source: Any = open_source("x", served.url)
        pages = list(source.fill(START + EVERY * 100, START + EVERY * 310))

    assert sorted(int(post.text.rsplit(" ", 1)[1]) for post in all_posts(pages)) == list(range(100, 310))
