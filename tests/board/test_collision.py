"""Two members at one case: who looks, who writes, and that the customer hears from one of them."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from core.types import CaseStatus
from storage.casework import note_brand_reply
from storage.rows import id_of
from storage.tables import Case, CaseEvent, EventKind, PostRow, Reply, ReplyState
from tests.board.conftest import Board, Visitors
from tests.board.seeding import DANA, OMAR, Seed, add_case

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, WebSocketRoute, expect
else:
    expect = pytest.importorskip("playwright.sync_api", reason="needs the package playwright").expect

pytestmark = pytest.mark.browser


def new_case(board: Board, author: str) -> int:
    with board.database.write() as session:
        seed = Seed(author, "", ("Where is my parcel?",), minutes_ago=5, severity=3)
        return add_case(session, 1, seed, board.now())


def field(page: "Page") -> "Locator":
    return page.get_by_role("textbox", name="Reply", exact=True)


def kept(page: "Page") -> "Locator":
    return page.get_by_text(re.compile("Draft kept|is yours: you began its answer"))


def hints(page: "Page") -> "Locator":
    return page.locator(".hints")


def case_of(board: Board, case_id: int) -> Case:
    with board.database.read() as session:
        return session.get_one(Case, case_id)


def answers(board: Board, case_id: int) -> list[str]:
    with board.database.read() as session:
        query = select(Reply.text).where(Reply.case_id == case_id, Reply.state == ReplyState.SENT)
        return list(session.exec(query.order_by(Reply.id)))


def kinds(board: Board, case_id: int) -> list[EventKind]:
    with board.database.read() as session:
        return list(session.exec(select(CaseEvent.kind).where(CaseEvent.case_id == case_id).order_by(CaseEvent.id)))


def test_two_members_never_answer_the_same_post(board: Board, visitors: Visitors) -> None:
    case_id = new_case(board, "@both")
    dana, omar = (visitors.sign_in(board, who, f"/?case={case_id}") for who in (DANA, OMAR))
    expect(omar.get_by_role("status").filter(has_text="Dana Fischer is looking at this")).to_be_visible()

    field(dana).click()
    dana.keyboard.type("We are sorry")
    expect(dana.get_by_text(f"Case {case_id} is yours: you began its answer.")).to_be_visible()
    expect(omar.get_by_role("status").filter(has_text="Dana Fischer is writing")).to_be_visible()
    expect(hints(omar)).to_contain_text("Dana Fischer has this case.")
    field(omar).fill("Hello, let us look")
    expect(kept(omar)).to_be_visible()
    expect(omar.get_by_role("button", name="Mark as answered")).to_be_disabled()
    expect(omar.get_by_role("button", name="Copy and open the post")).to_be_disabled()

    omar.get_by_role("button", name="Take over from Dana Fischer").click()
    expect(omar.get_by_text(f"Case {case_id} is yours.")).to_be_visible()
    expect(hints(dana)).to_contain_text("Omar Haddad took this case over from you just now. Your draft is kept.")
    expect(field(dana)).to_have_value("We are sorry")
    expect(dana.get_by_role("button", name="Mark as answered")).to_be_disabled()
    assert EventKind.TAKEN_OVER in kinds(board, case_id)

    omar.get_by_role("button", name="Mark as answered").click()
    expect(field(omar)).to_have_value("")
    expect(hints(dana)).to_contain_text("Omar Haddad answered this post just now. Your draft is kept.")
    expect(hints(dana)).to_contain_text("Hello, let us look")
    assert answers(board, case_id) == ["Hello, let us look"]
    dana.get_by_role("button", name="I posted it anyway").click()
    expect(field(dana)).to_have_value("")
    assert answers(board, case_id) == ["We are sorry", "Hello, let us look"]  # her draft was the first row
    assert case_of(board, case_id).status is CaseStatus.WAITING


def test_page_that_did_not_see_the_newer_answer_marks_nothing(board: Board, visitors: Visitors) -> None:
    case_id = new_case(board, "@stale")
    page = visitors.page(visitors.context())
    held: list[str | bytes] | None = None

    def connect(socket: "WebSocketRoute") -> None:
        server = socket.connect_to_server()
        server.on_message(lambda message: socket.send(message) if held is None else held.append(message))

    page.route_web_socket(re.compile("_stcore/stream"), connect)
    visitors.enter(page, board, DANA, f"/?case={case_id}")
    field(page).fill("It leaves tomorrow.")
    expect(kept(page)).to_be_visible()
    mark = page.get_by_role("button", name="Mark as answered")
    expect(mark).to_be_enabled()
    held = []
    add_brand_reply(board, case_id, "We have found it!")
    mark.click()
    page.wait_for_timeout(1500)
    late, held = held, None
    assert late
    page.reload()
    expect(hints(page)).to_contain_text("Brindle Home answered this post on X")
    expect(field(page)).to_have_value("It leaves tomorrow.")
    assert answers(board, case_id) == []

    page.get_by_role("button", name="Throw the draft away").click()
    expect(field(page)).to_have_value("")
    page.get_by_role("button", name="Put it back").click()
    expect(field(page)).to_have_value("It leaves tomorrow.")
    page.get_by_role("button", name="Answer once more").click()
    expect(mark).to_be_enabled()
    mark.click()
    expect(field(page)).to_have_value("")
    assert answers(board, case_id) == ["It leaves tomorrow."]


def test_reply_that_was_seen_where_it_was_posted_is_the_members_own(board: Board, visitors: Visitors) -> None:
    case_id = new_case(board, "@seen")
    page = visitors.sign_in(board, DANA, f"/?case={case_id}")
    field(page).fill("It leaves tomorrow.")
    expect(kept(page)).to_be_visible()
    add_brand_reply(board, case_id, "@seen It leaves tomorrow.")
    expect(hints(page)).to_contain_text("This reply was seen on X")
    page.get_by_role("button", name="Mark as answered").click()
    expect(field(page)).to_have_value("")
    assert answers(board, case_id) == ["It leaves tomorrow."]


def add_brand_reply(board: Board, case_id: int, text: str) -> None:
    """Store the brand's own post in the case, as a collector sees it."""
    at = board.now() - timedelta(seconds=1)
    with board.database.write() as session:
        post = PostRow(
            platform="x",
            platform_id=f"seen-{case_id}",
            brand_id=1,
            author="brindlehome",
            author_name="Brindle Home",
            text=text,
            is_own=True,
            parent_id=f"{case_id}-0",
            posted_at=at,
            collected_at=at,
            classified_with="test-1",
        )
        session.add(post)
        session.flush()
        assert id_of(post)
        note_brand_reply(session, session.get_one(Case, case_id), post, at)
