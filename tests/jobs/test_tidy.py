"""What a platform deleted is in no file any more, not even where nobody searches."""

import sqlite3
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from core.configuration import parse_configuration
from core.searching import Words
from jobs.classify import classify
from jobs.parts import Parts
from jobs.tidy import tidy
from storage import database as opening
from storage.brands import apply_configuration
from storage.database import Database, open_database
from storage.posts import store_posts
from storage.search import posts_with
from storage.tombstones import record_deleted
from tests.fakes import Clock, FakeClassifier, post
from tests.jobs.conftest import CONFIGURATION

SECRET = "quagga"


def bytes_of(database: Database, path: Path) -> bytes:
    database.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path.read_bytes().lower()


def deleting(path: Path, clock: Clock) -> Database:
    """A database of which one post with its author was deleted."""
    database = open_database(f"sqlite:///{path}")
    parts = Parts(database, now=clock)
    with database.write() as session:
        apply_configuration(session, parse_configuration(CONFIGURATION), clock())
    wordy = {"title": f"{SECRET} title", "author": SECRET, "author_name": SECRET.title(), "url": f"https://x/{SECRET}"}
    others = [post(number, f"late, parcel {number}") for number in range(2, 60)]
    said = [post(1, f"blame {SECRET} late 4", **wordy), *others]
    with database.write() as session:
        store_posts(session, said, brand_id=1, source_id=1, own_handles=[], now=clock())
    classify(parts, FakeClassifier())
    with database.write() as session:
        assert record_deleted(session, "x", {"1": "deleted there"}, clock()) == 1
    return database


@pytest.mark.parametrize("unasked", [(), ("secure_delete=OFF",)], ids=["as built", "a build that overwrites nothing"])
def test_the_file_holds_no_word_of_a_deleted_post_once_it_was_tidied(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, unasked: Sequence[str]
) -> None:
    monkeypatch.setattr(opening, "_SQLITE_SETTINGS", (*unasked, *opening._SQLITE_SETTINGS))
    path = tmp_path / "deleted.db"
    database = deleting(path, clock)
    with sqlite3.connect(path) as looking:
        parts_of_index = [block for (block,) in looking.execute("SELECT block FROM post_search_data")]
    assert [block for block in parts_of_index if SECRET[2:].encode() in block], (
        "FTS5 forgets by itself: no need to tidy"
    )
    assert tidy(Parts(database, now=clock)) > 0
    with database.write() as session:
        session.execute(text("INSERT INTO post_search(post_search) VALUES ('integrity-check')"))
        assert len(session.execute(posts_with(session, Words(("parcel",), begins=True))).all()) == 58
        assert session.execute(posts_with(session, Words((SECRET,), begins=True))).all() == []
    # The index keeps a word without what it shares with the one before it.
    assert SECRET[2:].encode() not in bytes_of(database, path)


def test_nothing_is_rewritten_where_nothing_was_deleted_lately(tmp_path: Path, clock: Clock) -> None:
    database = deleting(tmp_path / "deleted.db", clock)
    clock.move(timedelta(days=3))
    assert tidy(Parts(database, now=clock)) == 0
    database.close()


def test_another_database_than_sqlite_tidies_itself(parts: Parts, clock: Clock) -> None:
    with parts.database.write() as session:
        store_posts(session, [post(1)], brand_id=1, source_id=1, own_handles=[], now=clock())
        record_deleted(session, "x", {"1": "deleted there"}, clock())
    classify(parts, FakeClassifier())
    steps = tidy(parts)
    assert steps == 0 or parts.database.is_sqlite
