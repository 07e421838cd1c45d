"""What stands around every page: the bar, where it leads, who may go there, and what is shown when a page fails."""

import re
from typing import TYPE_CHECKING

import pytest

from tests.board.conftest import Board, Visitors
from tests.board.seeding import DANA, OMAR

if TYPE_CHECKING:
    from playwright.sync_api import Page, expect
else:
    expect = pytest.importorskip("playwright.sync_api", reason="needs the package playwright").expect

pytestmark = pytest.mark.browser


@pytest.fixture
def board(whole_board: Board) -> Board:
    return whole_board


def at(page: "Page", path: str, title: str) -> None:
    expect(page).to_have_url(re.compile(rf"/{path}(\?.*)?$"))
    expect(page).to_have_title(f"{title} · Afterclick")
    expect(page.get_by_role("heading", name=title, level=1)).to_have_count(1)


def test_bar_leads_to_every_page_without_loading_anew_and_marks_where_one_is(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, DANA)
    page.evaluate("window.isSameDocument = true")
    page.get_by_role("link", name="Reports").click()
    at(page, "reports", "Reports")
    expect(page.get_by_role("link", name="Reports")).to_have_attribute("aria-current", "page")
    for title in ("Team", "Rules", "Templates", "Couriers", "Model"):
        manage = page.get_by_role("button", name="Manage", exact=True)
        manage.click()
        expect(manage).to_have_attribute("aria-expanded", "true")
        page.get_by_role("link", name=title).click()
        at(page, title.lower(), title)
        expect(manage).to_have_attribute("aria-current", "true")
        expect(page.get_by_role("link", name=title)).to_have_count(0)  # the menu is shut again
    page.get_by_role("button", name="Dana Fischer", exact=True).click()
    page.get_by_role("link", name="Account").click()
    at(page, "account", "Account")
    page.go_back()
    at(page, "model", "Model")
    page.go_back()
    at(page, "couriers", "Couriers")
    page.get_by_role("link", name="Afterclick: go to the queue").click()
    at(page, "", "Queue")
    assert page.evaluate("window.isSameDocument")


def test_keys_and_screen_readers_find_their_way(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, DANA)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to main content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    skip.press("Enter")
    behind_bar = "document.activeElement.closest('.st-key-top_bar_row, main:focus') === null"
    assert page.evaluate(behind_bar)
    page.keyboard.press("Tab")
    assert page.evaluate(behind_bar)
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("g")
    page.keyboard.press("s")
    at(page, "sources", "Sources")
    expect(page.get_by_role("status").filter(has_text="Sources page")).to_have_count(1)
    manage = page.get_by_role("button", name="Manage", exact=True)
    manage.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Team")).to_be_focused()
    page.keyboard.press("Escape")
    expect(manage).to_be_focused()
    expect(manage).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("g")
    page.keyboard.press("i")
    at(page, "", "Queue")
    expect(page).to_have_url(re.compile("view=mine"))
    expect(page.get_by_role("tab", name="Mine")).to_have_attribute("aria-selected", "true")


def test_back_button_leads_to_the_case_that_was_open(board: Board, visitors: Visitors) -> None:
    case_id = board.cases[0]
    page = visitors.sign_in(board, DANA, f"/?case={case_id}")
    expect(page.get_by_text(f"Case {case_id}", exact=True)).to_be_visible()
    page.get_by_role("link", name="Sources").click()
    at(page, "sources", "Sources")
    page.go_back()
    expect(page.get_by_text(f"Case {case_id}", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(rf"\?case={case_id}$"))


def test_word_that_is_typed_leads_nowhere(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, DANA)
    page.goto(f"{board.address}/sources")
    at(page, "sources", "Sources")
    page.keyboard.type("ring")  # its field went away under the typist: "n" and "g" come at once
    page.keyboard.press("i")
    page.wait_for_timeout(600)
    at(page, "sources", "Sources")


def test_responder_is_told_whom_to_ask_and_sees_nothing_of_the_page(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, OMAR)
    page.get_by_role("button", name="Manage", exact=True).click()
    expect(page.get_by_role("link", name="Team")).to_be_visible()
    expect(page.get_by_role("link", name="Rules")).to_have_count(0)
    for path, title in (("rules", "Rules"), ("model", "Model")):
        page.goto(f"{board.address}/{path}")
        at(page, path, title)
        expect(page.get_by_text("This page is for managers and admins. Ask Ada Osei or Dana Fischer")).to_be_visible()
        expect(page.locator(f".st-key-{path}")).to_have_count(0)
    page.get_by_role("link", name="Go to the queue", exact=True).click()
    at(page, "", "Queue")


@pytest.mark.parametrize("width", [390, 600, 821, 1024])
def test_bar_fits_the_window_and_reaches_everything(board: Board, visitors: Visitors, width: int) -> None:
    page = visitors.sign_in(board, DANA)
    page.set_viewport_size({"width": width, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for name in ("Menu",) if width <= 820 else ("Manage", "Dana Fischer"):
        page.get_by_role("button", name=name).click()
        for link in page.locator(".drop a, .drop button").all():
            expect(link).to_be_in_viewport(ratio=1)
            box = link.bounding_box()
            assert box is not None
            assert box["height"] >= (44 if width <= 820 else 24)
        page.keyboard.press("Escape")
    expect(page.locator(".drop")).to_have_count(0)


def test_session_that_ends_leads_back_to_the_same_page(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, OMAR)
    other = visitors.page(page.context)
    other.goto(f"{board.address}/couriers?shown=all")
    at(other, "couriers", "Couriers")
    page.get_by_role("button", name="Omar Haddad").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login**")
    other.wait_for_url("**/login?next=%2Fcouriers*", timeout=60_000)


def test_scripts_and_styles_are_fetched_once_and_not_sent_with_every_run(board: Board, visitors: Visitors) -> None:
    page = visitors.page(visitors.context())
    fetched: list[str] = []
    received: list[int] = []
    page.on("request", lambda request: "/api/parts/" in request.url and fetched.append(request.url))
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame))))
    visitors.enter(page, board, DANA, "/")
    page.locator("[role=option]").first.click()
    page.get_by_role("heading", name="History").wait_for()
    page.get_by_role("link", name="Sources").click()
    at(page, "sources", "Sources")
    page.get_by_role("link", name="Queue", exact=True).click()
    page.locator("[role=option]").first.wait_for()
    assert len(fetched) == len(set(fetched)) > 4
    assert max(received) < 40_000  # the rows of a list; its script alone is longer
