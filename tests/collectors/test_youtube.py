"""YouTube: walks over comments, what a day's quota allows, look-ups and faults."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from collectors import Collector, SourceConfig, make
from collectors.youtube.api import until_midnight
from collectors.youtube.collector import WALK_HOURS
from core.errors import (
    AuthError,
    BadResponseError,
    CollectError,
    ConfigError,
    NotPermittedError,
    RateLimitedError,
    UnreachableError,
)
from core.types import Page
from tests.collectors.archive import SECRETS, all_posts
from tests.collectors.conftest import Answer, Script

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
VIDEO, OTHER = "kettle00001", "kettle00002"
CHANNEL = "UCkettlekettlekettleketA"
Open = Callable[..., Any]


def comment(comment_id: str, when: datetime, words: str, author: str = "@dora", parent: str = "") -> dict[str, Any]:
    snippet = {"textDisplay": words, "authorDisplayName": author, "publishedAt": when.isoformat()}
    return {"id": comment_id, "snippet": snippet | ({"parentId": parent} if parent else {})}


def error(status: int, reason: str, message: str = "No.", **more: Any) -> Answer:
    errors = [{"message": message, "domain": "youtube", "reason": reason}]
    return Answer(
        json.dumps({"error": {"code": status, "message": message, "errors": errors, **more}}).encode(), status
    )


class Tube:
    """YouTube with a few videos, as its API shows it: threads newest first, up to two replies along with each."""

    def __init__(self, script: Script) -> None:
        self.script, self.now = script, NOW
        self.threads: dict[str, list[dict[str, Any]]] = {}
        self.replies: dict[str, list[dict[str, Any]]] = {}
        self.off: set[str] = set()
        self.found: list[str] = []
        self.faults: list[Answer | None] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.pinned = ""
        script.respond = self.respond

    def write(self, video: str, number: int, age: timedelta, words: str = "parcelo lost it") -> str:
        made = comment(f"{video}-{number}", self.now - age, f"{words} {number}")
        self.threads.setdefault(video, []).append(made)
        return str(made["id"])

    def answer(self, thread: str, number: int, words: str = "parcelo, same here", author: str = "@al") -> None:
        made = comment(f"{thread}.{number}", self.now, words, author, thread)
        self.replies.setdefault(thread, []).append(made)

    def respond(self, path: str) -> Answer:
        parts = urlsplit(path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        what = parts.path.removeprefix("/youtube/v3/")
        self.asked.append((what, asked))
        if self.faults and (fault := self.faults.pop(0)):
            return Answer(fault.body, fault.status, {"Date": self._date(), **fault.headers}, fault.wait, fault.cut)
        made = getattr(self, f"_{what}")(asked)
        if isinstance(made, Answer):
            return made
        return Answer(json.dumps(made).encode(), headers={"Date": self._date()})

    def _date(self) -> str:
        return format_datetime(self.now, usegmt=True)

    def _videos(self, asked: dict[str, str]) -> Any:
        if "chart" in asked:
            return {"items": [{"id": "popular0001"}]}
        return {"items": [self._video(video) for video in asked["id"].split(",") if video in self.threads]}

    def _video(self, video: str) -> dict[str, Any]:
        threads = self.threads[video]
        count = len(threads) + sum(len(self.replies.get(thread["id"], [])) for thread in threads)
        return {"id": video, "statistics": {} if video in self.off else {"commentCount": str(count)}}

    def _search(self, asked: dict[str, str]) -> Any:
        return {"items": [{"id": {"kind": "youtube#video", "videoId": video}} for video in self.found]}

    def _commentThreads(self, asked: dict[str, str]) -> Any:  # noqa: N802  (YouTube's name)
        video = asked.get("videoId")
        if video in self.off:
            return error(403, "commentsDisabled")
        chosen = self.threads[video] if video else [each for some in self.threads.values() for each in some]
        threads = sorted(chosen, key=lambda each: each["snippet"]["publishedAt"], reverse=True)
        threads.sort(key=lambda each: each["id"] != self.pinned)
        start = int(asked.get("pageToken", "0"))
        shown = threads[start : start + int(asked["maxResults"])]
        following = {"nextPageToken": str(start + len(shown))} if start + len(shown) < len(threads) else {}
        return {"items": [self._thread(each) for each in shown], **following}

    def _thread(self, top: dict[str, Any]) -> dict[str, Any]:
        replies = self.replies.get(top["id"], [])
        snippet = {"videoId": top["id"].rpartition("-")[0], "topLevelComment": top, "totalReplyCount": len(replies)}
        return {"id": top["id"], "snippet": snippet, **({"replies": {"comments": replies[-2:]}} if replies else {})}

    def _comments(self, asked: dict[str, str]) -> Any:
        if "parentId" in asked:
            return {"items": self.replies[asked["parentId"]]}
        everything = [each for some in (*self.threads.values(), *self.replies.values()) for each in some]
        return {"items": [each for each in everything if each["id"] in asked["id"].split(",")]}

    def questions(self, what: str) -> int:
        return sum(each == what for each, _ in self.asked)


@pytest.fixture
def tube(server: Script) -> Tube:
    return Tube(server)


@pytest.fixture
def source(tube: Tube, open_source: Open) -> Open:
    def open_it(query: str = "", own_handles: tuple[str, ...] = (), **options: str) -> Any:
        chosen = options or {"videos": VIDEO}
        return open_source("youtube", tube.script.url, query=query, own_handles=own_handles, options=chosen)

    return open_it


def read(collector: Collector, cursor: str = "") -> tuple[list[str], str]:
    """The ids that came, and the last cursor."""
    pages: list[Page] = list(collector.fetch(cursor))
    return [post.platform_id for post in all_posts(pages)], pages[-1].cursor if pages else cursor


def test_a_video_is_read_whole_page_by_page_and_the_second_run_asks_for_its_count_alone(
    tube: Tube, source: Open
) -> None:
    for number in range(350):
        tube.write(VIDEO, number, timedelta(minutes=number))
    had, cursor = read(source())
    tube.asked.clear()
    again, _ = read(source(), cursor)

    assert sorted(had) == sorted(f"{VIDEO}-{number}" for number in range(350))
    assert again == []
    assert [what for what, _ in tube.asked] == ["videos"]


@pytest.mark.parametrize("stored", range(1, 6))
def test_a_crash_after_any_page_leaves_no_hole(tube: Tube, source: Open, stored: int) -> None:
    for number in range(350):
        tube.write(VIDEO, number, timedelta(minutes=number))
    had, cursor = set[str](), ""
    for page, _ in zip(source().fetch(""), range(stored), strict=False):
        had |= {post.platform_id for post in page.posts}
        cursor = page.cursor
    tube.now += timedelta(hours=1)
    new = {tube.write(VIDEO, 900 + number, timedelta(0)) for number in range(3)}
    for _ in range(2):
        found, cursor = read(source(), cursor)
        had |= set(found)

    assert had == {f"{VIDEO}-{number}" for number in range(350)} | new


def test_a_place_in_the_list_that_youtube_forgot_is_found_again_from_the_top(tube: Tube, source: Open) -> None:
    for number in range(250):
        tube.write(VIDEO, number, timedelta(minutes=number))
    first = next(iter(source().fetch("")))
    tube.faults = [None, error(400, "invalidPageToken")]
    rest, _ = read(source(), first.cursor)

    assert {post.platform_id for post in first.posts} | set(rest) == {f"{VIDEO}-{number}" for number in range(250)}


def test_the_first_reading_goes_back_as_many_days_as_the_source_says(tube: Tube, source: Open) -> None:
    for number in range(300):
        tube.write(VIDEO, number, timedelta(days=number))
    had, _ = read(source(videos=VIDEO, days="10", reply_days="0"))

    assert len(had) == 100  # the page on which the tenth day lies, and no other
    assert tube.questions("commentThreads") == 1


def test_a_pinned_comment_at_the_top_does_not_end_the_walk(tube: Tube, source: Open) -> None:
    tube.pinned = tube.write(VIDEO, 999, timedelta(days=300))
    for number in range(250):
        tube.write(VIDEO, number, timedelta(minutes=number))
    had, _ = read(source())

    assert len(set(had)) == 251


def test_all_replies_of_a_thread_are_read_once_there_are_more_of_them(tube: Tube, source: Open) -> None:
    thread = tube.write(VIDEO, 1, timedelta(hours=1))
    for number in range(5):
        tube.answer(thread, number)
    had, cursor = read(source())
    asked = tube.questions("comments")
    tube.answer(thread, 5)
    later, cursor = read(source(), cursor)
    tube.now += timedelta(hours=WALK_HOURS + 1)
    read(source(), cursor)

    assert len(had) == 6
    assert f"{thread}.5" in later
    assert (asked, tube.questions("comments")) == (1, 2)


def test_many_long_threads_are_handed_over_in_between_and_a_crash_reads_none_of_them_twice(
    tube: Tube, source: Open
) -> None:
    threads = [tube.write(VIDEO, number, timedelta(minutes=number)) for number in range(90)]
    for thread in threads:
        for number in range(3):
            tube.answer(thread, number)
    had, cursor = set[str](), ""
    for _, page in zip(range(2), source().fetch(""), strict=False):
        had |= {post.platform_id for post in page.posts}
        cursor = page.cursor
    asked = len(had) // 4
    rest, _ = read(source(), cursor)

    assert 0 < asked < 90
    assert had | set(rest) == {*threads, *(f"{thread}.{number}" for thread in threads for number in range(3))}
    assert tube.questions("comments") <= 90 + 20  # those that were asked for and not stored


def test_a_reply_is_under_its_thread_and_an_own_one_comes_along_with_it(tube: Tube, source: Open) -> None:
    thread, other = tube.write(VIDEO, 1, timedelta(hours=1)), tube.write(VIDEO, 2, timedelta(hours=1), "lovely day")
    tube.answer(thread, 1, "sorry to hear it", "@ParceloHelp")
    tube.answer(thread, 2, "nice weather")
    tube.answer(other, 3, "is it not", "@ParceloHelp")
    posts = all_posts(list(source("parcelo", ("parcelohelp",)).fetch("")))

    assert [(post.platform_id, post.author, post.parent_id, post.conversation_id) for post in posts] == [
        (thread, "dora", "", thread),
        (f"{thread}.1", "ParceloHelp", thread, thread),
    ]
    assert posts[0].url == f"https://www.youtube.com/watch?v={VIDEO}&lc={thread}"


def test_a_channel_is_read_over_all_its_videos(tube: Tube, source: Open) -> None:
    first, second = tube.write(VIDEO, 1, timedelta(hours=1)), tube.write(OTHER, 2, timedelta(hours=2))
    had, _ = read(source(channel=CHANNEL))

    assert had == [first, second]
    assert tube.asked[0][1]["allThreadsRelatedToChannelId"] == CHANNEL


def test_a_query_alone_finds_the_videos_and_searches_again_only_after_some_hours(tube: Tube, source: Open) -> None:
    tube.found = [OTHER, VIDEO]
    tube.write(VIDEO, 1, timedelta(hours=1))
    tube.write(OTHER, 2, timedelta(hours=1), "nothing to see")
    had, cursor = read(source("parcelo -jobs", search_hours="6"))
    tube.now += timedelta(hours=5)
    _, cursor = read(source("parcelo -jobs", search_hours="6"), cursor)
    before = tube.questions("search")
    tube.now += timedelta(hours=2)
    read(source("parcelo -jobs", search_hours="6"), cursor)

    assert had == [f"{VIDEO}-1"]
    assert (before, tube.questions("search")) == (1, 2)
    assert [asked["q"] for what, asked in tube.asked if what == "search"] == ["parcelo -jobs"] * 2


def test_a_video_where_comments_are_switched_off_is_skipped_and_told_of_once(tube: Tube, source: Open) -> None:
    tube.threads[OTHER] = []
    tube.off = {OTHER}
    kept = tube.write(VIDEO, 1, timedelta(hours=1))
    pages = list(source(videos=f"{OTHER},{VIDEO},gonegonegon").fetch(""))
    again = list(source(videos=f"{OTHER},{VIDEO},gonegonegon").fetch(pages[-1].cursor))

    assert [post.platform_id for post in all_posts(pages)] == [kept]
    assert [page.gap.why.split(":")[0] for page in pages if page.gap] == [
        f"Comments are switched off under the video {OTHER}",
        "The video gonegonegon is not there, or not for everybody",
    ]
    assert [page.gap for page in again if page.gap] == []


def test_comments_that_are_switched_off_while_they_are_read_stop_no_other_video(tube: Tube, source: Open) -> None:
    tube.write(OTHER, 1, timedelta(hours=1))
    kept = tube.write(VIDEO, 2, timedelta(hours=1))
    tube.faults = [None, error(403, "commentsDisabled")]
    pages = list(source(videos=f"{OTHER},{VIDEO}").fetch(""))

    assert [post.platform_id for post in all_posts(pages)] == [kept]
    assert sum(page.gap is not None for page in pages) == 1


@pytest.mark.parametrize("status", [403, 429])
def test_a_quota_that_is_used_up_is_waited_for_until_midnight_in_california(
    tube: Tube, source: Open, status: int
) -> None:
    tube.write(VIDEO, 1, timedelta(hours=1))
    tube.faults = [error(status, "quotaExceeded", 'You have exceeded your <a href="/youtube/v3">quota</a>.')]
    with pytest.raises(RateLimitedError, match="exceeded your quota") as raised:
        read(source())

    assert raised.value.retry_after == timedelta(hours=20, minutes=1)  # 4 o'clock there
    assert not raised.value.needs_person


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 11, 20, 12, tzinfo=UTC), 20),
        (datetime(2026, 7, 20, 12, tzinfo=UTC), 19),
        (datetime(2026, 11, 1, 7, 30, tzinfo=UTC), 24.5),  # the day on which clocks go back has 25 hours
        (datetime(2026, 3, 8, 8, 30, tzinfo=UTC), 22.5),
    ],
)
def test_midnight_in_california_is_found_in_summer_and_winter_too(now: datetime, hours: float) -> None:
    assert until_midnight(now) == timedelta(hours=hours, minutes=1)


def test_the_sources_own_budget_ends_the_day_and_the_next_day_goes_on_where_it_was(tube: Tube, source: Open) -> None:
    for number in range(700):
        tube.write(VIDEO, number, timedelta(minutes=number))
    had, cursor = set[str](), ""
    days = 0
    for _ in range(9):
        try:
            for page in source(videos=VIDEO, quota_per_day="4").fetch(cursor):
                had |= {post.platform_id for post in page.posts}
                cursor = page.cursor
            break
        except RateLimitedError as error:
            assert "quota_per_day" in str(error)
            assert error.retry_after is not None
            asked = len(tube.asked)
            with pytest.raises(RateLimitedError):
                list(source(videos=VIDEO, quota_per_day="4").fetch(cursor))
            assert len(tube.asked) == asked + 1  # which told what day it is
            tube.now += timedelta(days=1)
            days += 1

    assert had == {f"{VIDEO}-{number}" for number in range(700)}
    assert days >= 2


def test_searches_that_are_used_up_do_not_keep_known_videos_from_being_read(tube: Tube, source: Open) -> None:
    tube.found = [VIDEO]
    tube.write(VIDEO, 1, timedelta(hours=1))
    _, cursor = read(source("parcelo", search_hours="6"))
    tube.now += timedelta(hours=7)
    new = tube.write(VIDEO, 2, timedelta(0))
    tube.faults = [None, error(403, "quotaExceeded")]
    had, cursor = read(source("parcelo", search_hours="6"), cursor)

    assert new in had
    with pytest.raises(RateLimitedError):
        tube.faults = [error(403, "quotaExceeded")]
        read(source("parcelo", search_hours="6"))


FAULTS: list[tuple[Answer, type[CollectError]]] = [
    (Answer(b"", 429, {"Retry-After": "60"}), RateLimitedError),
    (Answer(b"Too many", 429), RateLimitedError),
    (error(403, "rateLimitExceeded"), RateLimitedError),
    (Answer(b"", 500), UnreachableError),
    (Answer(b"", 503), UnreachableError),
    (Answer(b"", 401), AuthError),
    (error(400, "badRequest", "API key not valid.", details=[{"reason": "API_KEY_INVALID"}]), AuthError),
    (error(403, "forbidden", "blocked", details=[{"reason": "API_KEY_SERVICE_BLOCKED"}]), AuthError),
    (error(403, "accessNotConfigured"), AuthError),
    (error(400, "invalidParameter"), NotPermittedError),
    (Answer(b"<html>no</html>", 403), NotPermittedError),
    (Answer(b'{"items": [{"id"'), BadResponseError),
    (Answer(b"<html>Over capacity</html>"), BadResponseError),
    (Answer(b"[]"), BadResponseError),
    (Answer(b'{"items": {}}'), BadResponseError),
    (Answer(b'{"items": []}' * 999, cut=True), UnreachableError),
    (Answer(b"{}", wait=4), UnreachableError),
]


@pytest.mark.parametrize(("fault", "expected"), FAULTS, ids=[f"{a.status} {a.body[:30]!r}" for a, _ in FAULTS])
def test_a_fault_in_the_middle_of_a_walk_is_one_error_without_the_key_and_leaves_no_hole(
    tube: Tube, source: Open, fault: Answer, expected: type[CollectError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for number in range(250):
        tube.write(VIDEO, number, timedelta(minutes=number))
    tube.faults = [None, None, fault]
    had, cursor = set[str](), ""
    with pytest.raises(expected) as raised:
        for page in source().fetch(""):
            had |= {post.platform_id for post in page.posts}
            cursor = page.cursor
    if type(raised.value) is not expected:
        assert isinstance(raised.value, NotPermittedError)
    assert len(tube.asked) == 3
    rest, _ = read(source(), cursor)

    assert had | set(rest) == {f"{VIDEO}-{number}" for number in range(250)}
    assert "<html" not in str(raised.value)
    assert "not-a-real" not in str(raised.value) + caplog.text
    assert all("key" not in asked for _, asked in tube.asked)
    assert {headers["x-goog-api-key"] for _, headers in tube.script.requests} == {"not-a-real-youtube_api_key"}


def test_a_refused_key_names_what_to_look_at(tube: Tube, source: Open) -> None:
    tube.faults = [error(400, "badRequest", "API key expired.", details=[{"reason": "API_KEY_INVALID"}])]
    with pytest.raises(AuthError, match=r"API key expired.*YOUTUBE_API_KEY") as raised:
        read(source())

    assert raised.value.needs_person


def test_a_redirect_is_not_followed_with_the_key_in_hand(tube: Tube, source: Open) -> None:
    tube.faults = [Answer(b"", 302, {"Location": f"{tube.script.url}/youtube/v3/videos?chart=elsewhere"})]
    with pytest.raises(NotPermittedError, match="points elsewhere"):
        read(source())

    assert len(tube.asked) == 1


def test_a_look_up_tells_which_comments_are_still_there(tube: Tube, source: Open) -> None:
    thread = tube.write(VIDEO, 1, timedelta(hours=1))
    tube.answer(thread, 1)
    looked_up = source().lookup([thread, f"{thread}.1", "gone"])

    assert [post.platform_id for post in looked_up.posts] == [thread, f"{thread}.1"]
    assert looked_up.gone == {"gone": "deleted or hidden on YouTube"}


def test_comments_of_another_shape_are_rejected_and_the_others_stay(tube: Tube, source: Open) -> None:
    tube.threads[VIDEO] = [comment(f"{VIDEO}-1", NOW, "late")]
    broken = [{"id": "t", "snippet": {"topLevelComment": {"id": "x"}}}, {"id": "u"}, {"replies": 7, "snippet": 7}, 9]
    good = tube._thread(tube.threads[VIDEO][0])
    tube.faults = [None, Answer(json.dumps({"items": [*broken, good]}).encode())]
    pages = list(source().fetch(""))

    assert [post.text for post in all_posts(pages)] == ["late"]
    assert sum(len(page.rejected) for page in pages) == 3


def test_a_list_that_never_ends_is_left(tube: Tube, source: Open) -> None:
    tube.write(VIDEO, 1, timedelta(hours=1))
    same = Answer(json.dumps({"items": [], "nextPageToken": "same"}).encode())
    tube.faults = [None, same, same]
    with pytest.raises(BadResponseError, match="same page"):
        read(source())


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({}, "needs a query, or the option channel or videos"),
        ({"options": {"channel": "@parcelo"}}, "which begins with UC"),
        ({"options": {"videos": "https://youtu.be/x"}}, "11 characters"),
        ({"options": {"videos": VIDEO, "quota_per_day": "many"}}, "whole number"),
    ],
)
def test_a_source_that_cannot_work_is_refused(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        make(SourceConfig("y", "youtube", **settings), SECRETS)


@pytest.mark.parametrize("cursor", ["[1]", '{"walks":7}', '{"walks":{"a":{"b":1}}}', '{"other":1}', '{"replies":7}'])
def test_a_cursor_of_another_kind_is_refused(source: Open, cursor: str) -> None:
    with pytest.raises(ConfigError, match="clear"):
        list(source().fetch(cursor))
