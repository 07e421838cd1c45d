"""One stranger's post, page or server that once stopped a source for good, or took a neighbour with it."""

import json
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from collectors import Collector, SourceConfig
from collectors.base import plain
from collectors.mastodon.lookup import ORIGIN_LIMIT
from collectors.pages import Robots, page_client, page_id
from collectors.x.parts import mentions_query, native_query, parts_of
from collectors.youtube.api import refusal
from core.errors import BadResponseError
from core.types import LookedUp
from tests.collectors.archive import all_posts
from tests.collectors.conftest import Answer, Script

Open = Callable[..., Collector]


@pytest.mark.parametrize(
    "line", ["Crawl-delay: ²", "Request-rate: ²/1", "Request-rate: 1/²", "Disallow: //[", "Crawl-delay: " + "9" * 5000]
)
def test_rules_for_robots_that_python_fails_at_are_passed_over_and_the_others_hold(server: Script, line: str) -> None:
    import httpx

    server.say(f"User-agent: *\n{line}\nDisallow: /private\n")
    with page_client(allow_private=True) as client:
        robots = Robots(client)

        assert robots.allows(httpx.URL(f"{server.url}/public"))
        assert not robots.allows(httpx.URL(f"{server.url}/private"))


def test_a_page_that_leads_to_a_place_of_its_site_that_robots_may_not_see_is_not_read(
    server: Script, open_source: Open
) -> None:
    item = f"<item><title>t</title><link>{server.url}/story</link><description>excerpt</description></item>"
    paths = {
        "/feed.xml": Answer(f'<rss version="2.0"><channel>{item}</channel></rss>'.encode()),
        "/robots.txt": Answer(b"User-agent: *\nDisallow: /private"),
        "/story": Answer(b"", 302, {"Location": "/private"}),
        "/private": Answer(b"<html><p>" + b"inner words " * 99 + b"</p></html>", headers={"Content-Type": "text/html"}),
    }
    server.respond = lambda path: paths[path]
    source = open_source("articles", server.url, url="http://feeds.example/feed.xml", options={"allow_private": "true"})
    (post,) = all_posts(list(source.fetch("")))

    assert post.text == "excerpt"


def test_an_address_that_would_grow_too_long_stands_for_itself() -> None:
    address = "http://e.example/?a=" + ":" * 30_000

    assert page_id(address) == address


@pytest.mark.parametrize(
    "element",
    [
        "<thr:in-reply-to>words</thr:in-reply-to>",
        "<summary_detail>words</summary_detail>",
        "<thr:in-reply-to/>",
        "<published_parsed>words</published_parsed>",
    ],
)
def test_an_entry_with_an_element_of_an_unheard_of_kind_costs_no_other(
    server: Script, open_source: Open, element: str
) -> None:
    items = "".join(
        f"<item><guid>a:{number}</guid><title>t{number}</title>{element if number == 1 else ''}"
        "<pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate></item>"
        for number in range(3)
    )
    opening = '<?xml version="1.0"?><rss version="2.0" xmlns:thr="http://purl.org/syndication/thread/1.0"><channel>'
    server.say(f"{opening}{items}</channel></rss>")
    posts = all_posts(list(open_source("feeds", server.url, url="http://feeds.example/feed.xml").fetch("")))

    assert [post.text for post in posts] == ["t0", "t1", "t2"]


def test_nesting_without_end_is_no_words() -> None:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]

    assert plain({"a": nested}) == ""
    while nested:  # Python itself fails at letting go of it at once
        nested = nested[0]


@pytest.mark.parametrize("host", ["a.example:" + "9" * 40, "a.example:99999", "a%b.example", "xn--.example", "a..b"])
def test_the_address_of_a_strangers_server_that_cannot_be_asked_says_nothing(open_source: Open, host: str) -> None:
    from core.types import LookedUp

    collector: Any = open_source("mastodon", "", query="parcelo")

    assert collector.lookup([f"https://{host}/users/bo/statuses/1"]) == LookedUp()


