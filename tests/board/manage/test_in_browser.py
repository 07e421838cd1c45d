"""Each managers' page in a real browser: its main path, from the list to what is stored."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from storage.members import member_by_email
from storage.tables import Brand, Courier, Member, ReplyTemplate, RoutingRule
from tests.board.conftest import Board, Visitors
from tests.board.seeding import DANA, OMAR
from tests.board.whole_board import ADA, INES, seed_whole_board

if TYPE_CHECKING:
    from playwright.sync_api import Page, expect
else:
    expect = pytest.importorskip("playwright.sync_api", reason="needs the package playwright").expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def board(serve: Callable[..., Board]) -> Board:
    """A board in full use, to be changed by the tests here."""
    return serve(seed_whole_board)


def sign_in(visitors: Visitors, board: Board, email: str, path: str, *, phone: bool = False) -> "Page":
    return visitors.sign_in(board, email, path, phone=phone, ready=".st-key-manage_head, .st-key-manage_open")


def choose(page: "Page", label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


def test_manager_names_a_courier_and_sees_whom_it_finds(board: Board, visitors: Visitors) -> None:
    page = sign_in(visitors, board, DANA, "/couriers")
    page.get_by_role("button", name="Add a courier").click()
    page.get_by_label("Name", exact=True).fill("Swiftfare")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Swiftfare is already a name of Swiftfare")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Porch Pigeon")
    page.get_by_label("Other names people use").fill("the pigeon\nporch")
    page.get_by_label("Other names people use").press("Control+Enter")
    expect(page.get_by_role("table", name="Written as")).to_contain_text("porch")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Porch Pigeon the pigeon, porch")).to_be_visible()
    with board.database.read() as session:
        assert session.exec(select(Courier.aliases).where(Courier.name == "Porch Pigeon")).one() == [
            "the pigeon",
            "porch",
        ]


def test_manager_writes_a_template_and_reads_it_in_a_case(board: Board, visitors: Visitors) -> None:
    page = sign_in(visitors, board, DANA, "/templates")
    page.get_by_role("button", name="Ask for the order number").click()
    text = page.get_by_label("Text", exact=True)
    text.fill("Hello {author}, {oder} please.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".st-key-wrong_text")).to_contain_text("There is no variable {oder}.")
    text.fill("Hello {author}, your order number please. {member}")
    text.press("Control+Enter")
    expect(page.locator(".st-key-template_preview")).to_contain_text("your order number please. Dana Fischer")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Ask for the order number is saved.")).to_be_visible()
    with board.database.read() as session:
        query = select(ReplyTemplate.text).where(ReplyTemplate.name == "Ask for the order number")
        assert session.exec(query).one() == "Hello {author}, your order number please. {member}"


def test_admin_invites_a_member_and_gives_a_shift(board: Board, visitors: Visitors) -> None:
    page = sign_in(visitors, board, ADA, "/team")
    expect(page.get_by_role("table", name="Members at work")).to_be_visible()
    page.get_by_role("button", name="Invite a member").click()
    page.get_by_label("E-mail address", exact=True).fill("noor@brindle.example")
    page.get_by_label("Name", exact=True).fill("Noor Aziz")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("One-time password for noor@brindle.example")).to_be_visible()
    page.get_by_label("Shift", exact=True).fill("mon-fri 09:00-17:00")
    page.get_by_label("Shift", exact=True).press("Control+Enter")
    expect(page.get_by_text("Works Monday to Friday 09:00-17:00: 40 hours a week.")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Noor Aziz is saved.")).to_be_visible()
    with board.database.read() as session:
        noor = member_by_email(session, "noor@brindle.example")
        assert noor is not None
        assert (noor.shift, noor.must_change_password) == (["mon-fri 09:00-17:00"], True)


def test_absence_and_limit_can_be_taken_back(board: Board, visitors: Visitors) -> None:
    with board.database.read() as session:
        omar = member_by_email(session, OMAR)
        assert omar is not None
    page = sign_in(visitors, board, DANA, f"/team?open=member-{omar.id}")
    limit = page.get_by_label("Most open cases from rules", exact=True)
    expect(limit).to_have_value("12")
    limit.fill("")
    limit.press("Tab")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Omar Haddad is saved.")).to_be_visible()
    with board.database.read() as session:
        assert session.get_one(Member, omar.id).most_cases is None


def test_manager_orders_the_rules_by_keyboard_and_adds_one(board: Board, visitors: Visitors) -> None:
    page = sign_in(visitors, board, DANA, "/rules")
    up = page.get_by_role("button", name="Move up: Swiftfare")
    up.focus()
    page.keyboard.press("Enter")
    rules = page.get_by_role("list", name="Rules in the order in which they are asked").get_by_role("listitem")
    expect(rules.nth(1)).to_contain_text("Swiftfare")
    expect(up).to_be_focused()
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_label("Name", exact=True).fill("Damaged on Reddit")
    choose(page, "Reason", "Damaged")
    choose(page, "Platform", "Reddit")
    expect(page.get_by_text("of the last 30 days it would have sent")).to_be_visible()
    choose(page, "Team", "Delivery")
    page.get_by_role("button", name="Save").click()
    expect(rules.nth(4)).to_contain_text("Damaged on Reddit")
    with board.database.read() as session:
        query = select(RoutingRule).order_by(RoutingRule.position)  # type: ignore[arg-type]
        names = [(rule.name, rule.reason, rule.platform) for rule in session.exec(query)]
    assert [name for name, _, _ in names][:3] == ["Refunds and billing", "Swiftfare", "Severe cases to Dana"]
    assert names[-1] == ("Damaged on Reddit", "damaged", "reddit")


def test_manager_moves_the_border_of_a_brand(board: Board, visitors: Visitors) -> None:
    page = sign_in(visitors, board, DANA, "/model")
    expect(page.get_by_role("table", name="Posts of")).to_contain_text("hand labels")
    page.get_by_role("button", name="Brindle Home Balanced").click()
    page.locator("label").filter(has_text="Few misses").click()
    expect(page.locator("tr.marked")).to_contain_text("misses 1 in 20 complaints")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Brindle Home Few misses")).to_be_visible()
    with board.database.read() as session:
        assert session.exec(select(Brand.threshold)).one() == "few_misses"


def test_list_and_form_are_two_pages_on_a_phone_and_back_leads_to_the_list(board: Board, visitors: Visitors) -> None:
    page = sign_in(visitors, board, INES, "/couriers", phone=True)
    row = page.get_by_role("button", name="Swiftfare")
    row.click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Swiftfare")
    expect(row).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Back to the list").click()
    expect(row).to_be_visible()
    row.click()
    expect(row).to_be_hidden()
    page.go_back()
    expect(row).to_be_visible()


@pytest.mark.parametrize("path", ["/rules", "/model?open=brand-1"])
def test_responder_is_told_whom_to_ask(board: Board, visitors: Visitors, path: str) -> None:
    page = visitors.sign_in(board, INES, path, ready=".st-key-top_bar_row h1")
    expect(page.get_by_text("This page is for managers and admins. Ask Ada Osei or Dana Fischer")).to_be_visible()
    expect(page.locator(".st-key-manage_head")).to_have_count(0)
