"""Filters that take several values, in a real browser: the boxes to tick, the chips, the address, saved views."""

import re
from typing import TYPE_CHECKING

import pytest

from board.queue.selection import SEVERAL
from core.taxonomy import Reason
from storage.cases import claim_case
from storage.members import member_by_email
from storage.rows import id_of
from storage.tables import SavedView
from tests.board.conftest import Board, Visitors
from tests.board.seeding import DANA, OMAR
from tests.board.test_accessibility import grave_violations, settle
from tests.board.test_board import row

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, expect
else:
    expect = pytest.importorskip("playwright.sync_api", reason="needs the package playwright").expect

pytestmark = pytest.mark.browser


def chips(page: "Page") -> "Locator":
    return page.get_by_role("group", name="Filters that are set").get_by_role("button")


def rows(page: "Page") -> "Locator":
    return page.get_by_role("listbox", name="Cases").get_by_role("option")


def picker(page: "Page", label: str) -> "Locator":
    """Return the button of a filter; its name says what is chosen."""
    return page.get_by_role("dialog", name="Filters").get_by_role("button", name=re.compile(f"^{label} "))


def test_several_are_ticked_and_each_is_taken_away_alone(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, OMAR, "/?view=open")
    page.get_by_role("button", name="Filters").click()
    picker(page, "Platform").click()
    boxes = page.get_by_role("dialog", name="Platform")
    boxes.get_by_role("checkbox", name="Reddit").check()
    boxes.get_by_role("checkbox", name="Mastodon").check()
    expect(picker(page, "Platform")).to_have_accessible_name("Platform Mastodon or Reddit")
    expect(page).to_have_url(re.compile(r"platform=mastodon&platform=reddit$"))
    expect(rows(page)).to_have_count(3)
    boxes.get_by_role("button", name="Done").click()
    expect(picker(page, "Platform")).to_be_focused()
    page.get_by_role("button", name="Show 3 cases").click()
    expect(chips(page)).to_have_text(["Mastodon", "Reddit", "Clear all"])
    expect(page.get_by_role("group", name="Filters that are set")).to_contain_text("Platform:Mastodonor")

    page.get_by_role("button", name="Take the filter away: Platform: Mastodon").click()
    expect(chips(page)).to_have_text(["Platform: Reddit"])
    expect(page).to_have_url(re.compile(r"platform=reddit$"))
    expect(rows(page)).to_have_count(2)
    page.go_back()
    expect(chips(page)).to_have_text(["Mastodon", "Reddit", "Clear all"])


def test_reasons_are_found_by_typing_and_ticked_by_keys(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, OMAR, "/?view=open")
    page.keyboard.press("f")
    picker(page, "Reason").press("Enter")
    boxes = page.get_by_role("dialog", name="Reason")
    finder = boxes.get_by_label("Find in Reason")
    expect(finder).to_be_focused()
    expect(boxes.get_by_role("group").first).to_contain_text(re.compile(r"\w"))
    page.keyboard.type("REPL")
    expect(boxes.get_by_role("checkbox")).to_have_count(1)
    expect(boxes.get_by_role("status")).to_have_text(f"1 of {len(Reason)}")
    page.keyboard.press("Enter")
    expect(boxes.get_by_role("checkbox")).to_be_checked()
    page.keyboard.type("zzz")
    expect(boxes.get_by_role("status")).to_have_text("Nothing is called that")
    finder.fill("")
    page.keyboard.press("ArrowDown")
    first = boxes.get_by_role("checkbox").first
    expect(first).to_be_focused()
    page.keyboard.press("Space")
    expect(first).to_be_checked()
    expect(page).to_have_url(re.compile(r"reason=\w+&reason=\w+"))
    expect(first).to_be_focused()  # also after the list was drawn anew
    page.keyboard.press("Escape")
    expect(picker(page, "Reason")).to_be_focused()
    expect(picker(page, "Reason")).to_have_accessible_name(re.compile(" or "))
    picker(page, "Reason").press("Enter")
    boxes.get_by_role("button", name="Any reason").click()
    expect(page).not_to_have_url(re.compile("reason="))
    expect(finder).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Filters")).to_be_focused()


def test_link_asks_for_somebody_or_nobody(board: Board, visitors: Visitors) -> None:
    with board.database.write() as session:
        dana, omar = (id_of(found) for who in (DANA, OMAR) if (found := member_by_email(session, who)))
        claim_case(session, board.cases[1], omar, board.now())
        claim_case(session, board.cases[8], dana, board.now())
    page = visitors.sign_in(board, OMAR, f"/?view=open&platform=reddit,feeds&assignee=nobody&assignee={omar}")
    expect(row(page, board.cases[1])).to_be_visible()
    expect(row(page, board.cases[4])).to_be_visible()
    expect(rows(page)).to_have_count(2)
    expect(chips(page)).to_have_text(["a website", "Reddit", "Nobody", "Omar Haddad (you)", "Clear all"])
    page.go_back()
    page.go_forward()
    expect(rows(page)).to_have_count(2)


def test_view_of_an_older_version_opens_with_its_one_value(board: Board, visitors: Visitors) -> None:
    with board.database.write() as session:
        member = member_by_email(session, OMAR)
        assert member is not None
        kept = {"view": "open", "platform": "reddit", "courier": "Smith, Sons"}
        view = SavedView(member_id=id_of(member), name="Of old", filters=kept, is_shared=False, created_at=board.now())
        session.add(view)
    page = visitors.sign_in(board, OMAR)
    page.get_by_role("button", name="Saved views").click()
    page.get_by_role("button", name=re.compile("^Of old")).click()
    expect(chips(page)).to_have_text(["Platform: Reddit", "Courier: Smith, Sons", "Clear all"])
    expect(page.get_by_role("button", name="Saved views, Of old is open")).to_be_visible()
    page.reload()
    expect(chips(page)).to_have_text(["Platform: Reddit", "Courier: Smith, Sons", "Clear all"])


@pytest.mark.parametrize(("dark", "phone"), [(False, False), (True, False), (False, True)])
def test_boxes_and_chips_have_no_grave_violation(board: Board, visitors: Visitors, dark: bool, phone: bool) -> None:
    page = visitors.page(visitors.context(phone=phone, dark=dark))
    many = "&".join(f"reason={reason}" for reason in list(Reason)[:7])
    visitors.enter(page, board, DANA, f"/?view=open&platform=x&platform=reddit&{many}", ".st-key-top_bar_row h1")
    expect(page.get_by_role("button", name="3 more")).to_be_visible()
    page.get_by_role("button", name="Filters").click()
    picker(page, "Reason").click()
    boxes = page.get_by_role("dialog", name="Reason")
    expect(boxes.get_by_role("checkbox", checked=True)).to_have_count(7)
    settle(page)
    assert grave_violations(page) == []
    box = boxes.bounding_box()
    width = page.evaluate("innerWidth")
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_filter_of_several_values_has_boxes(board: Board, visitors: Visitors) -> None:
    asked = "&".join(f"{name}=1" for name in SEVERAL)
    page = visitors.sign_in(board, OMAR, f"/?{asked}", ready="[role=searchbox]")
    page.get_by_role("button", name=f"Filters {len(SEVERAL)}").click()
    expect(page.get_by_role("dialog", name="Filters").locator("button.picker")).to_have_count(len(SEVERAL))
