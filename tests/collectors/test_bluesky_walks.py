"""Walks over Bluesky's search with the real client: nothing lost, nothing left out silently."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from collectors import Collector, SourceConfig, make
from collectors.base import read_cursor
from collectors.bluesky import service
from core.errors import AuthError, BadResponseError, ConfigError
from core.types import LookedUp, Page
from tests.collectors.archive import EVERY, SECRETS, START, all_posts, numbers
from tests.collectors.bluesky_answers import Sky, iso, session, token, uri_of, view
from tests.collectors.conftest import Answer, Script

Open = Callable[..., Collector]


@pytest.fixture(autouse=True)
def no_kept_sessions() -> None:
    """A port may come again, and with it the session of another test."""
    service._sessions.clear()


QUERY = {"query": "parcel"}


def views(count: int, first: int = 0) -> list[dict[str, Any]]:
    return [view(number) for number in range(first, first + count)]


def read(server: Script, sky: Sky, open_source: Open, cursor: str = "", **settings: Any) -> list[Page]:
    server.respond = sky
    return list(open_source("bluesky", server.url, **(QUERY | settings)).fetch(cursor))


def test_a_thousand_posts_over_ten_pages_are_all_there(server: Script, open_source: Open) -> None:
    sky = Sky(views(1000))
    pages = read(server, sky, open_source)

    assert numbers(pages) == set(range(1000))
    assert sky.asked.count("app.bsky.feed.searchPosts") <= 12


def test_a_second_run_takes_one_request_and_brings_nothing_new(server: Script, open_source: Open) -> None:
    sky = Sky(views(300))
    options = {"options": {"overlap_minutes": "5"}}
    first = read(server, sky, open_source, **options)
    sky.asked.clear()
    second = read(server, sky, open_source, first[-1].cursor, **options)

    assert sky.asked == ["app.bsky.feed.searchPosts"]  # and no login either
    assert {post.platform_id for post in all_posts(second)} <= {post.platform_id for post in all_posts(first)}
    assert second[-1].cursor == first[-1].cursor


@pytest.mark.parametrize("killed_after", [1, 2, 3])
def test_a_run_that_dies_after_any_page_leaves_no_hole(server: Script, open_source: Open, killed_after: int) -> None:
    sky = Sky(views(900))
    server.respond = sky
    stored: list[Page] = []
    for page in open_source("bluesky", server.url, **QUERY).fetch(""):
        stored.append(page)
        if len(stored) == killed_after:
            break
    sky.views += views(50, first=900)
    for _ in range(2):
        stored += read(server, sky, open_source, stored[-1].cursor)

    assert numbers(stored) == set(range(950))


def test_posts_that_vanish_between_pages_take_no_others_with_them(server: Script, open_source: Open) -> None:
    """Bluesky's own cursor counts posts: with three gone above, it would pass over three below."""
    sky = Sky(views(300))
    gone = {uri_of(number) for number in (299, 280, 250)}
    sky.before_search = [lambda: None, lambda: sky.views.__setitem__(slice(None), kept(sky, gone))]
    pages = read(server, sky, open_source)

    assert numbers(pages) == set(range(300))


def kept(sky: Sky, gone: set[str]) -> list[dict[str, Any]]:
    return [each for each in sky.views if each["uri"] not in gone]


def test_a_burst_of_700_where_search_lists_at_most_250_is_read_whole(server: Script, open_source: Open) -> None:
    sky = Sky(views(50), cap=250)
    first = read(server, sky, open_source)
    sky.views += views(700, first=50)
    second = read(server, sky, open_source, first[-1].cursor)

    assert numbers(second) >= set(range(50, 750))


def test_a_post_that_arrives_late_is_caught_below_the_watermark(server: Script, open_source: Open) -> None:
    sky = Sky(views(900))
    first = read(server, sky, open_source)
    written = START + EVERY * 900 - timedelta(minutes=50)
    sky.views.append(view(5000, START + EVERY * 900, createdAt=iso(written)))
    second = read(server, sky, open_source, first[-1].cursor)

    assert 5000 in numbers(second)


def test_a_future_dated_post_neither_moves_the_watermark_nor_sits_in_the_future(
    server: Script, open_source: Open
) -> None:
    sky = Sky([view(1), view(2, createdAt="2031-01-01T00:00:00Z")])
    first = read(server, sky, open_source)
    sky.views.append(view(3))
    second = read(server, sky, open_source, first[-1].cursor)

    assert max(post.posted_at for post in all_posts(first)) == START + EVERY * 2
    assert 3 in numbers(second)
    assert "2031" not in first[-1].cursor


