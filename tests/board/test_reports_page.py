"""The Reports page in a browser: charts, the way to the cases, and a download of each kind."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobs.parts import Parts
from jobs.tally import tally
from storage.rows import id_of
from tests.board.conftest import Board, Visitors
from tests.board.history import seed_history
from tests.board.seeding import DANA
from tests.board.source_seeding import only_brand

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def counted(serve: Callable[[], Board]) -> Board:
    """A board with some weeks of cases, counted."""
    board = serve()
    with board.database.write() as session:
        seed_history(session, id_of(only_brand(session)), [1, 2], datetime.now(UTC), 30)
    tally(Parts(board.database))
    return board


def open_reports(visitors: Visitors, board: Board, *, phone: bool = False) -> "Page":
    page = visitors.sign_in(board, DANA, phone=phone)
    page.goto(f"{board.address}/reports?days=7")
    page.locator(".st-key-part_kinds a").first.wait_for()
    page.locator(".st-key-part_over_time svg.marks").wait_for()
    return page


def test_a_bar_and_a_row_lead_to_their_cases(counted: Board, visitors: Visitors) -> None:
    page = open_reports(visitors, counted)
    page.locator("svg.marks").nth(5).wait_for()
    row = page.locator(".st-key-part_kinds tbody tr").first
    number = row.locator("td").first.inner_text()
    row.get_by_role("link").click()
    page.wait_for_selector("[role=listbox]")
    assert "view=all" in page.url
    assert "began" in page.url
    tab = page.get_by_role("tab", name="All complaints")
    tab.wait_for()
    assert tab.locator(".count").inner_text() == number
    page.go_back()
    page.locator(".st-key-part_kinds a").first.wait_for()
    assert "days=7" in page.url


def test_each_kind_of_file_is_downloaded(counted: Board, visitors: Visitors, tmp_path: Path) -> None:
    page = open_reports(visitors, counted)
    part = page.locator(".st-key-part_over_time")
    for label, begins in (("CSV", b"\xef\xbb\xbfDay,"), ("Excel", b"PK"), ("Picture", b"\x89PNG")):
        with page.expect_download(timeout=180_000) as coming:
            part.get_by_role("button", name=label, exact=True).click()
        coming.value.save_as(tmp_path / label)
        assert (tmp_path / label).read_bytes().startswith(begins)
        assert coming.value.suggested_filename.startswith("afterclick-over-time-")


def test_a_phone_scrolls_nothing_sideways_but_what_must(counted: Board, visitors: Visitors) -> None:
    page = open_reports(visitors, counted, phone=True)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
