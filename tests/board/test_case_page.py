"""What a responder does to the open case, in a real browser."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import streamlit as st
from sqlmodel import col, select

from board.case.asked import asked_of
from core.types import CaseStatus
from storage.handover import HELD
from storage.notes import add_note
from storage.outbox import claim_messages, mark_sent
from storage.rows import id_of
from storage.tables import Case, Courier, Outbox, PostRow
from tests.board.conftest import Board, Visitors
from tests.board.seeding import DANA, OMAR

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, expect
else:
    expect = pytest.importorskip("playwright.sync_api", reason="needs the package playwright").expect

pytestmark = pytest.mark.browser
CLAIMED, TWO_POSTS, OTHER, UNSURE, ANSWERED, STRANGE, CORRECTED = range(1, 8)


@pytest.fixture(scope="module")
def cases(serve: Callable[[], Board]) -> Board:
    """A board of these tests' own; each works on cases of its own."""
    board = serve()
    with board.database.write() as session:
        case = session.get_one(Case, TWO_POSTS)
        case.author_key = case.author.casefold()
        session.add(case)
        session.add(Courier(name="Parcelline", contact="claims@parcelline.example"))
    return board


def acts(page: "Page") -> "Locator":
    return page.get_by_role("group", name="More for this case")


def dialog(page: "Page") -> "Locator":
    return page.locator("dialog[open]")


def choose(page: "Page", button: str, item: str) -> None:
    acts(page).get_by_role("button", name=button).click()
    page.get_by_role("menuitem", name=item).click()


def case_of(board: Board, case_id: int) -> Case:
    with board.database.read() as session:
        return session.get_one(Case, case_id)


