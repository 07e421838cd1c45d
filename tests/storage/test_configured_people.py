"""Members, teams, rules and suppliers of a configuration file: taken over, kept, and told again."""

from datetime import datetime
from typing import Any

import pytest
from sqlmodel import select

from core.configuration import parse_configuration
from core.errors import InputError
from core.types import Notify
from storage.brands import apply_configuration, described
from storage.changes import Changes
from storage.database import Database
from storage.routing import RuleFields, all_rules, save_rule
from storage.staff import Working, save_team, set_working
from storage.tables import Brand, Member
from storage.teams import members_of

FILE: dict[str, Any] = {
    "brands": [{"name": "Parcelo", "hours": ["mon-fri 09:00-17:30"], "take_up_minutes": 30}],
    "couriers": [{"name": "Swiftvole", "contact": "Claims@swiftvole.example"}],
    "suppliers": [{"name": "Lamp Works", "contact": "orders@lamps.example"}],
    "members": [
        {"email": "ann@team.example", "name": "Ann", "shift": ["mon-fri 09:00-13:00"], "timezone": "Europe/London"},
        {"email": "Bob@team.example", "name": "Bob", "role": "manager", "notify": "bundled", "most_cases": 20},
    ],
    "teams": [{"name": "Day", "members": ["ann@team.example", "BOB@team.example"]}, {"name": "Night"}],
    "routing": [
        {"name": "Worst", "least_severity": 4, "member": "Bob@team.example"},
        {"name": "Couriers", "brand": "Parcelo", "platform": "x", "courier": "Swiftvole", "team": "Day"},
        {"name": "Late", "reason": "late", "language": "en", "team": "Night", "enabled": False},
    ],
}


def apply(database: Database, now: datetime, **tables: Any) -> Changes:
    with database.write() as session:
        return apply_configuration(session, parse_configuration(FILE | tables), now)


def rules(database: Database) -> list[str]:
    with database.read() as session:
        return [rule.name for rule in all_rules(session)]


def test_applying_it_twice_changes_nothing(any_database: Database, now: datetime) -> None:
    assert set(apply(any_database, now).added) >= {
        "supplier Lamp Works",
        "team Day",
        "routing Late",
        "member ann@team.example",
    }
    assert not apply(any_database, now)
    assert rules(any_database) == ["Worst", "Couriers", "Late"]
    with any_database.read() as session:
        assert [member.name for member in members_of(session, 1)] == ["Ann", "Bob"]
        brand = session.exec(select(Brand)).one()
        assert (brand.hours, brand.take_up_minutes) == (["mon-fri 09:00-17:30"], 30)


def test_what_is_told_of_it_can_be_applied_again(any_database: Database, now: datetime) -> None:
    apply(any_database, now)
    with any_database.read() as session:
        told = described(session)
    assert told["teams"] == [
        {"name": "Day", "members": ["ann@team.example", "bob@team.example"]},
        {"name": "Night", "members": []},
    ]
    assert told["members"][1] == {
        "email": "bob@team.example", "name": "Bob", "role": "manager", "timezone": "UTC", "shift": [],
        "most_cases": 20, "notify": "bundled",
    }  # fmt: skip
    with any_database.write() as session:
        assert not apply_configuration(session, parse_configuration(told), now)


def test_what_stands_in_the_file_wins_and_what_does_not_stays(any_database: Database, now: datetime) -> None:
    apply(any_database, now)
    with any_database.write() as session:
        set_working(session, 1, Working("Europe/Paris", ["sun 09:00-13:00"], 5, Notify.NEVER))
        save_team(session, 2, "Night", [1], now)
        save_team(session, 1, "Day", [], now)
        save_team(session, None, "Weekend", [2], now)
        save_rule(session, None, RuleFields("Made here", team_id=3), now)
    changes = apply(any_database, now)
    assert sorted(changes.changed) == ["member ann@team.example", "team Day"]
    with any_database.read() as session:
        ann = session.get_one(Member, 1)
        assert (ann.timezone, ann.shift) == ("Europe/London", ["mon-fri 09:00-13:00"])
        assert (ann.most_cases, ann.notify) == (5, Notify.NEVER)
        members = [[member.name for member in members_of(session, team)] for team in (1, 2, 3)]
    assert members == [["Ann", "Bob"], ["Ann"], ["Bob"]]
    assert rules(any_database) == ["Worst", "Couriers", "Late", "Made here"]


def test_the_rules_of_the_file_are_asked_in_its_order_and_first(any_database: Database, now: datetime) -> None:
    apply(any_database, now)
    with any_database.write() as session:
        save_rule(session, None, RuleFields("Made here", team_id=1), now)
    changes = apply(any_database, now, routing=list(reversed(FILE["routing"]))[:2])
    assert rules(any_database) == ["Late", "Couriers", "Worst", "Made here"]
    assert sorted(changes.changed) == ["routing Late", "routing Worst"]


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"teams": [{"name": "Day", "members": ["anne@team.example"]}]}, "did you mean 'ann@team.example'?"),
        (
            {"routing": [{"name": "All", "team": "Dy"}]},
            "routing \"All\" team: there is no team 'Dy'; did you mean 'Day'",
        ),
        ({"routing": [{"name": "All", "member": "x"}]}, r"there is no member 'x'; add it under \[\[members\]\]"),
        ({"routing": [{"name": "All", "brand": "Parcel", "team": "Day"}]}, "did you mean 'Parcelo'?"),
    ],
)
def test_a_name_that_there_is_not_is_refused_with_the_nearest(
    any_database: Database, now: datetime, tables: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        apply(any_database, now, **tables)
    with any_database.read() as session:
        assert session.exec(select(Member)).all() == []
