"""Reading on a phone: two pages for queue and case, and every page fits 390 px."""

import re
from typing import TYPE_CHECKING

import pytest

from tests.board.conftest import Board, Visitors
from tests.board.seeding import DANA
from tests.board.test_accessibility import PAGES, settle

if TYPE_CHECKING:
    from playwright.sync_api import Page, expect
else:
    expect = pytest.importorskip("playwright.sync_api", reason="needs the package playwright").expect

pytestmark = pytest.mark.browser
WIDTH = 390
SMALLEST_TARGET = 24  # WCAG 2.2 AA, 2.5.8
# What sticks out at the right, where nothing around it scrolls sideways or cuts it off.
STICKS_OUT = """width => {
    const out = [];
    const look = (root) => root.querySelectorAll("*").forEach((tag) => {
        if (tag.shadowRoot) look(tag.shadowRoot);
        const box = tag.getBoundingClientRect();
        if (box.width === 0 || box.right <= width + 1) return;
        for (let around = tag; around; around = around.parentElement ?? around.getRootNode().host)
            if (around !== tag && getComputedStyle(around).overflowX !== "visible") return;
        out.push(`${tag.tagName}.${tag.className} ${tag.textContent.slice(0, 40)}`);
    });
    look(document);
    return out.slice(0, 5);
}"""
SMALL_TARGETS = """smallest => {
    const out = [];
    const look = (root) => root.querySelectorAll("*").forEach((tag) => {
        if (tag.shadowRoot) look(tag.shadowRoot);
        if (!tag.matches("button, [role=tab], [role=button], summary, select") || !tag.checkVisibility()) return;
        const box = tag.getBoundingClientRect();
        if (box.width > 0 && (box.height < smallest || box.width < smallest))
            out.push(`${tag.tagName} ${tag.ariaLabel ?? tag.textContent.slice(0, 30)} ${box.width}x${box.height}`);
    });
    look(document);
    return out;
}"""


@pytest.fixture
def board(whole_board: Board) -> Board:
    return whole_board


def sideways(page: "Page") -> int:
    """Return by how many pixels the page can be scrolled sideways."""
    main = page.get_by_test_id("stMain")
    widest: int = main.evaluate("main => Math.max(main.scrollWidth - main.clientWidth, 0)")
    whole: int = page.evaluate(f"document.documentElement.scrollWidth - {WIDTH}")
    return max(widest, whole)


def test_every_page_fits_a_phone_and_can_be_pressed(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, DANA, phone=True)
    failed = {}
    for name, path in PAGES.items():
        page.goto(board.address + path.format(case=board.cases[10]))
        page.wait_for_selector(".st-key-top_bar_row h1", state="attached")
        settle(page)
        found = (sideways(page), page.evaluate(STICKS_OUT, WIDTH), page.evaluate(SMALL_TARGETS, SMALLEST_TARGET))
        if found != (0, [], []):
            failed[name] = found
    assert not failed, "\n".join(f"{name}: {found}" for name, found in failed.items())


def test_list_and_case_are_two_pages_with_the_way_back(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, DANA, phone=True)
    row = page.locator(f"[role=option][data-id='{board.cases[0]}']")
    row.tap()
    expect(page.get_by_text(f"Case {board.cases[0]}", exact=True)).to_be_visible()
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(page.get_by_role("button", name="Assign to me")).to_be_in_viewport()
    page.go_back()
    expect(page.get_by_role("listbox")).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.get_by_role("button", name="‹ Queue").tap()
    expect(row).to_be_visible()
    page.reload()
    expect(row).to_be_visible()


def test_menu_leads_on_and_away_again(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, DANA, phone=True)
    page.goto(f"{board.address}/?case={board.cases[0]}")
    expect(page.get_by_text(f"Case {board.cases[0]}", exact=True)).to_be_visible()
    page.get_by_role("button", name="Menu").tap()
    expect(page.get_by_role("link", name="Queue", exact=True)).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="Team").tap()
    expect(page).to_have_url(re.compile("/team$"))
    expect(page.get_by_role("button", name="Menu")).to_have_attribute("aria-expanded", "false")
    page.go_back()
    expect(page.get_by_text(f"Case {board.cases[0]}", exact=True)).to_be_visible()