@pytest.mark.parametrize("sort_key", ["createdAt", "indexedAt"])
def test_the_walk_holds_whichever_date_search_sorts_by(server: Script, open_source: Open, sort_key: str) -> None:
    odd = [view(5000, createdAt="2031-01-01T00:00:00Z"), view(5001, START + EVERY * 200, createdAt=iso(START))]

    class OtherSky(Sky):
        @staticmethod
        def sort_at(shown: dict[str, Any]) -> str:
            return str(shown["record"]["createdAt"] if sort_key == "createdAt" else shown["indexedAt"])

    sky = OtherSky([*views(400), *odd])
    assert numbers(read(server, sky, open_source)) == {*range(400), 5000, 5001}


def test_a_backdated_import_of_a_whole_page_does_not_stop_the_walk(server: Script, open_source: Open) -> None:
    """150 posts that claim to be of one old day and all arrived just now: no moment leads past them, a cursor does."""
    now = START + EVERY * 50
    imported = [view(1000 + number, now, createdAt=iso(START - timedelta(days=2))) for number in range(150)]
    older = [view(2000 + number, START - timedelta(days=3, seconds=number)) for number in range(20)]
    sky = Sky([*views(50), *imported, *older])

    assert numbers(read(server, sky, open_source)) == {*range(50), *range(1000, 1150), *range(2000, 2020)}


def test_a_first_walk_goes_back_as_far_as_asked_from_the_newest_post(server: Script, open_source: Open) -> None:
    old = [view(1000 + number, START - timedelta(days=3, seconds=number)) for number in range(300)]
    sky = Sky([*views(150), *old])
    pages = read(server, sky, open_source, options={"reach_back_days": "1"})

    assert set(range(150)) <= numbers(pages)
    assert sky.asked.count("app.bsky.feed.searchPosts") <= 3


def test_each_name_of_the_query_is_a_search_of_its_own_and_the_rest_of_the_query_holds(
    server: Script, open_source: Open
) -> None:
    texts = ["parcelo lost it 1", "@parcelohelp lost it 2", "parcelo jobs 3", "parcelo verloren 4"]
    shown = [view(number, text=text) for number, text in enumerate(texts, start=1)]
    shown[3]["record"]["langs"] = ["de"]
    sky = Sky(shown)
    pages = read(server, sky, open_source, query='parcelo OR @parcelohelp -"parcelo jobs" lang:en')

    assert numbers(pages) == {1, 2}
    assert len(read_cursor(pages[-1].cursor)) == 2


def test_a_query_of_bluesky_itself_is_sent_as_it_is_and_believed(server: Script, open_source: Open) -> None:
    sky = Sky([view(1, text="nothing of the sort: mentions:brand.example 1")])
    pages = read(server, sky, open_source, query="", native_query="mentions:brand.example")

    assert numbers(pages) == {1}


def test_an_edited_post_comes_as_it_reads_now(server: Script, open_source: Open) -> None:
    sky = Sky(views(3))
    first = read(server, sky, open_source)
    sky.views[2]["record"]["text"] = "the parcel came 2"
    second = read(server, sky, open_source, first[-1].cursor)

    assert "the parcel came 2" in {post.text for post in all_posts(second)}
    assert {post.platform_id for post in all_posts(second)} == {post.platform_id for post in all_posts(first)}


def test_an_empty_result_is_no_page(server: Script, open_source: Open) -> None:
    assert read(server, Sky([]), open_source) == []


def test_a_post_of_another_shape_is_rejected_and_the_others_stay(server: Script, open_source: Open) -> None:
    strange = view(2) | {"record": {"$type": "app.bsky.feed.post", "createdAt": iso(START)}}
    (page,) = read(server, AnySky([view(3), strange, view(1)]), open_source)

    assert numbers([page]) == {1, 3}
    assert [rejection.row for rejection in page.rejected] == [2]


class AnySky(Sky):
    """Finds everything."""

    def search(self, query: dict[str, list[str]]) -> dict[str, Any]:
        return {"posts": self.views}


