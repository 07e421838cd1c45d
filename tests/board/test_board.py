"""The board in a real browser: what a member does, and what two members do to each other."""

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import pytest
from sqlmodel import select

from core.types import CaseStatus
from storage.cases import claim_case
from storage.database import Database
from storage.members import member_by_email
from storage.replies import draft_of
from storage.rows import id_of
from storage.tables import Brand, Case, Note
from tests.board.conftest import Board, Visitors
from tests.board.seeding import DANA, OMAR, PASSWORD, Seed, add_case

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route, WebSocketRoute, expect
else:
    expect = pytest.importorskip("playwright.sync_api", reason="needs the package playwright").expect

pytestmark = pytest.mark.browser
# Lets what the server says wait for window.lateMs.
LATE_SERVER = """
const listen = WebSocket.prototype.addEventListener;
WebSocket.prototype.addEventListener = function (name, hear, ...more) {
  const late = (event) => setTimeout(() => hear.call(this, event), window.lateMs ?? 0);
  listen.call(this, name, name === "message" ? late : hear, ...more);
};
"""


def row(page: "Page", case_id: int) -> "Locator":
    return page.locator(f"[role=option][data-id='{case_id}']")


def open_case(page: "Page", case_id: int) -> None:
    row(page, case_id).click()
    expect(page.get_by_text(f"Case {case_id}", exact=True)).to_be_visible()


def tab(page: "Page", name: str) -> None:
    page.get_by_role("tablist", name="Views").wait_for()
    shown = page.get_by_role("tab", name=name)
    if shown.count():
        shown.click()
    else:
        page.get_by_role("button", name="More", exact=True).first.click()
        page.get_by_role("menuitemradio", name=name).click()
    expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
    expect(page.locator("#cases")).to_have_attribute("aria-busy", "false")


def member_id(database: Database, email: str) -> int:
    with database.read() as session:
        found = member_by_email(session, email)
        assert found is not None
        return id_of(found)


def case_of(board: Board, case_id: int) -> Case:
    with board.database.read() as session:
        return session.get_one(Case, case_id)


def draft(board: Board, case_id: int, email: str) -> str:
    member = member_id(board.database, email)
    with board.database.read() as session:
        return draft_of(session, case_id, member)


def new_case(board: Board, author: str) -> int:
    with board.database.write() as session:
        seed = Seed(author, "", ("Where is my parcel?",), minutes_ago=0, severity=4)
        return add_case(session, 1, seed, board.now())


def test_main_path_and_a_colleague_who_sees_it(board: Board, visitors: Visitors) -> None:
    dana = visitors.page(visitors.context())
    dana.goto(board.address)
    dana.get_by_label("E-mail address").fill(DANA)
    dana.get_by_label("Password").fill("not the password")
    dana.get_by_role("button", name="Sign in").click()
    expect(dana.get_by_role("alert")).to_contain_text("do not go together")
    dana.get_by_label("Password").fill(PASSWORD)
    dana.get_by_role("button", name="Sign in").click()
    expect(dana.locator("[role=option]").first).to_contain_text("Mara Lenz")

    omar = visitors.sign_in(board, OMAR)
    open_case(omar, 1)
    open_case(dana, 1)
    expect(dana.get_by_text("Third time now, @brindlehome.").last).to_be_visible()
    dana.get_by_role("button", name="Assign to me").click()
    expect(dana.get_by_text("Case 1 is yours")).to_be_visible()
    expect(row(dana, 1)).to_have_count(0)  # it is no longer among the unassigned
    expect(omar.get_by_role("button", name="Taken by Dana Fischer")).to_be_disabled()
    expect(omar.get_by_role("button", name="Assign to me")).to_have_count(0)

    dana.get_by_role("tab", name="Note to the team").click()
    dana.get_by_label("Note to the team", exact=True).last.fill("Rang the depot: van comes at 4.")
    dana.get_by_role("button", name="Add note").click()
    expect(dana.get_by_text("Dana Fischer wrote a note")).to_be_visible()
    expect(omar.get_by_text("Rang the depot: van comes at 4.")).to_be_visible()

    tab(dana, "All open")
    expect(row(dana, 1)).to_be_visible()
    dana.get_by_role("button", name="Resolve").click()
    expect(row(dana, 1)).to_have_count(0)
    tab(dana, "Resolved")
    expect(row(dana, 1)).to_be_visible()
    assert case_of(board, 1).status is CaseStatus.RESOLVED


