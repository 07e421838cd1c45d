"""Feeds: entries as posts, and servers of all manners."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors import Collector, SourceConfig
from collectors.base import MAX_ID_LENGTH
from collectors.feeds import Feeds
from collectors.text import plain_text
from collectors.web import MAX_BODY
from core.errors import (
    AuthError,
    BadResponseError,
    CollectError,
    NotPermittedError,
    RateLimitedError,
    UnreachableError,
)
from core.types import PostKind
from tests.collectors.archive import SECRETS, all_posts
from tests.collectors.conftest import Answer, Script

Open = Callable[..., Collector]
FEED = SourceConfig("news", "feeds", url="http://feeds.example/news.xml")
XML = "application/xml"


def rss(*items: str, head: str = "", encoding: str = "utf-8") -> bytes:
    body = f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0" xmlns:thr="http://purl.org/syndication/thread/1.0"><channel><title>News</title>{head}'
    return (body + "".join(f"<item>{item}</item>" for item in items) + "</channel></rss>").encode(encoding)


def item(number: int, words: str = "My parcel is late") -> str:
    return (
        f"<title>Story {number}</title><link>https://news.example/{number}</link><description>{words}</description>"
        "<pubDate>Fri, 20 Nov 2026 10:00:00 +0100</pubDate><author>dora@news.example (Dora)</author>"
    )


@pytest.fixture
def feed(server: Script, open_source: Open) -> Callable[..., Collector]:
    def open_feed(**settings: str | dict[str, str]) -> Collector:
        return open_source("feeds", server.url, **({"url": "http://feeds.example/news.xml"} | settings))

    return open_feed


def test_an_entry_becomes_a_post_of_plain_words(server: Script, feed: Open) -> None:
    words = "&lt;p&gt;They &lt;b&gt;lost&lt;/b&gt; it &amp;amp; laugh&lt;/p&gt;&lt;script&gt;steal()&lt;/script&gt;"
    server.say(rss(item(1, words), head="<language>en-gb</language>"), Content_Type=XML)
    (post,) = all_posts(list(feed().fetch("")))

    assert post.text == "They lost it & laugh"
    assert (post.title, post.author, post.language) == ("Story 1", "Dora", "en")
    assert (post.platform, post.platform_id) == ("feeds", "https://news.example/1")
    assert (post.url, post.kind) == ("https://news.example/1", PostKind.ARTICLE)
    assert post.posted_at == datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_an_atom_entry_gives_its_whole_content_and_its_own_id(server: Script, feed: Open) -> None:
    atom = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><id>tag:news.example,2026:f</id><entry>
      <id>tag:news.example,2026:1</id><title type="html">Late &amp;amp; lost</title>
      <updated>2026-11-20T10:00:00Z</updated>
      <summary>short</summary>
      <content type="html">&lt;p&gt;the whole story&lt;/p&gt;&lt;p&gt;of a parcel&lt;/p&gt;</content>
      <author><name>Dora</name></author><link href="javascript:steal()"/></entry></feed>"""
    server.say(atom, Content_Type="application/atom+xml")
    (post,) = all_posts(list(feed().fetch("")))

    assert (post.title, post.text) == ("Late & lost", "the whole story\nof a parcel")
    assert post.platform_id == "tag:news.example,2026:1"
    assert post.url == ""


def test_an_unchanged_feed_is_asked_for_by_its_mark_and_yields_nothing(server: Script, feed: Open) -> None:
    modified = "Fri, 20 Nov 2026 09:00:00 GMT"
    server.say(rss(item(1)), Content_Type=XML, ETag='"v1"', Last_Modified=modified).say(b"", 304)
    (page,) = feed().fetch("")

    assert list(feed().fetch(page.cursor)) == []
    asked = server.requests[1][1]
    assert (asked["if-none-match"], asked["if-modified-since"]) == ('"v1"', modified)


def test_the_mark_of_a_long_feed_is_kept_only_with_its_last_page(server: Script, feed: Open) -> None:
    server.say(rss(*map(item, range(1100))), Content_Type=XML, ETag='"v1"')
    pages = list(feed().fetch(""))

    assert [len(page.posts) for page in pages] == [500, 500, 100]
    assert [bool(page.cursor) for page in pages] == [False, False, True]


def test_a_feed_that_is_cut_off_gives_what_can_be_read_says_so_and_is_read_again(server: Script, feed: Open) -> None:
    server.say(rss(item(1), item(2))[:-60], Content_Type=XML, ETag='"v1"')
    (page,) = feed().fetch("")

    assert [post.title for post in page.posts] == ["Story 1", "Story 2"]
    assert page.gap.why == "The feed ends in the middle: entries are missing."
    assert page.cursor == ""


def test_an_ill_formed_feed_is_read_behind_its_fault_too(server: Script, feed: Open) -> None:
    server.say(rss(item(1, "late&nbsp;<b>again & again"), item(2)), Content_Type=XML, ETag='"v1"')
    (page,) = feed().fetch("")

    assert [post.title for post in page.posts] == ["Story 1", "Story 2"]
    assert page.gap is None
    assert page.cursor


