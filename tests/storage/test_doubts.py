"""A rule that asks for what there is not is told of, and stays: it may come later."""

from datetime import datetime
from typing import Any

import pytest

from core.configuration import parse_configuration
from storage.brands import apply_configuration
from storage.database import Database
from storage.doubts import doubts

FILE: dict[str, Any] = {
    "brands": [{"name": "Parcelo"}],
    "sources": [
        {"name": "reviews", "brand": "Parcelo", "platform": "files", "path": "x", "options": {"platform": "trustpilot"}}
    ],
    "couriers": [{"name": "UPS UK", "aliases": ["UPS"]}, {"name": "Swiftvole"}],
    "members": [{"email": "ann@team.example", "name": "Ann"}],
}


def told(database: Database, now: datetime, **tables: Any) -> list[str]:
    configuration = parse_configuration(FILE | tables)
    with database.write() as session:
        apply_configuration(session, configuration, now)
        return doubts(session, configuration)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"courier": "DPDD"}, "courier: there is no courier 'DPDD' so far; did you mean 'DPD'?"),
        ({"courier": "dpd"}, "courier: there is no courier 'dpd' so far; did you mean 'DPD'?"),
        ({"courier": "UPS"}, "courier: there is no courier 'UPS' so far; did you mean 'UPS UK'?"),
        ({"courier": "Zzyzx"}, "courier: there is no courier 'Zzyzx' so far; add it under [[couriers]]"),
        ({"platform": "redit"}, "platform: there is no platform 'redit' so far; did you mean 'reddit'?"),
        ({"platform": "X"}, "platform: there is no platform 'X' so far; did you mean 'x'?"),
        ({"platform": "qq"}, "platform: there is no platform 'qq' so far; known are articles, bluesky, "),
    ],
)
def test_a_rule_that_fits_nothing_is_told_of(
    any_database: Database, now: datetime, asked: dict[str, str], said: str
) -> None:
    rules = [{"name": "a", "brand": "Parcelo", "kind": "severe", "settings": asked}]
    routing = [{"name": "r", "member": "ann@team.example", **asked}]
    of_alerts, of_routing = told(any_database, now, rules=rules, routing=routing)
    assert of_alerts.startswith(f'rules "a" settings {said}')
    assert of_routing.startswith(f'routing "r" {said}')


@pytest.mark.parametrize(
    "asked",
    [
        *({}, {"courier": "DPD"}, {"courier": "UPS UK"}, {"courier": "Swiftvole"}),
        *({"platform": "x"}, {"platform": "trustpilot"}, {"platform": "mastodon", "courier": " DPD "}),
    ],
)
def test_a_rule_that_may_fit_is_not(any_database: Database, now: datetime, asked: dict[str, str]) -> None:
    rules = [{"name": "a", "brand": "Parcelo", "kind": "severe", "settings": asked}]
    routing = [{"name": "r", "member": "ann@team.example", **asked}]
    assert told(any_database, now, rules=rules, routing=routing) == []