def test_loser_of_a_claim_is_told_who_won(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, OMAR)
    open_case(page, 2)
    page.get_by_role("button", name="Assign to me").wait_for()
    with board.database.write() as session:
        claim_case(session, 2, id_of_member(session, DANA), board.now())
    page.get_by_role("button", name="Assign to me").click()
    expect(page.get_by_text("already taken by Dana Fischer")).to_be_visible()
    expect(page.get_by_text("Dana Fischer has this case.")).to_be_visible()
    assert case_of(board, 2).assignee_id == member_id(board.database, DANA)


def id_of_member(session: object, email: str) -> int:
    found = member_by_email(session, email)  # type: ignore[arg-type]
    assert found is not None
    return id_of(found)


def test_typing_goes_on_through_live_updates_and_the_draft_survives(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, DANA, f"/?case={board.cases[2]}")
    field = page.get_by_label("Reply", exact=True).last
    field.click()
    words = "We are sorry, jake. A clerk will call you by six and explain everything."
    first_new = 0
    for number, letter in enumerate(words):
        page.keyboard.type(letter)
        page.wait_for_timeout(90)
        if number == 20:
            first_new = new_case(board, "@while_typing")
    expect(page.get_by_role("button", name=re.compile(r"Show \d+ new"))).to_be_visible()
    expect(row(page, first_new)).to_have_count(0)
    assert field.input_value() == words
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.tagName") == "TEXTAREA"
    expect(page.get_by_text("Draft kept")).to_be_visible()
    page.get_by_role("button", name=re.compile(r"Show \d+ new")).click()
    expect(row(page, first_new)).to_be_visible()
    expect(field).to_have_value(words)

    page.reload()
    expect(page.get_by_label("Reply", exact=True).last).to_have_value(words)
    page.get_by_role("button", name="Dana Fischer").click()
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    page.get_by_role("link", name="Queue", exact=True).click()
    tab(page, "Mine")  # whoever begins to write has the case
    open_case(page, board.cases[2])
    expect(page.get_by_label("Reply", exact=True).last).to_have_value(words)
    assert draft(board, board.cases[2], DANA) == words


def test_draft_belongs_to_its_case_and_becomes_the_answer(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, OMAR)
    open_case(page, 9)
    field = page.get_by_label("Reply", exact=True).last
    field.fill("We have found the fault.")
    open_case(page, 8)  # at once: leaving the field keeps what was written
    expect(field).to_have_value("")
    page.go_back()  # whoever began to write has the case, so it left the list of those that nobody has
    expect(field).to_have_value("We have found the fault.")
    page.get_by_role("button", name="Mark as answered").click()
    expect(page.get_by_text("Omar Haddad answered")).to_be_visible()
    expect(field).to_have_value("")
    page.wait_for_timeout(900)
    assert draft(board, 9, OMAR) == ""
    case = case_of(board, 9)
    assert (case.status, case.assignee_id) == (CaseStatus.WAITING, member_id(board.database, OMAR))


def test_keys_move_and_act_but_never_while_typing(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, DANA, "/?view=open")
    page.keyboard.press("j")
    chosen = page.locator("[role=option][aria-selected=true]")
    expect(chosen).to_have_count(1)
    first = chosen.get_attribute("data-id")
    page.keyboard.press("j")
    expect(chosen).not_to_have_attribute("data-id", str(first))
    second = chosen.get_attribute("data-id")
    page.keyboard.press("k")
    expect(chosen).to_have_attribute("data-id", str(first))
    expect(page).to_have_url(re.compile(rf"case={first}\b"))
    page.keyboard.press("r")
    expect(page.get_by_label("Reply", exact=True).last).to_be_focused()
    page.keyboard.type("jjx a e ?/n")
    expect(page.get_by_label("Reply", exact=True).last).to_have_value("jjx a e ?/n")
    expect(chosen).to_have_attribute("data-id", str(first))
    page.get_by_label("Reply", exact=True).last.fill("")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("jake")
    expect(page.get_by_placeholder("Search posts and authors")).to_have_value("jake")
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    page.get_by_placeholder("Search posts and authors").fill("")
    expect(row(page, int(str(second)))).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_words_stay_with_their_case_though_another_comes_late(board: Board, visitors: Visitors) -> None:
    page = visitors.page(visitors.context())
    page.add_init_script(LATE_SERVER)
    visitors.enter(page, board, DANA, "/?view=open")
    chosen = page.locator("[role=option][aria-selected=true]")
    page.keyboard.press("j")
    mine = int(str(chosen.get_attribute("data-id")))
    expect(page.get_by_text(f"Case {mine}", exact=True)).to_be_visible()
    page.evaluate("window.lateMs = 900")
    page.keyboard.press("j")
    passed_over = int(str(chosen.get_attribute("data-id")))
    page.wait_for_timeout(150)  # it is asked for now
    page.keyboard.press("k")
    page.keyboard.press("r")
    field = page.get_by_label("Reply", exact=True).last
    field.fill("")
    page.keyboard.type("For the one gone back to", delay=100)
    expect(field).to_have_value("For the one gone back to")
    assert (mine, chosen.get_attribute("data-id")) == (shown_case(page), str(mine))
    eventually(lambda: draft(board, mine, DANA), "For the one gone back to")
    assert mine != passed_over
    assert draft(board, passed_over, DANA) == ""