@pytest.mark.parametrize("encoding", ["koi8-r", "big5", "windows-1255", "utf-16", "iso-8859-1", "utf-8"])
def test_declared_encodings_are_understood(server: Script, feed: Open, encoding: str) -> None:
    words = {"koi8-r": "посылка", "big5": "包裹", "windows-1255": "חבילה"}.get(encoding, "colis reçu")
    server.say(rss(item(1, words), encoding=encoding), Content_Type=XML)
    (post,) = all_posts(list(feed().fetch("")))

    assert post.text == words


@pytest.mark.parametrize(
    ("declared", "content_type"),
    [("utf-8", "application/xml; charset=us-ascii"), ("us-ascii", "application/xml"), ("utf-8", "text/html")],
)
def test_a_wrong_declaration_does_not_spoil_the_words(
    server: Script, feed: Open, declared: str, content_type: str
) -> None:
    body = rss(item(1, "colis reçu")).replace(b'encoding="utf-8"', f'encoding="{declared}"'.encode())
    server.say(body, Content_Type=content_type)
    (page,) = feed().fetch("")

    assert [post.text for post in page.posts] == ["colis reçu"]
    assert page.gap is None


@pytest.mark.parametrize("reference", ["&#xD800;", "&#99999999;", "&amp;#xD800;", "&amp;#99999999;"])
def test_a_character_that_does_not_exist_costs_no_entry(server: Script, feed: Open, reference: str) -> None:
    server.say(rss(item(1, f"late {reference} again"), item(2)), Content_Type=XML)
    posts = all_posts(list(feed().fetch("")))

    assert [post.title for post in posts] == ["Story 1", "Story 2"]
    posts[0].text.encode()


def test_a_feed_that_feedparser_dies_of_is_a_bad_answer(server: Script, feed: Open) -> None:
    server.say(rss(item(1)).replace(b'"utf-8"', b'"utf-8\xff"'), Content_Type=XML)
    with pytest.raises(BadResponseError, match="cannot be taken apart"):
        list(feed().fetch(""))


def test_an_entry_without_a_date_takes_the_feeds_or_the_servers(server: Script, feed: Open) -> None:
    undated = "<title>a</title><guid>7</guid>"
    server.say(rss(undated, head="<pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate>"), Content_Type=XML)
    server.say(rss(undated), Content_Type=XML)
    by_feed, by_server = all_posts(list(feed().fetch(""))), all_posts(list(feed().fetch("")))

    assert by_feed[0].posted_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert by_server[0].posted_at.year >= 2026


@pytest.mark.parametrize("date", ["9999-12-31T00:00:00Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00Z"])
def test_a_date_at_the_end_of_the_calendar_counts_as_none(server: Script, feed: Open, date: str) -> None:
    undated = f"<title>a</title><guid>7</guid><pubDate>{date}</pubDate>"
    server.say(rss(undated, item(2), head=f"<pubDate>{date}</pubDate>"), Content_Type=XML)
    before = datetime.now(UTC)
    posts = all_posts(list(feed().fetch("")))

    assert before - timedelta(minutes=1) < posts[0].posted_at < before + timedelta(minutes=1)
    assert posts[1].posted_at.year == 2026


def test_an_entry_without_words_is_rejected(server: Script, feed: Open) -> None:
    server.say(rss("<guid>7</guid>", item(2)), Content_Type=XML)
    (page,) = feed().fetch("")

    assert [post.title for post in page.posts] == ["Story 2"]
    assert [(rejection.row, rejection.reason) for rejection in page.rejected] == [(1, "the entry has no words")]


def test_a_bare_id_is_told_apart_from_that_of_another_feed(server: Script, feed: Open) -> None:
    long = "x" * 5000
    server.say(
        rss("<title>a</title><guid isPermaLink='false'>7</guid>", f"<title>b</title><guid>{long}</guid>"),
        Content_Type=XML,
    )
    short, cut = (post.platform_id for post in all_posts(list(feed().fetch(""))))

    assert short == "http://feeds.example/news.xml#7"
    assert cut.startswith("sha256:")
    assert len(cut) <= MAX_ID_LENGTH


def test_a_reply_is_a_comment_with_its_parent(server: Script, feed: Open) -> None:
    server.say(rss(item(1) + '<thr:in-reply-to ref="https://news.example/0"/>'), Content_Type=XML)
    (post,) = all_posts(list(feed().fetch("")))

    assert (post.kind, post.parent_id) == (PostKind.COMMENT, "https://news.example/0")