def test_a_page_of_nothing_but_strange_things_is_no_answer(server: Script, open_source: Open) -> None:
    with pytest.raises(BadResponseError):
        read(server, AnySky([{"uri": "x"}, {}]), open_source)


def test_a_server_that_sends_the_same_page_for_ever_is_left(server: Script, open_source: Open) -> None:
    class Stuck(Sky):
        def search(self, query: dict[str, list[str]]) -> dict[str, Any]:
            return {"posts": self.views, "cursor": "again"}

    with pytest.raises(BadResponseError, match="same page"):
        read(server, Stuck(views(5)), open_source)


def test_a_gap_is_filled_by_its_times(server: Script, open_source: Open) -> None:
    server.respond = Sky(views(500))
    collector: Any = open_source("bluesky", server.url, **QUERY)
    pages = list(collector.fill(START + EVERY * 100, START + EVERY * 250))

    assert numbers(pages) >= set(range(101, 250))
    assert numbers(pages) <= set(range(99, 252))


def test_what_a_lookup_leaves_out_is_gone(server: Script, open_source: Open) -> None:
    server.respond = Sky(views(3))
    collector: Any = open_source("bluesky", server.url, **QUERY)
    result: LookedUp = collector.lookup([uri_of(1), uri_of(77)])

    assert [post.platform_id for post in result.posts] == [uri_of(1)]
    assert set(result.gone) == {uri_of(77)}
    assert collector.lookup_size == 25
    assert not any(
        "authorization" in headers for _, headers in server.requests
    )  # a block must not look like a deletion


def test_a_found_post_that_cannot_be_read_is_not_taken_for_gone(server: Script, open_source: Open) -> None:
    server.respond = Sky([view(1) | {"author": None}])
    collector: Any = open_source("bluesky", server.url, **QUERY)
    result: LookedUp = collector.lookup([uri_of(1)])

    assert (result.posts, dict(result.gone)) == ((), {})


def test_one_login_serves_all_runs_of_the_process(server: Script, open_source: Open) -> None:
    sky = Sky(views(2))
    for _ in range(3):
        read(server, sky, open_source)

    assert sky.asked.count("com.atproto.server.createSession") == 1
    assert json.loads(server.sent[0]) == {
        "identifier": "not-a-real-bluesky_handle",
        "password": "not-a-real-bluesky_app_password",
    }


@pytest.mark.parametrize("code", [400, 401])
def test_a_session_that_has_ended_is_renewed_once(server: Script, open_source: Open, code: int) -> None:
    sky = Sky(views(2))
    read(server, sky, open_source)
    ended = Answer(b'{"error":"ExpiredToken","message":"Token has expired"}', code)
    sky.answers["app.bsky.feed.searchPosts"] = [ended]
    pages = read(server, sky, open_source)

    assert numbers(pages) == {0, 1}
    assert sky.asked.count("com.atproto.server.createSession") == 2


def test_a_session_that_ends_again_at_once_is_an_error_of_the_keys(server: Script, open_source: Open) -> None:
    sky = Sky(views(2))
    ended = Answer(b'{"error":"ExpiredToken","message":"Token has expired"}', 400)
    sky.answers["app.bsky.feed.searchPosts"] = [ended, ended]

    with pytest.raises(AuthError, match="BLUESKY_APP_PASSWORD"):
        read(server, sky, open_source)


def test_a_token_near_its_end_is_refreshed_and_the_new_one_kept(server: Script, open_source: Open) -> None:
    sky = Sky(views(2))
    worn = Answer(json.dumps(session(accessJwt=token(lasts=60))).encode(), headers={"Content-Type": "application/json"})
    sky.answers["com.atproto.server.createSession"] = [worn]
    for _ in range(2):
        read(server, sky, open_source)

    assert sky.asked.count("com.atproto.server.refreshSession") == 1
    assert sky.asked.count("com.atproto.server.createSession") == 1


def test_the_client_stays_at_the_given_address_when_the_account_lives_elsewhere(
    server: Script, open_source: Open
) -> None:
    sky = Sky(views(2))
    home = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": "https://pds.invalid"}
    document = {"id": "did:plc:brand", "alsoKnownAs": [], "verificationMethod": [], "service": [home]}
    moved = Answer(json.dumps(session(didDoc=document)).encode(), headers={"Content-Type": "application/json"})
    sky.answers["com.atproto.server.createSession"] = [moved]

    assert numbers(read(server, sky, open_source)) == {0, 1}


