"""Answering in a real browser: templates, checks, copying, marking, promises, and typing that nothing loses."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from core.types import CaseStatus
from storage.members import member_by_email
from storage.notes import note_draft_of
from storage.replies import draft_of
from storage.rows import id_of
from storage.tables import Case, Note, Notice, Promise, PromiseState, Reply, ReplyState, ReplyTemplate
from tests.board.conftest import Board, Visitors
from tests.board.seeding import DANA, OMAR, Seed, add_case

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route, expect
else:
    expect = pytest.importorskip("playwright.sync_api", reason="needs the package playwright").expect

pytestmark = pytest.mark.browser
NO_CONNECTION = "() => { window.fetch = () => Promise.reject(new TypeError('no connection')) }"
COPIES = "Object.keys(localStorage).filter((key) => key.startsWith('ac-draft:'))"


def new_case(board: Board, author: str, *texts: str) -> int:
    with board.database.write() as session:
        seed = Seed(author, "", texts or ("Where is my parcel?",), minutes_ago=90, severity=3)
        return add_case(session, 1, seed, board.now())


def field(page: "Page", name: str = "Reply") -> "Locator":
    return page.get_by_role("textbox", name=name, exact=True)


def kept(page: "Page") -> "Locator":
    return page.get_by_text(re.compile("Draft kept|is yours: you began its answer"))


def button(page: "Page", name: str) -> "Locator":
    return page.get_by_role("button", name=name, exact=True)


def draft(board: Board, case_id: int, email: str = DANA) -> str:
    with board.database.read() as session:
        member = member_by_email(session, email)
        assert member is not None
        return draft_of(session, case_id, id_of(member))


def test_reply_from_a_template_is_copied_posted_and_marked(board: Board, visitors: Visitors) -> None:
    case_id = new_case(board, "@zoe", "Where is it?", "Anybody there?")
    with board.database.write() as session:
        for name, text in (
            ("Late parcel", "Hi {author}, we will call you by 31 December 2030. Case {case}, {member}"),
            ("Ask the courier", "We have asked {courier}."),
        ):
            session.add(ReplyTemplate(name=name, text=text, created_at=board.now()))
    context = visitors.context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.route("https://social.example/**", lambda route: route.fulfill(body="the post"))
    page = visitors.page(context)
    visitors.enter(page, board, DANA, f"/?case={case_id}")

    field(page).fill("Dear customer. Bye.")
    field(page).evaluate("field => field.setSelectionRange(14, 14)")
    button(page, "Templates").click()
    search = page.get_by_role("combobox", name="Search templates")
    search.fill("courier")
    search.press("Enter")
    expect(page.get_by_text("Nothing is known here for {courier}").last).to_be_visible()
    expect(field(page)).to_have_value("Dear customer. Bye.")
    search.fill("late par")
    search.press("Enter")
    reply = f"Dear customer.Hi @zoe, we will call you by 31 December 2030. Case {case_id}, Dana Fischer Bye."
    expect(field(page)).to_have_value(reply)
    expect(page.locator(".length")).to_have_text(f"{len(reply)} / 280")
    expect(page.get_by_label("Keep this promise in mind")).to_be_checked()

    page.get_by_label("Answering").select_option(index=0)
    with context.expect_page() as opened:
        button(page, "Copy and open the post").click()
    assert opened.value.url == f"https://social.example/p/{case_id}-0"
    assert opened.value.evaluate("window.opener") is None
    assert page.evaluate("navigator.clipboard.readText()") == reply
    opened.value.close()

    at = datetime.now(UTC) - timedelta(minutes=10)
    page.get_by_label("When it was posted").select_option("earlier")
    expect(button(page, "Mark as answered")).to_be_disabled()
    local = page.evaluate(
        "at => new Date(at - new Date().getTimezoneOffset() * 60000).toISOString()", at.timestamp() * 1000
    )
    page.get_by_label("Posted at").fill(local[:16])
    button(page, "Mark as answered").click()
    expect(page.get_by_text(f"Case {case_id} is answered and waits for the customer.")).to_be_visible()
    expect(field(page)).to_have_value("")
    expect(page.get_by_label("Keep this promise in mind")).to_have_count(0)
    with board.database.read() as session:
        answer = session.exec(select(Reply).where(Reply.case_id == case_id)).one()
        assert (answer.text, answer.state) == (reply, ReplyState.SENT)
        assert answer.sent_at == at.replace(second=0, microsecond=0)
        assert session.get_one(Case, case_id).status is CaseStatus.WAITING
        promise = session.exec(select(Promise).where(Promise.case_id == case_id)).one()
        assert (promise.reply_id, promise.due_at) == (answer.id, datetime(2030, 12, 31, 23, 59, 59, tzinfo=UTC))

    promises = page.get_by_role("region", name="Promises")
    expect(promises).to_contain_text("we will call you by 31 December 2030.")
    promises.get_by_role("button", name="Kept").click()
    expect(promises).to_contain_text("Kept just now")
    button(page, "Note a promise").click()
    page.get_by_role("textbox", name="What was promised").fill("A voucher")
    button(page, "Note it").click()
    expect(promises).to_contain_text("No time was promised")
    with board.database.read() as session:
        states = session.exec(select(Promise.state).where(Promise.case_id == case_id).order_by(Promise.id)).all()
    assert states == [PromiseState.KEPT, PromiseState.OPEN]


def test_post_without_an_address_is_said_and_a_refused_clipboard_leaves_the_text_selected(
    board: Board, visitors: Visitors
) -> None:
    with board.database.write() as session:
        seed = Seed("nobody", "", ("Where is it?",), platform="files", url="")
        case_id = add_case(session, 1, seed, board.now())
    context = visitors.context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visitors.page(context)
    visitors.enter(page, board, DANA, f"/?case={case_id}")
    field(page).fill("We are sorry, call us.")
    button(page, "Copy").click()
    expect(page.get_by_text("This post has no address on an imported file")).to_be_visible()
    assert len(context.pages) == 1
    page.evaluate(
        "navigator.clipboard.writeText = () => Promise.reject(new Error('no')); document.execCommand = () => false"
    )
    button(page, "Copy").click()
    expect(page.get_by_text("The browser did not allow copying")).to_be_visible()
    assert field(page).evaluate("field => field.selectionEnd - field.selectionStart") == len("We are sorry, call us.")


def test_typing_survives_a_lost_connection_a_restart_and_a_closed_page(board: Board, visitors: Visitors) -> None:
    case_id = new_case(board, "@keep")
    context = visitors.context()
    page = visitors.page(context)
    visitors.enter(page, board, DANA, f"/?case={case_id}")
    page.evaluate(NO_CONNECTION)
    field(page).fill("We are so")
    expect(page.get_by_text("The draft is not kept yet")).to_be_visible()
    page.goto(f"{board.address}/?case={case_id}")
    expect(field(page)).to_have_value("We are so")
    expect(kept(page)).to_be_visible()
    assert draft(board, case_id) == "We are so"
    assert page.evaluate(COPIES) == []

    field(page).press("End")
    page.keyboard.type("rry, ")
    board.restart()
    page.keyboard.type("Zoe.")
    page.get_by_role("tab", name="Note to the team").click()
    field(page, "Note to the team").fill("Ring the")
    expect(kept(page)).to_be_visible(timeout=90_000)
    page.close()
    page = visitors.page(context)
    page.goto(f"{board.address}/?case={case_id}")
    expect(field(page)).to_have_value("We are sorry, Zoe.")
    page.get_by_role("tab", name="Note to the team").click()
    expect(field(page, "Note to the team")).to_have_value("Ring the")
    assert page.evaluate(COPIES) == []


def test_words_of_one_member_are_not_there_for_another(board: Board, visitors: Visitors) -> None:
    case_id = new_case(board, "@alone")
    context = visitors.context()
    page = visitors.page(context)
    visitors.enter(page, board, DANA, f"/?case={case_id}", "textarea[aria-label=Reply]")
    page.evaluate(NO_CONNECTION)
    field(page).fill("Mine alone")
    expect(page.get_by_text("The draft is not kept yet")).to_be_visible()
    assert len(page.evaluate(COPIES)) == 1
    context.clear_cookies()  # the session ends without a word
    visitors.enter(page, board, OMAR, f"/?case={case_id}", "textarea[aria-label=Reply]")
    expect(field(page)).to_have_value("")
    assert page.evaluate(COPIES) == []

    page.evaluate(NO_CONNECTION)
    field(page).fill("Omar's")
    expect(page.get_by_text("The draft is not kept yet")).to_be_visible()
    page.get_by_role("button", name=re.compile("Omar Haddad")).first.click()
    page.get_by_role("button", name="Sign out").or_(page.get_by_role("menuitem", name="Sign out")).first.click()
    page.get_by_label("E-mail address").wait_for()
    assert page.evaluate(COPIES) == []


def test_an_answer_can_be_begun_before_the_list_is_there(board: Board, visitors: Visitors) -> None:
    case_id = new_case(board, "@early")
    page = visitors.page(visitors.context())
    held: list[Route] = []
    page.route("**/api/parts/queue_queue_list.*.js", lambda route: held.append(route))
    visitors.enter(page, board, DANA, f"/?case={case_id}", "textarea[aria-label=Reply]")
    field(page).fill("We ring the courier now.")
    expect(page.get_by_text(f"Case {case_id} is yours: you began its answer.")).to_be_visible()
    assert draft(board, case_id) == "We ring the courier now."
    for route in held:
        route.continue_()
    expect(page.get_by_role("listbox", name="Cases")).to_be_visible()
    expect(field(page)).to_have_value("We ring the courier now.")


def test_a_part_of_the_page_that_does_not_come_at_once_is_asked_for_again(board: Board, visitors: Visitors) -> None:
    case_id = new_case(board, "@blip")
    page = visitors.page(visitors.context())
    refused: list[str] = []

    def refuse(route: "Route") -> None:
        refused.append(route.request.url)
        route.abort()

    for kind in ("js", "css"):
        page.route(f"**/api/parts/case_composer.*.{kind}", refuse, times=1)
    visitors.enter(page, board, DANA, f"/?case={case_id}", "textarea[aria-label=Reply]")
    expect(field(page)).to_have_css("resize", "vertical")
    assert len(refused) == 2


def test_the_case_that_an_answer_took_is_free_again_by_undo(board: Board, visitors: Visitors) -> None:
    case_id = new_case(board, "@undone")
    page = visitors.page(visitors.context())
    visitors.enter(page, board, DANA, f"/?case={case_id}", "textarea[aria-label=Reply]")
    field(page).fill("We ring the courier now.")
    expect(page.get_by_text(f"Case {case_id} is yours: you began its answer.")).to_be_visible()
    button(page, "Undo z").click()
    expect(page.get_by_text(f"Taken back: Case {case_id} as before.")).to_be_visible()
    expect(field(page)).to_have_value("We ring the courier now.")
    with board.database.read() as session:
        case = session.get_one(Case, case_id)
        assert (case.assignee_id, case.status) == (None, CaseStatus.NEW)


def test_note_names_a_colleague_who_is_told(board: Board, visitors: Visitors) -> None:
    case_id = new_case(board, "@note")
    page = visitors.sign_in(board, DANA, f"/?case={case_id}")
    page.get_by_role("tab", name="Note to the team").click()
    note = field(page, "Note to the team")
    note.click()
    page.keyboard.type("Ask @om")
    expect(page.get_by_role("listbox", name="Colleagues").get_by_role("option", name="Omar Haddad")).to_be_visible()
    page.keyboard.press("Enter")
    expect(note).to_have_value("Ask @Omar Haddad ")
    page.keyboard.type("for the van.")
    button(page, "Add note").click()
    expect(page.get_by_text("Note added. Omar Haddad will be told.")).to_be_visible()
    expect(note).to_have_value("")
    with board.database.read() as session:
        omar = member_by_email(session, OMAR)
        dana = member_by_email(session, DANA)
        assert omar is not None
        assert dana is not None
        assert session.exec(select(Note.text).where(Note.case_id == case_id)).all() == ["Ask @Omar Haddad for the van."]
        assert session.exec(select(Notice.member_id).where(Notice.case_id == case_id)).all() == [omar.id]
        assert note_draft_of(session, case_id, id_of(dana)) == ""


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Grüße, 世界!", "12 / 280"),
        ("👩‍👩‍👧‍👦🇩🇪", "4 / 280"),
        ("see https://parcelo.example/" + "a" * 90, "27 / 280"),
        ("x" * 281, "281 / 280"),
        ("x" * 100_000, "far over 280"),
    ],
)
def test_reply_is_counted_as_x_does(board: Board, visitors: Visitors, text: str, count: str) -> None:
    page = visitors.sign_in(board, DANA, f"/?case={board.cases[0]}")
    field(page).fill(text)
    expect(page.locator(".length")).to_have_text(count)
    field(page).fill("")


def test_strange_text_is_kept_as_it_is_and_unseen_text_is_none(board: Board, visitors: Visitors) -> None:
    case_id = new_case(board, "@strange")
    page = visitors.sign_in(board, DANA, f"/?case={case_id}")
    field(page).fill("\u200b\u2060\ufeff")
    expect(page.get_by_text("Nothing of this text can be seen.")).to_be_visible()
    expect(button(page, "Mark as answered")).to_be_disabled()
    expect(button(page, "Copy and open the post")).to_be_disabled()
    strange = "שלום \u202eabc 👩‍🚀 <b>x</b> {case} " * 300  # 9,000 letters; tests/board/test_gate.py keeps the longest
    field(page).fill(strange)
    expect(page.get_by_text("The reply still holds {case}")).to_be_visible()
    expect(button(page, "Mark as answered")).to_be_disabled()
    expect(kept(page)).to_be_visible()
    assert draft(board, case_id) == strange
    page.reload()
    expect(field(page)).to_have_value(strange)
    with board.database.read() as session:
        assert session.get_one(Case, case_id).first_reply_at is None
