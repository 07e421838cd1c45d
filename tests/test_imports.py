"""The house's picture holds: imports go down, never up or sideways."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

# What each part may import of ours, and the libraries that live in it alone (docs/architecture.md).
ALLOWED = {
    "core": set(),
    "collectors": {"core"},
    "classifier": {"core"},
    "storage": {"core"},
    "alerts": {"core"},
    "jobs": {"core", "collectors", "classifier", "storage", "alerts"},
    "board": {"core", "storage"},
    "demo": {"core"},
    "settings": {"core"},
    "app": {"core", "storage", "collectors", "classifier", "jobs", "board", "settings"},
    "commands": {"core", "storage", "settings", "jobs", "collectors", "classifier", "alerts", "demo", "app"},
    "cli": {"core", "commands"},
}
HOMES = {
    "sqlmodel": {"storage"},
    "sqlalchemy": {"storage"},
    "alembic": {"storage"},
    "streamlit": {"app", "board"},
    "starlette": {"app", "board"},
    "matplotlib": {"alerts", "classifier"},
    "altair": {"board"},
    "vl_convert": {"board"},
    "tweepy": {"collectors"},
    "praw": {"collectors"},
    "httpx": {"collectors", "alerts"},
    "requests": {"collectors"},
    "feedparser": {"collectors"},
    "mastodon": {"collectors"},
    "atproto": {"collectors"},
    "atproto_client": {"collectors"},
    "trafilatura": {"collectors"},
    "smtplib": {"alerts"},
    "transformers": {"classifier"},
    "onnxruntime": {"classifier"},
    "torch": {"classifier"},
    "sklearn": {"classifier"},
    "typer": {"cli", "commands"},
}


def sources() -> list[Path]:
    found = [ROOT / f"{name}.py" for name in ("app", "cli", "settings")]
    for part in ALLOWED:
        found += sorted((ROOT / part).rglob("*.py"))
    return [path for path in found if path.exists() and "versions" not in path.parts]


def imported(path: Path) -> Iterator[str]:
    """Yield the top-level name of every import, those inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    part = path.relative_to(ROOT).parts[0].removesuffix(".py")
    ours = {name for name in imported(path) if name in ALLOWED and name != part}
    assert ours <= ALLOWED[part], f"{part} must not import {sorted(ours - ALLOWED[part])}"


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_libraries_stay_in_their_part(path: Path) -> None:
    part = path.relative_to(ROOT).parts[0].removesuffix(".py")
    strays = {name for name in imported(path) if name in HOMES and part not in HOMES[name]}
    assert not strays, f"{sorted(strays)} belong to other parts than {part}"


def test_no_part_is_forgotten() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert folders <= set(ALLOWED)