def test_a_wrong_password_names_the_key_and_is_tried_once(server: Script, open_source: Open) -> None:
    sky = Sky([])
    refused = b'{"error":"AuthenticationRequired","message":"Invalid identifier or password"}'
    sky.answers["com.atproto.server.createSession"] = [Answer(refused, 401)]

    with pytest.raises(AuthError, match=r"Invalid identifier or password.*BLUESKY_APP_PASSWORD") as raised:
        read(server, sky, open_source)
    assert raised.value.needs_person
    assert len(sky.asked) == 1
    assert "not-a-real" not in str(raised.value)


def test_without_an_account_there_is_no_search(server: Script) -> None:
    config = SourceConfig("s", "bluesky", query="parcel", base_url=server.url)
    for given in ({}, {"BLUESKY_HANDLE": SECRETS["BLUESKY_HANDLE"]}):
        with pytest.raises(AuthError, match='"s" is off: BLUESKY_HANDLE and BLUESKY_APP_PASSWORD'):
            make(config, given)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (SourceConfig("s", "bluesky"), "at least one name"),
        (SourceConfig("s", "bluesky", native_query="a", options={"jetstream": "true"}), "our own language only"),
        (SourceConfig("s", "bluesky", options={"jetstream": "true"}), "at least one name"),
        (SourceConfig("s", "bluesky", query="a", options={"jetstream": "true", "stream_minutes": "0"}), "from 1 to 60"),
        (SourceConfig("s", "bluesky", query="a", options={"overlap_minutes": "x"}), "whole number"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused_with_the_reason(config: SourceConfig, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        make(config, SECRETS)


@pytest.mark.parametrize("cursor", ['{"since":"x"}', '{"search:parcel":7}', '{"search:a":{"since":"soon"}}', "no json"])
def test_a_cursor_of_another_kind_is_refused(server: Script, open_source: Open, cursor: str) -> None:
    with pytest.raises(ConfigError, match="clear"):
        read(server, Sky([]), open_source, cursor)


def test_moments_in_a_cursor_sort_as_time_does() -> None:
    assert iso(datetime.fromisoformat("2026-11-20T00:00:00+00:00")) < iso(
        datetime.fromisoformat("2026-11-20T00:00:00.001+00:00")
    )


OWN = {"query": "nothing", "own_handles": ("parcelo", "@Anna1.example", "parcelo@social.example", "nobody.example")}


def test_the_brands_own_posts_are_read_so_that_an_answer_given_there_is_seen(server: Script, open_source: Open) -> None:
    reply = {"parent": {"uri": uri_of(2)}, "root": {"uri": uri_of(2)}}
    sky = Sky([view(1, text="we are on it 1", reply=reply), view(2), view(3) | {"reposted": True}])
    pages = read(server, sky, open_source, **OWN)

    assert [(post.author, post.parent_id) for post in all_posts(pages)] == [("anna1.example", uri_of(2))]
    assert sky.asked.count("app.bsky.feed.getAuthorFeed") == 2


def test_a_long_list_of_own_posts_is_read_once_and_then_from_where_it_was(server: Script, open_source: Open) -> None:
    sky = Sky([view(1 + 7 * number) for number in range(250)])
    first = read(server, sky, open_source, **OWN)
    sky.views.append(view(1 + 7 * 250))
    sky.asked.clear()
    second = read(server, sky, open_source, first[-1].cursor, **OWN)

    assert len({post.platform_id for post in all_posts(first)}) == 250
    assert 1 + 7 * 250 in numbers(second)
    assert sky.asked.count("app.bsky.feed.getAuthorFeed") == 3  # two pages reach below the overlap; nobody has none


def test_a_handle_that_is_of_another_platform_is_no_error(server: Script, open_source: Open) -> None:
    sky = Sky([])
    sky.answers["app.bsky.feed.getAuthorFeed"] = [
        Answer(b'{"error":"InvalidRequest","message":"Profile not found"}', 400) for _ in range(2)
    ]

    assert all_posts(read(server, sky, open_source, **OWN)) == []


def test_own_posts_can_be_left_out(server: Script, open_source: Open) -> None:
    sky = Sky(views(3))
    read(server, sky, open_source, **(OWN | {"options": {"own_posts": "false"}}))

    assert "app.bsky.feed.getAuthorFeed" not in sky.asked