def test_marked_cases_are_resolved_together(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, DANA)
    extra = [new_case(board, f"@bulk{number}") for number in range(3)]
    for case_id in extra[:2]:
        row(page, case_id).locator(".mark").click()
    expect(page.get_by_text("2 marked")).to_be_visible()
    page.keyboard.press("e")
    expect(page.get_by_text("2 of 2 cases are resolved")).to_be_visible()
    expect(row(page, extra[0])).to_have_count(0)
    expect(row(page, extra[2])).to_be_visible()
    assert case_of(board, extra[1]).status is CaseStatus.RESOLVED


def test_deep_link_filters_and_back_button(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, OMAR, f"/?case={board.cases[4]}&platform=feeds")
    expect(page.locator("article").first).to_contain_text("Four weeks for a refund: a small diary")
    expect(page.locator("#cases [role=option]")).to_have_count(1)
    expect(page.get_by_text("Our reply")).to_be_visible()
    page.goto(f"{board.address}/?case={board.cases[6]}")
    expect(page.get_by_text(f"Case {board.cases[6]}", exact=True)).to_be_visible()
    open_case(page, board.cases[7])
    expect(page).to_have_url(re.compile(rf"case={board.cases[7]}\b"))
    page.go_back()
    expect(page.get_by_text(f"Case {board.cases[6]}", exact=True)).to_be_visible()
    expect(row(page, board.cases[6])).to_have_attribute("aria-selected", "true")
    page.goto(f"{board.address}/?case=99999")
    expect(page.get_by_text("There is no case 99999")).to_be_visible()


def test_long_post_is_cut_until_it_is_wanted(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, OMAR, f"/?case={board.cases[4]}")
    text = page.locator("article .text").first
    short = text.bounding_box()
    page.get_by_role("button", name="Show all").click()
    long = text.bounding_box()
    assert short is not None
    assert long is not None
    assert long["height"] > short["height"] * 1.3
    page.wait_for_timeout(4500)  # a refresh leaves it open
    expect(page.get_by_role("button", name="Show less")).to_be_visible()


BLOG = "We went to the coast 🌊 and slept in a cabin with a stove, and the dog rolled in everything. " * 12
LATE = "And then the table came 😡😡 three weeks late &amp; <b onclick=alert(1)>split</b> down the middle."
REFUND = "They refuse to give us\n\n\n\na refund."


def long_case(board: Board) -> int:
    with board.database.write() as session:
        text = f"{BLOG}\n\n\n{LATE} {BLOG}\n{REFUND}"
        return add_case(session, 1, Seed("blog", "", (text,), title="A month", marked=(LATE, REFUND)), board.now())


