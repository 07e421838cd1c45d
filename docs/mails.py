"""Take the pictures of the mails for the documentation: on a desk and on a phone, light and dark, and the text part.

    python docs/mails.py [FOLDER] [--only NAME ...]

It composes each mail as it is sent, reads it back and shows what a mail program would show: mail-NAME.png and
mail-NAME-dark.png at 800 points, mail-NAME-phone.png and mail-NAME-phone-dark.png at 390, mail-NAME-text.png. Needs the
package playwright (requirements-dev.txt) and Chromium on the PATH.
"""

import argparse
import io
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Route, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from alerts import digest, incident  # noqa: E402
from alerts.mail import Envelope, compose  # noqa: E402
from alerts.rendering import Wording  # noqa: E402
from tests.alerts import samples  # noqa: E402
from tests.alerts.reading import page_of, read  # noqa: E402
from tests.conftest import chromium  # noqa: E402

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--font-render-hinting=none"]
MAILS: Mapping[str, Callable[[], Wording]] = {
    "severe": lambda: incident.wording(samples.message()),
    "spike": lambda: incident.wording(samples.message(samples.spike())),
    "several": lambda: incident.wording(samples.several()),
    "source": lambda: incident.wording(samples.message(samples.source())),
    "digest": lambda: digest.wording(samples.digest()),
}
LOOKS = {
    "": ("html", 800, "light"),
    "-dark": ("html", 800, "dark"),
    "-phone": ("html", 390, "light"),
    "-phone-dark": ("html", 390, "dark"),
    "-text": ("plain", 800, "light"),
}


def main() -> None:
    """Read the command line and write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent / "images")
    parser.add_argument("--only", nargs="+", choices=list(MAILS), default=list(MAILS))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for name in given.only:
            mail = _arrived(MAILS[name]())
            for ending, (form, width, scheme) in LOOKS.items():
                _take(browser, page_of(mail, form), width, scheme, given.folder / f"mail-{name}{ending}.png")
        browser.close()


def _arrived(wording: Wording) -> EmailMessage:
    """Return the mail as a program reads it from its bytes."""
    envelope = Envelope("<a@board.example>", "afterclick@board.example", "ops@parcelo.example", datetime.now(UTC))
    return read(compose(envelope, wording))


def _take(browser: Browser, page_words: str, width: int, scheme: str, file: Path) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 300},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=2 if width < 500 else 1,
        locale="en-GB",
    )
    page = context.new_page()
    page.route("**/*", _refuse)
    page.set_content(page_words)
    taken = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    taken.quantize(256, dither=Image.Dither.NONE).save(file, optimize=True)  # a third of the size, and looks the same
    context.close()


def _refuse(route: Route) -> None:
    raise SystemExit(f"The mail loads something: {route.request.url[:200]}")


if __name__ == "__main__":
    main()
