"""Hacker News: a walk over a search that answers as Algolia's does, what became of posts, and faults."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from collectors import Collector
from collectors.base import read_cursor
from core.errors import (
    AuthError,
    BadResponseError,
    CollectError,
    ConfigError,
    NotPermittedError,
    RateLimitedError,
    UnreachableError,
)
from core.types import Page, PostKind
from tests.collectors.archive import all_posts
from tests.collectors.conftest import Answer, Script

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
Open = Callable[..., Collector]


def hit(number: int, when: datetime, words: str = "Parcelo lost my parcel") -> dict[str, Any]:
    return {
        "objectID": str(45_000_000 + number),
        "author": f"author{number % 7}",
        "comment_text": f"{words}, number {number}",
        "story_id": 45_000_000,
        "parent_id": 45_000_000,
        "created_at_i": int(when.timestamp()),
    }


class Algolia:
    """A search by date over `hits` that hands over at most 1,000 of what it finds, and 100 a page."""

    def __init__(self, script: Script, hits: Iterable[dict[str, Any]] = (), now: datetime = NOW) -> None:
        self.hits, self.now, self.asked = list(hits), now, []
        self.faults: list[Answer | None] = []  # in the order of requests; None is none
        self.is_shuffled = False
        script.respond = self.respond

    def respond(self, path: str) -> Answer:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query, True).items()}
        self.asked.append(asked)
        if self.faults and (fault := self.faults.pop(0)):
            return fault
        words = asked["query"].lower().strip('"')
        found = sorted(
            (each for each in self.hits if words in str(each).lower() and self._lies_in(each, asked)),
            key=lambda each: -each["created_at_i"],
        )
        shown = found[:1000][: int(asked["hitsPerPage"])]
        if self.is_shuffled:
            shown = shown[1::2] + shown[::2]
        body = json.dumps({"hits": shown, "nbHits": len(found), "page": 0})
        return Answer(body.encode(), headers={"Date": format_datetime(self.now, usegmt=True)})

    def _lies_in(self, each: dict[str, Any], asked: dict[str, str]) -> bool:
        filters = [rule for rule in asked.get("numericFilters", "").split(",") if rule]
        at = each["created_at_i"]
        if "author_" in asked["tags"] and f"author_{each['author']}" not in asked["tags"].split(","):
            return False
        return all(at >= int(rule.split("=")[1]) if ">=" in rule else at <= int(rule.split("=")[1]) for rule in filters)


@pytest.fixture
def source(server: Script, open_source: Open) -> Callable[..., Any]:
    def open_it(**settings: Any) -> Any:
        return open_source("hackernews", server.url, **({"query": "parcelo"} | settings))

    return open_it


def ids(pages: list[Page]) -> list[int]:
    return [int(post.platform_id) - 45_000_000 for post in all_posts(pages)]


def minutes(count: int, first: int = 0) -> list[dict[str, Any]]:
    """So many hits, one a minute, the last of them just before `NOW`."""
    return [hit(number, NOW - timedelta(minutes=first + count - number)) for number in range(first, first + count)]


def test_a_burst_beyond_what_one_search_hands_over_comes_whole_and_once(server: Script, source: Open) -> None:
    search = Algolia(server, minutes(2500))
    pages = list(source().fetch(""))

    assert set(ids(pages)) == set(range(2500))
    assert len(search.asked) == 26
    assert len(ids(pages)) < 2600


def test_a_second_run_asks_once_and_brings_only_the_overlap(server: Script, source: Open) -> None:
    search = Algolia(server, minutes(300))
    (*_, last) = source(options={"overlap_minutes": "10"}).fetch("")
    search.asked.clear()
    again = list(source(options={"overlap_minutes": "10"}).fetch(last.cursor))

    assert len(search.asked) == 1
    assert ids(again) == list(range(299, 288, -1))
    assert all(page.cursor == last.cursor for page in again)


def test_pages_in_any_order_and_posts_that_vanish_between_them_lose_nothing(server: Script, source: Open) -> None:
    search = Algolia(server, minutes(500))
    search.is_shuffled = True
    had: set[int] = set()
    for page in source().fetch(""):
        had |= set(ids([page]))
        del search.hits[-30:]  # of those that came already

    assert had == set(range(500))


def test_nothing_new_is_no_page(server: Script, source: Open) -> None:
    Algolia(server)
    (first,) = source().fetch("")

    assert first.posts == ()
    assert list(source().fetch(first.cursor)) == []


@pytest.mark.parametrize("stored", range(1, 12))
def test_a_crash_after_any_page_leaves_no_hole(server: Script, source: Open, stored: int) -> None:
    search = Algolia(server, minutes(1000))
    had: set[int] = set()
    cursor = ""
    for page, _ in zip(source().fetch(""), range(stored), strict=False):
        had |= set(ids([page]))
        cursor = page.cursor
    search.hits += [hit(2000 + number, NOW + timedelta(minutes=number)) for number in range(5)]
    search.now = NOW + timedelta(hours=1)
    for _ in range(2):
        for page in source().fetch(cursor):
            had |= set(ids([page]))
            cursor = page.cursor

    assert had == set(range(1000)) | set(range(2000, 2005))


def test_a_comment_that_is_indexed_late_is_found_in_the_overlap(server: Script, source: Open) -> None:
    search = Algolia(server, minutes(5))
    (page,) = source().fetch("")
    search.hits.append(hit(77, NOW - timedelta(minutes=90)))

    assert 77 in ids(list(source().fetch(page.cursor)))


def test_an_edited_comment_comes_again_with_its_new_words(server: Script, source: Open) -> None:
    search = Algolia(server, minutes(5))
    (page,) = source().fetch("")
    search.hits[3]["comment_text"] = "Parcelo found it. Edited."

    assert "Parcelo found it. Edited." in [post.text for post in all_posts(list(source().fetch(page.cursor)))]


def test_a_post_from_the_future_does_not_move_the_watermark_beyond_the_servers_time(
    server: Script, source: Open
) -> None:
    search = Algolia(server, [hit(1, NOW - timedelta(hours=1)), hit(2, NOW + timedelta(days=400))])
    (page,) = source().fetch("")
    search.hits.append(hit(3, NOW + timedelta(minutes=1)))

    assert set(ids([page])) == {1, 2}
    assert 3 in ids(list(source().fetch(page.cursor)))


def test_the_first_reading_goes_back_as_many_days_as_the_source_says(server: Script, source: Open) -> None:
    search = Algolia(server, [hit(number, NOW - timedelta(days=number)) for number in range(1000)])
    pages = list(source(options={"days": "7", "overlap_minutes": "0"}).fetch(""))

    assert set(ids(pages)) == set(range(8))
    assert len(search.asked) == 1


def test_each_name_is_searched_by_itself_and_what_the_query_excludes_is_left_out(server: Script, source: Open) -> None:
    words = ["parcelo late", "parcelo jobs", "nothing", "Parcel-o late", "#parcelofail", "the parcel o late"]
    search = Algolia(server, [hit(number, NOW, each) for number, each in enumerate(words)])
    pages = list(source(query='parcelo OR "parcel o" -jobs').fetch(""))

    assert [asked["query"] for asked in search.asked] == ['"parcelo"', '"parcel o"']
    assert 0 in ids(pages)
    assert 1 not in ids(pages)
    assert 2 not in ids(pages)


def test_a_native_query_goes_out_as_it_stands_and_all_it_finds_is_kept(server: Script, source: Open) -> None:
    search = Algolia(server, [hit(1, NOW, "quite another thing")])
    (page,) = source(query="parcelo", native_query="another").fetch("")

    assert search.asked[0]["query"] == "another"
    assert ids([page]) == [1]


def test_a_part_that_the_query_gains_is_read_from_its_start_and_the_others_go_on(server: Script, source: Open) -> None:
    settings = {"options": {"overlap_minutes": "0"}}
    old = NOW - timedelta(days=9)
    Algolia(server, [hit(1, old, "hermod"), hit(2, old, "parcelo"), hit(3, NOW, "parcelo")])
    (page,) = source(query="parcelo", **settings).fetch("")
    pages = list(source(query="parcelo OR hermod", **settings).fetch(page.cursor))

    assert ids([page]) == [3, 2]
    assert ids(pages) == [3, 1]
    assert set(read_cursor(pages[-1].cursor)["walks"]) == {'"parcelo"', '"hermod"'}


def test_a_stretch_of_time_behind_the_cursor_can_be_filled(server: Script, source: Open) -> None:
    Algolia(server, minutes(600))
    pages = list(source().fill(NOW - timedelta(minutes=400), NOW - timedelta(minutes=100)))

    assert set(ids(pages)) == set(range(200, 501))


def test_a_server_that_sends_the_same_page_for_ever_is_left(server: Script, source: Open) -> None:
    server.say({"hits": minutes(100), "nbHits": 5000})
    with pytest.raises(BadResponseError, match="keeps sending the same page"):
        list(source().fetch(""))

    assert len(server.requests) == 2


def test_a_hit_of_another_shape_is_rejected_and_the_others_stay(server: Script, source: Open) -> None:
    server.say({"hits": ["nonsense", {"objectID": "x"}, hit(1, NOW)], "nbHits": 3})
    (page,) = source().fetch("")

    assert ids([page]) == [1]
    assert [rejection.row for rejection in page.rejected] == [1, 2]


def test_a_link_without_words_is_read_by_its_title(server: Script, source: Open) -> None:
    story = {"objectID": "7", "author": "a", "title": "Parcelo lost it", "created_at_i": int(NOW.timestamp())}
    server.say({"hits": [story | {"url": "https://parcels.example"}], "nbHits": 1})
    (post,) = all_posts(list(source().fetch("")))

    assert (post.text, post.title, post.kind, post.conversation_id) == ("Parcelo lost it", "", PostKind.POST, "7")


ITEMS: dict[str, Any] = {
    "1": {"id": 1, "type": "comment", "by": "dora", "time": 1795168800, "text": "late &amp; lost", "parent": 9},
    "2": {"id": 2, "type": "comment", "deleted": True, "time": 1795168800, "parent": 9},
    "3": {"id": 3, "type": "comment", "by": "dora", "dead": True, "time": 1795168800, "text": "[flagged]", "parent": 9},
    "4": None,
    "5": {"id": 5, "type": "story", "by": "dora", "time": 1795168800, "title": "Parcelo lost it", "url": "https://a"},
    "6": {"id": 6, "type": "story", "by": "dora"},
}


def test_a_look_up_tells_what_is_there_what_is_gone_and_why(server: Script, source: Open) -> None:
    server.respond = lambda path: Answer(json.dumps(ITEMS[path.rsplit("/", 1)[1].removesuffix(".json")]).encode())
    looked_up = source().lookup([*ITEMS, "none of ours"])

    assert [(post.platform_id, post.text) for post in looked_up.posts] == [
        ("1", "late & lost"),
        ("5", "Parcelo lost it"),
    ]
    assert looked_up.gone == {
        "2": "deleted by its author",
        "3": "taken down by users' flags or a moderator",
    }


def test_a_look_up_that_fails_in_the_middle_keeps_what_it_has(server: Script, source: Open) -> None:
    server.say(ITEMS["1"]).say(b"", 503)

    assert [post.platform_id for post in source().lookup(["1", "2", "3"]).posts] == ["1"]
    with pytest.raises(UnreachableError):
        source().lookup(["2"])


FAULTS: list[tuple[Answer, type[CollectError]]] = [
    (Answer(b'{"message": "slow down"}', 429, {"Retry-After": "60"}), RateLimitedError),
    (Answer(b"Rate limit exceeded", 429), RateLimitedError),
    (Answer(b"", 500), UnreachableError),
    (Answer(b"", 503), UnreachableError),
    (Answer(b"", 401), AuthError),
    (Answer(b"<html>blocked</html>", 403), NotPermittedError),
    (Answer(b'{"hits": [{"objectID": "1"'), BadResponseError),
    (Answer(b"<html>Over capacity</html>"), BadResponseError),
    (Answer(b"[]"), BadResponseError),
    (Answer(b'{"hits": {}}'), BadResponseError),
    (Answer(json.dumps({"hits": minutes(50), "nbHits": 50}).encode(), cut=True), UnreachableError),
    (Answer(b"{}", wait=4), UnreachableError),
]


@pytest.mark.parametrize(
    ("fault", "expected"),
    FAULTS,
    ids=["429", "bare 429", "500", "503", "401", "403", "truncated", "html", "list", "no hits", "cut off", "hangs"],
)
def test_a_fault_in_the_middle_of_a_walk_is_one_error_and_leaves_no_hole(
    server: Script, source: Open, fault: Answer, expected: type[CollectError]
) -> None:
    search = Algolia(server, minutes(300))
    search.faults = [None, fault]
    had: set[int] = set()
    cursor = ""
    with pytest.raises(expected) as raised:
        for page in source().fetch(""):
            had |= set(ids([page]))
            cursor = page.cursor
    assert type(raised.value) is expected
    assert "<html" not in str(raised.value)
    assert len(search.asked) == 2
    for page in source().fetch(cursor):
        had |= set(ids([page]))

    assert had == set(range(300))


def test_the_pause_that_the_search_asks_for_is_handed_on(server: Script, source: Open) -> None:
    server.say(b"", 429, Retry_After="60")
    with pytest.raises(RateLimitedError) as raised:
        list(source().fetch(""))

    assert raised.value.retry_after == timedelta(minutes=1)


def test_a_source_without_a_query_is_refused(source: Open) -> None:
    with pytest.raises(ConfigError, match="names something"):
        source(query="")


def test_what_the_brand_itself_writes_comes_whatever_its_words(server: Script, source: Callable[..., Any]) -> None:
    answer = hit(2, NOW - timedelta(minutes=5), "Sorry, we look into it") | {"author": "parcelo_help"}
    algolia = Algolia(server, [hit(1, NOW - timedelta(hours=1)), answer, hit(3, NOW, "Something else")])
    handles = ("@parcelo_help", "parcelo.example", "parcelo@mastodon.example", "u/parcelo")
    pages = list(source(own_handles=handles).fetch(""))

    assert [post.author for post in all_posts(pages)] == ["author1", "parcelo_help"]
    assert [asked["tags"] for asked in algolia.asked] == ["(story,comment)", "(story,comment),author_parcelo_help"]
    assert algolia.asked[1]["query"] == ""
    (filled,) = source(query="nothing", own_handles=handles).fill(NOW - timedelta(hours=2), NOW)
    assert [post.author for post in filled.posts] == ["parcelo_help"]


def test_an_own_account_that_is_added_later_goes_back_by_itself_and_the_query_goes_on(
    server: Script, source: Callable[..., Any]
) -> None:
    algolia = Algolia(server, [hit(1, NOW - timedelta(hours=1))])
    before = list(source().fetch(""))[-1].cursor
    algolia.asked.clear()
    list(source(own_handles=("parcelo_help",)).fetch(before))

    assert [bool(asked.get("numericFilters")) for asked in algolia.asked] == [True, False]
