"""The documents are held to the code."""

import re
import tomllib

import pytest
import typer

from commands.app import app
from core.alerts.kinds import KINDS, AlertKind
from core.configuration import parse_configuration
from core.configuration.alerting import RuleEntry, RuleSettings
from core.policies import POLICIES
from core.thresholds import Choice
from settings import PREFIX, Settings
from tests.conftest import ROOT

CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
ALERTS = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")


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


@pytest.mark.parametrize("platform", POLICIES)
def test_what_a_platforms_posts_may_be_used_for_stands_in_the_docs(platform: str) -> None:
    [row] = [line for line in CONFIGURATION.splitlines() if line.startswith(f"| `{platform}` |")]
    policy = POLICIES[platform]
    train, export, reply = ("yes" if said else "no" for said in (policy.may_train, policy.may_export, policy.may_reply))
    again = f"{policy.recheck_hours} h" if policy.recheck_hours else "never"
    assert row == f"| `{platform}` | {train} | {export} | {again} | {reply} |"


@pytest.mark.parametrize("choice", Choice)
def test_every_choice_of_a_threshold_stands_in_the_docs(choice: Choice) -> None:
    assert f'| `"{choice.value}"` |' in CONFIGURATION


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


@pytest.mark.parametrize("name", RuleSettings.model_fields)
def test_every_setting_of_an_alert_rule_stands_in_the_docs(name: str) -> None:
    settings = ALERTS[ALERTS.index("| setting | meaning") :]
    assert f"`{name}`" in "".join(line.split("|")[1] for line in settings.splitlines() if line.startswith("| `"))


@pytest.mark.parametrize("kind", AlertKind)
def test_every_kind_of_alert_stands_in_the_docs_with_its_threshold(kind: AlertKind) -> None:
    (row,) = [line for line in ALERTS.splitlines() if line.startswith(f"| `{kind.value}` |")]
    if KINDS[kind].threshold:
        assert row.endswith(f", {KINDS[kind].default:,g} |")


def test_the_examples_of_alert_rules_are_such() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", ALERTS, re.DOTALL)
    for entry in tomllib.loads(example)["rules"]:
        assert RuleEntry.model_validate(entry).enabled
