"""The queue's list in a real browser: filters, saved views, acts on many cases, undo, keys, and what colleagues do."""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pytest
from sqlmodel import col, select

from core.taxonomy import Party, Reason
from core.types import CaseStatus
from storage.members import member_by_email
from storage.presence import look
from storage.queue.filters import Filter
from storage.rows import id_of
from storage.tables import Case, SavedView, Team
from storage.views import save_view
from tests.board.conftest import Board, Visitors
from tests.board.seeding import DANA, OMAR, Seed, add_case
from tests.board.test_board import eventually, open_case, row, tab

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, expect
else:
    expect = pytest.importorskip("playwright.sync_api", reason="needs the package playwright").expect

pytestmark = pytest.mark.browser


def add_cases(board: Board, word: str, count: int, **more: object) -> list[int]:
    """Store cases that a search for the word finds, the first one the most urgent."""
    with board.database.write() as session:
        seeds = [
            Seed(f"@{word}{number}", "", (f"Where is my {word}?",), minutes_ago=5 + 61 * number, **more)  # type: ignore[arg-type]
            for number in range(count)
        ]
        return [add_case(session, 1, seed, board.now()) for seed in seeds]


def cases_of(board: Board, case_ids: Sequence[int]) -> list[Case]:
    with board.database.read() as session:
        return list(session.exec(select(Case).where(col(Case.id).in_(case_ids)).order_by(col(Case.id))))


def each(board: Board, case_ids: Sequence[int], name: str) -> Callable[[], set[object]]:
    return lambda: {getattr(case, name) for case in cases_of(board, case_ids)}


def member_key(board: Board, email: str) -> int:
    with board.database.read() as session:
        member = member_by_email(session, email)
        assert member is not None
        return id_of(member)


def search(page: "Page", words: str) -> None:
    page.get_by_role("searchbox").fill(words)


def chips(page: "Page") -> "Locator":
    return page.get_by_role("group", name="Filters that are set").get_by_role("button")


def acts(page: "Page") -> "Locator":
    return page.get_by_role("group", name="Marked cases")


def rows(page: "Page") -> "Locator":
    return page.get_by_role("listbox", name="Cases").get_by_role("option")


def test_filters_show_as_chips_and_stand_in_the_address(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, OMAR, "/?view=open&platform=reddit")
    expect(chips(page)).to_have_text(["Platform: Reddit"])
    expect(row(page, board.cases[1])).to_be_visible()
    expect(row(page, board.cases[0])).to_have_count(0)

    page.keyboard.press("f")
    page.get_by_label("Severity", exact=True).select_option("Accuses or worse")
    expect(page.get_by_role("button", name="Filters 2")).to_be_visible()
    page.get_by_role("button", name=re.compile(r"Show (the one|\d+) cases?")).click()
    expect(row(page, board.cases[8])).to_have_count(0)
    expect(row(page, board.cases[1])).to_be_visible()
    expect(page).to_have_url(re.compile(r"platform=reddit&severity=3"))

    page.get_by_role("button", name="Take the filter away: Platform: Reddit").click()
    expect(row(page, board.cases[0])).to_be_visible()
    expect(chips(page)).to_have_text(["Severity: Accuses or worse"])
    page.get_by_role("button", name="Most urgent first").click()
    page.get_by_role("menuitemradio", name="Due first").click()
    expect(page).to_have_url(re.compile(r"severity=3&sort=due"))
    page.go_back()
    page.go_back()
    expect(chips(page)).to_have_text(["Platform: Reddit", "Severity: Accuses or worse", "Clear all"])
    expect(row(page, board.cases[0])).to_have_count(0)


def test_search_says_what_it_cannot_read_and_keeps_the_list(board: Board, visitors: Visitors) -> None:
    word = "quincetray"
    found = add_cases(board, word, 2)
    page = visitors.sign_in(board, DANA)
    search(page, word)
    expect(rows(page)).to_have_count(2)
    search(page, f"{word} -case:{found[0]}")
    expect(rows(page)).to_have_count(1)
    search(page, f"{word} severty:3")
    expect(page.get_by_role("alert")).to_contain_text("did you mean severity:?")
    expect(rows(page)).to_have_count(1)  # as before
    page.get_by_role("button", name="What can be searched for").click()
    expect(page.get_by_role("dialog", name="What can be searched for")).to_contain_text("severity:>=3")
    page.keyboard.press("Escape")
    search(page, f"#{found[1]}")
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.get_by_text(f"Case {found[1]}", exact=True)).to_be_visible()  # it is opened
    search(page, "nowhere to be found")
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    page.get_by_role("button", name="Clear search and filters").click()
    expect(row(page, board.cases[2])).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("")