def test_long_post_shows_the_passages_that_made_it_a_complaint(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, OMAR, f"/?case={long_case(board)}")
    marks = page.locator("article mark")
    expect(marks).to_have_text([LATE, "They refuse to give us a refund."])  # one of three blank lines is left
    expect(page.locator("article .gap:visible")).to_have_text(["240 words", "240 words"])
    expect(page.locator("article .rest:visible")).to_have_count(0)
    assert page.locator("article mark *").count() == 0
    page.get_by_role("button", name=re.compile(r"Show the whole post \(\d+ words\)")).click()
    expect(page.locator("article .rest").first).to_be_visible()
    expect(page.locator("article .gap:visible")).to_have_count(0)
    whole = page.locator("article .text").inner_text()
    assert whole.startswith("We went to the coast 🌊")
    assert f"everything. \n\n{LATE} We went" in whole
    page.wait_for_timeout(4500)  # a refresh leaves it open
    page.get_by_role("button", name="Show less").click()
    expect(marks.first).to_be_visible()
    expect(page.locator("article .rest:visible")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_passages_can_be_read_in_both_themes(
    board: Board, visitors: Visitors, scheme: Literal["light", "dark"]
) -> None:
    page = visitors.page(visitors.context())
    page.emulate_media(color_scheme=scheme)
    visitors.enter(page, board, OMAR, f"/?case={long_case(board)}")
    for folded in (True, False):
        mark, lead = page.locator("article mark").first, page.locator("article .lead")
        expect(mark).to_be_visible()
        assert contrast(color(mark, "color"), color(mark, "backgroundColor")) >= 7
        assert contrast(color(lead, "color"), color(page.locator("body"), "backgroundColor")) >= 4.5
        if folded:
            page.get_by_role("button", name="Show the whole post").click()


def color(place: "Locator", name: str) -> list[float]:
    """Return red, green and blue of an element's colour, each from 0 to 1."""
    value = place.evaluate(f"element => getComputedStyle(element).{name}")
    parts = [float(part) for part in re.findall(r"[\d.]+", value)[:3]]
    return parts if value.startswith("color(") else [part / 255 for part in parts]


def contrast(one: list[float], other: list[float]) -> float:
    """Return the contrast of two colours as WCAG reckons it."""

    def light(color: list[float]) -> float:
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05

    return max(light(one), light(other)) / min(light(one), light(other))


def test_case_in_another_language_says_which(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, DANA, f"/?case={board.cases[3]}")
    expect(page.get_by_text("in Polish", exact=True)).to_be_visible()
    expect(page.get_by_text("This is in Polish, and the model has learned English only")).to_be_visible()
    open_case(page, board.cases[5])
    expect(page.get_by_text(re.compile("^in [A-Z]"))).to_have_count(0)


def test_hostile_text_is_text(board: Board, visitors: Visitors) -> None:
    asked: list[str] = []
    page = visitors.sign_in(board, DANA)
    page.on("request", lambda request: asked.append(request.url))
    open_case(page, board.cases[5])
    expect(page.locator("article .text")).to_contain_text('<script>document.title="owned"</script> **bold**')
    expect(page.locator("article")).not_to_contain_text("Open the post")
    assert page.locator("article a, article img, article script").count() == 0
    assert page.title() != "owned"
    assert not [url for url in asked if not url.startswith((board.address, "blob:"))]


def test_signing_out_closes_the_other_tab(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, OMAR)
    other = visitors.page(page.context)
    other.goto(board.address + "/?case=8")
    other.wait_for_selector("[role=listbox]")
    assert "afterclick_session" not in other.evaluate("document.cookie")
    page.get_by_role("button", name="Omar Haddad").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login**")
    started = time.monotonic()
    other.wait_for_url("**/login?next=*", timeout=60_000)
    assert "case%3D8" in other.url
    assert time.monotonic() - started < 10


def test_phone_shows_the_list_or_the_case(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, DANA, phone=True)
    expect(page.locator("#cases")).to_be_visible()
    row(page, board.cases[7]).click()
    expect(page.get_by_text(f"Case {board.cases[7]}", exact=True)).to_be_visible()
    expect(page.locator("#cases")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="‹ Queue").click()
    expect(page.locator("#cases")).to_be_visible()
    expect(page.get_by_text(f"Case {board.cases[7]}", exact=True)).to_be_hidden()


def test_lost_connection_is_said_and_typing_is_kept_afterwards(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, OMAR, f"/?case={board.cases[6]}")
    field = page.get_by_label("Reply", exact=True).last
    field.click()
    page.context.set_offline(True)
    page.keyboard.type("Still here")
    expect(page.get_by_text("not kept yet")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("not kept yet")).to_be_hidden()
    eventually(lambda: draft(board, board.cases[6], OMAR), "Still here")
    expect(field).to_have_value("Still here")


def shown_case(page: "Page") -> int:
    return int(page.locator(".number").inner_text().split()[-1])


def status_of(board: Board, case_id: int) -> CaseStatus:
    return case_of(board, case_id).status


def notes_of(board: Board, case_id: int) -> list[str]:
    with board.database.read() as session:
        return list(session.exec(select(Note.text).where(Note.case_id == case_id)))


def eventually(found: Callable[[], object], wanted: object, page: "Page | None" = None) -> None:
    """Wait for what happens outside the page; where it does not, say what stood on the page by then."""
    until = time.monotonic() + 120
    while found() != wanted and time.monotonic() < until:
        time.sleep(0.05)
    assert found() == wanted, "" if page is None else page.locator("body").inner_text()


def test_keys_act_on_the_case_that_is_shown(board: Board, visitors: Visitors) -> None:
    first, second, third = (new_case(board, f"@shown{number}") for number in range(3))
    page = visitors.sign_in(board, DANA)
    chosen = page.locator("[role=option][aria-selected=true]")
    open_case(page, first)
    open_case(page, second)
    tab(page, "All open")
    expect(page).to_have_url(re.compile(r"view=open"))
    page.go_back()
    expect(page.get_by_role("tab", name="Unassigned")).to_have_attribute("aria-selected", "true")
    page.go_back()
    expect(page.get_by_text(f"Case {first}", exact=True)).to_be_visible()
    expect(chosen).to_have_attribute("data-id", str(first))
    page.keyboard.press("e")
    eventually(lambda: status_of(board, first), CaseStatus.RESOLVED)
    assert status_of(board, second) is CaseStatus.NEW

    tab(page, "All open")
    open_case(page, third)
    page.keyboard.press("e")
    page.keyboard.press("e")  # the second one must not reach the case that follows
    eventually(lambda: status_of(board, third), CaseStatus.RESOLVED, page)
    expect(page.get_by_text("nothing was done")).to_be_visible()
    expect(page.get_by_text(f"Case {third}", exact=True)).to_have_count(0)
    expect(chosen).to_have_attribute("data-id", str(shown_case(page)))
    assert not status_of(board, shown_case(page)).is_closed

    follows = shown_case(page)
    page.wait_for_timeout(800)
    page.get_by_role("button", name="Resolve", exact=True).dblclick()
    eventually(lambda: status_of(board, follows), CaseStatus.RESOLVED)
    expect(page.get_by_text(f"Case {follows}", exact=True)).to_have_count(0)
    page.wait_for_timeout(500)
    assert not status_of(board, shown_case(page)).is_closed

    page.reload()
    expect(page.get_by_role("tab", name="All open")).to_have_attribute("aria-selected", "true")


def test_key_that_the_board_did_not_hear_is_said_again(board: Board, visitors: Visitors) -> None:
    """Streamlit drops a trigger that comes while it is busy; here the connection swallows the first ones."""
    case_id, heard = new_case(board, "@unheard"), 0
    page = visitors.page(visitors.context())

    def lose_first(message: str | bytes) -> None:
        nonlocal heard
        if b'"name":"resolve"' in (message if isinstance(message, bytes) else message.encode()):
            heard += 1
            if heard == 1:
                return
        server.send(message)

    def connect(socket: "WebSocketRoute") -> None:
        nonlocal server
        server = socket.connect_to_server()
        socket.on_message(lose_first)

    server: WebSocketRoute
    page.route_web_socket(re.compile("_stcore/stream"), connect)
    visitors.enter(page, board, DANA, "/")
    open_case(page, case_id)
    page.keyboard.press("e")
    expect(row(page, case_id)).to_have_count(0)
    assert heard == 2
    assert status_of(board, case_id) is CaseStatus.RESOLVED


def test_phone_goes_back_to_the_case_after_a_tab(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, DANA, phone=True)
    row(page, board.cases[7]).click()
    page.get_by_role("button", name="‹ Queue").click()
    tab(page, "All open")
    page.go_back()
    page.go_back()
    expect(page).to_have_url(re.compile(rf"case={board.cases[7]}\b"))
    expect(page.get_by_text(f"Case {board.cases[7]}", exact=True)).to_be_visible()
    expect(page.locator("#cases")).to_be_hidden()


def test_drafts_are_kept_in_order_and_not_lost_with_the_case(board: Board, visitors: Visitors) -> None:
    mine, other = new_case(board, "@order"), new_case(board, "@order2")
    page = visitors.sign_in(board, DANA, f"/?case={mine}")
    field = page.get_by_label("Reply", exact=True).last
    held: list[Route] = []
    page.route("**/draft", lambda route: held.append(route))
    field.click()
    page.keyboard.type("One")
    page.wait_for_timeout(1000)
    page.keyboard.type(" two")
    page.wait_for_timeout(1000)
    assert len(held) == 1  # never two at once
    open_case(page, other)
    expect(field).to_have_value("")
    page.go_back()
    expect(page.get_by_text(f"Case {mine}", exact=True)).to_be_visible()
    expect(field).to_have_value("One two")
    for route in held:
        route.continue_()
    page.unroute("**/draft")
    expect(page.get_by_text("Draft kept")).to_be_visible()
    assert draft(board, mine, DANA) == "One two"

    page.route("**/draft", lambda route: route.fulfill(status=500, body="no"))
    field.press("End")
    page.keyboard.type(" three")
    expect(page.get_by_text("The draft is not kept yet")).to_be_visible()
    open_case(page, other)
    expect(page.get_by_text(f"The reply to case {mine} is not kept yet")).to_be_visible()
    page.unroute("**/draft")
    expect(page.get_by_text(f"The reply to case {mine} is not kept yet")).to_have_count(0)
    assert draft(board, mine, DANA) == "One two three"


def test_note_is_stored_once_and_what_is_typed_meanwhile_stays(board: Board, visitors: Visitors) -> None:
    case_id = new_case(board, "@once")
    page = visitors.page(visitors.context())
    page.clock.install()
    visitors.enter(page, board, DANA, f"/?case={case_id}")
    page.get_by_role("tab", name="Note to the team").click()
    field = page.get_by_label("Note to the team", exact=True).last
    add = page.get_by_role("button", name="Add note")
    with board.database.write():  # nobody else can write: what is sent waits
        field.fill("Rang twice.")
        add.dblclick()
        expect(add).to_be_disabled()
        page.clock.fast_forward(16_000)
        expect(page.get_by_text("Not sent: the board does not answer")).to_be_visible()
        expect(field).to_have_value("Rang twice.")
        add.click()  # the same once more, in vain: the first one is still on its way
        field.press("End")
        page.keyboard.type(" And again.")
    expect(page.get_by_text("wrote a note")).to_be_visible()
    expect(field).to_have_value("And again.")
    add.click()
    expect(field).to_have_value("")
    eventually(lambda: notes_of(board, case_id), ["Rang twice.", "And again."])

    field.fill("N" * 150_000)
    expect(page.get_by_text("A text ends at 100,000 letters")).to_be_visible()
    field.evaluate("field => { field.value += 'more'; field.oninput() }")
    expect(page.get_by_text("Too long by 4 letters")).to_be_visible()
    expect(add).to_be_disabled()
    field.fill("")


def test_lists_say_when_nothing_comes_any_more(board: Board, visitors: Visitors) -> None:
    page = visitors.page(visitors.context())
    page.clock.install()
    sockets: list[WebSocketRoute] = []

    def cut(socket: "WebSocketRoute") -> None:
        server = socket.connect_to_server()
        server.on_message(lambda message: None if sockets else socket.send(message))
        socket.on_message(lambda message: None if sockets else server.send(message))

    page.route_web_socket(re.compile("_stcore/stream"), cut)
    visitors.enter(page, board, OMAR, "/")
    expect(page.get_by_text("Live, updated")).to_be_visible()
    sockets.append(True)  # type: ignore[arg-type]
    for _ in range(20):  # what the list is to be drawn anew for does not come
        page.clock.run_for(2_000)
        page.wait_for_timeout(100)
    expect(page.get_by_text("Not connected")).to_be_visible()


def test_list_fits_the_window_and_the_page_does_not_scroll(board: Board, visitors: Visitors) -> None:
    with board.database.write() as session:
        session.add(Brand(name="A second brand with a name", handles=["second"], created_at=board.now()))
    page = visitors.sign_in(board, DANA, f"/?case={board.cases[0]}")
    for width, height in ((1440, 900), (1280, 800), (900, 700)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(150)
        box = page.locator("#cases").bounding_box()
        foot = page.locator(".foot").first.bounding_box()
        main = page.get_by_test_id("stMain")
        assert box is not None
        assert foot is not None
        assert foot["y"] + foot["height"] <= height
        assert main.evaluate("main => main.scrollHeight - main.clientHeight") <= 0
