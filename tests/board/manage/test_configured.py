"""Rows that stand in the configuration file say so."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

import app
from board import parts
from settings import load_settings
from storage.reply_templates import TemplateDraft, save_template
from tests.board.manage.managing import OpenPage, id_for, words
from tests.board.seeding import DANA, OMAR

FILE = """\
[[templates]]
name = "Late"
text = "Sorry, {author}"
[[members]]
email = "OMAR@brindle.example"
name = "Omar Haddad"
"""


@pytest.fixture
def configured(installed: parts.Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "afterclick.toml"
    path.write_text(FILE, encoding="utf-8")
    monkeypatch.setattr(app, "SETTINGS", load_settings(config=path))
    parts.install(replace(installed, configured=app._configured))
    return path


def test_row_of_the_file_says_that_the_file_wins(
    open_page: OpenPage, installed: parts.Parts, configured: Path, now: datetime
) -> None:
    with installed.database.write() as session:
        save_template(session, None, TemplateDraft("Late", "Sorry, {author}"), now)
        save_template(session, None, TemplateDraft("Lost", "Sorry, {author}"), now)
    note = "From the configuration file afterclick.toml, which is applied at each start"
    assert note in words(open_page("reply_templates", DANA, "template-1"))
    assert note not in words(open_page("reply_templates", DANA, "template-2"))
    assert note in words(open_page("team", DANA, f"member-{id_for(installed.database, OMAR)}"))
    assert note not in words(open_page("team", DANA, f"member-{id_for(installed.database, DANA)}"))


@pytest.mark.parametrize("text", ["[[templates]\n", "[[brands]]\nnaem = 1\n", "\udcff"])
def test_file_that_cannot_be_read_hides_nothing(configured: Path, text: str) -> None:
    configured.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert app._configured() is None
    configured.unlink()
    assert app._configured() is None
