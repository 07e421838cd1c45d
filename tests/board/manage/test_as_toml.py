"""What the pages show as TOML is what the configuration file may say."""

import tomllib
from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from board.manage.as_toml import as_toml
from core.configuration import parse_configuration
from storage.brands import apply_configuration, described
from storage.database import Database
from tests.board.whole_board import seed_whole_board

TABLES = ("couriers", "suppliers", "templates", "members", "teams", "routing")
WORDS = st.text(st.characters(codec="utf-8"), min_size=1)


@given(WORDS, WORDS)
@example('"""\\', "a\n\r\n\x00\x7f\u2028")
@example("a.b", '\n""" = 1\n')
def test_whatever_somebody_wrote_is_read_again_as_it_was(key: str, text: str) -> None:
    read = tomllib.loads(as_toml("templates", [{"name": text, key + "_": [text], "map": {key: text}}]))
    assert read == {"templates": [{"name": text, key + "_": [text], "map": {key: text}}]}


def test_what_is_empty_is_left_out() -> None:
    entries: list[dict[str, Any]] = [
        {"name": "a", "aliases": [], "contact": "", "limit": None, "level": 0, "enabled": False}
    ]
    assert tomllib.loads(as_toml("x", entries)) == {"x": [{"name": "a", "level": 0, "enabled": False}]}
    assert as_toml("x", []) == ""


@pytest.mark.parametrize("table", TABLES)
def test_what_a_page_shows_is_taken_by_the_configuration(database: Database, now: datetime, table: str) -> None:
    seed_whole_board(database, now, days=2)
    with database.read() as session:
        entries = described(session)
    shown = as_toml(table, entries[table])
    assert shown.count(f"[[{table}]]") == len(entries[table]) > 0
    again = parse_configuration(tomllib.loads(shown))
    assert getattr(again, table) == getattr(parse_configuration({table: entries[table]}), table)


def test_applying_what_the_pages_show_changes_nothing(database: Database, now: datetime) -> None:
    seed_whole_board(database, now, days=2)
    with database.read() as session:
        entries = described(session)
    text = "\n".join(as_toml(table, entries[table]) for table in ("brands", "sources", *TABLES))
    with database.write() as session:
        changes = apply_configuration(session, parse_configuration(tomllib.loads(text)), now)
    assert not changes, changes
