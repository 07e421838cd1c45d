"""The pages as Streamlit runs them, without a browser."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from board import parts
from board.case import slots
from board.case.shown import safe_link
from board.notices import as_text
from board.queue.selection import LONGEST_WORDS
from board.told import as_number, as_numbers
from board.who import acting
from core.errors import InputError
from core.types import CaseStatus
from storage.cases import claim_case, set_status
from storage.database import Database, Session
from storage.members import disable_member, member_by_email
from storage.queue import listing as store
from storage.queue.case_detail import CaseDetail, case_detail
from storage.queue.filters import MOST_VALUES
from storage.rows import id_of
from storage.tables import Case, Member
from tests.board.seeding import CASES, DANA, OMAR, add_case, seed

SCRIPT = Path(parts.__file__).parent / "script" / "entry.py"


class Clock:
    """A clock that the test moves."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def installed(database: Database, now: datetime) -> Iterator[parts.Parts]:
    made = parts.Parts(database=database, base_url="http://board.example", clock=Clock(now))
    parts.install(made)
    yield made
    parts.install(None)


@pytest.fixture
def board(installed: parts.Parts, now: datetime, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    seed(installed.database, now)
    return page_for(installed.database, DANA, monkeypatch)


def page_for(database: Database, email: str, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(st, "user", {"member_id": str(id_for(database, email))})
    return AppTest.from_file(str(SCRIPT), default_timeout=120)


def id_for(database: Database, email: str) -> int:
    with database.read() as session:
        found = member_by_email(session, email)
        assert found is not None
        return id_of(found)


def shown(page: AppTest, key: str) -> dict[str, Any]:
    """Return the data of one of the board's own components."""
    for element in page.get("bidi_component"):
        if element.proto.id.endswith(f"-{key}") or f"-{key}-" in element.proto.id:
            data: dict[str, Any] = json.loads(element.proto.json)
            return data
    raise AssertionError(f"{key} is not on the page")


def button(page: AppTest, name: str) -> Button:
    """Return the button of the open case; its key says which of the last cases that is."""
    (found,) = (each for each in page.button if (each.key or "").startswith(f"{name}_"))
    return found


def tick(installed: parts.Parts, seconds: float = 1) -> None:
    assert isinstance(installed.clock, Clock)
    installed.clock.advance(seconds=seconds)


def toasts(page: AppTest) -> list[str]:
    return [toast.value.replace("\\", "") for toast in page.toast]


def case_of(database: Database, case_id: int) -> Case:
    with database.read() as session:
        return session.get_one(Case, case_id)


def test_nobody_sees_nothing(installed: parts.Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    for user in ({}, {"member_id": None}, {"member_id": "7"}, {"member_id": "1 or 1"}):
        monkeypatch.setattr(st, "user", user)
        page = AppTest.from_file(str(SCRIPT), default_timeout=120).run()
        assert not page.exception
        assert len(page.main.children) == 0


def test_disabled_member_sees_nothing(board: AppTest, installed: parts.Parts, now: datetime) -> None:
    with installed.database.write() as session:
        disable_member(session, id_for(installed.database, DANA), now)
    assert len(board.run().main.children) == 0


def test_queue_shows_the_cases_and_what_is_filtered(board: AppTest) -> None:
    board.run()
    assert not board.exception
    data = shown(board, "queue_list")
    assert [row["id"] for row in data["rows"]][:2] == [1, 2]
    assert {view["name"]: view["count"] for view in data["views"]}["unsure"] == 1
    board.query_params["platform"] = "reddit"
    board.run()
    assert [row["id"] for row in shown(board, "queue_list")["rows"]] == [2, 9]
    board.query_params["q"] = "'; drop table"
    board.run()
    data = shown(board, "queue_list")
    assert data["rows"] == []
    assert data["empty_title"] == "Nothing matches"


def test_empty_queue_says_what_to_expect(
    installed: parts.Parts, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(installed.database, now, cases=())
    data = shown(page_for(installed.database, OMAR, monkeypatch).run(), "queue_list")
    assert data["rows"] == []
    assert data["empty_title"] == "Nothing is waiting"


def test_case_shows_strangers_words_unchanged_and_no_bad_link(board: AppTest) -> None:
    board.query_params["case"] = "6"
    board.run()
    post = shown(board, "case_posts")["posts"][0]
    assert post["text"].startswith("<img src=x onerror=")
    assert post["link"] == ""
    assert not [element for element in board.markdown if "nettle" in str(element.value).lower()]


def test_claim_and_release(board: AppTest, installed: parts.Parts) -> None:
    board.query_params["case"] = "1"
    board.run()
    button(board, "claim").click().run()
    assert toasts(board) == ["Case 1 is yours."]
    assert case_of(installed.database, 1).assignee_id == id_for(installed.database, DANA)
    tick(installed)
    button(board, "release").click().run()
    assert case_of(installed.database, 1).assignee_id is None


def test_lost_claim_names_the_winner(board: AppTest, installed: parts.Parts, now: datetime) -> None:
    board.query_params["case"] = "2"
    board.run()
    with installed.database.write() as session:
        claim_case(session, 2, id_for(installed.database, OMAR), now)
    button(board, "claim").click().run()
    assert "already taken by Omar Haddad" in toasts(board)[0]
    assert button(board, "taken").disabled


def test_dismissing_goes_on_to_the_next_case(board: AppTest, installed: parts.Parts) -> None:
    board.query_params["case"] = "1"
    board.run()
    button(board, "dismiss").click().run()
    assert case_of(installed.database, 1).status is CaseStatus.DISMISSED
    assert shown(board, "case_head")["case"] == 2


def test_second_half_of_a_double_click_does_nothing(board: AppTest, installed: parts.Parts) -> None:
    board.query_params["case"] = "1"
    board.run()
    button(board, "resolve").click().run()
    assert shown(board, "case_head")["case"] == 2
    tick(installed, 0.4)
    button(board, "resolve").click().run()
    assert "nothing was done" in toasts(board)[0]
    assert case_of(installed.database, 2).status is CaseStatus.NEW
    tick(installed, 0.4)
    button(board, "resolve").click().run()
    assert case_of(installed.database, 2).status is CaseStatus.RESOLVED


def test_double_click_on_assign_does_not_release(board: AppTest, installed: parts.Parts) -> None:
    board.query_params["case"] = "1"
    board.run()
    button(board, "claim").click().run()
    button(board, "release").click().run()
    assert case_of(installed.database, 1).assignee_id == id_for(installed.database, DANA)
    button(board, "resolve").click().run()
    assert case_of(installed.database, 1).status is CaseStatus.RESOLVED


def test_member_who_was_revoked_a_moment_ago_changes_nothing(
    board: AppTest, installed: parts.Parts, now: datetime
) -> None:
    board.query_params["case"] = "1"
    board.run()
    dana = id_for(installed.database, DANA)
    with installed.database.write() as session:
        disable_member(session, dana, now)
    with pytest.raises(InputError, match="signed out"), acting(dana):
        raise AssertionError
    button(board, "resolve").click().run()
    assert case_of(installed.database, 1).status is CaseStatus.NEW
    with installed.database.write() as session:
        session.get_one(Member, dana).disabled_at = None
        session.get_one(Member, dana).must_change_password = True
    with pytest.raises(InputError, match="signed out"), acting(dana):
        raise AssertionError


def test_members_name_is_no_markup_and_short_on_the_button(
    board: AppTest, installed: parts.Parts, now: datetime
) -> None:
    with installed.database.write() as session:
        omar = session.get_one(Member, id_for(installed.database, OMAR))
        omar.name = "**Omar** :red[x] " + "y" * 60
        claim_case(session, 2, id_of(omar), now)
    board.query_params["case"] = "2"
    board.run()
    label = button(board, "taken").label
    assert label.startswith(r"Taken by \*\*Omar\*\* \:red\[x\] yyy")
    assert len(label.replace("\\", "")) <= len("Taken by ") + 30


def test_filters_and_tab_are_in_the_address_by_value(board: AppTest) -> None:
    board.query_params.update({"platform": "reddit", "severity": "3", "sort": "newest", "view": "open"})
    board.run()
    data = shown(board, "queue_list")
    assert ([row["id"] for row in data["rows"]], data["view"], data["filter"]["sort"]) == ([2], "open", "newest")
    del board.query_params["severity"]
    board.run()
    assert [row["id"] for row in shown(board, "queue_list")["rows"]] == [2, 9]
    address = {name: board.query_params[name] for name in ("platform", "sort", "view")}
    assert address == {"platform": "reddit", "sort": "newest", "view": "open"}
    assert "severity" not in board.query_params


def test_address_repeats_a_filter_that_has_several_values(board: AppTest) -> None:
    board.query_params.update({"platform": ["reddit", "feeds"], "courier": ["Smith, Sons", "DPD"]})
    board.run()
    filters = {"platform": ["reddit", "feeds"], "courier": ["Smith, Sons", "DPD"]}
    assert shown(board, "queue_list")["filter"] == filters
    del board.query_params["courier"]
    board.run()
    assert [row["id"] for row in shown(board, "queue_list")["rows"]] == [2, 5, 9]
    board.query_params["platform"] = "mastodon, x,"  # as somebody types it
    board.run()
    assert shown(board, "queue_list")["filter"] == {"platform": ["mastodon", "x"]}


def test_address_that_asks_for_hundreds_of_values_is_cut(board: AppTest) -> None:
    board.query_params["courier"] = [f"{number}" + "x" * 430 for number in range(900)]
    board.query_params["platform"] = ",".join(map(str, range(5000)))
    board.query_params["q"] = "y" * 9000
    board.run()
    assert not board.exception
    kept = shown(board, "queue_list")["filter"]
    assert (len(kept["courier"]), {len(value) for value in kept["courier"]}) == (MOST_VALUES, {LONGEST_WORDS})
    assert len(kept["platform"]) == MOST_VALUES
    assert len(kept["q"]) == LONGEST_WORDS


def test_made_up_filters_in_the_address_are_none(board: AppTest) -> None:
    board.query_params.update({"severity": "abc", "reason": "zzz", "view": "nowhere", "brand": "x", "age": "-3"})
    board.run()
    assert not board.exception
    data = shown(board, "queue_list")
    assert (len(data["rows"]), data["view"]) == (9, "unassigned")
    board.query_params["platform"] = "x'--"
    board.run()
    assert not board.exception
    assert shown(board, "queue_list")["empty_title"] == "Nothing matches"


def test_page_that_was_emptied_gives_way_to_the_one_before(
    board: AppTest, installed: parts.Parts, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store.rows, "__kwdefaults__", {**(store.rows.__kwdefaults__ or {}), "limit": 8})
    board.run()
    first = shown(board, "queue_list")
    assert (len(first["rows"]), first["has_next"]) == (8, True)
    board.session_state.pages = [board.session_state.next_page]
    board.run()
    (last,) = shown(board, "queue_list")["rows"]
    with installed.database.write() as session:
        set_status(session, last["id"], CaseStatus.RESOLVED, id_for(installed.database, DANA), now)
    board.run()
    data = shown(board, "queue_list")
    assert (len(data["rows"]), data["page"]) == (8, 1)


@pytest.mark.parametrize("value", [True, -1, 2**53, 1.5, "7", None, [7], 10**30])
def test_what_is_no_key_is_none(value: object) -> None:
    assert as_number(value) is None
    assert as_numbers([value, 7], 10) == [7]
    assert as_numbers("77", 10) == []


@pytest.mark.parametrize("asked", ["4711", "x", "-1", "9" * 30, "<script>"])
def test_address_of_no_case(board: AppTest, asked: str) -> None:
    board.query_params["case"] = asked
    board.run()
    assert not board.exception
    assert board.subheader[0].value in ("There is no case 4711", "No case is open")


def test_times_and_people_in_words(board: AppTest, now: datetime) -> None:
    board.query_params["case"] = "2"
    board.run()
    head = shown(board, "case_head")
    assert head["due_at"] == (now - timedelta(minutes=18)).timestamp()
    assert head["parties"] == "the brand and the courier"
    assert head["severity_words"] == "Accuses"
    assert shown(board, "case_history")["lines"][0]["what"] == "opened the case"


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://social.example/1", True),
        ("HTTP://social.example/1", True),
        ("javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,x", False),
        ("//evil.example", False),
        ("https://", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_only_web_addresses_are_links(address: str, safe: bool) -> None:
    assert bool(safe_link(address)) is safe


def test_names_in_notices_are_no_markup() -> None:
    assert as_text("**a** [b](http://c) :red[d]") == r"\*\*a\*\* \[b\]\(http\://c\) \:red\[d\]"


def test_open_case_is_read_again_only_once_something_happened_to_it_or_after_a_while(
    board: AppTest, installed: parts.Parts, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def counted(session: Session, case_id: int, member_id: int) -> CaseDetail | None:
        read.append(case_id)
        return case_detail(session, case_id, member_id)

    monkeypatch.setattr("board.case.pane.case_detail", counted)
    board.query_params["case"] = "3"
    board.run()
    board.run()
    assert read == [3]
    with installed.database.write() as session:
        claim_case(session, 3, id_for(installed.database, OMAR), now)
    board.run()
    assert read == [3, 3]
    assert button(board, "taken").label == "Taken by Omar Haddad"
    tick(installed, seconds=25)
    board.run()
    assert read == [3, 3, 3]
    board.query_params["case"] = "4"
    board.run()
    assert read[3:] == [4]


def test_cases_take_turns_with_the_names_of_their_buttons(
    board: AppTest, installed: parts.Parts, now: datetime
) -> None:
    with installed.database.write() as session:
        more = [add_case(session, 1, CASES[0], now) for _ in range(slots.MANY)]
    keys = []
    for case_id in (1, 2, 1, *more):
        board.query_params["case"] = str(case_id)
        board.run()
        keys.append(button(board, "claim").key)
    assert keys[0] == keys[2] != keys[1]
    assert len(set(keys)) == slots.MANY
    assert keys[-2] == keys[1]  # case 2 was open longer ago than case 1
    assert keys[-1] == keys[2]
