"""The rules that send cases, as managers keep them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlmodel import Session, col, select

from core.errors import FormError, InputError
from core.routing import Rule, Subject
from core.taxonomy import Reason, Severity
from storage.editing import check_unchanged, clean_name, fields_of
from storage.rows import id_of
from storage.tables import Case, RoutingRule
from storage.teams import ON_THEIR_DESK, change_cases


@dataclass(frozen=True, slots=True)
class RuleFields:
    """What a rule says; what is empty matches all. It sends to a member, to a team, or to both: first the member."""

    name: str
    brand_id: int | None = None
    platform: str = ""
    language: str = ""
    reason: str = ""
    least_severity: int = 0
    courier: str = ""
    team_id: int | None = None
    member_id: int | None = None
    enabled: bool = True


def all_rules(session: Session) -> Sequence[RoutingRule]:
    """Return every rule in the order in which they are asked."""
    return session.exec(select(RoutingRule).order_by(col(RoutingRule.position), col(RoutingRule.id))).all()


def rules_in_force(session: Session) -> list[Rule]:
    """Return the rules that are on and send to somebody, in order."""
    return [_rule(row) for row in all_rules(session) if row.enabled and (row.team_id or row.member_id)]


def save_rule(
    session: Session, rule_id: int | None, said: RuleFields, now: datetime, seen: Mapping[str, object] | None = None
) -> RoutingRule:
    """Keep a rule; a new one comes last.

    Raises FormError for what cannot stand, ChangedError where the row says something else than `seen`.
    """
    row = RoutingRule(name="", created_at=now) if rule_id is None else _row(session, rule_id)
    if seen:
        check_unchanged(f"the rule {row.name}", fields_of(row, seen), seen)
    name = _checked(session, row, said)
    if row.id is None:
        rows = all_rules(session)
        row.position = rows[-1].position + 1 if rows else 0
    for each in fields(said):
        setattr(row, each.name, getattr(said, each.name))
    row.name = name
    session.add(row)
    session.flush()
    return row


def _checked(session: Session, row: RoutingRule, said: RuleFields) -> str:
    """Return the rule's name as it is kept; raises FormError for what cannot stand."""
    wrong: dict[str, str] = {}
    name = ""
    try:
        name = clean_name(said.name)
    except InputError as error:
        wrong["name"] = str(error)
    if any(other.id != row.id for other in session.exec(select(RoutingRule).where(RoutingRule.name == name))):
        wrong["name"] = f"There is a rule {name} already: choose another name."
    if said.team_id is None and said.member_id is None:
        wrong["team_id"] = "The rule sends to nobody: choose a team or a member."
    if said.reason and said.reason not in tuple(Reason):
        wrong["reason"] = f"There is no reason {said.reason[:40]!r}."
    if said.least_severity not in tuple(Severity):
        wrong["least_severity"] = "Choose a severity from 0 to 4."
    if wrong:
        raise FormError(wrong)
    return name


def _row(session: Session, rule_id: int) -> RoutingRule:
    row = session.get(RoutingRule, rule_id)
    if row is None:
        raise InputError("Nothing was done: there is no such rule any more.")
    return row


def move_rule(session: Session, rule_id: int, to: int) -> None:
    """Put a rule at place `to`, counted from 0; the others keep their order."""
    rows = [row for row in all_rules(session) if row.id != rule_id]
    rows.insert(max(0, min(to, len(rows))), _row(session, rule_id))
    for position, row in enumerate(rows):
        row.position = position
        session.add(row)
    session.flush()


def delete_rule(session: Session, rule_id: int) -> str:
    """Take a rule away and return its name; cases that it sent stay where they are."""
    row = _row(session, rule_id)
    name = row.name
    session.delete(row)
    session.flush()
    return name


def ask_rules_again(session: Session, now: datetime) -> int:
    """Let the rules look once more at every case that nobody has; return how many those are."""
    nobodys = (col(Case.assignee_id).is_(None), col(Case.status).in_(ON_THEIR_DESK))
    return change_cases(session, *nobodys, routed_at=None, route_again_at=None, updated_at=now)


def subject_of(case: Case) -> Subject:
    """Return what the rules ask of a case."""
    return Subject(
        brand_id=case.brand_id,
        platform=case.platform,
        language=case.language,
        reasons=case.reasons,
        severity=case.severity,
        courier=case.courier,
    )


def _rule(row: RoutingRule) -> Rule:
    return Rule(
        id=id_of(row),
        name=row.name,
        brand_id=row.brand_id,
        platform=row.platform,
        language=row.language,
        reason=row.reason,
        least_severity=row.least_severity,
        courier=row.courier,
        team_id=row.team_id,
        member_id=row.member_id,
    )
