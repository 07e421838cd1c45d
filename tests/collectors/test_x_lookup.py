"""X: what became of posts that are looked up again, and posts that were edited."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from collectors import Collector
from collectors.base import LooksUp
from collectors.x import to_posts
from core.errors import RateLimitedError
from core.types import LookedUp
from tests.collectors.archive import START, posts_archive, snowflake
from tests.collectors.conftest import Script
from tests.collectors.x_answers import page_of, raw_post, walk_of

Open = Callable[..., Collector]
FIRST = snowflake(START)
SECOND = FIRST + (60_000 << 22)


def look_up(open_source: Open, url: str, *ids: object) -> LookedUp:
    source: Any = open_source("x", url)
    assert isinstance(source, LooksUp)
    return source.lookup([str(each) for each in ids])


def error(post_id: int, title: str, **more: str) -> dict[str, str]:
    return {"resource_id": str(post_id), "value": str(post_id), "parameter": "ids", "title": title, **more}


def edited(post_id: int, text: str, *history: int, **more: Any) -> dict[str, Any]:
    return raw_post(post_id, text, edit_history_tweet_ids=[str(each) for each in history], **more)


def test_a_look_up_tells_what_is_still_there_and_why_the_others_are_not(server: Script, open_source: Open) -> None:
    gone = [error(2, "Not Found Error"), error(3, "Authorization Error"), error(4, "Forbidden"), error(5, "Withheld")]
    server.say({"data": [raw_post(1, "still late")], "errors": gone})
    looked = look_up(open_source, server.url, 1, 2, 3, 4, 5, 6)

    assert [(post.platform_id, post.text) for post in looked.posts] == [("1", "still late")]
    assert looked.gone == {
        "2": "deleted, or its account is gone",
        "3": "protected: its author shows it to followers only",
        "4": "its account is suspended",
        "5": "Withheld",
    }
    assert looked.cost == 5_000  # of what is gone nothing is charged
    assert parse_qs(urlsplit(server.requests[0][0]).query)["ids"] == ["1,2,3,4,5,6"]


def test_all_gone_is_an_answer_without_data(server: Script, open_source: Open) -> None:
    server.say({"errors": [error(1, "Not Found Error"), error(2, "Not Found Error")]})
    looked = look_up(open_source, server.url, 1, 2)

    assert (looked.posts, set(looked.gone), looked.cost) == ((), {"1", "2"}, 0)


def test_errors_about_what_came_along_with_a_post_do_not_make_it_gone(server: Script, open_source: Open) -> None:
    server.say(
        {
            "data": [raw_post(1)],
            "errors": [
                error(9, "Not Found Error", parameter="referenced_tweets.id"),
                error(1, "Forbidden", parameter="author_id"),
            ],
        }
    )
    looked = look_up(open_source, server.url, 1, 9)

    assert [post.platform_id for post in looked.posts] == ["1"]
    assert looked.gone == {}


def test_nothing_to_look_up_asks_nothing(open_source: Open) -> None:
    assert look_up(open_source, "http://127.0.0.1:9") == LookedUp()
    assert look_up(open_source, "http://127.0.0.1:9", "sha256:3f", "١") == LookedUp()


def test_a_post_that_cannot_be_read_is_asked_for_again_later(server: Script, open_source: Open) -> None:
    server.say({"data": [{"id": "1"}, raw_post(2)]})
    looked = look_up(open_source, server.url, 1, 2)

    assert [post.platform_id for post in looked.posts] == ["2"]
    assert looked.gone == {}


def test_an_edited_post_comes_under_its_first_id_with_its_present_words(server: Script, open_source: Open) -> None:
    server.say({"data": [edited(SECOND, "it came after all", FIRST, SECOND)]})
    looked = look_up(open_source, server.url, FIRST)

    assert [(post.platform_id, post.text) for post in looked.posts] == [(str(FIRST), "it came after all")]
    assert len(server.requests) == 1


def test_where_x_gives_the_earlier_version_the_last_one_is_asked_for(server: Script, open_source: Open) -> None:
    server.say({"data": [edited(FIRST, "it is lost", FIRST, SECOND), raw_post(7)]})
    server.say({"data": [edited(SECOND, "it came after all", FIRST, SECOND)]})
    looked = look_up(open_source, server.url, FIRST, 7)

    assert {post.platform_id: post.text for post in looked.posts} == {str(FIRST): "it came after all", "7": "late 7"}
    assert parse_qs(urlsplit(server.requests[1][0]).query)["ids"] == [str(SECOND)]
    assert looked.cost == 3 * 5_000


def test_an_edited_post_whose_last_version_is_gone_is_gone(server: Script, open_source: Open) -> None:
    server.say({"data": [edited(FIRST, "it is lost", FIRST, SECOND)], "errors": [error(9, "Forbidden")]})
    server.say({"errors": [error(SECOND, "Not Found Error")]})
    looked = look_up(open_source, server.url, FIRST, 9)

    assert looked.posts == ()
    assert looked.gone == {str(FIRST): "deleted, or its account is gone", "9": "its account is suspended"}


def test_a_post_that_is_known_by_the_id_of_a_later_version_stays_known_by_it(server: Script, open_source: Open) -> None:
    server.say({"data": [edited(SECOND, "it came", FIRST, SECOND)]})
    looked = look_up(open_source, server.url, SECOND)

    assert [post.platform_id for post in looked.posts] == [str(SECOND)]


def test_a_search_that_finds_two_versions_of_a_post_gives_the_last_one_once() -> None:
    versions = [edited(SECOND, "it came", FIRST, SECOND), edited(FIRST, "it is lost", FIRST, SECOND)]
    for order in (versions, versions[::-1]):
        posts, rejected = to_posts(page_of(*order))

        assert [(post.platform_id, post.text) for post in posts] == [(str(FIRST), "it came")]
        assert not rejected


def test_an_earlier_version_alone_is_left_out_as_its_words_hold_no_more() -> None:
    assert to_posts(page_of(edited(FIRST, "it is lost", FIRST, SECOND))) == ((), ())


def test_an_earlier_version_whose_history_is_not_told_yet_does_not_stand_beside_the_last() -> None:
    posts, _ = to_posts(page_of(edited(SECOND, "it came", FIRST, SECOND), raw_post(FIRST, "it is lost")))

    assert [(post.platform_id, post.text) for post in posts] == [(str(FIRST), "it came")]


def test_an_edited_post_keeps_the_moment_of_its_first_version_and_leads_to_the_last() -> None:
    post = edited(SECOND, "it came", FIRST, SECOND, created_at="2026-11-20T00:01:00.000Z")
    ((found,), _) = to_posts(page_of(post))

    assert found.posted_at == START
    assert found.url.endswith(str(SECOND))


@pytest.mark.parametrize("history", [["9"], "12", [None], [str(SECOND), "soon"], {}, []])
def test_a_history_that_makes_no_sense_is_passed_over(history: Any) -> None:
    ((found,), _) = to_posts(page_of(raw_post(SECOND, "it came", edit_history_tweet_ids=history)))

    assert found.platform_id == str(SECOND)


def test_an_edit_moves_the_place_of_the_walk_by_its_new_id(server: Script, open_source: Open) -> None:
    server.say(page_of(edited(SECOND, "it came", FIRST, SECOND)))
    (page,) = open_source("x", server.url).fetch("")

    assert walk_of(page.cursor).since == SECOND


def test_a_thread_is_kept() -> None:
    raw = raw_post(
        50, "and nobody answers", conversation_id="40", referenced_tweets=[{"type": "replied_to", "id": "45"}]
    )
    ((post,), _) = to_posts(page_of(raw))

    assert (post.parent_id, post.conversation_id) == ("45", "40")


@pytest.mark.replay
def test_look_ups_of_a_real_client_with_some_and_with_all_gone(replay: Callable[..., Any], open_source: Open) -> None:
    archive = posts_archive(100)
    ids = [post["id"] for post in archive]
    with replay(archive=archive) as served:
        served.control({"hide": ids[:40], "edit": {ids[99]: "it came after all"}})
        some = look_up(open_source, served.url, *ids)
        served.control({"hide": ids})
        everything = look_up(open_source, served.url, *ids)
        served.control({"faults": [{"match": "GET /2/tweets", "rate_limit": 60}]})
        with pytest.raises(RateLimitedError):
            look_up(open_source, served.url, *ids)

    assert {post.platform_id for post in some.posts} == set(ids[40:])
    assert "it came after all" in {post.text for post in some.posts}
    assert set(some.gone) == set(ids[:40])
    assert set(everything.gone) == set(ids)
    assert json.dumps(dict(everything.gone)).count("deleted") == 100
