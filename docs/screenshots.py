"""Take the pictures of the board for the documentation: every page, light, dark and at the width of a phone.

    python docs/screenshots.py [FOLDER] [--only NAME ...]

It serves a board of its own, in full use (tests/board/whole_board.py), and writes NAME.png, NAME-dark.png and
NAME-narrow.png. Needs the package playwright (requirements-dev.txt) and Chromium on the PATH.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from storage.database import open_database  # noqa: E402
from tests.board.seeding import DANA, PASSWORD  # noqa: E402
from tests.board.whole_board import seed_whole_board  # noqa: E402
from tests.conftest import chromium  # noqa: E402
from tests.smtp import free_port  # noqa: E402

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--font-render-hinting=none"]
WIDE, NARROW = (1440, 900), (390, 844)


@dataclass(frozen=True)
class Picture:
    """A page, how tall its picture is where the window's height shows too little, and what is done before it."""

    path: str
    height: int = WIDE[1]
    press: str = ""
    click: str = ""  # each of these, at most two


PICTURES = {
    "queue": Picture("/?view=open", click="[role=option] .mark"),
    "case": Picture("/?view=open&case={case}"),
    "keys": Picture("/", press="?"),
    "alerts": Picture("/alerts", 1200),
    "alert-rule": Picture("/alerts?show=rules&open=alert-1", 1240),
    "reports": Picture("/reports", 1700),
    "sources": Picture("/sources", 1390),
    "source-form": Picture("/sources?open=source-1", 1500),
    "brand-form": Picture("/sources?open=brand-1", 1200),
    "query": Picture("/query"),
    "team": Picture("/team"),
    "rules": Picture("/rules"),
    "templates": Picture("/templates"),
    "couriers": Picture("/couriers"),
    "model": Picture("/model"),
    "account": Picture("/account"),
}
LOOKS = {"": ("light", WIDE), "-dark": ("dark", WIDE), "-narrow": ("light", NARROW)}


def main() -> None:
    """Read the command line and write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent / "images")
    parser.add_argument("--only", nargs="+", choices=["sign-in", *PICTURES], default=["sign-in", *PICTURES])
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with board() as (address, case_id), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for ending, (scheme, size) in LOOKS.items():
            page = _open(browser, address, size, scheme)
            if "sign-in" in given.only:
                page.screenshot(path=given.folder / f"sign-in{ending}.png")
            _sign_in(page)
            for name in given.only:
                if name in PICTURES:
                    _take(page, address, PICTURES[name], size, case_id, given.folder / f"{name}{ending}.png")
            page.context.close()
        browser.close()


@contextmanager
def board() -> Iterator[tuple[str, int]]:
    """Serve a board in full use; yield its address and a case that has much to show."""
    with tempfile.TemporaryDirectory() as folder:
        url, port = f"sqlite:///{folder}/board.db", free_port()
        database = open_database(url)
        cases = seed_whole_board(database, datetime.now(UTC))
        database.close()
        address = f"http://127.0.0.1:{port}"
        more = {"AFTERCLICK_DATABASE_URL": url, "AFTERCLICK_BASE_URL": address, "PYTHONPATH": str(ROOT)}
        served = subprocess.Popen([sys.executable, "-m", "app", "--port", str(port)], cwd=folder, env=os.environ | more)  # noqa: S603
        try:
            _wait_for(address)
            yield address, cases[13]
        finally:
            served.terminate()
            served.wait()


def _wait_for(address: str) -> None:
    for _ in range(600):
        try:
            httpx.get(f"{address}/healthz", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The board did not start within a minute.")


def _open(browser: Browser, address: str, size: tuple[int, int], scheme: str) -> Page:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=2 if size == NARROW else 1,
        locale="en-GB",
    )
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(address)
    return page


def _sign_in(page: Page) -> None:
    page.get_by_label("E-mail address").fill(DANA)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("option").first.wait_for()


def _take(page: Page, address: str, wanted: Picture, size: tuple[int, int], case_id: int, file: Path) -> None:
    """Go to a page, wait until nothing on it changes any more, and take its picture."""
    page.set_viewport_size({"width": size[0], "height": size[1] if size == NARROW else wanted.height})
    page.goto(address + wanted.path.format(case=case_id))
    page.locator(".st-key-top_bar_row h1").wait_for(state="attached")
    for passing in (
        "[data-stale=true]",
        "[data-testid=stSkeleton]",
        "[data-testid=stVegaLiteChart]:not(:has(svg, canvas))",
    ):
        page.wait_for_function("passing => !document.querySelector(passing)", arg=passing)
    page.wait_for_timeout(2500)
    for number in range(2 if wanted.click else 0):
        page.locator(wanted.click).nth(number).click()
    if wanted.press:
        page.keyboard.press(wanted.press)
        page.wait_for_timeout(500)
    page.screenshot(path=file)


if __name__ == "__main__":
    main()
