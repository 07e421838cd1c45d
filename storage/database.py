"""Opening the database: connections, transactions, migrations and the check that the code is not too old for it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import OperationalError as SqliteError
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, OperationalError
from sqlmodel import Session

from core.errors import ConfigError, InputError, StorageError

MIGRATIONS = Path(__file__).parent / "migrations"
__all__ = ["Database", "Session", "open_database"]

LOCK_WAIT_S = 30.0
_SQLITE_SETTINGS = (
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "secure_delete=ON",  # what a platform deleted is overwritten; only some builds of SQLite do so unasked
    "cache_size=-16384",  # KB, a connection
    "temp_store=MEMORY",  # a statement that adds many rows keeps a journal of its own
    "wal_autocheckpoint=4000",  # pages: 16 MB; a page that was written often is copied to the database once
)
# What a search found, for the session that asks: of the connection and not of the database, as in storage.search.
_FOUND_CASES = (
    "CREATE TEMP TABLE found_case (search INTEGER, case_id INTEGER, PRIMARY KEY (search, case_id)) WITHOUT ROWID"
)
_READ_ONLY = "afterclick_read_only"
_NO_ADDRESS = (
    "AFTERCLICK_DATABASE_URL is no address of a database that Afterclick can use: "
    "write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
)


class Database:
    """The one way to the tables. Safe to share between threads; each process opens its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reading = engine.execution_options(**{_READ_ONLY: True})

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Yield a session for queries; what is changed in it is not kept."""
        with _failing_in_words(), Session(self._reading, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Yield a session that commits when the block ends and rolls back when it raises.

        On SQLite the write lock is taken at the start (`BEGIN IMMEDIATE`), so that two writers wait for each other
        instead of failing half way.
        """
        with _failing_in_words(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.connection()
            yield session

    @property
    def is_sqlite(self) -> bool:
        """True for the embedded default."""
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


@contextmanager
def _failing_in_words() -> Iterator[None]:
    """Turn what befalls the database itself (locked, full, gone) into a StorageError.

    A key that no row can have is an InputError; PostgreSQL refuses to look for it.
    """
    try:
        yield
    except OperationalError as error:
        raise StorageError(f"The database cannot be used: {error.orig}") from error
    except DataError as error:
        raise InputError("Nothing was done: there can be no such number or text.") from error


def open_database(url: str) -> Database:
    """Return the database at `url`, brought up to this code's schema.

    Raises ConfigError where the address makes no sense and StorageError where the database cannot be used.
    """
    database = Database(_make_engine(url))
    try:
        _upgrade(database.engine)
    except DBAPIError as error:
        database.close()
        raise StorageError(f"The database {_shown(url)} cannot be used: {error.orig}") from error
    except StorageError:
        database.close()
        raise
    return database


def _make_engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigError(_NO_ADDRESS) from None  # the cause would print the password
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return _make_sqlite_engine(url, parsed.database)
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        parsed = parsed.set(drivername="postgresql+psycopg")
        # Each statement is planned anew: a plan that was kept from when a table was empty reads all of it ever after.
        as_it_is = {"prepare_threshold": None}
        engine = create_engine(parsed, pool_pre_ping=True, pool_size=10, max_overflow=20, connect_args=as_it_is)
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    raise ConfigError(_NO_ADDRESS)


def _make_sqlite_engine(url: str, path: str | None) -> Engine:
    if path and path != ":memory:":
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"The folder of the database {path} cannot be made: {error.strerror}") from error
    engine = create_engine(url, connect_args={"timeout": LOCK_WAIT_S, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: SqliteConnection, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late to hold the write lock
    for pragma in _SQLITE_SETTINGS:
        connection.execute(f"PRAGMA {pragma}")
    _switch_to_wal(connection)
    connection.execute(_FOUND_CASES)


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    connection.execute("SET jit = off")  # to compile a query of the board takes longer than to run it
    connection.commit()


def _switch_to_wal(connection: SqliteConnection) -> None:
    """Switch a new database over; SQLite does not wait here for another process that does the same."""
    for _ in range(int(LOCK_WAIT_S * 20)):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except SqliteError as error:
            if "locked" not in str(error):
                raise
            time.sleep(0.05)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get(_READ_ONLY)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _upgrade(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    known = ScriptDirectory.from_config(config)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":  # two processes may start at once
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(718281828)")
        present = MigrationContext.configure(connection).get_current_revision()
        if present == known.get_current_head():
            return
        _refuse_newer(known, present)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _refuse_newer(known: ScriptDirectory, present: str | None) -> None:
    try:
        known.get_revision(present or "base")
    except CommandError as error:
        raise StorageError(
            f"The database was written by a newer Afterclick (schema {present}); "
            f"this one knows schemas up to {known.get_current_head()}: update Afterclick or use another database."
        ) from error


def _shown(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)
