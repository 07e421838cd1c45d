"""A managers' page to be opened as a member, without a browser."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from board import parts
from core.types import Role
from storage.database import Database
from storage.members import create_member
from tests.board.manage.managing import ADA, OpenPage, open_row, sign_in
from tests.board.seeding import PASSWORD, seed


@pytest.fixture
def installed(database: Database, now: datetime) -> Iterator[parts.Parts]:
    """The parts of a board with the seeded cases, and an admin."""
    seed(database, now)
    with database.write() as session:
        create_member(session, ADA, "Ada Byrne", Role.ADMIN, PASSWORD, now - timedelta(days=90))
    made = parts.Parts(database=database, base_url="http://board.example", clock=lambda: now)
    parts.install(made)
    yield made
    parts.install(None)


@pytest.fixture
def open_page(installed: parts.Parts, monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Open a page as a member, with something open on it."""

    def run(name: str, email: str, what: str = "") -> AppTest:
        sign_in(installed.database, email, monkeypatch)
        page = AppTest.from_string(f"from board.pages.{name} import {name}_page\n{name}_page()", default_timeout=120)
        return open_row(page, what)

    return run
