"""Articles: the pages behind a feed's entries, which of them are fetched, and what becomes of those that are not."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors import SourceConfig, make
from collectors.articles import MAX_TRIES, MAX_WAITING, Articles, State
from collectors.base import read_cursor
from collectors.extraction import Extracted, extract, extract_apart
from collectors.web import MAX_BODY
from core.errors import (
    AuthError,
    BadResponseError,
    CollectError,
    ConfigError,
    NotPermittedError,
    RateLimitedError,
    UnreachableError,
)
from core.types import Page, Post, PostKind
from tests.collectors.archive import all_posts
from tests.collectors.conftest import Answer, Script

Open = Callable[..., Any]
STORY = "They lost my kettle in March and nobody answers the telephone. " * 12
HTML = "text/html; charset=utf-8"


def page(words: str = STORY, head: str = "", title: str = "The kettle") -> Answer:
    body = f"""<html><head><title>{title}</title>{head}</head><body><nav><a href="/">Home</a></nav>
      <article><p>{words}</p><p>So much for {title}.</p></article><footer>All rights reserved</footer>
      </body></html>"""
    return Answer(body.encode(), headers={"Content-Type": HTML})


class Web:
    """A feed and a few sites behind one loopback server; what is not there answers 404."""

    def __init__(self, script: Script) -> None:
        self.script, self.paths = script, dict[str, Answer]()
        self.entries: list[str] = []
        script.respond = self.respond

    def respond(self, path: str) -> Answer:
        if path == "/feed.xml":
            items = "".join(self.entries)
            xml = f'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>{items}</channel></rss>'
            return self.paths.get(path) or Answer(xml.encode(), headers={"Content-Type": "application/xml"})
        return self.paths.get(path) or Answer(b"not here", 404)

    def add(self, number: int, link: str = "", words: str = "An excerpt", date: str = "10:00:00") -> None:
        link = link or f"{self.script.url}/story/{number}"
        dated = f"<pubDate>Fri, 20 Nov 2026 {date} GMT</pubDate>" if date else ""
        self.entries.insert(
            0,
            f"<item><guid>a:{number}</guid><title>Story {number}</title><link>{link.replace('&', '&amp;')}</link>"
            f"<description>{words}</description>{dated}</item>",
        )

    def asked(self, start: str = "/story") -> list[str]:
        return [path for path, _ in self.script.requests if path.startswith(start)]


@pytest.fixture
def web(server: Script) -> Web:
    return Web(server)


@pytest.fixture
def source(web: Web, open_source: Open) -> Open:
    def open_it(*, private: bool = True, **settings: Any) -> Articles:
        options = {"allow_private": str(private).lower()} | settings.pop("options", {})
        made: Articles = open_source(
            "articles", web.script.url, **({"url": "http://feeds.example/feed.xml", "options": options} | settings)
        )
        made.extract = extract  # one process for all tests but those of the other one
        return made

    return open_it


def read_all(source: Open, cursor: str = "", **settings: Any) -> tuple[list[Post], str]:
    pages: list[Page] = list(source(**settings).fetch(cursor))
    return all_posts(pages), pages[-1].cursor if pages else cursor


def test_an_entry_becomes_the_words_of_its_page(web: Web, source: Open) -> None:
    head = '<meta name="author" content="Dora K"><link rel="canonical" href="{}/story/1?id=7">'
    web.paths["/story/1?utm_source=feed"] = page(head=head.format(web.script.url))
    web.add(1, f"{web.script.url}/story/1?utm_source=feed")
    ((post,), _) = read_all(source)

    assert post.text.count("They lost my kettle") == 12
    assert "So much for The kettle." in post.text
    assert "rights reserved" not in post.text
    assert (post.platform, post.kind, post.title, post.author) == ("articles", PostKind.ARTICLE, "Story 1", "Dora K")
    assert post.platform_id == f"{web.script.url}/story/1?id=7"
    assert post.posted_at == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_each_page_is_fetched_once_and_an_old_entry_not_again(web: Web, source: Open) -> None:
    for number in (1, 2):
        web.paths[f"/story/{number}"] = page()
        web.add(number)
    posts, cursor = read_all(source)
    web.paths["/story/3"] = page()
    web.add(3)
    later, _ = read_all(source, cursor)

    assert len(posts) == 2
    assert [post.title for post in later] == ["Story 3"]
    assert web.asked() == ["/story/1", "/story/2", "/story/3"]


def test_a_run_fetches_so_many_pages_as_it_may_and_the_others_wait_for_the_next(web: Web, source: Open) -> None:
    for number in range(7):
        web.paths[f"/story/{number}"] = page()
        web.add(number)
    counts, cursor = [], ""
    for _ in range(4):
        posts, cursor = read_all(source, cursor, options={"pages": "3"})
        counts.append([post.title for post in posts])

    assert counts == [["Story 0", "Story 1", "Story 2"], ["Story 3", "Story 4", "Story 5"], ["Story 6"], []]


def test_a_crash_after_any_page_loses_no_article_and_fetches_at_most_one_twice(web: Web, source: Open) -> None:
    for number in range(5):
        web.paths[f"/story/{number}"] = page()
        web.add(number)
    had, cursor = list[str](), ""
    for _ in range(12):
        for stored in source().fetch(cursor):
            cursor = stored.cursor
            had += [post.title for post in stored.posts]
            if stored.posts:
                break  # dies after each stored article

    assert had == [f"Story {number}" for number in range(5)]


def test_what_does_not_fit_the_queue_keeps_the_feeds_words_and_the_run_says_so(web: Web, source: Open) -> None:
    for number in range(MAX_WAITING + 5):
        web.add(number, date=f"10:{number // 60:02}:{number % 60:02}")
    first = next(iter(source().fetch("")))

    assert [post.title for post in first.posts] == [f"Story {number}" for number in range(5)]
    assert {post.text for post in first.posts} == {"An excerpt"}
    assert "pages of 5 were not fetched" in first.gap.why
    assert len(read_cursor(first.cursor)["waiting"]) == MAX_WAITING


def test_the_query_is_asked_of_the_page_and_not_of_the_excerpt(web: Web, source: Open) -> None:
    web.paths |= {"/story/1": page(STORY + "Parcelo!"), "/story/2": page()}
    web.add(1)
    web.add(2)
    posts, _ = read_all(source, query="parcelo")

    assert [post.title for post in posts] == ["Story 1"]


def test_an_entry_without_a_link_keeps_its_words_and_its_id(web: Web, source: Open) -> None:
    web.entries.append("<item><guid>a:9</guid><title>No link</title><description>lost</description></item>")
    ((post,), _) = read_all(source)

    assert (post.platform, post.platform_id, post.text) == ("articles", "http://feeds.example/feed.xml#a:9", "lost")


def test_a_page_that_says_less_than_its_entry_does_not_take_its_place(web: Web, source: Open) -> None:
    web.paths["/story/1"] = page("Subscribe to read on.")
    web.add(1, words=STORY * 3)
    ((post,), _) = read_all(source)

    assert post.text == (STORY * 3).strip()[:2000].strip()


def test_a_feed_that_says_no_date_leaves_it_to_the_page(web: Web, source: Open) -> None:
    web.paths["/story/1"] = page(head='<meta property="article:published_time" content="2026-03-04T10:00:00Z">')
    web.add(1, date="")
    ((post,), _) = read_all(source)

    assert post.posted_at == datetime(2026, 3, 4, tzinfo=UTC)


def test_a_page_may_not_pass_itself_off_as_one_of_another_site(web: Web, source: Open) -> None:
    web.paths["/story/1"] = page(head='<link rel="canonical" href="https://news.example/front">')
    web.add(1)
    ((post,), _) = read_all(source)

    assert post.platform_id == f"{web.script.url}/story/1"


REFUSED = {
    "gone": Answer(b"gone", 404),
    "forbidden": Answer(b"<html>pay</html>", 403, {"Content-Type": HTML}),
    "login": Answer(b"", 401),
    "pdf": Answer(b"%PDF-1.7 <", headers={"Content-Type": "application/pdf"}),
    "picture": Answer(b"\x89PNG <", headers={"Content-Type": "image/png"}),
    "too long": Answer(b"<html>" + b" " * MAX_BODY, headers={"Content-Type": HTML}),
    "empty": Answer(b"", headers={"Content-Type": HTML}),
    "no text": Answer(b"<html><body><script>x()</script></body></html>", headers={"Content-Type": HTML}),
    "no encoding": Answer(b"<html>" + bytes(range(128, 256)) * 99, headers={"Content-Type": "text/html"}),
    "redirect loop": Answer(b"", 302, {"Location": "/story/1"}),
    "broken packing": Answer(b"\x1f\x8bnonsense", headers={"Content-Encoding": "gzip", "Content-Type": HTML}),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_page_that_no_try_can_help_leaves_the_feeds_words_says_so_and_is_asked_once(
    web: Web, source: Open, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "collectors.articles")
    web.paths |= {"/story/1": REFUSED[kind], "/story/2": page()}
    web.add(1)
    web.add(2)
    posts, cursor = read_all(source)
    again, _ = read_all(source, cursor)

    assert [(post.title, post.text[:10]) for post in posts] == [("Story 1", "An excerpt"), ("Story 2", "They lost ")]
    assert again == []
    assert "/story/1" in caplog.text
    assert "the feed's own words are kept" in caplog.text
    assert "<html" not in caplog.text


PASSING = {
    "slow down": Answer(b"", 429, {"Retry-After": "60"}),
    "slow down, bare": Answer(b"", 429),
    "fault": Answer(b"", 503),
    "hangs": Answer(b"x", wait=4),
    "cut off": Answer(b"<html>" + b"x" * 999, cut=True, headers={"Content-Type": HTML}),
}


@pytest.mark.parametrize("kind", PASSING)
def test_a_page_whose_site_does_not_answer_is_tried_again_in_later_runs_but_not_for_ever(
    web: Web, source: Open, kind: str
) -> None:
    web.paths["/story/1"] = PASSING[kind]
    web.add(1)
    found, cursor = list[Post](), ""
    for _ in range(MAX_TRIES + 2):
        posts, cursor = read_all(source, cursor)
        found += posts

    assert [post.text for post in found] == ["An excerpt"]
    assert len(web.asked()) == MAX_TRIES


def test_a_page_that_comes_at_the_second_try_is_taken(web: Web, source: Open) -> None:
    web.paths["/story/1"] = PASSING["fault"]
    web.add(1)
    _, cursor = read_all(source)
    web.paths["/story/1"] = page()
    ((post,), _) = read_all(source, cursor)

    assert post.text.startswith("They lost my kettle")


def test_a_site_that_does_not_answer_is_left_alone_for_the_rest_of_the_run(web: Web, source: Open) -> None:
    web.paths |= {f"/story/{number}": PASSING["fault"] for number in range(5)}
    for number in range(5):
        web.add(number)
    read_all(source)

    assert web.asked() == ["/story/0"]


def test_a_site_that_asks_for_pauses_gives_one_page_a_run(web: Web, source: Open) -> None:
    web.paths["/robots.txt"] = Answer(b"User-agent: *\nCrawl-delay: 10\n")
    for number in range(3):
        web.paths[f"/story/{number}"] = page()
        web.add(number)
    posts, cursor = read_all(source)
    more, _ = read_all(source, cursor)

    assert [len(posts), len(more)] == [1, 1]


@pytest.mark.parametrize(
    ("robots", "is_read"),
    [
        (Answer(b"User-agent: *\nDisallow: /story\n"), False),
        (Answer(b"User-agent: Afterclick\nDisallow: /\n\nUser-agent: *\nAllow: /\n"), False),
        (Answer(b"User-agent: *\nDisallow: /private\n"), True),
        (Answer(b"User-agent: other\nDisallow: /\n"), True),
        (Answer(b"", 404), True),
        (Answer(b"", 403), True),
        (Answer(b"<html>no rules</html>"), True),
        (Answer(b"\xff\xfe\x00"), True),
    ],
)
def test_a_site_is_asked_for_its_rules_once_and_they_hold(
    web: Web, source: Open, robots: Answer, is_read: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "collectors.articles")
    web.paths |= {"/robots.txt": robots, "/story/1": page(), "/story/2": page()}
    web.add(1)
    web.add(2)
    posts, _ = read_all(source)

    assert [post.text.startswith("They lost") for post in posts] == [is_read, is_read]
    assert len(web.asked("/robots.txt")) == 1
    assert bool(web.asked()) is is_read
    assert ("robots.txt of 127.0.0.1 does not allow it" in caplog.text) is not is_read


@pytest.mark.parametrize("fault", [Answer(b"", 500), Answer(b"", 429)])
def test_a_site_that_cannot_say_its_rules_now_is_not_read_now(web: Web, source: Open, fault: Answer) -> None:
    web.paths |= {"/robots.txt": fault, "/story/1": page()}
    web.add(1)
    posts, cursor = read_all(source)
    web.paths["/robots.txt"] = Answer(b"", 404)
    later, _ = read_all(source, cursor)

    assert (posts, web.asked()) == ([], ["/story/1"])
    assert later[0].text.startswith("They lost")


@pytest.mark.parametrize(
    "link",
    [
        *("http://127.0.0.1:{port}/story/1", "http://localhost:{port}/story/1", "http://[::1]:{port}/story/1"),
        *("http://[::ffff:127.0.0.1]:{port}/story/1", "http://2130706433:{port}/story/1", "http://0x7f.1:{port}/"),
        *("http://10.0.0.1/", "http://192.168.1.1/admin", "http://169.254.169.254/latest/meta-data/"),
        *("http://[fe80::1]/", "http://[fd00:ec2::254]/", "http://[64:ff9b::7f00:1]/", "http://0.0.0.0:{port}/"),
        "http://100.100.100.200/",
    ],
)
def test_no_entry_leads_us_into_a_private_network(
    web: Web, source: Open, link: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "collectors.articles")
    web.paths["/story/1"] = page()
    port = web.script.url.rsplit(":", 1)[1]
    web.add(1, link.format(port=port))
    ((post,), _) = read_all(source, private=False)

    assert post.text == "An excerpt"
    assert [path for path, _ in web.script.requests] == ["/feed.xml"]
    assert "is no public address; it was not asked" in caplog.text


@pytest.mark.parametrize("link", ["file:///etc/passwd", "javascript:x()", "http://[broken/", "ftp://a.example/"])
def test_an_entry_whose_link_is_no_address_keeps_its_words(web: Web, source: Open, link: str) -> None:
    web.add(1, link)
    ((post,), _) = read_all(source, private=False)

    assert post.text == "An excerpt"


def test_a_redirect_into_a_private_network_is_not_followed(
    web: Web, source: Open, monkeypatch: pytest.MonkeyPatch, server: Script
) -> None:
    """The first address counts as public here, so that the loopback server can send us on from it."""
    from collectors import pages

    port = server.url.rsplit(":", 1)[1]
    monkeypatch.setattr(pages, "is_public", lambda address: address == "127.0.0.1")
    web.paths |= {"/story/1": Answer(b"", 302, {"Location": f"http://[::1]:{port}/secret"}), "/secret": page()}
    web.add(1)
    ((post,), _) = read_all(source, private=False)

    assert post.text == "An excerpt"
    assert web.asked("/secret") == []
    assert web.asked() == ["/story/1"]


def test_a_name_that_stands_for_a_private_address_is_refused_by_what_is_connected_to(
    web: Web, source: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    looked_up = list[str]()

    def look_up(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    web.add(1, "http://rebound.example/story/1")
    opened = source(private=False)
    first = opened.fetch("")
    stored = next(first)  # the feed itself is read before names lie
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    posts = all_posts(list(first))

    assert stored.posts == ()
    assert [post.text for post in posts] == ["An excerpt"]
    assert looked_up == ["rebound.example"]


FAULTS: list[tuple[Answer, type[CollectError]]] = [
    (Answer(b"", 429, {"Retry-After": "60"}), RateLimitedError),
    (Answer(b"", 429), RateLimitedError),
    (Answer(b"", 503), UnreachableError),
    (Answer(b"", 401), AuthError),
    (Answer(b"", 403), NotPermittedError),
    (Answer(b"<html>Over capacity</html>"), BadResponseError),
    (Answer(b"<rss><channel><item>" * 9, cut=True), UnreachableError),
    (Answer(b"x", wait=4), UnreachableError),
]


@pytest.mark.parametrize(
    ("fault", "expected"), FAULTS, ids=["429", "bare", "503", "401", "403", "html", "cut", "hangs"]
)
def test_a_feed_that_fails_holds_up_no_page_that_waits_and_the_fault_is_told_afterwards(
    web: Web, source: Open, fault: Answer, expected: type[CollectError]
) -> None:
    for number in range(2):
        web.paths[f"/story/{number}"] = page()
        web.add(number)
    _, cursor = read_all(source, options={"pages": "1"})
    web.paths["/feed.xml"] = fault
    found = list[str]()
    with pytest.raises(expected) as raised:
        for stored in source().fetch(cursor):
            found += [post.title for post in stored.posts]

    assert type(raised.value) is expected
    assert found == ["Story 1"]


def test_a_feed_that_did_not_change_and_nothing_that_waits_is_no_page(web: Web, source: Open) -> None:
    web.add(1)
    web.paths["/story/1"] = page()
    _, cursor = read_all(source)
    web.paths["/feed.xml"] = Answer(b"", 304)

    assert list(source().fetch(cursor)) == []


def test_the_other_process_finds_what_this_one_does() -> None:
    html = page(head='<meta name="author" content="Dora">').body.decode()

    assert extract_apart(html, "https://news.example/1") == extract(html, "https://news.example/1")
    assert isinstance(extract(html, "https://news.example/1"), Extracted)
    assert extract_apart("", "https://news.example/1") is None


@pytest.mark.timeout(60)
def test_a_page_that_keeps_the_extraction_busy_is_given_up() -> None:
    started = time.monotonic()
    found = extract_apart("<html><body><article>" + "<h2>a</h2>" * 190_000, "https://news.example/1", seconds=3)

    assert found is None
    assert time.monotonic() - started < 10


def test_the_other_process_is_told_no_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess

    monkeypatch.setenv("X_BEARER_TOKEN", "not-a-real-token")
    given: dict[str, Any] = {}

    def run(*_: Any, **settings: Any) -> Any:
        given.update(settings)
        raise subprocess.TimeoutExpired("x", 1)

    monkeypatch.setattr(subprocess, "run", run)

    assert extract_apart("<p>", "https://news.example/1") is None
    assert "X_BEARER_TOKEN" not in given["env"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"allow_private": "yes"}, 'must be "true" or "false"'), ({"pages": "0"}, "whole number from 1 to 500")],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, str], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        make(SourceConfig("a", "articles", url="https://news.example/feed", options=options), {})


def test_a_cursor_of_another_kind_is_refused() -> None:
    for cursor in ('{"waiting":[{"x":1}]}', '{"waiting":7}', '{"feed":7}', "[1]"):
        with pytest.raises(ConfigError, match="clear"):
            State.read(cursor)


@pytest.mark.replay
def test_recorded_pages_give_their_main_text_and_nothing_around_it(shared: Path) -> None:
    import json

    root = shared / "replay"
    expected = json.loads((root / "articles" / "expect.json").read_text())
    found = missing = kept_out = let_in = 0
    for about in expected:
        path = root / about["file"]
        if not path.is_file():
            continue
        result = extract(path.read_text("utf-8", "replace"), about["url"])
        text = result.text if result else ""
        found += sum(words in text for words in about["with"])
        missing += sum(words not in text for words in about["with"])
        kept_out += sum(words not in text for words in about["without"])
        let_in += sum(words in text for words in about["without"])

    assert found / (found + missing) > 0.85
    assert kept_out / (kept_out + let_in) > 0.85
