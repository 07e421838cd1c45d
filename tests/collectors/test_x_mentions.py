"""X: the mentions of the brand's own accounts, which cost less and are read apart."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from collectors import Collector
from core.errors import AuthError, NotPermittedError
from tests.collectors.archive import START, all_posts, archived, numbers, snowflake
from tests.collectors.conftest import Answer, Script
from tests.collectors.x_answers import MINE, found, page_of, raw_post, walks_of

Open = Callable[..., Collector]
NOW = snowflake(START)
MINUTE = 60_000 << 22
ONLY = {"mentions": "true", "own_posts": "false"}
MENTIONS = {"query": "parcelo", "own_handles": ("parcelohelp",), "options": ONLY}
KNOWN = {**MENTIONS, "options": ONLY | {"user_id": "7"}}
DATE = {"Date": format_datetime(START + timedelta(minutes=2), usegmt=True)}


def saying(
    mentions: dict[str, Any], search: dict[str, Any] | None = None, user: dict[str, Any] | None = None
) -> Callable[[str], Answer]:
    """A server that always says the same of each."""

    def respond(path: str) -> Answer:
        if "/mentions" in path:
            return Answer(json.dumps(mentions).encode(), headers=DATE)
        if path.partition("?")[0].endswith("/tweets"):
            return Answer(json.dumps(page_of()).encode(), headers=DATE)
        if "/by/username/" in path:
            return Answer(json.dumps(user or {"data": {"id": "7", "username": "parcelohelp"}}).encode(), headers=DATE)
        return Answer(json.dumps(search or found()).encode(), headers=DATE)

    return respond


def test_own_mentions_cost_a_tenth_of_a_cent_and_the_account_is_looked_up_once(
    server: Script, open_source: Open
) -> None:
    server.respond = saying(found(NOW, NOW - MINUTE), found(NOW - 5))
    mentions, searched = open_source("x", server.url, more=MINE, **MENTIONS).fetch("")

    assert mentions.cost == 2 * 1_000 + 10_000  # the account's number costs a cent
    assert searched.cost == 5_000
    assert [urlsplit(path).path for path, _ in server.requests] == [
        "/2/users/by/username/parcelohelp",
        "/2/users/7/mentions",
        "/2/tweets/search/recent",
    ]

    server.requests.clear()
    again = list(open_source("x", server.url, more=MINE, **MENTIONS).fetch(searched.cursor))
    assert [urlsplit(path).path for path, _ in server.requests] == ["/2/users/7/mentions", "/2/tweets/search/recent"]
    assert sum(page.cost for page in again) == 0


def test_own_mentions_are_asked_for_in_the_accounts_name_and_all_else_as_the_app(
    server: Script, open_source: Open
) -> None:
    server.respond = saying(found(NOW), found(NOW - 5))
    list(open_source("x", server.url, more=MINE, **MENTIONS).fetch(""))
    signed = [headers["authorization"].partition(" ")[0] for _, headers in server.requests]

    assert signed == ["Bearer", "OAuth", "Bearer"]
    assert 'oauth_token="7-c"' in server.requests[1][1]["authorization"]


def test_mentions_of_an_account_that_the_keys_are_not_of_cost_what_a_post_costs(
    server: Script, open_source: Open
) -> None:
    server.respond = saying(found(NOW))
    options = {"mentions": "true", "user_id": "8"}
    for more in ({}, MINE):
        page, *_ = open_source("x", server.url, more=more, **MENTIONS | {"options": options}).fetch("")

        assert page.cost == 5_000
        assert server.requests[0][1]["authorization"].startswith("Bearer ")


@pytest.mark.parametrize("missing", MINE)
def test_keys_of_an_account_that_are_not_all_there_are_named(open_source: Open, missing: str) -> None:
    some = {name: secret for name, secret in MINE.items() if name != missing}
    with pytest.raises(AuthError, match=f"{missing} not set"):
        open_source("x", "http://127.0.0.1:9", more=some)


def test_no_post_is_paid_twice_as_the_search_leaves_out_what_mentions_the_brand(
    server: Script, open_source: Open
) -> None:
    server.respond = saying(found(NOW))
    list(open_source("x", server.url, **KNOWN).fetch(""))
    (query,) = parse_qs(urlsplit(server.requests[-1][0]).query)["query"]

    assert "-@parcelohelp" in query


def test_mentions_and_search_keep_their_own_places(server: Script, open_source: Open) -> None:
    server.respond = saying(found(NOW), found(NOW - 7))
    pages = list(open_source("x", server.url, **KNOWN).fetch(""))
    standing = walks_of(pages[-1].cursor)

    assert standing.pop("@parcelohelp").since == NOW
    assert [walk.since for walk in standing.values()] == [NOW - 7]


def test_reposts_among_the_mentions_are_left_out_and_replies_of_the_brand_kept(
    server: Script, open_source: Open
) -> None:
    repost = raw_post(NOW, "RT @ann: late", referenced_tweets=[{"type": "retweeted", "id": "4"}])
    answer = page_of(repost, raw_post(NOW - 1, "@ann sorry, from @parcelohelp", author_id="7"), raw_post(NOW - 2))
    answer["includes"] = {"users": [{"id": "7", "username": "parcelohelp"}]}
    server.respond = saying(answer)
    page, *_ = open_source("x", server.url, **KNOWN).fetch("")

    assert [post.author for post in page.posts] == ["parcelohelp", "5"]
    assert page.cost == 3 * 5_000
    assert walks_of(page.cursor)["@parcelohelp"].since == NOW


def test_mentions_follow_the_querys_exclusions_and_languages_but_need_none_of_its_names(
    server: Script, open_source: Open
) -> None:
    answer = page_of(
        raw_post(NOW, "where is it", lang="en"),
        raw_post(NOW - 1, "any parcelo jobs?", lang="en"),
        raw_post(NOW - 2, "wo ist es", lang="de"),
    )
    server.respond = saying(answer)
    query = 'parcelo with:delivery -"parcelo jobs" lang:en'
    page, *_ = open_source("x", server.url, **KNOWN | {"query": query}).fetch("")

    assert [post.text for post in page.posts] == ["where is it"]


def test_a_new_source_reads_mentions_no_further_back_than_seven_days(server: Script, open_source: Open) -> None:
    week = 7 * 24 * 60 * MINUTE
    server.respond = saying(found(NOW, NOW - week + MINUTE * 3, NOW - week, NOW - 30 * week, more="t"))
    pages = list(open_source("x", server.url, **KNOWN | {"query": ""}).fetch(""))

    assert [post.platform_id for post in all_posts(pages)] == [str(NOW), str(NOW - week + MINUTE * 3)]
    assert len(server.requests) == 1
    assert walks_of(pages[-1].cursor)["@parcelohelp"].since == NOW


def test_an_old_source_reads_mentions_as_far_back_as_it_stood(server: Script, open_source: Open) -> None:
    week = 7 * 24 * 60 * MINUTE
    cursor = json.dumps({"walks": {"@parcelohelp": {"since": str(NOW - 3 * week)}}})
    server.respond = saying(found(NOW, NOW - 2 * week))
    (page,) = open_source("x", server.url, **KNOWN | {"query": ""}).fetch(cursor)

    assert len(page.posts) == 2
    assert page.gap is None


def test_more_mentions_than_x_lists_are_a_gap_from_the_last_reading_on(server: Script, open_source: Open) -> None:
    since = NOW - 900 * MINUTE
    cursor = json.dumps({"walks": {"@parcelohelp": {"since": str(since)}}})
    for hundred in range(8):
        ids = [NOW - (100 * hundred + each) * MINUTE for each in range(100)]
        server.say(found(*ids, more="t" if hundred < 7 else ""))
    pages = list(open_source("x", server.url, **KNOWN | {"query": ""}).fetch(cursor))

    assert [page.gap for page in pages[:7]] == [None] * 7
    assert "last 800 mentions only" in pages[7].gap.why
    assert pages[7].gap.from_at == START - timedelta(minutes=900)
    assert pages[7].gap.until_at == START - timedelta(minutes=799)


def test_many_mentions_that_lead_down_to_the_last_reading_are_no_gap(server: Script, open_source: Open) -> None:
    since = NOW - 799 * MINUTE
    cursor = json.dumps({"walks": {"@parcelohelp": {"since": str(since)}}})
    for hundred in range(8):
        ids = [NOW - (100 * hundred + each) * MINUTE for each in range(100)]
        server.say(found(*ids, more="t" if hundred < 7 else ""))
    pages = list(open_source("x", server.url, **KNOWN | {"query": ""}).fetch(cursor))

    assert [page.gap for page in pages] == [None] * 8


def test_an_account_that_x_does_not_know_needs_a_person(server: Script, open_source: Open) -> None:
    nobody = {"errors": [{"title": "Not Found Error", "detail": "Could not find user with username: [parcelohelp]."}]}
    server.respond = saying(found(), user=nobody)
    with pytest.raises(NotPermittedError, match="no account @parcelohelp: Could not find user"):
        list(open_source("x", server.url, **MENTIONS).fetch(""))


def test_mentions_of_an_account_that_is_gone_need_a_person(server: Script, open_source: Open) -> None:
    server.respond = saying({"errors": [{"title": "Not Found Error", "detail": "Could not find user with id: [7]."}]})
    with pytest.raises(NotPermittedError, match="Could not find user"):
        list(open_source("x", server.url, **KNOWN).fetch(""))


@pytest.mark.replay
def test_mentions_and_search_of_a_real_client_bring_each_post_once(
    replay: Callable[..., Any], open_source: Open
) -> None:
    began = datetime.now(UTC) - timedelta(hours=2)
    archive = [archived(number, began + timedelta(seconds=9 * number)) for number in range(500)]
    for post in archive[::2]:
        post["text"] = "@parcelohelp " + post["text"]
    with replay(archive=archive, handle="parcelohelp") as served:
        settings = KNOWN | {"query": "parcel"}
        pages = list(open_source("x", served.url, **settings).fetch(""))
        stop = next(iter(open_source("x", served.url, **settings).fetch("")))
        rest = list(open_source("x", served.url, **settings).fetch(stop.cursor))
        paths = {line["path"] for line in served.log}

    assert numbers(pages) == set(range(500))
    assert len(all_posts(pages)) == 500
    assert paths == {"/2/users/7/mentions", "/2/tweets/search/recent"}
    assert numbers([stop, *rest]) == set(range(500))


def test_what_the_brand_itself_posts_is_read_apart_so_that_its_replies_stop_the_clock(
    server: Script, open_source: Open
) -> None:
    reply = raw_post(NOW, "@ann sorry!", author_id="7", referenced_tweets=[{"type": "replied_to", "id": "45"}])
    written = page_of(reply)
    written["includes"] = {"users": [{"id": "7", "username": "parcelohelp"}]}
    server.respond = lambda path: Answer(
        json.dumps(written if "/2/users/7/tweets" in path else found()).encode(), headers=DATE
    )
    options = {"mentions": "false", "user_id": "7"}
    settings = MENTIONS | {"options": options, "query": "parcelo jobs"}
    page, *_ = open_source("x", server.url, more=MINE, **settings).fetch("")

    assert [(post.author, post.parent_id) for post in page.posts] == [("parcelohelp", "45")]
    assert page.cost == 1_000
    assert walks_of(page.cursor)["from:parcelohelp"].since == NOW
    assert "exclude=retweets" in server.requests[0][0]
    assert "-from%3Aparcelohelp" in server.requests[1][0]


@pytest.mark.parametrize(
    ("more", "options", "read"),
    [
        (MINE, {}, {"mentions", "tweets", "recent"}),
        ({}, {}, {"recent"}),
        (MINE, {"mentions": "false", "own_posts": "false"}, {"recent"}),
        (MINE, {"mentions": "false"}, {"tweets", "recent"}),
        (MINE, {"own_posts": "false"}, {"mentions", "recent"}),
        ({}, {"own_posts": "true"}, {"tweets", "recent"}),
        ({}, {"mentions": "true"}, {"mentions", "recent"}),
    ],
)
def test_own_timelines_are_read_by_default_where_the_accounts_keys_make_them_cheap(
    server: Script, open_source: Open, more: dict[str, Any], options: dict[str, str], read: set[str]
) -> None:
    server.respond = saying(found(NOW))
    settings = MENTIONS | {"options": {"user_id": "7"} | options}
    list(open_source("x", server.url, more=more, **settings).fetch(""))
    queries = parse_qs(urlsplit(server.requests[-1][0]).query)["query"]

    assert {urlsplit(path).path.rpartition("/")[2] for path, _ in server.requests} == read
    assert ("-@parcelohelp" in queries[0]) == ("mentions" in read)


@pytest.mark.parametrize("own", [(), ("parcelo.bsky.example", "parcelo@mastodon.example", "u/parcelo")])
def test_keys_of_an_account_read_no_timeline_for_a_brand_that_has_none_on_x(
    server: Script, open_source: Open, own: tuple[str, ...]
) -> None:
    server.respond = saying(found(NOW))
    list(open_source("x", server.url, more=MINE, query="parcelo", own_handles=own).fetch(""))

    assert [urlsplit(path).path for path, _ in server.requests] == ["/2/tweets/search/recent"]


def test_a_source_that_streams_leaves_mentions_to_its_query_by_default(open_source: Open) -> None:
    settings = MENTIONS | {"query": "@parcelohelp", "options": {"stream": "true"}}
    source: Any = open_source("x", "http://127.0.0.1:9", more=MINE, **settings)

    assert [part.timeline for part in source.parts] == ["tweets", ""]


def test_a_handle_that_is_none_of_x_is_passed_over_by_default_and_asked_for_once_a_run(
    server: Script, open_source: Open
) -> None:
    nobody = {"errors": [{"title": "Not Found Error", "detail": "Could not find user with username: [parcelohelp]."}]}
    server.respond = saying(found(NOW), found(NOW - 5), user=nobody)
    (page,) = open_source("x", server.url, more=MINE, **MENTIONS | {"options": {}}).fetch("")

    assert [post.platform_id for post in page.posts] == [str(NOW - 5)]
    assert [urlsplit(path).path for path, _ in server.requests] == [
        "/2/users/by/username/parcelohelp",
        "/2/tweets/search/recent",
    ]


def test_timelines_that_are_switched_on_later_go_back_seven_days_and_let_search_go_on_where_it_was(
    server: Script, open_source: Open
) -> None:
    week = 7 * 24 * 60 * MINUTE
    server.respond = saying(found(NOW, NOW - week + MINUTE * 3, NOW - week - MINUTE, NOW - 30 * week, more="t"))
    before = json.dumps({"walks": {"old": {"since": str(NOW - 50 * week)}}})
    pages = list(open_source("x", server.url, more=MINE, **KNOWN | {"options": {"user_id": "7"}}).fetch(before))
    searched = parse_qs(urlsplit(server.requests[-1][0]).query)

    assert [post.platform_id for post in all_posts(pages)] == [str(NOW), str(NOW - week + MINUTE * 3)]
    assert [urlsplit(path).path for path, _ in server.requests] == [
        *("/2/users/7/mentions", "/2/users/7/tweets"),
        "/2/tweets/search/recent",
    ]
    assert searched["since_id"] == [str(NOW - 50 * week - 5 * MINUTE)]


def test_a_quiet_timeline_does_not_let_a_changed_query_begin_at_the_start(server: Script, open_source: Open) -> None:
    server.respond = saying(found())
    before = json.dumps({"walks": {"@parcelohelp": {"seen": "9"}, "old": {"since": str(NOW)}}})
    list(open_source("x", server.url, **KNOWN | {"query": "parcels"}).fetch(before))

    assert parse_qs(urlsplit(server.requests[-1][0]).query)["since_id"] == [str(NOW - 5 * MINUTE)]


def test_a_post_that_several_lists_of_a_run_hold_is_paid_once(server: Script, open_source: Open) -> None:
    server.respond = saying(found(NOW, NOW - 1), found(NOW - 1, NOW - 2))
    settings = {"native_query": "parcelo", "own_handles": ("parcelohelp", "parcelo")}
    options = ONLY | {"user_id": "8,9"}
    pages = list(open_source("x", server.url, **settings, options=options).fetch(""))

    assert sum(page.cost for page in pages) == 3 * 5_000
    assert len(server.requests) == 3


def test_a_post_that_comes_on_two_pages_of_a_run_is_paid_once(server: Script, open_source: Open) -> None:
    server.say(found(NOW, NOW - 1, more="t")).say(found(NOW - 1, NOW - 2))
    pages = list(open_source("x", server.url).fetch(""))

    assert [page.cost for page in pages] == [10_000, 5_000]
