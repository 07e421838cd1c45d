"""Take the pictures of the board for the documentation.

    python docs/screenshots.py http://127.0.0.1:8501 EMAIL PASSWORD [FOLDER]

Needs the package playwright (requirements-dev.txt) and Chromium on the PATH. It signs in, opens the most urgent case of
somebody or nobody, and changes nothing.
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WIDE, NARROW = (1440, 900), (390, 844)


def main() -> None:
    """Read the command line and write sign-in.png, queue.png, case.png, and the dark and the narrow ones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("email")
    parser.add_argument("password")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent / "images")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = _open(browser, given.address, WIDE, "light")
        page.screenshot(path=given.folder / "sign-in.png")
        _sign_in(page, given.email, given.password)
        page.screenshot(path=given.folder / "queue.png")
        _open_first(page)
        page.screenshot(path=given.folder / "case.png")
        page = _open(browser, given.address, WIDE, "dark")
        _sign_in(page, given.email, given.password)
        _open_first(page)
        page.screenshot(path=given.folder / "case-dark.png")
        page = _open(browser, given.address, NARROW, "light")
        _sign_in(page, given.email, given.password)
        page.screenshot(path=given.folder / "queue-narrow.png")
        _open_first(page)
        page.screenshot(path=given.folder / "case-narrow.png")
        browser.close()


def _open(browser: Browser, address: str, size: tuple[int, int], scheme: str) -> Page:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=2 if size == NARROW else 1,
        locale="en-GB",
    )
    page = context.new_page()
    page.goto(address)
    return page


def _sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("tab", name="All open").click()
    page.get_by_role("option").first.wait_for()
    page.wait_for_timeout(1000)


def _open_first(page: Page) -> None:
    page.get_by_role("option").first.click()
    page.get_by_role("heading", name="History").wait_for()
    page.wait_for_timeout(1000)


if __name__ == "__main__":
    main()
