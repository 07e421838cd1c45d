"""Sources and brands in a real browser: from an empty board to a post that a worker has read."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from collectors import make
from core.types import Role
from jobs.collect import collect
from jobs.parts import Parts
from storage.database import Database
from storage.members import member_by_email
from storage.tables import Brand, PostRow, Source
from tests.board.conftest import Board, Visitors
from tests.board.seeding import DANA, OMAR, seed
from tests.board.test_accessibility import grave_violations, settle
from tests.board.test_phone import STICKS_OUT, WIDTH, sideways
from tests.board.whole_board import ADA, seed_whole_board

if TYPE_CHECKING:
    from playwright.sync_api import Page, expect
else:
    expect = pytest.importorskip("playwright.sync_api", reason="needs the package playwright").expect

pytestmark = pytest.mark.browser
READY = ".st-key-sources_overview, .root header"


@pytest.fixture(scope="module")
def board(serve: Callable[..., Board]) -> Board:
    """A board in full use, to be changed by the tests here."""
    return serve(seed_whole_board)


def choose(page: "Page", label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


def stored(database: Database, name: str) -> Source:
    with database.read() as session:
        return session.exec(select(Source).where(Source.name == name)).one()


def test_admin_begins_on_an_empty_board_and_a_worker_reads_what_was_saved(
    serve: Callable[..., Board], visitors: Visitors, tmp_path: Path
) -> None:
    empty = serve(lambda database, now: seed(database, now, cases=()))
    with empty.database.write() as session:
        session.delete(session.exec(select(Brand)).one())
        admin = member_by_email(session, DANA)
        assert admin is not None
        admin.role = Role.ADMIN
    (tmp_path / "reviews.csv").write_text("Body,Date\nMy parcel from Loom never came,2026-11-01 10:00\n")
    page = visitors.sign_in(empty, DANA, "/sources", ready=READY)
    page.get_by_role("link", name="Add a brand and its first source").click()
    page.get_by_label("Name", exact=True).fill("Loom")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Loom is saved. Now say where to look for it.").wait_for()
    page.get_by_label("Name", exact=True).fill("reviews")
    choose(page, "Platform", "Files")
    page.get_by_label("File or folder", exact=True).fill(str(tmp_path / "reviews.csv"))
    page.get_by_label("Columns, one a line").fill("text = Body\nposted_at = Date")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="reviews", exact=True)).to_be_visible()
    source = stored(empty.database, "reviews")
    result = collect(Parts(empty.database), source, lambda config: make(config, {}))
    assert (result.error, result.added) == ("", 1)
    with empty.database.read() as session:
        assert session.exec(select(PostRow.text)).all() == ["My parcel from Loom never came"]


def test_manager_mends_a_query_that_cannot_be_read_and_loses_nothing(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, DANA, "/sources", ready=READY)
    row = page.locator("article.source").filter(has=page.get_by_role("heading", name="x-brindle", exact=True))
    row.get_by_role("button", name="Details of x-brindle").click()
    row.get_by_role("link", name="Change it").click()
    query, every = page.get_by_label("Query", exact=True), page.get_by_label("How often it is read", exact=True)
    query.fill('@brindlehome OR "brindle home')
    every.fill("7m")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".st-key-wrong_query")).to_contain_text("quotation mark")
    expect(query).to_have_value('@brindlehome OR "brindle home')
    expect(every).to_have_value("7m")
    query.fill('@brindlehome OR "brindle home"')
    query.press("Control+Enter")
    expect(page.get_by_text("As X is asked")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("x-brindle is saved.")).to_be_visible()
    assert stored(board.database, "x-brindle").every_seconds == 420


def test_two_managers_at_one_source_and_the_later_is_told(board: Board, visitors: Visitors) -> None:
    path = f"/sources?open=source-{stored(board.database, 'reddit-homeware').id}"
    dana, ada = (visitors.sign_in(board, email, path, ready=READY) for email in (DANA, ADA))
    for page, every in ((dana, "8m"), (ada, "9m")):
        page.get_by_label("How often it is read", exact=True).fill(every)
        page.get_by_role("button", name="Save").click()
        words = "reddit-homeware is saved." if page is dana else "Somebody else changed reddit-homeware"
        expect(page.get_by_text(words)).to_be_visible()
    assert stored(board.database, "reddit-homeware").every_seconds == 480
    expect(ada.get_by_label("How often it is read", exact=True)).to_have_value("9m")


def test_responder_is_shown_the_list_and_no_way_to_change_it(board: Board, visitors: Visitors) -> None:
    page = visitors.sign_in(board, OMAR, "/sources?open=source-1", ready=READY)
    expect(page.locator("article.source").first).to_be_visible()
    expect(page.get_by_role("link", name="Add a source")).to_have_count(0)
    expect(page.locator(".st-key-manage_head")).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("what", ["source-1", "source-new", "brand-1"])
def test_forms_have_no_grave_faults_and_fit_a_phone(board: Board, visitors: Visitors, what: str, dark: bool) -> None:
    page = visitors.page(visitors.context(phone=dark, dark=dark))
    visitors.enter(page, board, DANA, f"/sources?open={what}", READY)
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    if what == "source-1":
        page.get_by_text("Budgets, and what may be done").click()
    settle(page)
    assert grave_violations(page) == []
    if dark:
        assert (page.evaluate(STICKS_OUT, WIDTH), sideways(page)) == ([], 0)