def test_a_server_that_does_not_answer_is_asked_once_a_look_up(
    server: Script, open_source: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ORIGIN_LIMIT < 10
    server.respond = lambda _: Answer(b"", 503)
    uris = [f"https://elsewhere.example/users/bo/statuses/{number}" for number in range(20)]
    collector: Any = open_source("mastodon", server.url, query="parcelo")

    assert collector.lookup(uris) == LookedUp()
    assert len(server.requests) == 1
    collector.lookup(uris)
    assert len(server.requests) == 2


def test_a_name_that_stands_for_another_address_a_moment_later_leads_no_look_up_inside(
    server: Script, open_source: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    port = int(server.url.rsplit(":", 1)[1])
    answers = iter(["93.184.216.34"])

    def look_up(_host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers, "127.0.0.1"), port))]

    collector: Any = open_source("mastodon", "", query="parcelo")
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    connected: list[Any] = []
    monkeypatch.setattr(socket, "create_connection", lambda address, *_, **__: connected.append(address))

    assert collector.lookup([f"https://rebound.example:{port}/users/bo/statuses/1"]) == LookedUp()
    assert connected == []


def test_a_comment_that_its_author_deletes_while_it_is_read_does_not_stop_youtube(
    server: Script, open_source: Open
) -> None:
    def thread(number: int, replies: int) -> dict[str, Any]:
        snippet = {"textDisplay": f"parcelo {number}", "publishedAt": "2026-11-20T10:00:00Z", "videoId": "kettle00001"}
        top = {"id": f"t{number}", "snippet": snippet}
        return {"id": f"t{number}", "snippet": {"topLevelComment": top, "totalReplyCount": replies}}

    def respond(path: str) -> Answer:
        if "/comments?" in path:
            error = {"message": "The comment was not found.", "errors": [{"reason": "commentNotFound"}]}
            return Answer(json.dumps({"error": error}).encode(), 404)
        if "/videos?" in path:
            return Answer(json.dumps({"items": [{"id": "kettle00001", "statistics": {"commentCount": "9"}}]}).encode())
        return Answer(json.dumps({"items": [thread(1, 7), thread(2, 0)]}).encode())

    server.respond = respond
    pages = list(open_source("youtube", server.url, query="parcelo", options={"videos": "kettle00001"}).fetch(""))

    assert [post.text for post in all_posts(pages)] == ["parcelo 1", "parcelo 2"]


def test_what_youtube_calls_a_passing_failure_stops_no_source() -> None:
    body = {"error": {"message": "No.", "errors": [{"reason": "processingFailure"}]}}

    assert not refusal(400, {}, json.dumps(body).encode(), None).needs_person


def test_accounts_of_other_platforms_are_none_of_x() -> None:
    config = SourceConfig(
        "s",
        "x",
        query="parcelo",
        native_query="parcelo OR kettle",
        own_handles=("@parcelo", "parcelo@mastodon.example", "parcelo.bsky.example", "u/parcelo", "a OR b", "ü"),
        options={"mentions": "true", "own_posts": "true"},
    )

    assert native_query(config) == "(parcelo OR kettle) -from:parcelo -is:retweet"
    assert mentions_query(config) == "@parcelo -from:parcelo -is:retweet"
    assert [part.handle for part in parts_of(config)] == ["parcelo", "parcelo", ""]


def circle(path: str) -> int:
    """Which of two cursors that lead to each other was asked with."""
    return 1 if "one" in path else 0


@pytest.mark.parametrize("platform", ["x", "bluesky", "youtube"])
def test_cursors_that_go_in_circles_end_in_an_error(server: Script, open_source: Open, platform: str) -> None:
    following = ["one", "two"]

    def respond(path: str) -> Answer:
        more = following[circle(path)]
        if "createSession" in path:
            from tests.collectors.bluesky_answers import session

            return Answer(json.dumps(session()).encode(), headers={"Content-Type": "application/json"})
        if len(server.requests) > 50:
            return Answer(b"", 500)
        answers: dict[str, dict[str, Any]] = {
            "x": {"meta": {"result_count": 0, "next_token": more}},
            "bluesky": {"posts": [], "cursor": more},
            "youtube": {"items": [], "nextPageToken": more},
        }
        return Answer(json.dumps(answers[platform]).encode(), headers={"Content-Type": "application/json"})

    server.respond = respond
    options = {"youtube": {"channel": "UCkettlekettlekettleketA"}}.get(platform, {})
    with pytest.raises(BadResponseError, match="keeps sending the same page"):
        list(open_source(platform, server.url, query="parcelo", options=options).fetch(""))


def test_a_session_of_another_shape_leaves_none_of_its_tokens_in_what_is_logged(
    server: Script, open_source: Open
) -> None:
    server.say({"accessJwt": "a-secret-token", "did": 5})

    with pytest.raises(BadResponseError) as raised:
        list(open_source("bluesky", server.url, query="parcelo").fetch(""))

    assert "a-secret-token" not in "".join(traceback.format_exception(raised.value))
