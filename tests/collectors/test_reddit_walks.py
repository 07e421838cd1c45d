"""Real praw against the replay server: what Reddit alone does to a walk, an inbox and a look-up."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from typing import Any

import pytest
from pydantic import SecretStr

from collectors import Collector, SourceConfig
from collectors.base import LooksUp, read_cursor, write_cursor
from collectors.dates import moment_at
from collectors.reddit import Reddit
from core.errors import UnreachableError
from core.types import LookedUp, Page, Post
from tests.collectors.archive import EVERY, SECRETS, START, all_posts, numbers, posts_archive

pytestmark = pytest.mark.replay
Replay = Callable[..., AbstractContextManager[Any]]
Open = Callable[..., Collector]
EVERYTHING = {"subreddit": "shopping+parcels", "listings": "new,comments"}


def listing(*items: dict[str, Any], after: str | None = None) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"children": list(items), "after": after, "before": None}}


def comment(number: int, body: str, author: str = "dora") -> dict[str, Any]:
    name = f"nk7x{number:02}"
    data = {"id": name, "name": f"t1_{name}", "body": body, "author": author, "created_utc": 1_763_714_000 + number}
    more = {
        "parent_id": "t1_nk7x00",
        "link_id": "t3_1pc0de",
        "permalink": f"/r/shopping/comments/1pc0de/kettle/{name}/",
    }
    return {"kind": "t1", "data": data | more}


def read(open_source: Open, url: str, cursor: str = "", **settings: Any) -> list[Page]:
    return list(open_source("reddit", url, **settings).fetch(cursor))


def below(name: str) -> str:
    return f"after={name}(&|$)"


# ---- walks -----------------------------------------------------------------------------------------------------
def test_a_walk_whose_anchor_vanishes_goes_on_below_another_item_of_the_page(replay: Replay, open_source: Open) -> None:
    with replay(archive=posts_archive(500)) as served:
        fetching = open_source("reddit", served.url).fetch("")
        pages = [next(fetching), next(fetching)]
        anchor = pages[-1].posts[-1].platform_id
        served.control({"faults": [{"match": below(anchor), "times": -1, "status": 200, "body": listing()}]})
        pages += fetching

    assert numbers(pages) == set(range(500))
    assert all(page.gap is None for page in pages)


def test_a_walk_whose_anchors_have_all_vanished_says_what_it_did_not_come_to(replay: Replay, open_source: Open) -> None:
    with replay(archive=posts_archive(100)) as served:
        first = read(open_source, served.url)
        served.archive.add(posts_archive(400, first=100))
        served.control({"faults": [{"match": "after=", "times": -1, "status": 200, "body": listing()}]})
        second = read(open_source, served.url, first[-1].cursor)

    gap = second[-1].gap
    assert numbers(second) == set(range(400, 500))
    assert gap is not None
    assert (gap.from_at, gap.until_at) == (START + EVERY * 99, START + EVERY * 400)


def test_a_first_walk_that_breaks_off_early_is_no_silent_end(replay: Replay, open_source: Open) -> None:
    with replay(archive=posts_archive(300)) as served:
        served.control({"faults": [{"match": "after=", "times": -1, "status": 200, "body": listing()}]})
        pages = read(open_source, served.url)

    gap = pages[-1].gap
    assert gap is not None
    assert gap.why == "Reddit's list of new submissions broke off after 100 items, and more were to come."


def test_a_list_that_fits_on_one_page_is_whole_although_what_was_known_is_gone(
    replay: Replay, open_source: Open
) -> None:
    archive = posts_archive(3)
    with replay(archive=archive) as served:
        first = read(open_source, served.url)
        served.control({"hide": [post["id"] for post in archive]})
        served.archive.add(posts_archive(1, first=3))
        second = read(open_source, served.url, first[-1].cursor)

    assert numbers(second) == {3}
    assert second[-1].gap is None


def test_a_newest_known_item_dated_into_the_future_gives_the_gap_no_beginning(
    replay: Replay, open_source: Open
) -> None:
    archive = posts_archive(10)
    archive[9]["created_at"] = "2031-01-01T00:00:00Z"
    with replay(archive=archive, reddit_cap=250) as served:
        first = read(open_source, served.url)
        served.archive.add(posts_archive(700, first=10))
        second = read(open_source, served.url, first[-1].cursor)

    gap = second[-1].gap
    assert gap is not None
    assert (gap.from_at, gap.until_at) == (None, START + EVERY * 460)


def test_an_old_item_that_comes_late_among_new_ones_hides_no_gap(replay: Replay, open_source: Open) -> None:
    options = {"subreddit": "shopping", "listings": "comments"}
    late = comment(1, "let through by a moderator")
    upper = [comment(number, f"new {number}") for number in range(99, 60, -1)]
    lower = [comment(number, f"new {number}") for number in range(60, 40, -1)]
    answers = [listing(comment(2, "known")), listing(*upper[:9], late, *upper[9:], after="t1_nk7x61"), listing(*lower)]
    with replay() as served:
        served.control({"faults": [{"match": "GET", "status": 200, "body": body} for body in answers]})
        first = read(open_source, served.url, options=options)
        second = read(open_source, served.url, first[-1].cursor, options=options)

    gap = second[-1].gap
    assert "let through by a moderator" in {post.text for post in all_posts(second)}
    assert gap is not None
    assert (gap.from_at, gap.until_at) == (moment_at(1_763_714_002), moment_at(1_763_714_041))


def test_a_run_that_dies_in_a_burst_says_the_gap_once_and_every_listed_post_comes(
    replay: Replay, open_source: Open
) -> None:
    with replay(archive=posts_archive(300), reddit_cap=250) as served:
        first = read(open_source, served.url)
        served.archive.add(posts_archive(400, first=300))
        fetching = open_source("reddit", served.url).fetch(first[-1].cursor)
        pages = [next(fetching), next(fetching)]  # and the process is killed
        served.archive.add(posts_archive(300, first=700))
        pages += read(open_source, served.url, pages[-1].cursor)

    gaps = [page.gap for page in pages if page.gap]
    assert numbers(pages) == {*range(500, 700), *range(750, 1000)}
    assert [(gap.from_at, gap.until_at) for gap in gaps] == [(START + EVERY * 299, START + EVERY * 750)]


def test_a_server_that_is_down_twice_costs_no_post_and_doubles_none(replay: Replay, open_source: Open) -> None:
    pages: list[Page] = []
    failures = 0
    with replay(archive=posts_archive(500)) as served:
        served.control({"faults": [{"match": "GET", "skip": 3, "times": 2, "status": 503}]})
        while not pages or failures < 2 or numbers(pages) != set(range(500)):
            try:
                pages += read(open_source, served.url, pages[-1].cursor if pages else "")
            except UnreachableError:
                failures += 1
            assert failures <= 2

    assert failures == 2


def test_each_search_of_a_long_query_keeps_its_own_place(replay: Replay, open_source: Open) -> None:
    names = " OR ".join(f'"number {number} {"x" * 60}"' for number in range(9)) + ' OR "number 14"'
    settings = {"query": names, "options": {"listings": "search"}}
    with replay(archive=posts_archive(150)) as served:
        first = read(open_source, served.url, **settings)
        asked = {line["query"]["q"] for line in served.log if line["path"] == "/search"}
        served.archive.add(posts_archive(1, first=1400))
        second = read(open_source, served.url, first[-1].cursor, **settings)

    assert len(asked) > 1
    assert all(len(each) <= 512 for each in asked)
    assert numbers(first) == {14, *range(140, 150)}
    assert 1400 in numbers(second)


def test_another_query_is_another_list_and_is_read_from_its_beginning(replay: Replay, open_source: Open) -> None:
    with replay(archive=posts_archive(150)) as served:
        first = read(open_source, served.url, native_query="parcel", options={})
        other = read(open_source, served.url, first[-1].cursor, native_query='"number 1"', options={})

    assert numbers(other) == {number for number in range(150) if str(number).startswith("1")}
    assert len(read_cursor(other[-1].cursor)["lists"]) == 1


def test_several_subreddits_are_read_as_one_list(replay: Replay, open_source: Open) -> None:
    with replay(archive=posts_archive(5)) as served:
        read(open_source, served.url, options={"subreddit": "r/shopping + r/parcels", "listings": "new,comments"})
        asked = [line["path"] for line in served.log if line["method"] == "GET"]

    assert asked == ["/r/shopping+parcels/new", "/r/shopping+parcels/comments"]


def test_a_cursor_of_the_first_version_is_gone_on_from(replay: Replay, open_source: Open) -> None:
    with replay(archive=posts_archive(300)) as served:
        first = read(open_source, served.url)
        ((number, seconds),) = read_cursor(first[-1].cursor)["lists"].values()
        served.log.clear()
        second = read(open_source, served.url, write_cursor(new=number))
        asked = [line for line in served.log if line["method"] == "GET"]

    assert len(asked) == 1
    assert seconds == (START + EVERY * 299).timestamp()
    assert second[-1].cursor == first[-1].cursor


def test_a_round_that_is_broken_off_goes_on_with_the_lists_that_are_left(replay: Replay, open_source: Open) -> None:
    pages: list[Page] = []
    with replay(archive=posts_archive(5)) as served:
        served.control({"faults": [{"match": "comments", "status": 503}]})
        with pytest.raises(UnreachableError):
            pages.extend(open_source("reddit", served.url, options=EVERYTHING).fetch(""))
        served.log.clear()
        rest = read(open_source, served.url, pages[-1].cursor, options=EVERYTHING)
        again = read(open_source, served.url, rest[-1].cursor, options=EVERYTHING)
        asked = [line["path"].rpartition("/")[2] for line in served.log if line["method"] == "GET"]

    assert asked == ["comments", "new", "comments"]
    assert again[-1].cursor == rest[-1].cursor


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-ratelimit-remaining": "plenty", "x-ratelimit-used": "", "x-ratelimit-reset": "soon"},
        {"x-ratelimit-remaining": "12.0"},
        {"x-ratelimit-remaining": "0.0", "x-ratelimit-used": "nan", "x-ratelimit-reset": "-1"},
    ],
)
def test_rate_limit_headers_that_are_missing_or_malformed_break_nothing(
    replay: Replay, open_source: Open, headers: dict[str, str]
) -> None:
    with replay() as served:
        body = listing(comment(1, "late again 1"))
        served.control({"faults": [{"match": "GET", "times": -1, "status": 200, "body": body, "headers": headers}]})
        started = time.monotonic()
        pages = read(open_source, served.url, options={"subreddit": "shopping", "listings": "comments"})

    assert numbers(pages) == {1}
    assert time.monotonic() - started < 5


# ---- what is kept ----------------------------------------------------------------------------------------------
def test_a_list_of_everything_keeps_what_the_query_finds_and_the_brands_own_posts(
    replay: Replay, open_source: Open
) -> None:
    said = [
        comment(1, "Parcelo is late again"),
        comment(2, "nice weather"),
        comment(3, "we are sorry to hear that, please write to us", author="ParceloHelp"),
        comment(4, "parcelo jobs are open"),
        comment(5, "[removed]", author="[deleted]"),
    ]
    with replay() as served:
        served.control({"faults": [{"match": "GET", "times": -1, "status": 200, "body": listing(*said)}]})
        (page,) = read(
            open_source,
            served.url,
            query='parcelo -"parcelo jobs"',
            own_handles=("u/parcelohelp",),
            options={"subreddit": "shopping", "listings": "comments"},
        )

    assert [post.platform_id for post in page.posts] == ["t1_nk7x01", "t1_nk7x03"]
    assert page.deleted == ("t1_nk7x05",)
    assert {(post.parent_id, post.conversation_id) for post in page.posts} == {("t1_nk7x00", "t3_1pc0de")}


def test_a_query_within_a_subreddit_reads_its_comments_by_default_as_search_finds_no_answers(
    replay: Replay, open_source: Open
) -> None:
    said = [
        comment(1, "Parcelo is late again"),
        comment(2, "nice weather"),
        comment(3, "we are sorry to hear that", author="ParceloHelp"),
    ]
    with replay() as served:
        served.control({"faults": [{"match": "comments", "times": -1, "status": 200, "body": listing(*said)}]})
        settings: dict[str, Any] = {"query": "parcelo", "own_handles": ("u/parcelohelp",)}
        pages = read(open_source, served.url, **settings, options={"subreddit": "shopping"})
        native = settings | {"query": "", "native_query": "title:parcelo"}
        of_native = read(open_source, served.url, **native, options={"subreddit": "shopping"})
        asked = [line["path"] for line in served.log if line["method"] == "GET"]

    assert asked == ["/r/shopping/search", "/r/shopping/comments"] * 2
    assert [post.platform_id for post in all_posts(pages)] == ["t1_nk7x01", "t1_nk7x03"]
    assert [post.platform_id for post in all_posts(of_native)] == ["t1_nk7x03"]


def test_a_query_without_a_subreddit_is_searched_for_and_no_more(replay: Replay, open_source: Open) -> None:
    with replay() as served:
        read(open_source, served.url, query="parcelo", options={})
        asked = [line["path"] for line in served.log if line["method"] == "GET"]

    assert asked == ["/search"]


def test_an_own_query_of_reddit_goes_there_untouched(replay: Replay, open_source: Open) -> None:
    own = 'title:(late OR "never came") AND NOT flair:"Solved" '
    with replay(archive=posts_archive(5)) as served:
        read(open_source, served.url, query="parcelo", native_query=own, options={})
        (asked,) = [line["query"] for line in served.log if line["method"] == "GET"]

    assert asked["q"] == own.strip()
    assert "restrict_sr" not in asked


def test_words_of_an_account_that_was_deleted_stay_without_an_author(replay: Replay, open_source: Open) -> None:
    with replay() as served:
        body = listing(comment(1, "the courier kept it", author="[deleted]"))
        served.control({"faults": [{"match": "GET", "status": 200, "body": body}]})
        (page,) = read(open_source, served.url, options={"subreddit": "shopping", "listings": "comments"})

    assert [(post.text, post.author) for post in page.posts] == [("the courier kept it", "")]
    assert page.deleted == ()


# ---- mentions --------------------------------------------------------------------------------------------------
def test_mentions_come_out_of_the_inbox_with_their_thread(replay: Replay) -> None:
    mention = comment(7, "u/parcelohelp where is it?")
    del mention["data"]["link_id"], mention["data"]["permalink"]
    mention["data"] |= {
        "context": "/r/shopping/comments/1pc0de/kettle/nk7x07/?context=3",
        "type": "username_mention",
        "subject": "username mention",
        "new": True,
    }
    account = {name: SecretStr("not-a-real-" + name.lower()) for name in ("REDDIT_USERNAME", "REDDIT_PASSWORD")}
    with replay() as served:
        inbox_holds = {"match": "GET /message/mentions", "times": -1, "status": 200, "body": listing(mention)}
        served.control({"faults": [inbox_holds]})
        config = SourceConfig("r", "reddit", base_url=served.url, options={"listings": "mentions"})
        with closing(Reddit.build(config, SECRETS | account)) as inbox:
            first = list(inbox.fetch(""))
            second = list(inbox.fetch(first[-1].cursor))
        granted = [line["body"] for line in served.log if line["path"] == "/api/v1/access_token"]

    assert all("grant_type=password" in each for each in granted)
    assert all_posts(first) == all_posts(second)
    (post,) = all_posts(first)
    assert (post.platform_id, post.parent_id, post.conversation_id) == ("t1_nk7x07", "t1_nk7x00", "t3_1pc0de")
    assert post.url == "https://www.reddit.com/r/shopping/comments/1pc0de/kettle/nk7x07/"


# ---- look-ups --------------------------------------------------------------------------------------------------
@pytest.fixture
def look_up(open_source: Open) -> Callable[[Any, list[str]], LookedUp]:
    def look(served: Any, ids: list[str]) -> LookedUp:
        collector = open_source("reddit", served.url)
        assert isinstance(collector, LooksUp)
        return collector.lookup(ids)

    return look


Look = Callable[[Any, list[str]], LookedUp]


def collected(open_source: Open, served: Any) -> list[Post]:
    return sorted(all_posts(read(open_source, served.url)), key=lambda post: post.posted_at)


def test_posts_that_are_looked_up_come_as_they_read_now(replay: Replay, open_source: Open, look_up: Look) -> None:
    archive = posts_archive(100)
    with replay(archive=archive) as served:
        posts = collected(open_source, served)
        served.control({"edit": {archive[4]["id"]: "it came after all"}})
        served.log.clear()
        found = look_up(served, [post.platform_id for post in posts])
        asked = [line for line in served.log if line["method"] == "GET"]

    assert len(asked) == 1
    assert {post.platform_id for post in found.posts} == {post.platform_id for post in posts}
    assert [post.text for post in found.posts if post.platform_id == posts[4].platform_id] == ["it came after all"]
    assert found.gone == {}
    assert found.cost == 0


def test_some_of_the_posts_that_are_looked_up_are_gone_and_why(
    replay: Replay, open_source: Open, look_up: Look
) -> None:
    archive = posts_archive(4)
    with replay(archive=archive) as served:
        ids = [post.platform_id for post in collected(open_source, served)]
        served.control({"hide": [archive[1]["id"]]})
        served.archive.add([{**archive[2], "deleted": True}])
        found = look_up(served, ids)

    assert [post.platform_id for post in found.posts] == [ids[0], ids[3]]
    assert found.gone == {ids[1]: "Reddit no longer shows it", ids[2]: "its author deleted it"}


def test_all_posts_that_are_looked_up_may_be_gone(replay: Replay, look_up: Look) -> None:
    with replay() as served:
        found = look_up(served, ["t3_1pc0de", "t1_nk7x2a"])

    assert found.posts == ()
    assert set(found.gone) == {"t3_1pc0de", "t1_nk7x2a"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"body": "[deleted]", "author": "[deleted]"}, "its author deleted it"),
        ({"body": "[removed]"}, "a moderator removed it"),
        ({"body": "[ Removed by Reddit ]"}, "Reddit removed it"),
    ],
)
def test_words_that_were_taken_away_are_gone_and_say_by_whom(
    replay: Replay, look_up: Look, change: dict[str, str], why: str
) -> None:
    item = comment(1, "late")
    item["data"] |= change
    with replay() as served:
        served.control({"faults": [{"match": "info", "status": 200, "body": listing(item)}]})
        found = look_up(served, ["t1_nk7x01"])

    assert found == LookedUp((), {"t1_nk7x01": why})


def test_an_answer_that_holds_something_unreadable_declares_nothing_gone(replay: Replay, look_up: Look) -> None:
    odd = {"kind": "t1", "data": {"id": "nk7x02", "name": "t1_nk7x02", "body": "late", "created_utc": "soon"}}
    with replay() as served:
        served.control({"faults": [{"match": "info", "status": 200, "body": listing(comment(1, "late"), odd)}]})
        found = look_up(served, ["t1_nk7x01", "t1_nk7x02", "t1_nk7x03"])

    assert [post.platform_id for post in found.posts] == ["t1_nk7x01"]
    assert found.gone == {}


def test_ids_that_are_none_of_reddit_are_not_asked_for(replay: Replay, look_up: Look) -> None:
    with replay() as served:
        found = look_up(served, ["17", "t3_a,t3_b", "t5_2qh1i", ""])
        asked = [line for line in served.log if line["method"] == "GET"]

    assert (found, asked) == (LookedUp(), [])


def test_more_ids_than_reddit_takes_at_once_are_refused() -> None:
    collector = Reddit.build(SourceConfig("r", "reddit", options={"subreddit": "shopping"}), SECRETS)
    assert isinstance(collector, LooksUp)

    with pytest.raises(ValueError, match="100 ids at once, not 101"):
        collector.lookup([f"t3_{number}" for number in range(101)])
    collector.close()
