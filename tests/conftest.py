"""What all tests share: databases of their own, and what is kept beside the project."""

import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from sqlalchemy import URL, Connection, create_engine, make_url, text

from storage import members
from storage.database import Database, open_database
from tests.postgresql import PostgresqlMissingError, TemporaryServer

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
MEMORY = Path("/dev/shm")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

HAS_MEMORY = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 2 * 2**30

if HAS_MEMORY:
    # Each database of a test waits for the disk again and again; here none has to survive a power cut.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a log of hostile text be sent to the process that collects the results, which takes no half characters."""
    report = yield
    report.sections = [(name, words.encode(errors="backslashreplace").decode()) for name, words in report.sections]
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the files begin first that take long (browsers, whole programs), so that none of them is waited for alone."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None and item.path.parent != ROOT / "tests")


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hash passwords with as little work as argon2id takes: else each member of a test costs a fifth of a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(members, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture
def now() -> datetime:
    """The time at which the tests happen."""
    return NOW


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to be copied: making these takes thirty times as long."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    open_database(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def database(tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    """An empty SQLite database in a file of its own."""
    shutil.copy(sqlite_template, tmp_path / "afterclick.db")
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
        server = TemporaryServer(within=MEMORY if HAS_MEMORY else None)
    except PostgresqlMissingError as reason:
        pytest.skip(str(reason))
    with server as folder:
        yield URL.create("postgresql+psycopg", username="postgres", database="postgres", query={"host": folder})


@pytest.fixture(scope="session")
def postgresql_admin(postgresql_server: URL) -> Iterator[Connection]:
    """A connection that makes databases; one for all, as the first database of each takes six times as long."""
    admin = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        yield connection
    admin.dispose()


@contextmanager
def postgresql_database(admin: Connection, template: str) -> Iterator[str]:
    """The address of a copy of a PostgreSQL database, dropped afterwards."""
    name = f"test_{uuid4().hex}"
    # Copying the files takes a third of the time of writing each page to the log, as newer servers do if not told so.
    strategy = "STRATEGY FILE_COPY" if int(admin.scalar(text("SHOW server_version_num"))) >= 150_000 else ""
    admin.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8' {strategy}"))
    yield admin.engine.url.set(database=name).render_as_string(hide_password=False)
    admin.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def postgresql_url(postgresql_admin: Connection) -> Iterator[str]:
    """The address of an empty PostgreSQL database, dropped afterwards."""
    with postgresql_database(postgresql_admin, "template0") as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_template(postgresql_admin: Connection) -> Iterator[str]:
    """The name of a PostgreSQL database with all tables, to be copied."""
    with postgresql_database(postgresql_admin, "template0") as url:
        open_database(url).close()
        yield str(make_url(url).database)


@pytest.fixture
def postgresql_copy(postgresql_admin: Connection, postgresql_template: str) -> Iterator[str]:
    """The address of a PostgreSQL database with all tables and nothing in them, dropped afterwards."""
    with postgresql_database(postgresql_admin, postgresql_template) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/any.db"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    """A database with nothing in its tables, once of each kind."""
    if request.param == "sqlite":
        shutil.copy(sqlite_template, tmp_path / "any.db")
        url = f"sqlite:///{tmp_path}/any.db"
    else:
        url = request.getfixturevalue("postgresql_copy")
    opened = open_database(url)
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
    """Return the path of the system's Chromium, if there is one; first of that which is made to show no window.

    It draws a page with half the work of a Chromium that is told to show none.
    """
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)
