"""A running board with cases in it, and browsers that are signed in to it."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from storage.database import Database, open_database
from tests.board.seeding import PASSWORD, seed
from tests.board.whole_board import seed_whole_board
from tests.conftest import chromium, environment_for

try:
    from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright
except ImportError:  # the browser tests skip and say so
    Browser = BrowserContext = Page = ViewportSize = expect = sync_playwright = None  # type: ignore[assignment, misc]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",  # letters as wide as on a screen
]
WAIT_MS = 60_000  # a machine that is busy with other tests needs it; one that is not waits no longer than it has to

if expect is not None:
    expect.set_options(timeout=WAIT_MS)


@dataclass(frozen=True)
class Board:
    """A board that is being served, its database, and a way to end its server and start it anew."""

    address: str
    database: Database
    cases: list[int]
    restart: Callable[[], None]
    sessions: dict[str, Any] = field(default_factory=dict)  # the cookies of members who have signed in, by address

    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Board]]:
    """Start boards with a database each; they end with the file's tests, so that no file finds what another left."""
    running: dict[str, tuple[subprocess.Popen[bytes], Database]] = {}

    def start(fill: Callable[[Database, datetime], list[int]] = seed) -> Board:
        folder = tmp_path_factory.mktemp("board")
        url, port = f"sqlite:///{folder}/board.db", _free_port()
        database = open_database(url)
        cases = fill(database, datetime.now(UTC))
        address = f"http://127.0.0.1:{port}"

        def run() -> None:
            environment = environment_for({"AFTERCLICK_DATABASE_URL": url, "AFTERCLICK_BASE_URL": address})
            command = [sys.executable, "-m", "app", "--port", str(port)]
            with (folder / "log").open("ab") as log:
                process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
            running[address] = process, database
            _wait_for(address, process, folder / "log")

        def restart() -> None:
            _end(running[address][0])
            run()

        run()
        return Board(address, database, cases, restart)

    yield start
    for process, database in running.values():
        _end(process)
        database.close()


@pytest.fixture(scope="module")
def board(serve: Callable[..., Board]) -> Board:
    """The board that a file's tests share; each works on a case of its own."""
    return serve()


@pytest.fixture(scope="module")
def whole_board(serve: Callable[..., Board]) -> Board:
    """A board in full use, to be looked at: every page has something to show."""
    return serve(seed_whole_board)


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """The system's Chromium; not for longer, since Playwright's event loop would be in the way of other tests."""
    path = chromium()
    if sync_playwright is None:
        pytest.skip("needs the Python package playwright (requirements-dev.txt)")
    if path is None:
        pytest.skip("needs Chromium on the PATH")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


class Visitors:
    """Opens browsers for members, and keeps what their pages complained of."""

    def __init__(self, browser: "Browser") -> None:
        self.browser = browser
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def context(self, *, phone: bool = False, dark: bool = False) -> "BrowserContext":
        size: ViewportSize = {"width": 390, "height": 844} if phone else {"width": 1440, "height": 900}
        context = self.browser.new_context(viewport=size, has_touch=phone, color_scheme="dark" if dark else "light")
        context.set_default_timeout(WAIT_MS)
        self.contexts.append(context)
        return context

    def page(self, context: "BrowserContext") -> "Page":
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda line: "Content Security" in line.text and self.complaints.append(line.text))
        return page

    def sign_in(
        self, board: Board, email: str, path: str = "/", *, phone: bool = False, ready: str = "[role=listbox]"
    ) -> "Page":
        """Open a browser of a member's own at a page, and wait until `ready` is on it."""
        page = self.page(self.context(phone=phone))
        self.enter(page, board, email, path, ready)
        return page

    def enter(self, page: "Page", board: Board, email: str, path: str, ready: str = "[role=listbox]") -> None:
        """Come to a page as a member: with a session that the member has at this board, where it has not ended."""
        page.context.add_cookies(board.sessions.get(email, []))
        page.goto(board.address + path)
        if "/login" in page.url:
            page.get_by_label("E-mail address").fill(email)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
        page.locator(ready).first.wait_for(state="attached")
        board.sessions[email] = page.context.cookies()


@pytest.fixture
def visitors(browser: "Browser") -> Iterator[Visitors]:
    """Browsers for members; a script error or a breach of the security policy on any page fails the test."""
    opened = Visitors(browser)
    yield opened
    for context in opened.contexts:
        context.close()
    assert opened.complaints == []


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(20)


def _free_port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{address}/healthz", trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"the board did not start: {log.read_text()}")