def test_saved_view_is_kept_shared_renamed_and_deleted(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, DANA, "/?view=open&platform=mastodon")
    opener = page.get_by_role("button", name="Saved views")
    opener.click()
    page.get_by_label("Save the present filters as").fill("Mastodon, all of it")
    page.get_by_label("Share with everybody").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="Saved views, Mastodon, all of it is open")).to_be_visible()

    omar = visitors.sign_in(board, OMAR)
    omar.get_by_role("button", name="Saved views").click()
    omar.get_by_role("button", name="Mastodon, all of it by Dana Fischer").click()
    expect(omar).to_have_url(re.compile(r"view=open&platform=mastodon"))
    expect(rows(omar)).to_have_count(1)
    omar.get_by_role("button", name="Saved views").click()
    expect(omar.get_by_role("button", name="Rename Mastodon, all of it")).to_have_count(0)

    page.get_by_role("button", name=re.compile("^Saved views")).click()
    page.get_by_role("button", name="Rename Mastodon, all of it").click()
    page.get_by_label("New name").fill("Elephants")
    page.get_by_label("New name").press("Enter")
    expect(page.get_by_role("button", name="Delete Elephants")).to_be_visible()
    page.get_by_role("button", name="Delete Elephants").click()
    page.get_by_text("Delete it for everybody?").wait_for()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("button", name="Delete Elephants")).to_have_count(0)
    with board.database.read() as session:
        assert session.exec(select(SavedView)).all() == []


def test_name_of_a_view_that_is_taken_is_refused_in_words(board: Board, visitors: Visitors) -> None:
    with board.database.write() as session:
        member = member_by_email(session, OMAR)
        assert member is not None
        save_view(session, id_of(member), "Taken", Filter(platforms=("x",)).to_dict(), False, board.now())
    page = visitors.sign_in(board, OMAR, "/?platform=reddit")
    page.get_by_role("button", name="Saved views").click()
    page.get_by_label("Save the present filters as").fill("taken")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("There is already a view called “taken”")).to_be_visible()


def test_range_of_marked_cases_is_sent_and_taken_back(board: Board, visitors: Visitors) -> None:
    ids = add_cases(board, "rangeword", 4)
    page = visitors.sign_in(board, DANA, "/?q=rangeword")
    expect(rows(page)).to_have_count(4)
    row(page, ids[0]).locator(".mark").click()
    row(page, ids[2]).locator(".mark").click(modifiers=["Shift"])
    expect(page.get_by_text("3 marked")).to_be_visible()
    expect(row(page, ids[1])).to_have_attribute("aria-checked", "true")
    acts(page).get_by_role("button", name="Send to").click()
    page.get_by_role("menuitem", name="Omar Haddad").click()
    eventually(each(board, ids[:3], "assignee_id"), {member_key(board, OMAR)})
    expect(row(page, ids[0])).to_have_count(0)
    expect(row(page, ids[3])).to_be_visible()
    expect(page.get_by_text("marked")).to_have_count(0)

    expect(page.get_by_role("button", name="Undo z")).to_be_visible()
    page.keyboard.press("z")
    eventually(each(board, ids, "assignee_id"), {None})
    expect(row(page, ids[0])).to_be_visible()


def test_marked_cases_are_sent_to_a_team_labelled_snoozed_and_dismissed(board: Board, visitors: Visitors) -> None:
    ids = add_cases(board, "manyword", 2)
    with board.database.write() as session:
        team = Team(name="Night shift", created_at=board.now())
        session.add(team)
        session.flush()
        team_id = id_of(team)
    page = visitors.sign_in(board, DANA, "/?q=manyword")
    expect(rows(page)).to_have_count(2)

    page.keyboard.press("Shift+X")
    acts(page).get_by_role("button", name="Send to").click()
    page.get_by_role("menuitem", name="Night shift").click()
    eventually(each(board, ids, "team_id"), {team_id})
    expect(row(page, ids[0]).get_by_text("Night shift")).to_be_visible()

    page.keyboard.press("Shift+X")
    acts(page).get_by_role("button", name="Label").click()
    page.get_by_role("button", name="Damaged").click()
    page.get_by_role("button", name="Condemns").click()
    page.get_by_role("button", name="Supplier").click()
    page.get_by_role("button", name="Correct", exact=True).click()
    expect(row(page, ids[1])).to_contain_text("Condemns Damaged At fault: Supplier")
    case = cases_of(board, ids)[0]
    assert (list(case.reasons), case.severity, case.parties) == ([Reason.DAMAGED], 4, [Party.SUPPLIER])

    page.keyboard.press("Shift+X")
    acts(page).get_by_role("button", name="Snooze").click()
    page.get_by_role("button", name="Tomorrow morning").click()
    eventually(each(board, ids, "status"), {CaseStatus.WAITING})
    tab(page, "Waiting")
    expect(row(page, ids[0]).get_by_text("Snoozed until")).to_be_visible()

    page.keyboard.press("Shift+X")
    acts(page).get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Not a complaint").click()
    eventually(each(board, ids, "status"), {CaseStatus.DISMISSED})


