"""From a click on a row to the case on the screen, measured in a real browser.

    python benchmarks/click_to_detail.py [--clicks 60] [--cases 4000] [--database URL]

A board is served by this machine and looked at by its Chromium, with a list of cases and nobody else at work. A script
in the page notes the time of the pointer's press on a row (the event's own time stamp, before any of our code runs),
and then, at each frame, whether the case's number and the words of its first post stand in the page. The frame after
the first one in which they do ends it: by then they have been painted. So the figure holds everything: the list's own
script, the way to the server and back, both runs of the page, and the browser's drawing. The baseline is the same
way without the board's work: a `fetch` of /healthz, from its call to the frame after its answer.
"""

import argparse
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.board_data import fill  # noqa: E402
from benchmarks.board_sessions import PASSWORD, board  # noqa: E402
from core.types import Role  # noqa: E402
from storage.database import open_database  # noqa: E402
from storage.members import create_member  # noqa: E402

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PAUSE_MS = 400  # a person reads before the next click; shorter than a redraw, so that some clicks meet one
WATCH = """() => {
    const inside = (root, seek) => {
        for (const tag of root.querySelectorAll("*")) {
            if (seek(tag)) return true;
            if (tag.shadowRoot && inside(tag.shadowRoot, seek)) return true;
        }
        return false;
    };
    window.untilShown = id => new Promise(done => {
        const pane = document.querySelector(".st-key-case_pane");
        const isShown = () => inside(pane, tag => !tag.childElementCount && tag.textContent.trim() === `Case ${id}`)
            && inside(pane, tag => tag.matches("article .text") && tag.textContent.length > 0);
        let pressed = 0;
        document.addEventListener("pointerdown", event => pressed = event.timeStamp, { capture: true, once: true });
        const look = now => pressed && isShown()
            ? requestAnimationFrame(painted => done(painted - pressed)) : requestAnimationFrame(look);
        requestAnimationFrame(look);
    });
    window.untilHealthy = () => new Promise(done => {
        const began = performance.now();
        fetch("/healthz").then(() => requestAnimationFrame(painted => done(painted - began)));
    });
}"""


def main() -> None:
    """Read the command line, make the board, click, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clicks", type=int, default=60)
    parser.add_argument("--cases", type=int, default=4000)
    parser.add_argument("--database", default="")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = given.database or f"sqlite:///{folder}/board.db"
        database, now = open_database(url), datetime.now(UTC)
        fill(database, given.cases * 5, given.cases, now)
        with database.write() as session:
            create_member(session, "person0@bench.example", "Person 0", Role.RESPONDER, PASSWORD, now)
        database.close()
        with board(url, Path(folder)) as (address, _process), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            sign_in(page, address)
            bare = [page.evaluate("untilHealthy()") for _ in range(given.clicks)]
            clicks = [click(page, number) for number in range(given.clicks)]
            browser.close()
    print(f"{given.cases:,} cases, one browser, {given.clicks} clicks")
    print("| what | median ms | p95 ms | most ms |")
    print("|---|---|---|---|")
    for what, took in (("click to detail", clicks), ("fetch of /healthz to the next frame", bare)):
        took.sort()
        print(f"| {what} | {took[len(took) // 2]:.0f} | {took[int(len(took) * 0.95)]:.0f} | {took[-1]:.0f} |")


def sign_in(page: Page, address: str) -> None:
    """Sign in, wait for the list, and bring the watching script in."""
    page.goto(f"{address}/?view=open")
    page.get_by_label("E-mail address").fill("person0@bench.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("option").nth(5).wait_for()
    page.evaluate(WATCH)


def click(page: Page, number: int) -> float:
    """Click on one of the first rows, another one each time; return the milliseconds until its case is painted."""
    row = page.get_by_role("option").nth(number % 5)
    case_id = row.get_attribute("data-id")
    waiting = page.evaluate_handle("id => ({ shown: untilShown(id) })", case_id)
    row.locator(".words").click()
    took: float = page.evaluate("waiting => waiting.shown", waiting)
    page.wait_for_timeout(PAUSE_MS)
    return took


if __name__ == "__main__":
    main()
