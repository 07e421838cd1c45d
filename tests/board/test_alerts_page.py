"""The Alerts page in a browser: one press on a phone acknowledges, and no stranger's words become more than words."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from storage.rows import id_of
from storage.tables import Brand, Case, DeadAddress, Incident, IncidentItem, Outbox, PostRow
from tests.board.conftest import Board, Visitors
from tests.board.seeding import DANA, OMAR
from tests.board.test_accessibility import grave_violations, settle
from tests.board.test_phone import SMALL_TARGETS, SMALLEST_TARGET, STICKS_OUT, WIDTH, sideways

if TYPE_CHECKING:
    from playwright.sync_api import expect
else:
    expect = pytest.importorskip("playwright.sync_api", reason="needs the package playwright").expect

pytestmark = pytest.mark.browser
SPIKE = "Spike: late delivery"
HOSTILE = "<img src=x onerror=alert(1)> [a](javascript:alert(1)) ‮evil " + "Donaudampfschifffahrt" * 12


@pytest.fixture
def board(whole_board: Board) -> Board:
    return whole_board


def acknowledged(board: Board, title: str) -> str:
    with board.database.read() as session:
        return session.exec(select(Incident.acknowledged_by).where(Incident.title == title)).one()


def test_one_press_on_a_phone_acknowledges(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, DANA, phone=True)
    page.goto(f"{board.address}/alerts")
    first = page.get_by_role("button", name=re.compile("^Acknowledge: ")).first
    expect(first).to_be_visible()
    box = first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 844  # without scrolling
    assert box["height"] >= 44
    page.get_by_role("button", name=f"Acknowledge: {SPIKE}").click()
    expect(page.locator(".incident.seen", has_text=SPIKE)).to_contain_text("Acknowledged by Dana Fischer")
    expect(page.get_by_role("button", name=f"Acknowledge: {SPIKE}")).to_have_count(0)
    assert acknowledged(board, SPIKE) == "Dana Fischer"


def test_the_link_of_a_mail_shows_its_incident_first(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, DANA)
    with board.database.write() as session:
        brand = session.exec(select(Brand)).one()
        long_ago = board.now() - timedelta(days=90)
        old = Incident(brand_id=id_of(brand), key="old", title="Long over", opened_at=long_ago, resolved_at=long_ago)
        session.add(old)
        session.flush()
        shown = {"Case due": session.exec(select(Incident.id).where(Incident.title == "Case due")).one()}
        shown["Long over"] = id_of(old)
    for title, number in shown.items():
        page.goto(f"{board.address}/alerts?incident={number}")
        first = page.get_by_role("region", name="What you were told of")
        expect(first.get_by_role("heading", level=4)).to_have_text(title)
        expect(page.get_by_role("heading", name=title)).to_have_count(1)
    for odd in ("999999999", "99999999999999999999", "-1", "²"):
        page.goto(f"{board.address}/alerts?incident={odd}")
        expect(page.get_by_role("heading", name=SPIKE)).to_be_visible()
        expect(page.get_by_text("not kept any more")).to_have_count(1 if odd == "999999999" else 0)


def test_snoozing_is_a_choice_and_is_ended_by_a_press(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, DANA)
    page.goto(f"{board.address}/alerts")
    page.get_by_role("combobox", name="Snooze: Case due").select_option("hours")
    expect(page.locator(".incident", has_text="Case due")).to_contain_text("Snoozed until")
    page.get_by_role("button", name="End the snooze: Case due").click()
    expect(page.locator(".incident", has_text="Case due")).not_to_contain_text("Snoozed until")


def test_a_card_says_on_its_face_that_it_waits_and_which_rule_it_is_of(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, DANA, phone=True)
    page.goto(f"{board.address}/alerts")
    card = page.locator(".incident", has=page.get_by_role("heading", name=re.compile("^Severe case")))
    expect(card.locator("summary")).to_contain_text("waits to be sent")
    expect(card.locator(".rule")).to_have_text("Severe cases")  # "Case due" holds one of its cases
    expect(page.locator(".incident", has_text=SPIKE).first.locator(".rule")).to_have_count(0)


def test_an_address_that_was_refused_is_sent_to_again_after_a_press(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, DANA)
    address = "https://hooks.chat.example/services/T0/secret"
    with board.database.write() as session:
        session.add(DeadAddress(address=address, error="hooks.chat.example answered 404", refused_at=board.now()))
    page.goto(f"{board.address}/alerts")
    page.get_by_role("button", name="The web address at hooks.chat.example works again").click()
    expect(page.get_by_text("Messages go to the web address at hooks.chat.example again")).to_be_visible()
    expect(page.locator(".dead", has_text="hooks.chat.example")).to_have_count(0)
    assert "secret" not in page.content()


def test_a_new_incident_appears_by_itself_and_stays_words(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, OMAR, phone=True)
    page.goto(f"{board.address}/alerts")
    expect(page.get_by_role("heading", name=SPIKE)).to_be_visible()
    told = page.locator("details.told").first
    told.locator("summary").click()
    now = board.now()
    with board.database.write() as session:
        case = session.exec(select(Case)).first()
        assert case is not None
        case.excerpt = HOSTILE
        session.add(case)
        brand = session.exec(select(Brand)).one()
        row = Incident(brand_id=id_of(brand), key="hostile", title=HOSTILE, opened_at=now - timedelta(days=1))
        session.add(row)
        session.flush()
        item = IncidentItem(incident_id=id_of(row), key="case:1", case_id=case.id, words=HOSTILE, began_at=now)
        session.add(item)
    card = page.locator(".incident", has_text="<img src=x onerror=alert(1)>")
    expect(card).to_be_visible()
    expect(told).to_have_attribute("open", "")
    assert card.locator("img").count() == 0
    assert "‮" not in card.inner_text()
    assert (sideways(page), page.evaluate(STICKS_OUT, WIDTH)) == (0, [])
    assert page.evaluate(SMALL_TARGETS, SMALLEST_TARGET) == []
    expect(page.get_by_text("A manager or an admin can acknowledge and snooze.")).to_be_visible()
    assert page.get_by_role("button", name=re.compile("^Acknowledge: ")).count() == 0


def test_a_card_says_until_when_and_leads_to_a_post_that_no_case_holds(board: Board, visitors: Visitors) -> None:
    now = board.now()
    link = "https://mastodon.example/@zoe/7"
    with board.database.write() as session:
        brand = id_of(session.exec(select(Brand)).one())
        post = PostRow(platform="mastodon", platform_id="77", brand_id=brand, author="zoe.hart", text=HOSTILE, url=link,
                       posted_at=now, collected_at=now)  # fmt: skip
        session.add(post)
        session.flush()
        things = {
            "Watched word: vet": ("It says “vet”.", None, {"post_id": post.id}),
            "Case nearly due": ("Nobody has answered it.", 1, {"due_at": (now + timedelta(minutes=47)).isoformat()}),
            "Case too late": ("Nobody has answered it.", 2, {"due_at": (now - timedelta(minutes=47)).isoformat()}),
        }
        for number in (1, 2):
            session.get_one(Case, number).due_at = None
        for title, (words, case_id, facts) in things.items():
            row = Incident(brand_id=brand, key=title, title=title, opened_at=now)
            session.add(row)
            session.flush()
            session.add(IncidentItem(incident_id=id_of(row), key="thing", case_id=case_id, words=words, facts=facts,
                                     began_at=now))  # fmt: skip
    page = visitors.sign_in(board, DANA, phone=True)
    page.goto(f"{board.address}/alerts")
    watched = page.locator(".incident", has_text="Watched word: vet")
    expect(watched).to_contain_text("zoe.hart on Mastodon")
    expect(watched).to_contain_text("<img src=x onerror=alert(1)>")
    expect(watched.get_by_role("link", name="Open the post")).to_have_attribute("href", link)
    assert watched.locator("img").count() == 0
    expect(page.locator(".incident", has_text="Case nearly due")).to_contain_text(re.compile(r"Due .*, in 4\d min"))
    expect(page.locator(".incident", has_text="Case too late")).to_contain_text("Overdue since")
    assert (sideways(page), page.evaluate(STICKS_OUT, WIDTH)) == (0, [])
    assert page.evaluate(SMALL_TARGETS, SMALLEST_TARGET) == []


@pytest.mark.slow
def test_every_page_says_in_red_that_no_mail_leaves(board: Board, visitors: Visitors) -> None:
    now = board.now()
    with board.database.write() as session:
        for row in session.exec(select(Outbox)):
            row.sent_at = None if row.sent_at is None else now - timedelta(hours=5)
            session.add(row)
        session.add(
            Outbox(
                message_id="<waits@brindle.example>",
                kind="incidents",
                recipient=DANA,
                last_error="connection refused",
                next_attempt_at=now + timedelta(days=1),
                created_at=now - timedelta(hours=2),
            )
        )
    page = visitors.sign_in(board, OMAR, phone=True)
    for path in ("/reports", "/alerts"):
        page.goto(board.address + path)
        expect(page.locator(".st-key-no_mail")).to_contain_text("No mail has left since")
        assert sideways(page) == 0
    settle(page)
    assert grave_violations(page) == []
