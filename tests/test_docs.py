"""The documents are held to the code."""

import re
import tomllib

import pytest
import typer

from commands.app import app
from core.configuration import parse_configuration
from settings import PREFIX, Settings
from tests.conftest import ROOT

CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_stands_in_the_docs_with_its_default(name: str) -> None:
    row = next(line for line in CONFIGURATION.splitlines() if line.startswith(f"| `{PREFIX}{name.upper()}` "))
    field = Settings.model_fields[name]
    default = field.default.get_secret_value() if hasattr(field.default, "get_secret_value") else field.default
    assert ("none" if default is None else f"`{default}`") in row
    assert field.description
    assert field.description.split(";")[0] in row


def test_no_setting_stands_in_the_docs_that_is_not_there() -> None:
    told = {name.lower() for name in re.findall(rf"^\| `{PREFIX}(\w+)`", CONFIGURATION, re.MULTILINE)}
    assert told == set(Settings.model_fields)


def test_the_example_of_a_configuration_is_one() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", CONFIGURATION, re.DOTALL)
    assert parse_configuration(tomllib.loads(example)).sources[1].map == {"text": "Body", "posted_at": "Date"}


def test_every_command_stands_in_the_docs() -> None:
    told = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    group = typer.main.get_command(app)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        for words in [f"{name} {inner}" for inner in getattr(command, "commands", {})] or [name]:
            assert f"`afterclick {words}" in told, words


def test_links_between_documents_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} -> {target}"
