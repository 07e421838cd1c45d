"""What all tests share: databases of their own, and what is kept beside the project."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import URL, create_engine, make_url, text

from storage.database import Database, open_database
from tests.postgresql import PostgresqlMissingError, TemporaryServer

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """The time at which the tests happen."""
    return NOW


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database in a file of its own."""
    opened = open_database(f"sqlite:///{tmp_path}/afterclick.db")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[URL]:
    """A PostgreSQL server's address: that of AFTERCLICK_TEST_POSTGRESQL_URL, else of one started for this run."""
    named = os.environ.get("AFTERCLICK_TEST_POSTGRESQL_URL")
    if named:
        yield make_url(named).set(drivername="postgresql+psycopg")
        return
    try:
        server = TemporaryServer()
    except PostgresqlMissingError as reason:
        pytest.skip(str(reason))
    with server as folder:
        yield URL.create("postgresql+psycopg", username="postgres", database="postgres", query={"host": folder})


@pytest.fixture
def postgresql_url(postgresql_server: URL) -> Iterator[str]:
    """The address of an empty PostgreSQL database, dropped afterwards."""
    name = f"test_{uuid4().hex}"
    admin = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
    yield postgresql_server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/any.db"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def any_database(any_url: str) -> Iterator[Database]:
    """An empty database, once of each kind."""
    opened = open_database(any_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the project with recordings and labelled posts, which are not ours to ship."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared (recordings and labelled posts that are not part of the project)")
    return SHARED


@pytest.fixture(scope="session")
def afterclick() -> list[str]:
    """The command line of `afterclick` with this Python."""
    return [sys.executable, "-m", "cli"]


def run_afterclick(
    words: list[str], environment: dict[str, str], cwd: Path, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run `afterclick WORDS` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "cli", *words],
        env=environment_for(environment),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def environment_for(given: dict[str, str]) -> dict[str, str]:
    """Return this process's environment with the project importable and no setting but the given ones."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AFTERCLICK_", "X_", "REDDIT_"))}
    return kept | {"PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1,localhost"} | given


def chromium() -> str | None:
    """Return the path of the system's Chromium, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
