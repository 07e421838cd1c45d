"""What the Sources page and the query test show, and who may act there, without a browser."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import streamlit as st
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from board import kept, parts
from board.sources import actions, overview, pane, query_pane
from board.sources.shown import glance, in_order, policy_lines, source_data
from collectors.base import SourceConfig
from collectors.preview import compiled, reads_mentions_apart
from core.budgets import month_of
from core.errors import AuthError
from core.queries import Query
from core.types import Compiled, Estimate, Role
from storage.database import Database, Session
from storage.members import create_member, member_by_email
from storage.rows import id_of
from storage.source_acts import fills_asked
from storage.source_health import SourceHealth, sources_health
from storage.tables import CollectedWindow, FillState, PostRow, Source, SourceState, SourceUsage
from tests.board.seeding import DANA, OMAR, PASSWORD, seed
from tests.board.source_seeding import HOSTILE_ERROR, SOURCES, Gap, SourceSeed, only_brand, seed_sources

ADA = "ada@brindle.example"


def as_asked(query: Query, asked: parts.EstimateAsked) -> list[Compiled]:
    config = SourceConfig("s", "x", own_handles=asked.own_handles, options=asked.options)
    return compiled(query, asked.own_handles, mentions_apart=reads_mentions_apart(config, lambda _name, _names: {}))


@pytest.fixture
def installed(database: Database, now: datetime) -> Iterator[parts.Parts]:
    made = parts.Parts(database, "http://board.example", clock=lambda: now, compiled=as_asked)
    parts.install(made)
    yield made
    parts.install(None)


@pytest.fixture
def seeded(installed: parts.Parts, now: datetime) -> Database:
    seed(installed.database, now, cases=())
    with installed.database.write() as session:
        seed_sources(session, only_brand(session), now)
    return installed.database


def sign_in(database: Database, email: str, monkeypatch: pytest.MonkeyPatch) -> int:
    with database.read() as session:
        found = member_by_email(session, email)
        assert found is not None
        monkeypatch.setattr(st, "user", {"member_id": str(id_of(found))})
        return id_of(found)


def show_sources() -> None:
    from board.pages.sources import sources_page

    sources_page()


def show_query_test() -> None:
    from board.pages.query_test import query_test_page

    query_test_page()


def data_of(page: AppTest) -> dict[str, Any]:
    (component,) = page.get("bidi_component")
    data: dict[str, Any] = json.loads(component.proto.json)
    return data


def health(database: Database, name: str, now: datetime) -> SourceHealth:
    with database.read() as session:
        return next(source for source in sources_health(session, now) if source.name == name)


def shown(database: Database, name: str, now: datetime) -> dict[str, Any]:
    with database.read() as session:
        source = next(source for source in sources_health(session, now) if source.name == name)
        return source_data(source, fills_asked(session, [gap.id for gap in source.gaps]), now)


def source_id(database: Database, name: str, now: datetime) -> int:
    return health(database, name, now).id


def gap_id(database: Database, name: str, now: datetime) -> int:
    return health(database, name, now).gaps[0].id


def stored(database: Database, name: str) -> Source:
    with database.read() as session:
        return next(source for source in session.exec(select(Source)) if source.name == name)


def test_those_that_need_a_person_come_first_and_the_others_behind(seeded: Database, now: datetime) -> None:
    with seeded.read() as session:
        found = in_order(sources_health(session, now))
    assert [source.name for source in found] == [
        "x-brindle-mentions",
        "reddit-homeware",
        "bluesky-brindle",
        "youtube-unboxings",
        "mastodon-brindle",
        "x-brindle",
        "garden-blog-feed",
        "old-forum-export",
    ]
    assert glance(found, now) == (
        "1 needs a person, 1 is trying again, 1 sleeps until next month, 1 waits to be read, 3 are well, 1 is off. "
        "4 stretches of time may be missing posts. One source has not read all of its time yet."
    )


def test_source_that_stopped_says_what_happened_and_what_to_do(seeded: Database, now: datetime) -> None:
    data = shown(seeded, "x-brindle-mentions", now)
    assert (data["state_words"], data["needs_person"]) == ("Needs a person", True)
    assert data["next_attempt_at"] is None
    assert data["next_words"] == "next: when somebody acts"
    note, cost = data["trouble"]
    assert cost["words"] == "Looking up 49 posts every 22 hours costs about $8.02 a month, and no budget limits it."
    assert note["words"] == "X refused the token (401). Renew X_BEARER_TOKEN__X_BRINDLE_MENTIONS."
    assert note["advice"] == "Nothing is read until this is put right; then try it again."
    assert note["can_retry"]


def test_source_that_sleeps_says_until_when_and_which_budget_is_used(seeded: Database, now: datetime) -> None:
    data = shown(seeded, "bluesky-brindle", now)
    assert data["state_words"] == "Sleeping"
    (note,) = data["trouble"]
    assert note["words"] == "Sleeping until 1 December: the budget of 2,000 posts is used."
    assert not note["can_retry"]
    assert (data["month"]["tone"], data["month"]["share_words"]) == ("full", "100% of 2,000 posts")


@pytest.mark.parametrize(
    ("posts", "tone", "notes"),
    [(799, "", 0), (800, "near", 1), (999, "near", 1)],
)
def test_budget_warns_from_four_fifths_on(seeded: Database, now: datetime, posts: int, tone: str, notes: int) -> None:
    with seeded.write() as session:
        seed_sources(
            session,
            only_brand(session),
            now,
            (SourceSeed("budgeted", "mastodon", month=(posts, 0), settings={"budget_posts_per_month": 1000}),),
        )
    data = shown(seeded, "budgeted", now)
    assert (data["month"]["tone"], len(data["trouble"])) == (tone, notes)
    if notes:
        assert data["trouble"][0]["words"] == f"{posts / 1000:.0%} of this month’s budget of 1,000 posts is used."


def test_cost_is_shown_only_where_a_platform_takes_money(seeded: Database, now: datetime) -> None:
    assert shown(seeded, "x-brindle", now)["month"]["cost_words"] == "$42.06"
    assert shown(seeded, "x-brindle", now)["month"]["share_words"] == "84% of $50.00"
    assert shown(seeded, "reddit-homeware", now)["month"] == {
        "posts_words": "41 posts",
        "cost_words": "",
        "share": None,
        "share_words": "",
        "tone": "",
    }


def test_filling_a_gap_on_x_names_the_price_beforehand(seeded: Database, now: datetime) -> None:
    (gap,) = shown(seeded, "x-brindle", now)["gaps"]
    assert gap["can_fill"]
    assert gap["why"] == "X asked for a pause of 20 minutes"
    assert gap["price"] == (
        "X charges for every post that is read. Going by the last week these are about one post, for less than a cent."
    )
    with seeded.write() as session:
        long = SourceSeed("long", "x", posts=(0, *(24,) * 7), month=(100, 500_000), gaps=(Gap(100, 48, "away"),))
        seed_sources(session, only_brand(session), now, (long,))
    (gap,) = shown(seeded, "long", now)["gaps"]
    assert gap["price"].endswith("these are about 48 posts, for $0.24.")
    (failed,) = [gap for gap in shown(seeded, "mastodon-brindle", now)["gaps"] if gap["can_fill"]]
    assert (failed["price"], failed["fill_words"]) == ("", "Filling it failed: 404 Not Found.")


def test_gap_that_is_being_filled_says_who_asked_and_when(seeded: Database, now: datetime) -> None:
    (wanted,) = [gap for gap in shown(seeded, "mastodon-brindle", now)["gaps"] if gap["asked_at"]]
    assert (wanted["asked_by"], wanted["can_fill"]) == ("Dana Fischer", False)
    assert wanted["asked_at"] == (now - timedelta(minutes=4)).timestamp()


def test_gap_that_the_next_run_makes_good_is_not_counted_as_missing(seeded: Database, now: datetime) -> None:
    data = shown(seeded, "x-brindle-mentions", now)
    assert [gap["is_pending"] for gap in data["gaps"]] == [True]
    assert data["gaps_open"] == 0
    assert not data["gaps"][0]["can_fill"]


def test_policy_gives_each_line_with_its_reason(seeded: Database, now: datetime) -> None:
    lines = {line["name"]: line for line in policy_lines(health(seeded, "x-brindle", now).policy)}
    assert not lines["may_train"]["allowed"]
    assert "developer agreement" in lines["may_train"]["why"]
    assert lines["recheck_hours"]["words"] == "Looked up again every 22 h: what is deleted there goes here too"


def test_manager_fills_a_gap_and_a_responder_does_not(
    seeded: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    gap = gap_id(seeded, "x-brindle", now)
    sign_in(seeded, OMAR, monkeypatch)
    actions.fill_gap(gap)
    actions.retry(source_id(seeded, "x-brindle-mentions", now))
    with seeded.read() as session:
        assert session.get_one(CollectedWindow, gap).fill_state is FillState.NOT_ASKED
    assert stored(seeded, "x-brindle-mentions").state is SourceState.STOPPED
    dana = sign_in(seeded, DANA, monkeypatch)
    actions.fill_gap(gap)
    with seeded.read() as session:
        row = session.get_one(CollectedWindow, gap)
        assert (row.fill_state, row.fill_asked_by, row.fill_asked_at) == (FillState.WANTED, dana, now)


def test_retry_makes_a_stopped_source_due_now_and_the_log_says_who_asked(
    seeded: Database, now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with seeded.write() as session:
        create_member(session, ADA, "Ada Admin", Role.ADMIN, PASSWORD, now)
    sign_in(seeded, ADA, monkeypatch)
    caplog.set_level("INFO")
    actions.retry(source_id(seeded, "x-brindle-mentions", now))
    source = stored(seeded, "x-brindle-mentions")
    assert (source.state, source.next_attempt_at) == (SourceState.WAITING, now)
    assert "Ada Admin" in caplog.text
    assert "x-brindle-mentions" in caplog.text


def test_every_act_of_the_page_is_heard_once(seeded: Database, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[object, int]] = []
    monkeypatch.setattr(pane, "_act", lambda name, target: heard.append((name, target)))
    monkeypatch.setattr(st, "rerun", lambda _key: None)
    state: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", state)
    for said in (
        [{"name": "fill", "id": 3, "number": 10}],
        [{"name": "fill", "id": 3, "number": 10}, {"name": "retry", "id": 1, "number": 11}],
        ["nonsense", {"name": "retry", "id": -1, "number": 12}, {"name": "retry", "id": 1, "number": True}],
        [{"name": "retry", "id": 2**31, "number": 13}, {"name": "retry", "id": [1], "number": 14}],
        "nonsense",
        None,
    ):
        state[pane.KEY] = {"act": said}
        pane._on_act()
    assert heard == [("fill", 3), ("retry", 1)]


def test_made_up_acts_do_nothing(seeded: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(seeded, DANA, monkeypatch)
    for name, target in (("drop", 1), (None, 1), (["fill"], 1), ("fill", 99999), ("retry", 99999), ("bring", 99999)):
        pane._act(name, target)


def test_page_shows_the_sources_to_a_responder_without_the_means_to_act(
    seeded: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for email, may_act in ((OMAR, False), (DANA, True)):
        sign_in(seeded, email, monkeypatch)
        data = data_of(AppTest.from_function(show_sources, default_timeout=120).run())
        assert len(data["sources"]) == len(SOURCES)
        assert data["may_act"] is may_act
        assert data["details"] == {}


def test_opened_source_shows_its_query_and_what_was_left_out(
    seeded: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(seeded, OMAR, monkeypatch)
    page = AppTest.from_function(show_sources, default_timeout=120)
    ids = [source_id(seeded, name, now) for name in ("x-brindle", "reddit-homeware", "bluesky-brindle")]
    page.session_state["opened_sources"] = [*ids, 99999]
    details = data_of(page.run())["details"]
    assert set(details) == {str(each) for each in ids}
    left_out = details[str(ids[0])]["left_out"]
    assert [post["words"] for post in left_out] == [words for words, _ in SOURCES[0].left_out]
    assert left_out[0]["why"] == "none of delivery, parcel, order stands in it"
    reddit = details[str(ids[1])]
    assert (reddit["query"], reddit["about"], reddit["left_out"]) == ("", "Everything that the source brings.", [])
    assert [line["name"] for line in reddit["policy"]] == ["may_train", "may_export", "may_reply", "recheck_hours"]


def test_no_source_says_how_to_add_one(installed: parts.Parts, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    seed(installed.database, now, cases=())
    sign_in(installed.database, OMAR, monkeypatch)
    data = data_of(AppTest.from_function(show_sources, default_timeout=120).run())
    assert data["sources"] == []
    assert data["empty"]["example"].startswith("[[sources]]")
    assert data["glance"] == "Nothing is watched yet."


def test_hostile_error_stays_as_it_was_written(seeded: Database, now: datetime) -> None:
    with seeded.write() as session:
        hostile = SourceSeed("hostile", "x", SourceState.STOPPED, error=HOSTILE_ERROR, gaps=(Gap(3, 1, HOSTILE_ERROR),))
        seed_sources(session, only_brand(session), now, (hostile,))
    data = shown(seeded, "hostile", now)
    assert data["trouble"][0]["words"] == HOSTILE_ERROR + "."
    assert data["gaps"][0]["why"] == HOSTILE_ERROR


def test_last_month_is_not_counted(seeded: Database, now: datetime) -> None:
    with seeded.write() as session:
        other = source_id(seeded, "youtube-unboxings", now)
        last = month_of(month_of_before(now))
        session.add(SourceUsage(source_id=other, month=last, posts=900, cost=1))
    assert shown(seeded, "youtube-unboxings", now)["month"]["posts_words"] == "0 posts"


def month_of_before(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(day=1) - timedelta(days=1)


def tried(page: AppTest, text: str, place: str) -> dict[str, Any]:
    page.session_state["query_test"] = query_pane._Tried(text=text, place=place, heard=5)
    return data_of(page.run())


def test_query_shows_what_it_finds_and_why_it_leaves_out_the_rest(
    seeded: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(seeded, OMAR, monkeypatch)
    page = AppTest.from_function(show_query_test, default_timeout=120)
    place = f"source:{source_id(seeded, 'mastodon-brindle', now)}"
    data = tried(page, "@brindlehome", place)
    assert (data["error"], data["heard"], data["may_estimate"]) == ("", 5, False)
    result = data["result"]
    assert (result["looked_at"], result["matched"]) == (10, 7)
    assert sum(group["count"] for group in result["left_out"]) == 3
    assert all(group["why"] for group in (*result["found"], *result["left_out"]))
    x = data["compiled"][0]
    assert (x["platform"], x["limit"]) == ("X", 512)
    assert "-from:brindlehome" in x["parts"][0]["text"]
    assert x["parts"][0]["length"] == len(x["parts"][0]["text"])


def test_query_is_shown_as_the_source_asks_it_where_mentions_are_read_apart(
    seeded: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with seeded.write() as session:
        source = session.exec(select(Source).where(Source.name == "x-brindle")).one()
        source.settings = {**source.settings, "options": {"mentions": "true"}}
        session.add(source)
    sign_in(seeded, OMAR, monkeypatch)
    page = AppTest.from_function(show_query_test, default_timeout=120)
    shown = {
        place: [part["text"] for part in tried(page, "brindle OR @brindlehome", place)["compiled"][0]["parts"]]
        for place in (f"source:{source_id(seeded, 'x-brindle', now)}", "brand:1")
    }

    assert list(shown.values()) == [
        ["brindle -from:brindlehome -@brindlehome -is:retweet"],
        ["(brindle OR @brindlehome) -from:brindlehome -is:retweet"],
    ]


def test_query_that_cannot_be_read_says_why_and_shows_no_result(
    seeded: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(seeded, DANA, monkeypatch)
    page = AppTest.from_function(show_query_test, default_timeout=120)
    data = tried(page, 'parcelo "never closed', "brand:1")
    assert "never closed" in data["error"]
    assert (data["result"], data["compiled"], data["may_estimate"]) == (None, [], False)


def test_address_names_the_source_whose_query_is_tried(
    seeded: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(seeded, DANA, monkeypatch)
    page = AppTest.from_function(show_query_test, default_timeout=120)
    page.query_params["source"] = str(source_id(seeded, "x-brindle", now))
    data = data_of(page.run())
    assert data["text"] == SOURCES[0].query
    assert data["place"] == f"source:{source_id(seeded, 'x-brindle', now)}"
    for made_up in ("99999", "x", "<script>", ""):
        page = AppTest.from_function(show_query_test, default_timeout=120)
        page.query_params["source"] = made_up
        data = data_of(page.run())
        assert (data["text"], data["place"]) == ("", "brand:1")


def test_estimate_is_asked_by_managers_and_says_what_went_wrong(
    seeded: Database, installed: parts.Parts, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[parts.EstimateAsked] = []

    def estimate(each: parts.EstimateAsked) -> Estimate:
        asked.append(each)
        if each.query == "fail":
            raise AuthError("X_BEARER_TOKEN is not set")
        return Estimate(3000, 15_000_000, "X counted 700 posts in the last 7 days")

    parts.install(replace(installed, estimate=estimate))
    place = f"source:{source_id(seeded, 'x-brindle', now)}"
    sign_in(seeded, OMAR, monkeypatch)
    assert query_pane._estimated(query_pane._Tried("parcelo", place)) == (
        "Only managers and admins may ask X, as it costs money."
    )
    assert asked == []
    sign_in(seeded, DANA, monkeypatch)
    assert query_pane._estimated(query_pane._Tried("parcelo", place)) == (
        "About 3,000 posts a month, $15.00. X counted 700 posts in the last 7 days."
    )
    assert asked[0] == parts.EstimateAsked("parcelo", ("brindlehome",), "x-brindle", "")
    assert query_pane._estimated(query_pane._Tried("fail", "brand:1")) == "X_BEARER_TOKEN is not set."
    assert asked[1].source == ""


def test_what_is_said_of_a_query_is_heard_once_and_cut(seeded: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(seeded, DANA, monkeypatch)
    monkeypatch.setattr(st, "rerun", lambda _key: None)
    current = query_pane._Tried()
    state: dict[str, Any] = {"query_test": current}
    monkeypatch.setattr(st, "session_state", state)
    told = {"name": "write", "text": "a" * 5000, "place": "brand:1", "number": 7}
    for said in ([told], [told | {"text": "old", "number": 6}], [told | {"text": None, "number": 8}], "x", [None]):
        state[query_pane.KEY] = {"said": said}
        query_pane._on_said()
    assert (len(current.text), current.place, current.heard) == (query_pane.LONGEST_QUERY, "brand:1", 8)


def test_glance_never_calls_it_complete_while_a_stopped_source_has_time_to_read(
    installed: parts.Parts, now: datetime
) -> None:
    seed(installed.database, now, cases=())
    gap = Gap(80, 79, "gone (410)", is_gap=False)
    add(installed.database, now, SourceSeed("stopped", "feeds", SourceState.STOPPED, error="gone", gaps=(gap,)))
    with installed.database.read() as session:
        said = glance(sources_health(session, now), now)
    assert said == "1 needs a person. One source has not read all of its time yet."


def test_glance_counts_every_gap_of_a_source_that_has_more_than_are_shown(
    installed: parts.Parts, now: datetime
) -> None:
    seed(installed.database, now, cases=())
    gaps = tuple(Gap(3 + 2 * number, 0.3, f"reason {number}") for number in range(70))
    add(installed.database, now, SourceSeed("leaky", "bluesky", gaps=gaps))
    data = shown(installed.database, "leaky", now)
    assert (len(data["gaps"]), data["gaps_open"], data["gaps_beyond"]) == (50, 70, 20)
    with installed.database.read() as session:
        assert "70 stretches of time may be missing posts." in glance(sources_health(session, now), now)


def test_source_that_no_worker_reads_is_overdue_and_not_well(installed: parts.Parts, now: datetime) -> None:
    seed(installed.database, now, cases=())
    add(
        installed.database,
        now,
        SourceSeed("late", "feeds", read_minutes_ago=3 * 24 * 60, next_in_minutes=-3 * 24 * 60 + 5),
        SourceSeed("being-read", "feeds", next_in_minutes=-60, is_reading=True),
        SourceSeed("just-due", "feeds", next_in_minutes=-14),
    )
    late = shown(installed.database, "late", now)
    assert (late["state_words"], late["is_well"]) == ("Overdue", False)
    (note,) = late["trouble"]
    assert note["words"] == "It was due 2 days ago, and nothing has read it."
    assert note["advice"].startswith("Where all sources are overdue, no worker runs")
    assert [shown(installed.database, name, now)["state_words"] for name in ("being-read", "just-due")] == ["Well"] * 2
    with installed.database.read() as session:
        assert glance(sources_health(session, now), now) == "1 is overdue, 2 are well."


def test_month_that_ends_in_utc_is_told_as_the_same_day_to_everybody(seeded: Database, now: datetime) -> None:
    data = shown(seeded, "bluesky-brindle", now)
    assert (data["next_attempt_at"], data["next_words"]) == (None, "next on 1 December")  # 30 November in America


def test_long_words_of_servers_and_strangers_are_cut_and_turn_nothing_around(
    seeded: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = "\u202e" + "no end " * 3000
    left_out = (("\u202etext" + "🚚" * 5000, "why " * 2000),)
    gaps = (Gap(3, 1, error), Gap(9, 1, "x", fill=FillState.FAILED, fill_detail=error))
    add(seeded, now, SourceSeed("wordy", "x", SourceState.RETRYING, error=error, gaps=gaps, left_out=left_out))
    data = shown(seeded, "wordy", now)
    words = [data["trouble"][0]["words"], data["gaps"][0]["why"], data["gaps"][1]["fill_words"]]
    sign_in(seeded, OMAR, monkeypatch)
    page = AppTest.from_function(show_sources, default_timeout=120)
    page.session_state["opened_sources"] = [data["id"]]
    (post,) = data_of(page.run())["details"][str(data["id"])]["left_out"]
    words += [post["words"], post["why"], post["author"]]
    assert max(map(len, words)) < 540
    assert not [each for each in words if "\u202e" in each]


def test_posts_left_out_are_those_of_the_week_that_are_counted(
    seeded: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_out = tuple((f"a {number}", "no context") for number in range(60))  # one each five hours: 34 in 7 days
    add(seeded, now, SourceSeed("narrow", "x", left_out=left_out))
    with seeded.write() as session:
        for post in session.exec(select(PostRow).where(PostRow.text.in_([f"a {n}" for n in range(4, 34)]))):  # type: ignore[attr-defined]
            post.left_out = ""
    data = shown(seeded, "narrow", now)
    sign_in(seeded, OMAR, monkeypatch)
    page = AppTest.from_function(show_sources, default_timeout=120)
    page.session_state["opened_sources"] = [data["id"]]
    posts = data_of(page.run())["details"][str(data["id"])]["left_out"]
    assert data["left_out"] == len(posts) == 4


def test_everybody_who_looks_at_the_same_time_is_shown_one_reading(
    seeded: Database, installed: parts.Parts, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[datetime] = []

    def counted(session: Session, at: datetime) -> list[SourceHealth]:
        read.append(at)
        return sources_health(session, at)

    monkeypatch.setattr(overview, "sources_health", counted)
    monkeypatch.setattr(kept.time, "monotonic", lambda: moment)
    moment = 100.0
    first = overview.overview(installed)
    assert all(overview.overview(installed) is first for _ in range(20))
    assert len(read) == 1
    sign_in(seeded, OMAR, monkeypatch)
    actions.retry(source_id(seeded, "x-brindle-mentions", now))  # may not, so nobody reads anew
    assert overview.overview(installed) is first
    sign_in(seeded, DANA, monkeypatch)
    actions.retry(source_id(seeded, "x-brindle-mentions", now))
    states = {each["name"]: each["state_words"] for each in overview.overview(installed).data}
    assert states["x-brindle-mentions"] == "Waiting"
    moment += overview.KEPT_FOR_S
    overview.overview(installed)
    assert len(read) == 3


def test_query_of_many_names_holds_nobody_up_for_long(
    seeded: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(seeded, OMAR, monkeypatch)
    monkeypatch.setattr(query_pane, "LONGEST_S", 0.0)
    page = AppTest.from_function(show_query_test, default_timeout=120)
    result = tried(page, "@brindlehome", f"source:{source_id(seeded, 'mastodon-brindle', now)}")["result"]
    assert (result["looked_at"], result["is_cut"]) == (1, True)


def test_query_that_was_configured_in_several_lines_is_tried_as_one(
    seeded: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(seeded, now, SourceSeed("in-lines", "x", query="@brindlehome OR\n  brindle\nwith:parcel\n"))
    sign_in(seeded, OMAR, monkeypatch)
    page = AppTest.from_function(show_query_test, default_timeout=120)
    page.query_params["source"] = str(source_id(seeded, "in-lines", now))
    assert data_of(page.run())["text"] == "@brindlehome OR brindle with:parcel"


def test_half_a_character_in_a_query_is_dropped(seeded: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(seeded, OMAR, monkeypatch)
    current = query_pane._Tried()
    query_pane._take(current, {"name": "write", "text": "parcelo\ud800", "place": "brand:1"})
    assert current.text == "parcelo"


def add(database: Database, now: datetime, *sources: SourceSeed) -> None:
    with database.write() as session:
        seed_sources(session, only_brand(session), now, sources)
