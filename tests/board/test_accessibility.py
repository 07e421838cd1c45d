"""WCAG 2.2 AA as far as a program can tell: axe-core on every page, light and dark, and the theme's colours by sums."""

import re
from typing import TYPE_CHECKING, Any

import pytest

from board import signin
from board.options import OPTIONS
from tests.board.conftest import Board, Visitors
from tests.board.seeding import DANA

if TYPE_CHECKING:
    from playwright.sync_api import Page, expect
else:
    expect = pytest.importorskip("playwright.sync_api", reason="needs the package playwright").expect

STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
GRAVE = ("serious", "critical")
PAGES = {
    "queue": "/",
    "case": "/?case={case}",
    "alerts": "/alerts",
    "alert_rule": "/alerts?show=rules&open=alert-1",
    "reports": "/reports",
    "sources": "/sources",
    "source_form": "/sources?open=source-1",
    "brand_form": "/sources?open=brand-1",
    "team": "/team",
    "rules": "/rules",
    "templates": "/templates",
    "couriers": "/couriers",
    "model": "/model",
    "query": "/query",
    "account": "/account",
}
NARROW = ("queue", "case", "alerts", "reports", "team", "source_form")
DARK = ("queue", "case", "reports", "alerts", "source_form")  # the others are made of the same parts
LOOKS = [
    *((name, dark, False) for name in PAGES for dark in (False, True) if not dark or name in DARK),
    *((name, False, True) for name in NARROW),
]


@pytest.fixture
def board(whole_board: Board) -> Board:
    return whole_board


def grave_violations(page: "Page") -> list[str]:
    """Return what axe-core calls serious or critical, each with the first elements it means."""
    axe: Any = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python").Axe
    found = axe().run(page, options={"runOnly": STANDARD, "resultTypes": ["violations"]})
    return [
        f"{each['impact']} {each['id']}: {each['help']}: {[node['target'] for node in each['nodes'][:4]]}"
        for each in found.response["violations"]
        if each["impact"] in GRAVE
    ]


def settle(page: "Page") -> None:
    """Wait until nothing is drawn any more."""
    page.wait_for_function(
        "() => new Promise(done => { let last = performance.now();"
        "  const watch = new MutationObserver(() => last = performance.now());"
        "  watch.observe(document.body, { subtree: true, childList: true });"
        "  const look = setInterval(() => performance.now() - last > 700 && (clearInterval(look), done(true)), 100) })"
    )


@pytest.mark.browser
@pytest.mark.parametrize(("name", "dark", "phone"), LOOKS, ids=lambda value: str(value))
def test_page_has_no_grave_violation(board: Board, visitors: Visitors, name: str, dark: bool, phone: bool) -> None:
    page = visitors.page(visitors.context(phone=phone, dark=dark))
    path = PAGES[name].format(case=board.cases[10])
    visitors.enter(page, board, DANA, path, ".st-key-top_bar_row h1")
    settle(page)
    assert grave_violations(page) == []


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
def test_sign_in_has_no_grave_violation(board: Board, visitors: Visitors, dark: bool) -> None:
    page = visitors.page(visitors.context(dark=dark))
    page.goto(board.address)
    assert grave_violations(page) == []
    page.get_by_label("E-mail address").fill("nobody@brindle.example")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert grave_violations(page) == []


def luminance(color: str) -> float:
    """Return the relative luminance that WCAG defines, of "#rrggbb"."""
    shares = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(one: str, share: float, other: str) -> str:
    """Return what color-mix(in srgb, one share, other) makes."""
    pairs = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def test_contrast_is_what_the_standard_says_of_black_and_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_in_the_themes_colours_can_be_read(theme: str) -> None:
    color = {name.split(".")[2]: value for name, value in OPTIONS.items() if name.startswith(f"theme.{theme}.")}
    ground, ink = color["backgroundColor"], color["textColor"]
    accent_ground = mixed(color["primaryColor"], 0.10, ground)
    faint = mixed(ink, 0.07, ground)
    quiet = mixed(ink, 0.68, ground)
    on_accent = ground  # the board's components
    for words in (ink, quiet, color["primaryColor"], color["redColor"], color["orangeColor"], color["greenColor"]):
        for behind in (ground, color["secondaryBackgroundColor"], faint, accent_ground):
            assert contrast(words, behind) >= 4.5, (theme, words, behind)
    assert contrast(on_accent, color["primaryColor"]) >= 4.5
    assert contrast(color["primaryColor"], ground) >= 3  # the ring around what has the focus


def test_sign_in_colours_can_be_read() -> None:
    style = (signin.HERE / "templates" / "sign_in.css").read_text(encoding="utf-8")
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+);", part)) for part in style.split("@media")[:2])
    for scheme in (light, light | dark):
        color = {
            name: value if len(value) == 7 else "#" + "".join(2 * sign for sign in value[1:])
            for name, value in scheme.items()
        }
        assert contrast(color["ink"], color["ground"]) >= 4.5
        for words in ("ink", "quiet", "accent", "wrong"):
            assert contrast(color[words], color["card"]) >= 4.5, words
        assert contrast(color["wrong"], color["wrong-ground"]) >= 4.5
        assert contrast(color["on-accent"], color["accent"]) >= 4.5
        assert contrast(color["field"], color["card"]) >= 3, "a field's border"
