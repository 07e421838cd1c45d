"""X: which searches and timelines a source reads, and what becomes of its place when they change."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from collectors import Collector, SourceConfig
from collectors.x import Reading, Walk
from collectors.x.parts import native_query, parts_of
from core.errors import ConfigError
from core.types import Page
from tests.collectors.archive import START, snowflake
from tests.collectors.conftest import Answer, Script
from tests.collectors.x_answers import found, old_cursor, page_of, raw_post, walk_of, walks_of

Open = Callable[..., Collector]
NOW = snowflake(START)
MINUTE = 60_000 << 22
OWN = ("parcelo", "@ParceloHelp")


def asked(server: Script, name: str) -> list[str]:
    """What the requests so far said under this name, "" where they said nothing."""
    return [parse_qs(urlsplit(path).query).get(name, [""])[0] for path, _ in server.requests]


@pytest.mark.parametrize(
    ("given", "own", "expected"),
    [
        ("parcelo", (), "parcelo -is:retweet"),
        (" parcelo\n OR  @parcelohelp ", (), "(parcelo OR @parcelohelp) -is:retweet"),
        ("parcelo", OWN, "parcelo -from:parcelo -from:ParceloHelp -is:retweet"),
        ("parcelo -is:retweet lang:en", (), "parcelo -is:retweet lang:en"),
        ("parcelo is:retweet -FROM:parcelohelp", OWN, "parcelo is:retweet -FROM:parcelohelp -from:parcelo"),
        ("a OR b -is:retweet", (), "a OR b -is:retweet"),
    ],
)
def test_a_query_of_xs_own_is_kept_but_for_retweets_and_own_posts_it_says_nothing_of(
    given: str, own: tuple[str, ...], expected: str
) -> None:
    assert native_query(SourceConfig("s", "x", native_query=given, own_handles=own)) == expected


def test_a_query_of_xs_own_may_be_512_characters_long_and_no_longer() -> None:
    room = 512 - len(" -is:retweet")

    assert len(native_query(SourceConfig("s", "x", native_query="a" * room))) == 512
    with pytest.raises(ConfigError, match="has 513 characters"):
        native_query(SourceConfig("s", "x", native_query="a" * (room + 1)))


def test_a_query_too_long_for_one_search_of_x_becomes_several_that_find_the_same() -> None:
    names = [f"parcelo{number:03}" for number in range(100)]
    parts = parts_of(SourceConfig("s", "x", query=" OR ".join(names), own_handles=OWN))

    assert len(parts) > 1
    assert len({part.key for part in parts}) == len(parts)
    assert all(len(part.query) <= 512 for part in parts)
    assert all("-from:parcelo" in part.query and "-is:retweet" in part.query for part in parts)
    assert all(sum(name in part.query for part in parts) == 1 for name in names)


def test_own_mentions_are_read_first_and_left_out_of_the_search() -> None:
    config = SourceConfig(
        "s", "x", query="parcelo OR @parcelohelp", own_handles=OWN, options={"mentions": "true", "user_id": "7, 8"}
    )
    first, second, search = parts_of(config)

    assert [(part.handle, part.user_id) for part in (first, second)] == [("parcelo", "7"), ("ParceloHelp", "8")]
    assert "-@parcelo" in search.query
    assert "-@ParceloHelp" in search.query


def test_a_source_of_mentions_alone_needs_no_query() -> None:
    (part,) = parts_of(SourceConfig("s", "x", own_handles=("parcelo",), options={"mentions": "true"}))

    assert part.handle == "parcelo"


@pytest.mark.parametrize(
    ("options", "own", "reason"),
    [
        ({"mentions": "yes"}, OWN, 'mentions must be "true" or "false"'),
        ({"mentions": "true"}, (), "need the handles"),
        ({"mentions": "true", "user_id": "7"}, OWN, "numbers of the accounts parcelo, ParceloHelp"),
        ({"mentions": "true", "user_id": "7,me"}, OWN, "numbers of the accounts"),
        ({"stream": "1"}, OWN, 'stream must be "true" or "false"'),
        ({"stream": "true", "mentions": "true"}, OWN, "stream needs a query"),
        ({"stream_minutes": "0"}, OWN, "whole number from 1 to 60"),
    ],
)
def test_options_that_cannot_work_are_refused_with_the_reason(
    open_source: Open, options: dict[str, str], own: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        open_source("x", "http://127.0.0.1:9", query="@parcelo", options=options, own_handles=own)


def test_each_part_of_a_query_keeps_its_own_place(server: Script, open_source: Open) -> None:
    names = " OR ".join(f"parcelo{number:03}" for number in range(60))
    server.say(found(NOW)).say(found(NOW + 9))
    pages = list(open_source("x", server.url, query=names).fetch(""))
    standing = walks_of(pages[-1].cursor)

    assert sorted(walk.since for walk in standing.values()) == [NOW, NOW + 9]
    server.requests.clear()
    list(open_source("x", server.url, query=names).fetch(pages[-1].cursor))
    assert asked(server, "since_id") == [str(NOW - 5 * MINUTE), str(NOW + 9 - 5 * MINUTE)]


def test_the_part_that_is_furthest_behind_is_read_first(server: Script, open_source: Open) -> None:
    names = " OR ".join(f"parcelo{number:03}" for number in range(60))
    first, second = parts_of(SourceConfig("s", "x", query=names))
    cursor = json.dumps({"walks": {first.key: {"since": str(NOW)}, second.key: {"since": str(NOW - MINUTE)}}})
    server.say(found(NOW))
    list(open_source("x", server.url, query=names).fetch(cursor))

    assert asked(server, "query") == [second.query, first.query]


def test_a_changed_query_begins_where_the_old_one_stood(server: Script, open_source: Open) -> None:
    server.say(found(NOW))
    before = list(open_source("x", server.url, query="parcelo").fetch(""))[-1].cursor
    server.requests.clear()
    pages = list(open_source("x", server.url, query="parcelo OR parcels").fetch(before))

    assert asked(server, "since_id") == [str(NOW - 5 * MINUTE)]
    assert [page.gap for page in pages] == [None]
    assert walk_of(pages[-1].cursor).since == NOW


def test_a_query_that_is_changed_in_the_middle_of_a_walk_reads_again_what_the_walk_had_not_reached(
    server: Script, open_source: Open
) -> None:
    server.say(found(NOW - 9 * MINUTE))
    done = list(open_source("x", server.url, query="parcelo").fetch(""))[-1].cursor
    server.answers.clear()
    server.say(found(NOW, NOW - MINUTE, more="t"))
    broken_off = next(iter(open_source("x", server.url, query="parcelo").fetch(done))).cursor
    server.requests.clear()
    server.answers.clear()
    server.say(found(NOW, NOW - MINUTE, NOW - 2 * MINUTE))
    (page,) = open_source("x", server.url, query="parcels").fetch(broken_off)

    assert asked(server, "since_id") == [str(NOW - 14 * MINUTE)]
    assert asked(server, "until_id") == [""]
    assert len(page.posts) == 3


def test_of_several_old_parts_the_one_furthest_behind_says_where_a_new_one_begins() -> None:
    last = {"since": "50", "newest": "90", "until": "80", "seen": "60"}
    cursor = json.dumps({"walks": {"a": {"since": "70", "seen": "75"}, "b": last}})
    reading = Reading.of(cursor, ["a", "c"])

    assert (reading.walks["a"].since, reading.walks["a"].seen) == (70, 75)
    assert reading.walks["c"] == Walk(since=50, seen=60)
    assert list(reading.walks) == ["a", "c"]


def test_a_part_that_never_came_to_its_end_lets_a_new_one_begin_at_the_start() -> None:
    cursor = json.dumps({"walks": {"a": {"since": "70"}, "b": {"newest": "90", "until": "80"}}})

    assert Reading.of(cursor, ["a", "c"]).walks["c"].since == 0


def test_a_cursor_from_before_there_were_parts_goes_on_where_it_was(server: Script, open_source: Open) -> None:
    server.say(found(NOW - 3 * MINUTE))
    (page,) = open_source("x", server.url).fetch(old_cursor(since=NOW - 9 * MINUTE, newest=NOW, until=NOW - MINUTE))

    assert asked(server, "until_id") == [str(NOW - MINUTE)]
    assert walk_of(page.cursor).since == NOW


def test_a_cursor_from_before_there_were_parts_is_where_each_of_several_begins(
    server: Script, open_source: Open
) -> None:
    names = " OR ".join(f"parcelo{number:03}" for number in range(60))
    server.say(found())
    list(open_source("x", server.url, query=names).fetch(old_cursor(since=NOW, newest=NOW + 9, until=NOW + 5)))

    assert asked(server, "since_id") == [str(NOW - 5 * MINUTE)] * 2
    assert asked(server, "until_id") == ["", ""]


@pytest.mark.parametrize("cursor", ["[]", "{", '{"walks": 3}', '{"walks": {"a": {"since": "soon"}}}', '{"since": []}'])
def test_a_cursor_that_is_none_of_x_says_so(open_source: Open, cursor: str) -> None:
    with pytest.raises(ConfigError, match="cursor"):
        list(open_source("x", "http://127.0.0.1:9").fetch(cursor))


def charged(pages: list[Page]) -> list[float]:
    return [page.cost / 5_000 for page in pages]


def test_a_post_is_charged_once_a_day_however_often_it_is_read(server: Script, open_source: Open) -> None:
    server.say(found(NOW, NOW - MINUTE, more="t")).say(found(NOW - 2 * MINUTE, NOW - 3 * MINUTE))
    first = list(open_source("x", server.url).fetch(""))
    server.answers.clear()
    server.say(found(NOW + MINUTE, NOW, NOW - MINUTE))
    second = list(open_source("x", server.url).fetch(first[-1].cursor))
    server.answers.clear()
    server.say(found(NOW + MINUTE, NOW - 3 * MINUTE))
    third = list(open_source("x", server.url).fetch(second[-1].cursor))

    assert charged(first) == [2, 2]
    assert charged(second) == [1]
    assert charged(third) == [0]


def test_posts_that_are_read_again_on_the_next_day_are_charged_again(server: Script, open_source: Open) -> None:
    server.say(found(NOW - MINUTE, NOW - 2 * MINUTE))  # before midnight
    first = list(open_source("x", server.url).fetch(""))
    server.answers.clear()
    server.say(found(NOW + MINUTE, NOW - MINUTE, NOW - 2 * MINUTE))
    second = list(open_source("x", server.url).fetch(first[-1].cursor))

    assert charged(second) == [3]


def test_a_post_of_another_shape_is_charged_as_well(server: Script, open_source: Open) -> None:
    server.say(page_of(raw_post(NOW), {"id": "none"}))
    (page,) = open_source("x", server.url).fetch("")

    assert charged([page]) == [2]


def test_the_query_is_asked_in_newer_names_where_x_refuses_the_older_ones(server: Script, open_source: Open) -> None:
    def respond(path: str) -> Answer:
        if "tweet.fields" in path:
            message = "The query parameter [tweet.fields] is not one of [query,post.fields,expansions]"
            return Answer(json.dumps({"errors": [{"message": message}]}).encode(), 400)
        return Answer(json.dumps(newer()).encode())

    server.respond = respond
    (page,) = open_source("x", server.url).fetch("")

    assert [(post.author, post.text, post.parent_id) for post in page.posts] == [("ann", "a long complaint", "41")]
    assert asked(server, "expansions")[-1] == "author_id,edit_history_post_ids,referenced_posts"


def test_the_query_is_asked_in_newer_names_where_x_passes_over_the_older_ones(
    server: Script, open_source: Open
) -> None:
    def respond(path: str) -> Answer:
        bare = {"data": [{"id": "50", "text": "a long"}], "meta": {"result_count": 1}}
        return Answer(json.dumps(bare if "tweet.fields" in path else newer()).encode())

    server.respond = respond
    (page,) = open_source("x", server.url).fetch("")

    assert [post.text for post in page.posts] == ["a long complaint"]
    assert len(server.requests) == 2


def test_posts_without_authors_in_either_dialect_are_taken_as_they_are(server: Script, open_source: Open) -> None:
    server.say({"data": [{"id": "50", "text": "late"}], "meta": {"result_count": 1, "next_token": "t"}})
    server.say({"data": [{"id": "50", "text": "late"}], "meta": {"result_count": 1, "next_token": "t"}})
    server.say({"data": [{"id": "40", "text": "late again"}], "meta": {"result_count": 1}})
    pages = list(open_source("x", server.url).fetch(""))

    assert [post.text for page in pages for post in page.posts] == ["late", "late again"]
    assert [bool(fields) for fields in asked(server, "tweet.fields")] == [True, False, True]


def newer() -> dict[str, Any]:
    """A page in X's newer dialect."""
    post = {
        "id": "50",
        "text": "a long",
        "note_post": {"text": "a long complaint"},
        "author_id": "7",
        "referenced_posts": [{"type": "quoted", "id": "40"}, {"type": "replied_to", "id": "41"}],
        "edit_history_post_ids": ["50"],
    }
    return {
        "data": [post],
        "includes": {"users": [{"id": "7", "username": "ann", "name": "Ann"}], "posts": [{"id": "41", "text": "b"}]},
        "meta": {"result_count": 1},
    }