def test_marked_cases_become_one(board: Board, visitors: Visitors) -> None:
    ids = add_cases(board, "mergeword", 2)
    page = visitors.sign_in(board, DANA, "/?q=mergeword")
    expect(rows(page)).to_have_count(2)
    page.keyboard.press("Shift+X")
    acts(page).get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Merge into one case").click()
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("2 posts")
    assert [case.merged_into_id for case in cases_of(board, ids)].count(None) == 1


def test_all_that_match_are_resolved_after_a_question(board: Board, visitors: Visitors) -> None:
    ids = add_cases(board, "wholeword", 43)
    page = visitors.sign_in(board, DANA, "/?q=wholeword")
    expect(rows(page)).to_have_count(40)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_role("button", name="Mark all 40 shown").click()
    page.get_by_role("button", name="Mark all 43 that match").click()
    expect(page.get_by_text("43 marked: all that match")).to_be_visible()
    late = add_cases(board, "wholeword", 1)  # came after they were counted
    acts(page).get_by_role("button", name="Resolve").click()
    asked = page.get_by_role("dialog", name="Resolve: 43 cases?")
    expect(asked).to_contain_text("in “Unassigned” with “wholeword”, on every page")
    asked.get_by_role("button", name="Cancel").click()
    assert each(board, ids, "status")() == {CaseStatus.NEW}
    acts(page).get_by_role("button", name="Resolve").click()
    with board.database.write():  # for which the board waits
        asked.get_by_role("button", name="Resolve").click()
        expect(page.get_by_text("Resolving 43 cases …")).to_be_visible()
    eventually(each(board, ids, "status"), {CaseStatus.RESOLVED})
    assert each(board, late, "status")() == {CaseStatus.NEW}
    with board.database.write():
        page.get_by_role("button", name="Undo z").click()
        expect(page.get_by_text("Taking back: 43 cases resolved …")).to_be_visible()
    eventually(each(board, ids, "status"), {CaseStatus.NEW})
    expect(page.get_by_text("Taking back: 43 cases resolved …")).to_be_hidden()


def test_new_cases_wait_and_moving_rows_change_neither_what_is_open_nor_marked(
    board: Board, visitors: Visitors
) -> None:
    ids = add_cases(board, "holdword", 3)
    page = visitors.sign_in(board, OMAR, "/?q=holdword")
    open_case(page, ids[1])
    row(page, ids[0]).locator(".mark").click()
    new = add_cases(board, "holdword", 1, severity=4)
    with board.database.write() as session:
        session.get_one(Case, ids[2]).priority = 900
    expect(rows(page).first).to_have_attribute("data-id", str(ids[2]))
    expect(row(page, ids[1])).to_have_attribute("aria-selected", "true")
    expect(row(page, ids[0])).to_have_attribute("aria-checked", "true")
    expect(page.get_by_text("1 marked")).to_be_visible()
    expect(row(page, new[0])).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Show 1 new")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="1 new")).to_have_count(1)
    page.keyboard.press(".")
    expect(row(page, new[0])).to_be_visible()
    expect(row(page, ids[1])).to_have_attribute("aria-selected", "true")


def test_keys_lead_to_tabs_and_into_the_case(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, OMAR, "/?view=open")
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page.get_by_role("tab", name="Mine")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("g")
    page.keyboard.press("u")
    expect(page).not_to_have_url(re.compile("view="))
    expect(row(page, board.cases[2])).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator(".st-key-case_pane")).to_be_focused()
    page.get_by_role("tab", name="Unassigned").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Mine")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_contain_text("your inbox: Mine")
    page.keyboard.press("e")  # of a sheet no key goes to the list
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    expect(page.get_by_role("dialog", name="Filters").get_by_label("Platform")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Filters")).to_be_focused()


def test_colleagues_who_look_are_seen_in_the_list(board: Board, visitors: Visitors) -> None:
    case_id, omar = add_cases(board, "lookword", 1)[0], member_key(board, OMAR)
    with board.database.write() as session:
        look(session, case_id, omar, board.now())
    page = visitors.sign_in(board, DANA, "/?q=lookword")
    expect(row(page, case_id).get_by_title("Omar Haddad is looking")).to_be_visible()
    with board.database.write() as session:
        look(session, case_id, omar, board.now(), typing=True)
    expect(row(page, case_id).get_by_title("Omar Haddad is writing")).to_be_visible()
