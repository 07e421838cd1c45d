"""Reddit without keys: its public feeds, from a scripted server."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

import pytest
from pydantic import SecretStr

from collectors import Collector, Credentials, SourceConfig, make
from collectors.base import LooksUp, read_cursor
from collectors.reddit import Reddit, RedditFeeds
from core.errors import (
    AuthError,
    BadResponseError,
    CollectError,
    NotPermittedError,
    RateLimitedError,
    UnreachableError,
)
from core.types import Page, PostKind
from tests.collectors.archive import SECRETS, all_posts, posts_archive
from tests.collectors.conftest import SHORT, Answer, Script

Replay = Callable[..., AbstractContextManager[Any]]
Read = Callable[..., list[Page]]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
THREAD = "https://www.reddit.com/r/shopping/comments"
SIGNED = (
    ' &#32; submitted by &#32; <a href="https://www.reddit.com/user/dora"> /u/dora </a> <br/> <span><a href="#">'
    '[link]</a></span> &#32; <span><a href="#">[comments]</a></span>'
)


def body(words: str) -> str:
    return f'<!-- SC_OFF --><div class="md">{words}</div><!-- SC_ON -->' if words else ""


def entry(name: str, title: str, content: str, minutes: int = 0, author: str = "/u/dora", link: str = "") -> str:
    at = (NOON + timedelta(minutes=minutes)).isoformat()
    link = link or f"{THREAD}/{name[3:]}/kettle/"
    return (
        f'<entry><author><name>{author}</name></author><category term="shopping" label="r/shopping"/>'
        f'<content type="html">{escape(content)}</content><id>{name}</id><link href="{link}" />'
        f"<updated>{at}</updated><published>{at}</published><title>{escape(title)}</title></entry>"
    )


def newest_first(first: int, last: int) -> list[str]:
    return [submission(number) for number in range(last, first - 1, -1)]


def submission(number: int, words: str = "<p>It never came.</p>", title: str = "Kettle") -> str:
    return entry(f"t3_1pc{number:03}", title, body(words) + SIGNED, number)


def feed(*entries: str, end: str = "</feed>") -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>newest</title>'
    return (head + "".join(entries) + end).encode()


def config(url: str = "", **settings: Any) -> SourceConfig:
    return SourceConfig(
        "r", "reddit", base_url=url, **({"options": {"subreddit": "shopping", "listings": "new"}} | settings)
    )


@pytest.fixture
def read(server: Script) -> Iterator[Read]:
    opened: list[Collector] = []

    def fetch(cursor: str = "", **settings: Any) -> list[Page]:
        opened.append(Reddit.build(config(server.url, **settings), {}, SHORT))
        return list(opened[-1].fetch(cursor))

    yield fetch
    for collector in opened:
        collector.close()


def atom(server: Script, *entries: str) -> None:
    server.say(feed(*entries), Content_Type="application/atom+xml; charset=UTF-8")


# ---- keys ------------------------------------------------------------------------------------------------------
def test_a_source_without_keys_reads_the_public_feeds_and_looks_nothing_up() -> None:
    collector = make(config(), {"REDDIT_CLIENT_ID": SecretStr("")})
    collector.close()

    assert isinstance(collector, RedditFeeds)
    assert not isinstance(collector, LooksUp)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (("REDDIT_CLIENT_ID",), "REDDIT_CLIENT_SECRET not set; REDDIT_CLIENT_ID alone"),
        (("REDDIT_CLIENT_SECRET",), "REDDIT_CLIENT_ID not set; REDDIT_CLIENT_SECRET alone"),
        (("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET", "REDDIT_USERNAME"), "REDDIT_PASSWORD not set"),
        (("REDDIT_USERNAME", "REDDIT_PASSWORD"), "REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET not set"),
    ],
)
def test_keys_that_will_not_do_alone_name_the_others(given: tuple[str, ...], named: str) -> None:
    secrets: Credentials = {name: SecretStr("not-a-real-key") for name in given}
    with pytest.raises(AuthError, match=named) as raised:
        make(config(), secrets)

    assert raised.value.needs_person
    assert "not-a-real-key" not in str(raised.value)


@pytest.mark.parametrize("given", [{}, SECRETS])
def test_mentions_without_an_account_name_what_they_need(given: Mapping[str, SecretStr]) -> None:
    with pytest.raises(AuthError, match="REDDIT_USERNAME and REDDIT_PASSWORD not set"):
        make(config(options={"listings": "mentions"}), given)


# ---- entries ---------------------------------------------------------------------------------------------------
def test_a_submission_becomes_the_post_that_the_api_gives_for_it(server: Script, read: Read) -> None:
    atom(server, submission(7, "<p>Ordered on the 3rd &amp; waited.</p> <p>It never came.</p>", "Lost & found"))
    (post,) = all_posts(read())

    assert (post.platform, post.platform_id, post.kind) == ("reddit", "t3_1pc007", PostKind.POST)
    assert (post.title, post.text) == ("Lost & found", "Ordered on the 3rd & waited.\n\nIt never came.")
    assert (post.author, post.posted_at) == ("dora", NOON + timedelta(minutes=7))
    assert (post.url, post.conversation_id, post.parent_id) == (f"{THREAD}/1pc007/kettle/", "t3_1pc007", "")


def test_a_link_without_words_is_read_by_its_title_in_a_feed_too(server: Script, read: Read) -> None:
    atom(server, submission(1, "", "Parcelo lost my kettle"))
    (post,) = all_posts(read())

    assert (post.text, post.title) == ("Parcelo lost my kettle", "")


def test_words_that_speak_of_submitting_are_the_authors_own(server: Script, read: Read) -> None:
    atom(server, submission(1, "<p>The claim was submitted by /u/dora and then [link] [comments] lost</p>"))
    (post,) = all_posts(read())

    assert post.text == "The claim was submitted by /u/dora and then [link] [comments] lost"


def test_a_comment_belongs_to_its_thread(server: Script, read: Read) -> None:
    link = f"{THREAD}/1pc007/kettle/nk7x2a/"
    atom(server, entry("t1_nk7x2a", "/u/ben on Lost kettle", body("<p>Same here.</p>"), author="/u/ben", link=link))
    (post,) = all_posts(read(options={"subreddit": "shopping", "listings": "comments"}))

    assert (post.platform_id, post.kind, post.conversation_id) == ("t1_nk7x2a", PostKind.COMMENT, "t3_1pc007")
    assert (post.text, post.title, post.author) == ("Same here.", "", "ben")


def test_words_that_are_gone_are_reported_and_an_account_that_is_gone_leaves_them(server: Script, read: Read) -> None:
    atom(
        server,
        entry("t3_1pc001", "Kettle", body("<p>[removed]</p>") + SIGNED),
        entry("t3_1pc002", "[deleted by user]", SIGNED),
        entry("t3_1pc003", "Kettle", body("<p>The courier kept it.</p>"), author="/u/[deleted]"),
    )
    (page,) = read()

    assert [(post.platform_id, post.author) for post in page.posts] == [("t3_1pc003", "")]
    assert page.deleted == ("t3_1pc001", "t3_1pc002")


def test_an_entry_that_is_no_post_is_rejected_and_the_others_stay(server: Script, read: Read) -> None:
    atom(server, entry("t5_2qh1i", "r/shopping", "a subreddit"), submission(1))
    (page,) = read()

    assert [post.platform_id for post in page.posts] == ["t3_1pc001"]
    assert [rejection.row for rejection in page.rejected] == [1]


# ---- what is asked and kept ------------------------------------------------------------------------------------
def test_each_list_has_a_feed_and_is_asked_for_the_most_that_it_gives(server: Script, read: Read) -> None:
    atom(server, submission(1))
    options = {"subreddit": "shopping+parcels", "listings": "new,comments,search"}
    read(query="parcelo", options=options)
    read(native_query='title:"never came"', options={})

    paths = [path for path, _ in server.requests]
    assert paths[:2] == ["/r/shopping+parcels/new/.rss?limit=100", "/r/shopping+parcels/comments/.rss?limit=100"]
    assert paths[2].startswith("/r/shopping+parcels/search.rss?")
    assert {"q=parcelo", "restrict_sr=on", "sort=new", "type=link"} < set(paths[2].partition("?")[2].split("&"))
    assert paths[3].startswith("/search.rss?")
    assert "q=title%3A%22never+came%22" in paths[3] or "q=title%3A%22never%20came%22" in paths[3]
    assert all(headers["user-agent"].startswith("server:afterclick") for _, headers in server.requests)


def test_a_feed_of_everything_keeps_what_the_query_finds_and_the_brands_own_posts(server: Script, read: Read) -> None:
    own = entry("t3_1pc005", "Hello", body("<p>We are moving.</p>") + SIGNED, author="/u/ParceloHelp")
    atom(server, submission(1, "<p>Parcelo is late</p>"), submission(2), own)
    (page,) = read(query="parcelo", own_handles=("parcelohelp",))

    assert [post.platform_id for post in page.posts] == ["t3_1pc001", "t3_1pc005"]


# ---- what may be missing ---------------------------------------------------------------------------------------
def test_a_feed_that_lists_nothing_known_says_what_may_be_missing(server: Script, read: Read) -> None:
    atom(server, *newest_first(0, 24))
    atom(server, *newest_first(40, 64))
    first = read()
    second = read(first[-1].cursor)

    gap = second[-1].gap
    assert first[-1].gap is None
    assert gap is not None
    assert (gap.from_at, gap.until_at) == (NOON + timedelta(minutes=24), NOON + timedelta(minutes=40))
    assert "ended at 2026-11-20 12:40 UTC and did not reach the newest one known before (2026-11-20 12:24" in gap.why
    assert "Without keys Reddit lists its newest 25 alone" in gap.why


def test_a_feed_that_still_lists_something_known_has_no_gap(server: Script, read: Read) -> None:
    atom(server, *newest_first(0, 24))
    atom(server, *newest_first(24, 48))
    pages = read()
    pages += read(pages[-1].cursor)

    assert [page.gap for page in pages] == [None, None]
    assert {post.platform_id for post in all_posts(pages)} == {f"t3_1pc{number:03}" for number in range(49)}


def test_a_feed_that_is_not_full_is_the_whole_list(server: Script, read: Read) -> None:
    atom(server, submission(1))
    atom(server, submission(9))
    pages = read()
    pages += read(pages[-1].cursor)

    assert [page.gap for page in pages] == [None, None]


def test_a_feed_that_is_cut_off_says_so_and_is_read_again(server: Script, read: Read) -> None:
    atom(server, submission(1))
    server.say(feed(submission(2), "<entry><title>Ket", end=""), Content_Type="application/atom+xml")
    first = read()
    second = read(first[-1].cursor)

    assert "ends in the middle" in str(second[-1].gap)
    assert second[-1].cursor == first[-1].cursor


def test_a_round_that_reddit_breaks_off_goes_on_with_the_lists_that_are_left(server: Script, read: Read) -> None:
    options = {"subreddit": "shopping", "listings": "new,comments"}
    atom(server, submission(1))
    server.say("too many requests", status=429, x_ratelimit_remaining="0.0", x_ratelimit_reset="44")
    atom(server, entry("t1_nk7x2a", "/u/ben on Kettle", body("<p>Same.</p>"), link=f"{THREAD}/1pc001/k/nk7x2a/"))
    pages: list[Page] = []
    source = Reddit.build(config(server.url, options=options), {}, SHORT)
    with pytest.raises(RateLimitedError) as raised:
        pages.extend(source.fetch(""))
    source.close()
    pages += read(pages[-1].cursor, options=options)
    read(pages[-1].cursor, options=options)

    paths = [path.split("/")[3] for path, _ in server.requests]
    assert raised.value.retry_after == timedelta(seconds=44)
    assert paths == ["new", "comments", "comments", "new", "comments"]
    assert [post.platform_id for post in all_posts(pages)] == ["t3_1pc001", "t1_nk7x2a"]


# ---- faults ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(b"", 429), RateLimitedError),
        (Answer(b"<html>blocked</html>", 403), NotPermittedError),
        (Answer(b"", 401), NotPermittedError),
        (Answer(b"", 404), NotPermittedError),
        (Answer(b"", 503), UnreachableError),
        (Answer(b"<!DOCTYPE html><title>Log in</title>", 200, {"Content-Type": "text/html"}), BadResponseError),
        (Answer(feed(submission(1)), cut=True), UnreachableError),
        (Answer(wait=4), UnreachableError),
        (Answer(feed(entry("t5_2qh1i", "r/shopping", "a subreddit"))), NotPermittedError),
    ],
)
def test_each_fault_of_a_feed_becomes_one_error_after_one_request(
    server: Script, read: Read, answer: Answer, expected: type[CollectError]
) -> None:
    server.answers.append(answer)
    with pytest.raises(expected) as raised:
        read()

    assert type(raised.value) is expected
    assert len(server.requests) == 1
    assert ("REDDIT_CLIENT_ID" in str(raised.value)) is (expected is NotPermittedError)


def test_an_empty_feed_is_no_error(server: Script, read: Read) -> None:
    atom(server)
    pages = read()
    pages += read(pages[-1].cursor)

    assert all_posts(pages) == []
    assert pages[0].cursor == pages[1].cursor


# ---- keys that come later --------------------------------------------------------------------------------------
@pytest.mark.replay
def test_keys_that_come_later_double_nothing_and_bring_what_the_feed_did_not_list(
    server: Script, read: Read, replay: Replay
) -> None:
    archive = posts_archive(300)
    options = {"subreddit": "shopping", "listings": "new"}
    with replay(archive=archive) as served:
        api = Reddit.build(config(served.url, options=options), SECRETS, SHORT)
        known = list(api.fetch(""))
        newest = known[0].posts[:25]
        atom(
            server,
            *(
                entry(post.platform_id, post.title, body(f"<p>{post.text}</p>") + SIGNED, author=f"/u/{post.author}")
                for post in newest
            ),
        )
        by_feed = read(options=options)
        by_api = list(api.fetch(by_feed[-1].cursor))
        api.close()

    same = {post.platform_id: (post.text, post.title, post.author) for post in newest}
    assert {post.platform_id: (post.text, post.title, post.author) for post in all_posts(by_feed)} == same
    assert len({post.platform_id for post in all_posts(by_api)}) == 300
    assert len(read_cursor(by_api[-1].cursor)["lists"]) == 2


@pytest.mark.replay
def test_keys_that_are_taken_away_leave_the_feed_the_place_of_the_api(
    server: Script, read: Read, replay: Replay
) -> None:
    atom(server, *(entry(f"t3_zzzzzzzzzz{number:02}", "Kettle", body("<p>late</p>"), number) for number in range(25)))
    with replay(archive=posts_archive(50)) as served:
        api = Reddit.build(config(served.url), SECRETS, SHORT)
        by_api = list(api.fetch(""))
        api.close()
    (page,) = read(by_api[-1].cursor)

    assert page.gap is not None
    assert page.gap.until_at == NOON
