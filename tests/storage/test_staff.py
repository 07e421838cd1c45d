"""Teams, shifts and rules as managers keep them."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from core.configuration import parse_configuration
from core.errors import ChangedError, FormError, InputError
from core.types import Notify, Role
from storage.brands import apply_configuration
from storage.database import Database
from storage.members import create_member
from storage.routing import RuleFields, all_rules, delete_rule, move_rule, rules_in_force, save_rule
from storage.staff import Working, delete_team, save_team, set_away, set_working
from storage.tables import Brand, Case, Member, Team
from storage.teams import members_of

FROM_NINE = Working("Europe/London", ["mon-fri 09:00-17:00"], 5, Notify.BUNDLED)


@pytest.fixture
def staffed(any_database: Database, now: datetime) -> Database:
    with any_database.write() as session:
        for name in ("Ann", "Bob"):
            create_member(session, f"{name}@team.example", name, Role.RESPONDER, None, now)
        save_team(session, None, "  Day  shift ", [1, 2, 99], now)
    return any_database


def rules(session: Session) -> list[str]:
    return [rule.name for rule in all_rules(session)]


def test_a_team_has_the_members_that_are_named(staffed: Database, now: datetime) -> None:
    with staffed.write() as session:
        assert [member.name for member in members_of(session, 1)] == ["Ann", "Bob"]
        save_team(session, 1, "Day", [2], now, seen={"name": "Day shift", "member_ids": [1, 2]})
        assert [member.name for member in members_of(session, 1)] == ["Bob"]
        with pytest.raises(ChangedError, match="Somebody else changed the team Day"):
            save_team(session, 1, "Day", [1], now, seen={"member_ids": [1, 2]})


@pytest.mark.parametrize(
    ("name", "said"), [("", "Give it a name"), ("day SHIFT", "There is a team"), ("x" * 201, "too")]
)
def test_a_teams_name_is_its_own(staffed: Database, now: datetime, name: str, said: str) -> None:
    with staffed.write() as session, pytest.raises(FormError, match=said) as refused:
        save_team(session, None, name, [], now)
    assert set(refused.value.fields) == {"name"}


def test_a_team_that_is_taken_away_leaves_its_cases_to_the_rules(staffed: Database, now: datetime) -> None:
    with staffed.write() as session:
        apply_configuration(session, parse_configuration({"brands": [{"name": "Parcelo"}]}), now)
        brand_id = session.exec(select(Brand.id)).one()
        for assignee in (None, 1):
            fields = {"team_id": 1, "assignee_id": assignee, "routed_at": now, "platform": "x"}
            times = dict.fromkeys(("first_posted_at", "last_posted_at", "opened_at", "updated_at"), now)
            session.add(Case(brand_id=brand_id, **fields, **times))  # type: ignore[arg-type]
        rule = save_rule(session, None, RuleFields("All", team_id=1), now)
        with pytest.raises(InputError, match="The rule All sends to Day shift"):
            delete_team(session, 1)
        delete_rule(session, rule.id or 0)
        assert delete_team(session, 1) == "Day shift"
    with staffed.read() as session:
        cases = session.exec(select(Case).order_by(Case.id)).all()
        assert [(case.team_id, case.routed_at) for case in cases] == [(None, None), (None, now)]
        assert session.get(Team, 1) is None


def test_what_cannot_be_a_shift_is_said_field_by_field(staffed: Database) -> None:
    with staffed.write() as session, pytest.raises(FormError) as refused:
        set_working(session, 1, Working("Mars", ["mon 9"], -1, Notify.NEVER))
    assert set(refused.value.fields) == {"timezone", "shift", "most_cases"}
    assert "mon 9" in refused.value.fields["shift"]


def test_a_shift_is_kept_unless_somebody_changed_it_meanwhile(staffed: Database) -> None:
    with staffed.write() as session:
        set_working(session, 1, FROM_NINE)
        ann = session.get_one(Member, 1)
        assert (ann.timezone, ann.shift, ann.most_cases, ann.notify) == (
            "Europe/London", ["mon-fri 09:00-17:00"], 5, Notify.BUNDLED
        )  # fmt: skip
        with pytest.raises(ChangedError):
            set_working(session, 1, FROM_NINE, seen={"most_cases": None})


def test_nobody_is_away_until_yesterday(staffed: Database, now: datetime) -> None:
    with staffed.write() as session:
        with pytest.raises(InputError, match="still to come"):
            set_away(session, 1, now - timedelta(days=1), now)
        assert set_away(session, 1, now + timedelta(days=1), now).away_until == now + timedelta(days=1)
        assert set_away(session, 1, None, now).away_until is None


def test_rules_are_asked_in_the_order_that_they_are_put_in(staffed: Database, now: datetime) -> None:
    with staffed.write() as session:
        for name in "ABC":
            save_rule(session, None, RuleFields(name, team_id=1, enabled=name != "B"), now)
        move_rule(session, 3, 0)
        assert rules(session) == ["C", "A", "B"]
        move_rule(session, 3, 99)
        assert rules(session) == ["A", "B", "C"]
        assert [rule.name for rule in rules_in_force(session)] == ["A", "C"]


def test_a_rule_that_cannot_be_is_refused_field_by_field(staffed: Database, now: datetime) -> None:
    with staffed.write() as session:
        save_rule(session, None, RuleFields("A", team_id=1), now)
        with pytest.raises(FormError) as refused:
            save_rule(session, None, RuleFields("A", reason="lates", least_severity=9), now)
        assert set(refused.value.fields) == {"name", "team_id", "reason", "least_severity"}
        with pytest.raises(ChangedError):
            save_rule(session, 1, RuleFields("A", member_id=1), now, seen={"platform": "x"})
        for act in (lambda: move_rule(session, 9, 0), lambda: delete_rule(session, 9)):
            with pytest.raises(InputError, match="no such rule"):
                act()
