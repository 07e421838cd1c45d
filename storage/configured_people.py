"""Members, teams and the rules that send cases, as a configuration file has them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from core.configuration import Configuration, MemberEntry, RoutingEntry, TeamEntry
from core.configuration.fields import hint_for
from core.errors import InputError
from storage.changes import Changes, set_values
from storage.routing import all_rules
from storage.rows import id_of
from storage.tables import Member, RoutingRule, Team, TeamMember

# Where the file does not say them, what members or their managers set on the board stays.
_OF_THE_BOARD: Final = ("timezone", "shift", "most_cases", "notify")


def apply_people(
    session: Session, configuration: Configuration, brands: Mapping[str, int], now: datetime, changes: Changes
) -> None:
    """Take over members, teams and routing rules; what the file does not name stays as it is.

    A team that it names has the members that it lists, where it lists any at all. Its rules are asked first and in its
    order, those that were made on the board behind them. Raises InputError for a brand, team or member that there is
    not, with the nearest that there is.
    """
    for entry in configuration.members:
        _apply_member(session, entry, now, changes)
    session.flush()
    members = {email: number for email, number in session.exec(select(Member.email, Member.id)) if number is not None}
    for team in configuration.teams:
        _apply_team(session, team, members, now, changes)
    session.flush()
    teams = {name: number for name, number in session.exec(select(Team.name, Team.id)) if number is not None}
    known = {"brand": brands, "team": teams, "member": members}
    for rule in configuration.routing:
        _apply_rule(session, rule, known, now, changes)
    session.flush()
    _put_in_order(session, [rule.name for rule in configuration.routing], changes)


def _apply_member(session: Session, entry: MemberEntry, now: datetime, changes: Changes) -> None:
    row = session.exec(select(Member).where(Member.email == entry.email)).first() or Member(
        email=entry.email, name=entry.name, created_at=now
    )
    said = {name: getattr(entry, name) for name in _OF_THE_BOARD if name in entry.model_fields_set}
    set_values(session, row, f"member {entry.email}", changes, name=entry.name, role=entry.role, **said)


def _apply_team(
    session: Session, entry: TeamEntry, members: Mapping[str, int], now: datetime, changes: Changes
) -> None:
    row = session.exec(select(Team).where(Team.name == entry.name)).first() or Team(name=entry.name, created_at=now)
    title = f"team {entry.name}"
    set_values(session, row, title, changes)
    session.flush()
    if "members" not in entry.model_fields_set:
        return
    place = f'teams "{entry.name}" members'
    wanted = {_known(email, members, place, "member") for email in entry.members}
    present = {link.member_id: link for link in session.exec(select(TeamMember).where(TeamMember.team_id == row.id))}
    for number in wanted - present.keys():
        session.add(TeamMember(team_id=id_of(row), member_id=number))
    for number in present.keys() - wanted:
        session.delete(present[number])
    if wanted != present.keys():
        changes.note(title, is_new=False)


def _apply_rule(
    session: Session, entry: RoutingEntry, known: Mapping[str, Mapping[str, int]], now: datetime, changes: Changes
) -> None:
    place = f'routing "{entry.name}"'
    row = session.exec(select(RoutingRule).where(RoutingRule.name == entry.name)).first() or RoutingRule(
        name=entry.name, created_at=now
    )
    named = {
        f"{what}_id": _known(word, known[what], f"{place} {what}", what) if word else None
        for what, word in (("brand", entry.brand), ("team", entry.team), ("member", entry.member.lower()))
    }
    said = entry.model_dump(exclude={"name", "brand", "team", "member"})
    set_values(session, row, f"routing {entry.name}", changes, **said, **named)


def _known(word: str, known: Mapping[str, int], place: str, what: str) -> int:
    if word not in known:
        hint = hint_for(word, list(known), f"add it under [[{what}s]]")
        raise InputError(f"{place}: there is no {what} {word!r}; {hint}")
    return known[word]


def _put_in_order(session: Session, first: list[str], changes: Changes) -> None:
    """Let the rules of these names come first and in this order, the others behind them as they are."""
    if not first:
        return
    rows = all_rules(session)
    order = sorted(rows, key=lambda row: first.index(row.name) if row.name in first else len(first))
    for position, row in enumerate(order):
        if row.position != position:
            row.position = position
            session.add(row)
            changes.note(f"routing {row.name}", is_new=False)


def described_people(session: Session, brands: Mapping[int | None, str]) -> dict[str, list[dict[str, Any]]]:
    """Return members, teams and routing rules in the shape of a configuration file."""
    members = session.exec(select(Member).order_by(Member.email)).all()
    teams = session.exec(select(Team).order_by(Team.name)).all()
    links = session.exec(
        select(TeamMember.team_id, Member.email)
        .join(Member, col(Member.id) == TeamMember.member_id)
        .order_by(Member.email)
    ).all()
    emails = {member.id: member.email for member in members}
    names = {team.id: team.name for team in teams}
    return {
        "members": [_described_member(member) for member in members],
        "teams": [{"name": t.name, "members": [email for team, email in links if team == t.id]} for t in teams],
        "routing": [
            rule.model_dump(exclude={"id", "position", "brand_id", "team_id", "member_id", "created_at"})
            | {
                "brand": brands.get(rule.brand_id, ""),
                "team": names.get(rule.team_id, ""),
                "member": emails.get(rule.member_id, ""),
            }
            for rule in all_rules(session)
            if rule.team_id or rule.member_id
        ],
    }


def _described_member(member: Member) -> dict[str, Any]:
    told = {"email": member.email, "name": member.name, "role": member.role.value}
    working = member.model_dump(include=set(_OF_THE_BOARD)) | {"notify": member.notify.value}
    return told | {name: working[name] for name in _OF_THE_BOARD if working[name] is not None}
