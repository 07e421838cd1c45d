"""Opening the database: migrations, refusal of a newer one, times, locks."""

import contextlib
import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.exc import StatementError
from sqlmodel import SQLModel, select

from core.errors import ConfigError, InputError, StorageError
from storage.database import MIGRATIONS, Database, open_database
from storage.tables import Brand, PredictionRow


def brand(name: str, at: datetime) -> Brand:
    return Brand(name=name, created_at=at)


def test_the_migrations_make_exactly_the_tables_of_the_code(any_database: Database) -> None:
    with any_database.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), SQLModel.metadata)
    assert [change for change in found if "post_search" not in str(change)] == []


NOON = "'2026-11-21 12:00:00+00:00'"
# As the first two migrations made the tables.
OLD_ROWS = (
    f"INSERT INTO brand VALUES (1, 'Parcelo', '[]', '[]', '[]', '[]', 'UTC', {NOON})",
    "INSERT INTO post (id, platform, platform_id, brand_id, kind, author, author_name, title, text, url, language, "
    "parent_id, conversation_id, reach, is_own, posted_at, collected_at, classified_with, claimed_by) "
    f"VALUES (1, 'x', '1', 1, 'post', 'ann', '', '', 'late', '', 'en', '', '', 0, false, {NOON}, {NOON}, 'old-1', '')",
    "INSERT INTO prediction (post_id, model_version, complaint, is_complaint, reasons, severity, parties, praise, "
    "language, unsure, created_at) "
    f"""VALUES (1, 'old-1', 0.9, true, '{{"late": 0.8}}', 2, '[]', 0, 'en', false, {NOON})""",
)


def test_predictions_of_an_older_database_are_kept_and_have_no_passages(any_url: str) -> None:
    older = create_engine(any_url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with older.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        for statement in OLD_ROWS:
            connection.exec_driver_sql(statement)
    older.dispose()
    database = open_database(any_url)
    with database.read() as session:
        kept = session.exec(select(PredictionRow)).one()
        assert session.exec(select(Brand.threshold)).one() == "balanced"
    assert (kept.reasons, kept.passages) == ({"late": 0.8}, [])
    database.close()


def test_opening_twice_keeps_what_is_there(any_url: str, now: datetime) -> None:
    first = open_database(any_url)
    with first.write() as session:
        session.add(brand("Parcelo", now))
    first.close()
    second = open_database(any_url)
    with second.read() as session:
        assert session.exec(select(Brand.name)).all() == ["Parcelo"]
    second.close()


def test_two_processes_may_open_an_empty_database_at_once(any_url: str) -> None:
    failures: list[BaseException] = []

    def open_it() -> None:
        try:
            open_database(any_url).close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_newer_database_is_refused_in_one_sentence(any_url: str) -> None:
    database = open_database(any_url)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(StorageError, match=r"^The database was written by a newer Afterclick \(schema 9999\).*\.$"):
        open_database(any_url)


def test_times_come_back_aware_and_in_utc(any_database: Database) -> None:
    east = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with any_database.write() as session:
        session.add(brand("Parcelo", east))
    with any_database.read() as session:
        stored = session.exec(select(Brand)).one().created_at
    assert stored == east
    assert stored.tzinfo is UTC


def test_a_time_without_zone_is_refused(any_database: Database) -> None:
    with pytest.raises(StatementError, match="has no time zone"), any_database.write() as session:
        session.add(brand("Parcelo", datetime(2026, 11, 21)))  # noqa: DTZ001


def test_what_fails_half_way_leaves_nothing(any_database: Database, now: datetime) -> None:
    with pytest.raises(RuntimeError), any_database.write() as session:
        session.add(brand("Parcelo", now))
        session.flush()
        raise RuntimeError
    with any_database.read() as session:
        assert session.exec(select(Brand)).all() == []


def test_a_second_writer_waits_for_the_first(database: Database, now: datetime) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with database.write() as session:
            session.add(brand("slow", now))
            inside.set()
            go_on.wait(5)

    thread = threading.Thread(target=slow)
    thread.start()
    inside.wait(5)
    threading.Timer(0.2, go_on.set).start()
    with database.write() as session:
        assert session.exec(select(Brand.name)).all() == ["slow"]
    thread.join()


def test_sqlite_keeps_its_log_beside_it(tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path}/new/folder/a.db").close()
    with sqlite3.connect(tmp_path / "new/folder/a.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mongodb://host/name",
        "mysql://host/name",
        "postgresql+nothing://host/name",
        "postgresql://u:pw@host:abc/db",
    ],
)
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="AFTERCLICK_DATABASE_URL"):
        open_database(url)


def test_a_password_stands_in_no_message() -> None:
    with pytest.raises(StorageError) as refused:
        open_database("postgresql://ann:s3cret@127.0.0.1:1/nothing")
    assert "s3cret" not in str(refused.value)
    assert "127.0.0.1" in str(refused.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"this is no database, " * 100)
    with pytest.raises(StorageError, match="file is not a database"):
        open_database(f"sqlite:///{tmp_path}/a.db")


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot be made"):
        open_database(f"sqlite:///{tmp_path}/file/a.db")


def test_a_database_that_stays_locked_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.database.LOCK_WAIT_S", 0.2)
    database = open_database(f"sqlite:///{tmp_path}/a.db")
    holder = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="locked"), database.write():
        pass
    holder.close()
    database.close()


def test_a_key_that_no_row_can_have_is_no_fault_of_the_database(any_database: Database) -> None:
    with contextlib.suppress(InputError), any_database.read() as session:  # PostgreSQL does not even look
        assert session.get(Brand, 2**53 - 1) is None
