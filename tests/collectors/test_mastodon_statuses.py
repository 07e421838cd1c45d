"""Single statuses of Mastodon: which become posts, what they answer, what became of them."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from collectors import Collector, SourceConfig, make
from collectors.mastodon.lookup import is_public
from collectors.mastodon.statuses import to_post
from core.errors import AuthError, ConfigError, UnreachableError
from core.types import LookedUp
from tests.collectors.archive import EVERY, START, all_posts
from tests.collectors.conftest import Answer, Script
from tests.collectors.test_mastodon_walks import status

Open = Callable[..., Collector]
TAG: dict[str, Any] = {"options": {"hashtags": "parcelo", "search": "false", "server": "replay.example"}}


def answering(table: dict[str, Any]) -> Callable[[str], Answer]:
    """A server that knows these paths; those it does not are 404."""

    def respond(path: str) -> Answer:
        found = next((body for start, body in table.items() if path.startswith(start)), None)
        body = found(path) if callable(found) else found
        return Answer(b'{"error":"Record not found"}', 404) if body is None else Answer(json.dumps(body).encode())

    return respond


@pytest.mark.parametrize("visibility", ["private", "direct", "limited", ""])
def test_what_is_not_public_is_never_stored(visibility: str) -> None:
    assert to_post(status(1) | {"visibility": visibility}, "replay.example") is None


def test_a_boost_is_no_post_of_its_own() -> None:
    assert to_post(status(1) | {"reblog": status(2)}, "replay.example") is None


def test_an_unlisted_post_is_public() -> None:
    assert to_post(status(1) | {"visibility": "unlisted"}, "replay.example") is not None


def test_the_same_post_seen_on_two_servers_is_one_row() -> None:
    here = to_post(status(7), "replay.example")
    account = {"acct": "anna@replay.example", "url": "https://replay.example/@anna"}
    there = to_post(status(7) | {"id": "99", "account": account}, "elsewhere.example")

    assert here is not None
    assert there is not None
    assert (here.platform_id, here.author) == (there.platform_id, there.author)


def test_a_content_warning_is_the_title() -> None:
    post = to_post(status(1) | {"spoiler_text": "angry about parcels"}, "replay.example")

    assert post is not None
    assert post.title == "angry about parcels"


@pytest.mark.parametrize("content", ["<a " * 50_000, "<p>" * 50_000 + "lost", "&" * 150_000, "<!--" * 40_000])
def test_hostile_content_takes_no_time(content: str) -> None:
    started = time.monotonic()
    to_post(status(1) | {"content": content}, "replay.example")

    assert time.monotonic() - started < 2


def test_a_post_of_pictures_alone_is_read_by_their_descriptions() -> None:
    media = [{"description": "a crushed box"}, {"description": None}]
    post = to_post(status(1) | {"content": "", "media_attachments": media}, "replay.example")

    assert post is not None
    assert post.text == "a crushed box"


def test_a_status_of_another_shape_is_rejected_and_the_others_stay(server: Script, open_source: Open) -> None:
    bad = status(2) | {"account": None}
    server.say(json.dumps([status(3), bad, status(1)])).say("[]")

    first, *_ = open_source("mastodon", server.url, **TAG).fetch("")

    assert len(first.posts) == 2
    assert [rejection.row for rejection in first.rejected] == [2]


def test_an_answer_knows_the_uri_of_what_it_answers(server: Script, open_source: Open) -> None:
    asked, answer = status(1), status(2, in_reply_to_id=status(1)["id"])
    deeper = status(3, in_reply_to_id=status(2)["id"])
    server.respond = answering(
        {
            "/api/v1/timelines/tag/parcelo?max_id": [],
            "/api/v1/timelines/tag/parcelo": [deeper, answer],
            "/api/v1/statuses?id": [asked],
        }
    )

    second, first = all_posts(list(open_source("mastodon", server.url, **TAG).fetch("")))

    assert (first.parent_id, first.conversation_id) == (asked["uri"], asked["uri"])
    assert (second.parent_id, second.conversation_id) == (answer["uri"], "")


@pytest.mark.parametrize("code", [401, 403, 404])
def test_where_a_server_does_not_tell_what_is_answered_the_post_comes_all_the_same(
    server: Script, open_source: Open, code: int
) -> None:
    listed = json.dumps([status(2, in_reply_to_id="777")]).encode()

    def respond(path: str) -> Answer:
        if "/statuses" in path:
            return Answer(b"{}", code)
        return Answer(b"[]" if "max_id" in path else listed)

    server.respond = respond
    (post,) = all_posts(list(open_source("mastodon", server.url, **TAG).fetch("")))

    assert (post.parent_id, post.conversation_id) == ("777@replay.example", "")


def test_mentions_are_read_from_notifications_by_their_own_ids(server: Script, open_source: Open) -> None:
    def notification(number: int, **more: Any) -> dict[str, Any]:
        return {"id": str(number), "type": "mention", "status": status(number, **more)}

    mentions = [notification(12), notification(11, visibility="direct"), notification(9)]
    asked: list[str] = []

    def respond(path: str) -> Answer:
        asked.append(path)
        below = int(path.split("max_id=")[1].split("&")[0]) if "max_id=" in path else 1000
        return Answer(json.dumps([each for each in mentions if int(each["id"]) < below]).encode())

    server.respond = respond
    settings: dict[str, Any] = {"options": {"mentions": "true", "search": "false"}}
    first = list(open_source("mastodon", server.url, **settings).fetch(""))
    mentions.insert(0, notification(14))
    asked.clear()
    second = list(open_source("mastodon", server.url, **settings).fetch(first[-1].cursor))

    assert [post.text[-2:] for post in all_posts(first)] == ["12", " 9"]
    assert "14" in {post.text[-2:] for post in all_posts(second)}
    assert len(asked) == 1
    assert "types%5B%5D=mention" in asked[0]
    filled = list(open_source("mastodon", server.url, **settings).fill(START + EVERY * 10, START + EVERY * 13))  # type: ignore[attr-defined]
    assert [post.text[-2:] for post in all_posts(filled)] == ["12"]


def test_a_hashtag_timeline_leaves_out_what_the_query_excludes(server: Script, open_source: Open) -> None:
    job = status(2) | {"content": "<p>#parcelo jobs in your town</p>"}
    server.say(json.dumps([status(3), job])).say("[]")

    pages = list(
        open_source("mastodon", server.url, query='#parcelo -"parcelo jobs"', options={"search": "false"}).fetch("")
    )

    assert [post.text for post in all_posts(pages)] == ["#parcelo lost parcel 3"]


def looked_up(collector: Any, *ids: str) -> LookedUp:
    result: LookedUp = collector.lookup(ids)
    return result


def test_posts_of_the_server_are_looked_up_together_and_a_missing_one_is_asked_for_by_itself(
    server: Script, open_source: Open
) -> None:
    there, edited, gone = status(1), status(2) | {"content": "<p>found it</p>"}, status(3)
    server.respond = answering({"/api/v1/statuses?id": [there, edited]})

    result = looked_up(open_source("mastodon", server.url, **TAG), there["uri"], edited["uri"], gone["uri"])

    assert {post.text for post in result.posts} == {"#parcelo lost parcel 1", "found it"}
    assert result.gone == {gone["uri"]: "replay.example no longer shows it"}
    assert len(server.requests) == 2


def test_an_older_server_is_asked_one_by_one(server: Script, open_source: Open) -> None:
    there, gone = status(1), status(2)
    server.respond = answering({f"/api/v1/statuses/{there['id']}": there})

    result = looked_up(open_source("mastodon", server.url, **TAG), there["uri"], gone["uri"])

    assert [post.platform_id for post in result.posts] == [there["uri"]]
    assert set(result.gone) == {gone["uri"]}


def test_a_post_of_another_server_is_asked_of_that_server(server: Script, open_source: Open) -> None:
    uri = "https://elsewhere.example/users/bo/statuses/{}"
    account = {"acct": "bo", "url": "https://elsewhere.example/@bo"}
    there = status(1) | {"id": "11", "uri": uri.format(11), "account": account}
    hidden = there | {"id": "13", "uri": uri.format(13), "visibility": "private"}
    server.respond = answering({"/api/v1/statuses/11": there, "/api/v1/statuses/13": hidden})

    note = "https://misskey.example/notes/a1b2"
    result = looked_up(open_source("mastodon", server.url, **TAG), uri.format(11), uri.format(12), uri.format(13), note)

    assert [(post.platform_id, post.author) for post in result.posts] == [(uri.format(11), "bo@elsewhere.example")]
    assert result.gone == {
        uri.format(12): "elsewhere.example no longer shows it",
        uri.format(13): "it is no longer public",
    }
    assert not any("authorization" in headers for _, headers in server.requests)  # the token is for one server only


@pytest.mark.parametrize(
    "answer", [Answer(b"", 503), Answer(b"{}", 401), Answer(b"<html>"), Answer(b"{}"), Answer(b"[]")]
)
def test_a_server_in_trouble_says_nothing_about_its_posts(server: Script, open_source: Open, answer: Answer) -> None:
    server.respond = lambda _: answer

    result = looked_up(open_source("mastodon", server.url, **TAG), "https://elsewhere.example/users/bo/statuses/11")

    assert (result.posts, dict(result.gone)) == ((), {})


def test_trouble_of_the_server_itself_is_an_error_and_no_deletion(server: Script, open_source: Open) -> None:
    server.respond = lambda _: Answer(b"", 503)

    with pytest.raises(UnreachableError):
        looked_up(open_source("mastodon", server.url, **TAG), status(1)["uri"], status(2)["uri"])


def test_other_servers_are_left_alone_where_the_owner_says_so(server: Script, open_source: Open) -> None:
    options = TAG["options"] | {"ask_origins": "false"}

    result = looked_up(
        open_source("mastodon", server.url, options=options), "https://elsewhere.example/users/bo/statuses/11"
    )

    assert (result.posts, dict(result.gone), server.requests) == ((), {}, [])


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.0.0.7", "169.254.169.254", "[::1]", "a.invalid", "x:99999999"]
)
def test_a_strangers_address_that_leads_inside_is_not_public(host: str) -> None:
    assert not is_public(host)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (SourceConfig("s", "mastodon"), "needs a query"),
        (SourceConfig("s", "mastodon", query='"two words"'), "needs a query"),
        (SourceConfig("s", "mastodon", options={"hashtags": "a/../b"}), 'digits and _ only, "a/../b"'),
        (
            SourceConfig("s", "mastodon", query="#a", options={"mentions": "true"}),
            "mentions need MASTODON_ACCESS_TOKEN",
        ),
        (
            SourceConfig("s", "mastodon", query="a", options={"server": "https://a.example/path"}),
            "server must be a host",
        ),
        (SourceConfig("s", "mastodon", query="a", options={"server": "me@a.example"}), "server must be a host"),
        (SourceConfig("s", "mastodon", query="#a", options={"overlap_minutes": "-1"}), "whole number"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused_with_the_reason(config: SourceConfig, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        make(config, {})


def test_without_a_token_hashtags_are_read_and_nothing_is_searched(server: Script) -> None:
    server.say("[]")
    query, options = "parcelo OR @parcelohelp", {"search": "false"}
    collector = make(SourceConfig("s", "mastodon", query=query, options=options, base_url=server.url), {})
    list(collector.fetch(""))
    collector.close()

    assert [path.partition("?")[0] for path, _ in server.requests] == ["/api/v1/timelines/tag/parcelo"]
    assert "authorization" not in server.requests[0][1]


def test_a_source_that_would_search_without_a_token_is_off_and_says_what_it_would_miss() -> None:
    said = 'is off: MASTODON_ACCESS_TOKEN not set, .* not posts with "parcelo", "parcelohelp"'
    with pytest.raises(AuthError, match=said):
        make(SourceConfig("s", "mastodon", query="#parcelo OR parcelo OR @parcelohelp"), {})
    make(SourceConfig("s", "mastodon", query="#parcelo"), {}).close()


def test_an_empty_token_is_none(server: Script) -> None:
    server.say("[]")
    config = SourceConfig("s", "mastodon", query="#parcelo", base_url=server.url)
    collector = make(config, {"MASTODON_ACCESS_TOKEN": SecretStr("")})
    list(collector.fetch(""))
    collector.close()

    assert "authorization" not in server.requests[0][1]


@pytest.mark.parametrize("cursor", ['{"tag:parcelo":7}', '{"tag:parcelo":{"since":7}}', "no json"])
def test_a_cursor_of_another_kind_is_refused(server: Script, open_source: Open, cursor: str) -> None:
    with pytest.raises(ConfigError, match="clear"):
        list(open_source("mastodon", server.url, **TAG).fetch(cursor))


def test_a_refused_token_stops_the_source_also_at_the_first_of_many_lists(server: Script, open_source: Open) -> None:
    server.respond = lambda _: Answer(b'{"error":"The access token was revoked"}', 401)

    with pytest.raises(AuthError, match="The access token was revoked"):
        list(open_source("mastodon", server.url, query="parcelo").fetch(""))


def test_the_brands_own_posts_are_read_so_that_an_answer_given_there_is_seen(server: Script, open_source: Open) -> None:
    account = {"acct": "parcelo", "url": "https://replay.example/@parcelo"}
    reply = status(5, in_reply_to_id=status(1)["id"], account=account, content="<p>we are on it</p>")
    server.respond = answering(
        {
            "/api/v1/timelines/": [],
            "/api/v1/accounts/lookup?acct=parcelo": {"id": "42"},
            "/api/v1/accounts/42/statuses": lambda path: [] if "max_id" in path else [reply],
            "/api/v1/statuses?id": [status(1)],
        }
    )

    handles = ("parcelo", "@Parcelo@replay.example", "nobody@elsewhere.example", "parcelo.example")
    (post,) = all_posts(list(open_source("mastodon", server.url, own_handles=handles, **TAG).fetch("")))

    assert (post.author, post.text, post.parent_id) == ("parcelo@replay.example", "we are on it", status(1)["uri"])
    asked = [path for path, _ in server.requests if "lookup" in path]
    assert len(asked) == 2  # the one that the server does not know is no error
    assert all("exclude_reblogs=1" in path for path, _ in server.requests if "/42/" in path)


def test_a_handle_without_a_server_is_an_account_of_the_sources_own_and_is_looked_up_by_its_name(
    server: Script, open_source: Open
) -> None:
    account = {"acct": "parcelo", "url": "https://replay.example/@parcelo"}
    server.respond = answering(
        {
            "/api/v1/timelines/": [],
            "/api/v1/accounts/lookup?acct=parcelo": {"id": "42"},
            "/api/v1/accounts/42/statuses": lambda path: [] if "max_id" in path else [status(5, account=account)],
        }
    )
    (post,) = all_posts(list(open_source("mastodon", server.url, own_handles=("parcelo",), **TAG).fetch("")))

    assert post.author == "parcelo@replay.example"
    assert [path for path, _ in server.requests if "lookup" in path] == ["/api/v1/accounts/lookup?acct=parcelo"]