def test_a_case_is_sent_to_a_colleague_and_that_is_taken_back(cases: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(cases, DANA, f"/?case={CLAIMED}")
    choose(page, "Send to", "Omar Haddad")
    expect(page.get_by_role("button", name="Taken by Omar Haddad")).to_be_visible()
    expect(page.get_by_text("sent the case to Omar Haddad")).to_be_visible()
    page.keyboard.press("z")
    expect(page.get_by_role("button", name="Assign to me")).to_be_visible()
    expect(page.get_by_text("took back: sent cases")).to_be_visible()
    assert case_of(cases, CLAIMED).assignee_id is None


def test_a_case_is_put_off_and_brought_back(cases: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(cases, DANA, f"/?case={UNSURE}")
    acts(page).get_by_role("button", name="Snooze").click()
    page.get_by_role("button", name="Tomorrow morning").click()
    expect(page.get_by_text("Case 4 is put off.")).to_be_visible()
    until = case_of(cases, UNSURE).snoozed_until
    assert until is not None
    assert timedelta() < until - cases.now() < timedelta(days=2)
    page.goto(f"{cases.address}/?case={UNSURE}")
    expect(page.get_by_text("Put off until")).to_be_visible()
    page.get_by_role("button", name="Bring back now").click()
    expect(acts(page).get_by_role("button", name="Snooze")).to_be_visible()
    assert case_of(cases, UNSURE).status is CaseStatus.NEW
    acts(page).get_by_role("button", name="More").click()
    page.get_by_role("menuitemradio", name="Resolved").click()
    expect(page.get_by_text("changed the status from “New” to “Resolved”")).to_be_visible()


def test_posts_are_split_off_and_the_cases_made_one_again(cases: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(cases, DANA, f"/?case={TWO_POSTS}")
    choose(page, "More", "Split into two cases")
    dialog(page).get_by_role("button", name="Split", exact=True).click()
    expect(dialog(page).get_by_text("Choose the posts of the author")).to_be_visible()
    dialog(page).get_by_role("checkbox").last.check()
    dialog(page).get_by_role("button", name="Split", exact=True).click()
    expect(page.get_by_text("split 1 post off into case 10")).to_be_visible()
    page.get_by_text("Earlier from this author").click()
    page.get_by_role("button", name="Case 10, new").click()
    expect(page.get_by_text("Case 10", exact=True)).to_be_visible()
    choose(page, "More", "Merge with another case")
    dialog(page).get_by_role("radio").first.check()
    dialog(page).get_by_role("button", name="Merge", exact=True).click()
    expect(page.get_by_text("Holds what was in")).to_be_visible()
    page.goto(f"{cases.address}/?case=10")
    expect(page.get_by_text("This case was merged into case 2")).to_be_visible()
    expect(acts(page)).to_have_count(0)
    with cases.database.read() as session:
        of_case = select(PostRow.id).where(PostRow.case_id == TWO_POSTS).order_by(col(PostRow.posted_at))
        assert session.exec(of_case).all() == [2, 3]


def test_a_correction_counts_at_once_and_says_who_made_it(cases: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(cases, OMAR, f"/?case={CORRECTED}")
    page.get_by_role("button", name="Correct", exact=True).click()
    dialog(page).get_by_role("button", name="Came unannounced").click()
    dialog(page).get_by_role("button", name="Damaged").click()
    dialog(page).get_by_role("button", name="Correct", exact=True).click()
    expect(dialog(page).get_by_text("A complaint has a reason")).to_be_visible()
    dialog(page).get_by_role("button", name="Billing").click()
    dialog(page).get_by_role("button", name="Condemns").click()
    dialog(page).get_by_role("button", name="Correct", exact=True).click()
    expect(page.get_by_text("corrected the model: Billing; severity “Condemns”")).to_be_visible()
    expect(page.get_by_text("Billing · Condemns said Omar Haddad")).to_be_visible()
    case = case_of(cases, CORRECTED)
    assert (list(case.reasons), case.severity) == (["billing"], 4)


def test_a_case_is_handed_over_in_two_steps(cases: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(cases, DANA, f"/?case={OTHER}")
    choose(page, "More", "Hand over by e-mail")
    message = dialog(page).get_by_label("Message")
    dialog(page).get_by_label("To", exact=True).select_option(label="Parcelline, claims@parcelline.example")
    message.fill("Where is the second lamp?")
    with cases.database.write() as session:
        add_note(session, OTHER, 2, "I ask the depot meanwhile", cases.now())
    page.get_by_text("I ask the depot meanwhile").wait_for()  # the page was refreshed, and what is typed stays
    expect(message).to_have_value("Where is the second lamp?")
    dialog(page).get_by_role("button", name="Check and send").click()
    expect(dialog(page).get_by_text("claims@parcelline.example as it stands, 20 seconds after")).to_be_visible()
    with cases.database.read() as session:
        assert session.exec(select(Outbox)).all() == []
    dialog(page).get_by_role("button", name="Send the e-mail").click()
    expect(page.get_by_text("handed the case over to Parcelline by e-mail")).to_be_visible()
    expect(dialog(page)).to_have_count(0)
    with cases.database.read() as session:
        mail = session.exec(select(Outbox)).one()
    assert mail.recipient == "claims@parcelline.example"
    expect(page.get_by_text("by e-mail, which leaves in a few seconds")).to_be_visible()
    page.keyboard.press("z")
    expect(page.get_by_text("took back: handed the case over to Parcelline")).to_be_visible()
    expect(page.get_by_text("handed the case over to Parcelline by e-mail")).to_have_count(0)
    choose(page, "More", "Hand over by e-mail")
    expect(dialog(page).get_by_label("Message")).to_have_value("Where is the second lamp?")
    dialog(page).get_by_label("To", exact=True).select_option(label="Parcelline, claims@parcelline.example")
    dialog(page).get_by_role("button", name="Check and send").click()
    dialog(page).get_by_role("button", name="Send the e-mail").click()
    expect(page.get_by_text("by e-mail, which leaves in a few seconds")).to_be_visible()
    with cases.database.write() as session:
        [message] = claim_messages(session, "worker", cases.now() + HELD, timedelta(minutes=1), 1)
        mark_sent(session, id_of(message), cases.now())
    expect(page.get_by_text("by e-mail, sent at")).to_be_visible()
    page.keyboard.press("z")
    expect(page.get_by_text("and cannot be taken back. The case stays as it is.")).to_be_visible()
    expect(page.get_by_text("by e-mail, sent at")).to_be_visible()


class Session(dict[str, Any]):
    """A page's state without a page."""


def test_what_is_asked_again_or_about_another_case_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    asks = [{"case": 3, "number": 5}, {"case": 4, "number": 6}, {"case": 4, "number": 6}, "?", {"case": 4}]
    state = Session(chosen_case=4, acts={"ask": asks}, heard=4)
    monkeypatch.setattr(st, "session_state", state)
    assert [told["number"] for told in asked_of("acts", "heard")] == [6]
    assert list(asked_of("acts", "heard")) == []
    assert state["heard"] == 6
    assert [words for words, _ in state["notices"]] == [
        "Another case was open by then, and nothing was done. Look at it and try again."
    ]