def test_a_query_keeps_the_entries_that_hold_its_words(server: Script, feed: Open) -> None:
    server.say(rss(item(1, "PARCELO lost it"), item(2, "weather"), item(3, "parcelo jobs")), Content_Type=XML)
    posts = all_posts(list(feed(query='parcelo OR hail -"parcelo jobs"').fetch("")))

    assert [post.title for post in posts] == ["Story 1"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, AuthError),
        (403, NotPermittedError),
        (404, NotPermittedError),
        (410, NotPermittedError),
        (429, RateLimitedError),
        (500, UnreachableError),
        (503, UnreachableError),
    ],
)
def test_refusals_and_faults_become_our_errors(
    server: Script, feed: Open, status: int, expected: type[CollectError]
) -> None:
    server.say(b"<html>no</html>", status, Retry_After="60")
    with pytest.raises(expected) as raised:
        list(feed().fetch(""))

    assert type(raised.value) is expected
    assert str(raised.value).startswith('Feed "test"')
    if status in (429, 503):
        assert raised.value.retry_after is not None


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(b"<html><p>Over capacity"), BadResponseError),
        (Answer(b'{"version": "https://jsonfeed.org/version/1"}'), BadResponseError),
        (Answer(b""), BadResponseError),
        (Answer(b"\x1f\x8bnonsense", headers={"Content-Encoding": "gzip"}), BadResponseError),
        (Answer(b"", 302, {"Location": "/news.xml"}), BadResponseError),
        (Answer(b" " * (MAX_BODY + 1)), BadResponseError),
        (Answer(rss(item(1)), cut=True), UnreachableError),
        (Answer(rss(item(1)), wait=4), UnreachableError),
    ],
    ids=["html", "json feed", "nothing", "not gzip", "redirect loop", "too long", "cut off", "hangs"],
)
def test_what_is_no_feed_or_does_not_come_is_told_apart(
    server: Script, feed: Open, answer: Answer, expected: type[CollectError]
) -> None:
    server.answers.append(answer)
    with pytest.raises(expected) as raised:
        list(feed().fetch(""))

    assert type(raised.value) is expected


def test_a_server_that_is_not_there_is_unreachable() -> None:
    config = SourceConfig("news", "feeds", url="http://127.0.0.1:9/feed")
    collector = Feeds.build(config, SECRETS)
    with pytest.raises(UnreachableError):
        list(collector.fetch(""))
    collector.close()


def test_a_moved_feed_is_followed(server: Script, feed: Open) -> None:
    server.say(b"", 301, Location="/new.xml").say(rss(item(1)), Content_Type=XML)

    assert len(all_posts(list(feed().fetch("")))) == 1
    assert [path for path, _ in server.requests] == ["/news.xml", "/new.xml"]


@pytest.mark.replay
def test_no_feed_of_feedparsers_own_suite_makes_us_fail(replay: Callable[..., object], shared: Path) -> None:
    """More than two thousand feeds, most of them malformed on purpose."""
    from collectors.entries import parse, to_posts

    count = 0
    for path in sorted((shared / "replay" / "feeds" / "feedparser").rglob("*.xml")):
        count += 1
        try:
            feed = parse("Feed", path.read_bytes(), {"content-type": "application/xml"})
        except BadResponseError:
            continue
        posts, _ = to_posts(feed, "http://feeds.example/", PostKind.ARTICLE, datetime(2026, 11, 20, tzinfo=UTC))
        for post in posts:
            (post.text + post.title + post.author + post.platform_id).encode()
            assert post.text
            assert post.platform_id
            assert post.posted_at.tzinfo
            assert post.url.startswith("http") or not post.url
    assert count > 1000


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("one<br>two<p>three", "one\ntwo\nthree"),
        ("a &lt;b&gt; &amp; c&nbsp;d", "a <b> & c d"),
        ("<style>p{}</style>x<script>1<2</script>y", "xy"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("broken <b attr='", "broken <b attr='"),
        ("<script>never closed", ""),
        ("</script>stray end", "stray end"),
        ("plain < text", "plain < text"),
        ("a <![<b>c</b>", "a <![c"),
        ("a<!-- <b> -->b<!-- never closed", "ab"),
        ("<script/>seen<script>a<script>b</script>seen", "seenseen"),
        ("a<![CDATA[ b ]]>c", "a b c"),
        ("a<!DOCTYPE html><?php echo 1 ?>b</ p>c", "abc"),
        ("I <3 this, 2<3 and 3>2", "I <3 this, 2<3 and 3>2"),
    ],
)
def test_html_is_read_as_a_person_would_see_it(html: str, words: str) -> None:
    assert plain_text(html) == words


@pytest.mark.parametrize("piece", ["<![", "<", "<a ", "&", "<script>", "<!--", "</", '<a b="', "<p><div>", "</script>"])
def test_no_html_keeps_the_reader_busy(piece: str) -> None:
    started = time.monotonic()
    plain_text(piece * 200_000)

    assert time.monotonic() - started < 5


@given(st.text(alphabet="<>![]-/ab &#;'\"=?scriptCDATA", max_size=60))
def test_no_html_makes_the_reader_fail(html: str) -> None:
    assert plain_text(html) is not None
