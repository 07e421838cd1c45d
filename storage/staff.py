"""What is kept of colleagues for sending cases: who is in which team, when each works, how each is told."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import available_timezones

from sqlalchemy import case, delete, func, null
from sqlmodel import Session, col, select

from core.errors import FormError, InputError
from core.hours import parse
from storage.editing import LONGEST_NAME, check_unchanged, clean_name, fields_of
from storage.rosters import member_ids_of
from storage.rows import id_of
from storage.tables import Case, Member, Notify, RoutingRule, Team, TeamMember
from storage.teams import change_cases

MOST_CASES = 10_000


@dataclass(frozen=True, slots=True)
class Working:
    """When a member works and how they hear of cases, as a form says it."""

    timezone: str
    shift: Sequence[str]
    most_cases: int | None
    notify: Notify


def save_team(
    session: Session,
    team_id: int | None,
    name: str,
    member_ids: Collection[int],
    now: datetime,
    seen: Mapping[str, object] | None = None,
) -> Team:
    """Keep a team with its members. Raises FormError for a name that is none or taken; ChangedError as forms do.

    `seen` may hold `name` and `member_ids`, the latter sorted.
    """
    row = Team(name="", created_at=now) if team_id is None else _team(session, team_id)
    if seen and row.id is not None:
        present = {"name": row.name, "member_ids": member_ids_of(session, row.id)}
        check_unchanged(f"the team {row.name}", present, seen)
    row.name = _free_name(session, row, name)
    session.add(row)
    session.flush()
    session.execute(delete(TeamMember).where(col(TeamMember.team_id) == row.id))
    known = session.exec(select(Member.id).where(col(Member.id).in_(member_ids))).all()
    session.add_all(TeamMember(team_id=id_of(row), member_id=number) for number in known if number is not None)
    session.flush()
    return row


def _free_name(session: Session, row: Team, name: str) -> str:
    try:
        cleaned = clean_name(name)
    except InputError as error:
        raise FormError({"name": str(error)}) from error
    same = select(Team).where(func.lower(Team.name) == cleaned.lower())
    if any(other.id != row.id for other in session.exec(same)):
        raise FormError({"name": f"There is a team {cleaned} already: choose another name."})
    return cleaned


def delete_team(session: Session, team_id: int) -> str:
    """Take a team away and return its name: its cases stay with whoever has them, the others are nobody's.

    Raises InputError where a rule sends to it.
    """
    row = _team(session, team_id)
    rules = session.exec(select(RoutingRule.name).where(RoutingRule.team_id == team_id)).all()
    if rules:
        raise InputError(f"The rule {rules[0]} sends to {row.name}: change or delete that rule first.")
    is_of_team = col(Case.team_id) == team_id
    looked_at = {
        name: case((col(Case.assignee_id).is_(None), null()), else_=col(getattr(Case, name)))
        for name in ("routed_at", "route_again_at")
    }
    change_cases(session, is_of_team, team_id=None, **looked_at)
    session.execute(delete(TeamMember).where(col(TeamMember.team_id) == team_id))
    name = row.name
    session.delete(row)
    session.flush()
    return name


def _team(session: Session, team_id: int) -> Team:
    row = session.get(Team, team_id)
    if row is None:
        raise InputError("Nothing was done: there is no such team any more.")
    return row


def set_working(session: Session, member_id: int, said: Working, seen: Mapping[str, object] | None = None) -> Member:
    """Keep when a member works and how they are told. Raises FormError for what cannot stand, ChangedError as forms do.

    Cases that were already sent keep the time by which they are taken up.
    """
    member = session.get(Member, member_id)
    if member is None:
        raise InputError("Nothing was done: there is no such member any more.")
    if seen:
        check_unchanged(member.name, fields_of(member, seen), seen)
    _check_working(said)
    member.timezone, member.shift = said.timezone, [line.strip() for line in said.shift if line.strip()]
    member.most_cases, member.notify = said.most_cases, said.notify
    session.add(member)
    session.flush()
    return member


def _check_working(said: Working) -> None:
    wrong: dict[str, str] = {}
    if said.timezone not in available_timezones():
        wrong["timezone"] = f"{said.timezone[:LONGEST_NAME]!r} is no time zone; write one such as Europe/London."
    try:
        parse(said.shift)
    except InputError as error:
        wrong["shift"] = str(error)
    if said.most_cases is not None and not 0 <= said.most_cases <= MOST_CASES:
        wrong["most_cases"] = f"Write a number from 0 to {MOST_CASES:,}, or nothing for no limit."
    if wrong:
        raise FormError(wrong)


def set_away(session: Session, member_id: int, until: datetime | None, now: datetime) -> Member:
    """Note that a member is away until a time, or back; what they had not taken up comes back within seconds.

    Raises InputError for a time that has passed.
    """
    member = session.get(Member, member_id)
    if member is None:
        raise InputError("Nothing was done: there is no such member any more.")
    if until is not None and until <= now:
        raise InputError("Nothing was done: choose a time that is still to come.")
    member.away_until = until
    session.add(member)
    session.flush()
    return member
