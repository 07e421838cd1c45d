"""The Team page: who works here, in which teams, when, and how much each has to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from board import parts
from board.manage.acting import may_manage
from board.manage.layout import Adding, Group, Row, head, list_and_detail, opened, rest, show_toml
from board.manage.member import MEMBER, show_invitation, show_member
from board.manage.team_form import TEAM, show_team
from board.manage.week import show_coverage
from board.pages.refused import read_only_note
from core.errors import InputError
from core.hours import parse
from core.shifts import in_words
from core.types import Role
from storage.brands import all_brands, described
from storage.database import Session
from storage.members import all_members
from storage.rosters import teams_by_member, unclaimed_by_team
from storage.rows import id_of
from storage.tables import Member, Team
from storage.teams import all_teams, is_away, is_on_shift, open_cases_by_member

ROLE_WORDS: Final = {Role.RESPONDER: "Responder", Role.MANAGER: "Manager", Role.ADMIN: "Admin"}


@dataclass(frozen=True, slots=True)
class Staff:
    """Everybody, the teams, and what is waiting for each."""

    members: Sequence[Member]
    teams: Sequence[Team]
    teams_of: Mapping[int, Sequence[int]]
    open_cases: Mapping[int, int]
    unclaimed: Mapping[int, int]

    def names_of_teams(self, member_id: int) -> str:
        """Return the names of a member's teams."""
        mine = self.teams_of.get(member_id, ())
        return ", ".join(team.name for team in self.teams if team.id in mine)


def team_panes(member: Member) -> None:
    """Show the page to a member; a responder only looks."""
    board, may_change = parts.installed(), may_manage(member)
    adding = [Adding("Add a team", TEAM)] if may_change else []
    if member.role is Role.ADMIN:
        adding.insert(0, Adding("Invite a member", MEMBER))
    head("Team", "Who works here, when, and in which teams. Rules and colleagues send cases to both.", adding)
    with board.database.read() as session:
        staff = _staff(session)
        with list_and_detail(_groups(staff, board.clock())):
            chosen = opened(MEMBER, TEAM)
            if chosen is None:
                _show_rest(session, staff, member)
            elif chosen.kind == TEAM:
                show_team(session, chosen, staff.teams, staff.members, may_change=may_change)
            elif chosen.is_new:
                show_invitation(chosen, staff.teams, member)
            else:
                show_member(session, chosen, staff.teams, member)


def _staff(session: Session) -> Staff:
    return Staff(
        all_members(session),
        all_teams(session),
        teams_by_member(session),
        open_cases_by_member(session),
        unclaimed_by_team(session),
    )


def _groups(staff: Staff, now: datetime) -> list[Group]:
    able = [each for each in staff.members if each.disabled_at is None]
    closed = [each for each in staff.members if each.disabled_at is not None]
    groups = [
        Group("Members", [_member_row(each, staff, now) for each in able], "", "Members"),
        Group(
            "Teams",
            [_team_row(team, staff) for team in staff.teams],
            "There is no team yet. A team lets rules send cases to whoever of it is on shift.",
            "Teams",
        ),
    ]
    if closed:
        rows = [_member_row(each, staff, now) for each in closed]
        groups.append(Group("Closed accounts", rows, "", "Closed accounts"))
    return groups


def _member_row(member: Member, staff: Staff, now: datetime) -> Row:
    member_id = id_of(member)
    count = staff.open_cases.get(member_id, 0)
    of = f" of {member.most_cases}" if member.most_cases is not None else ""
    side = f"{count}{of} open" if count or of else ""
    about = " · ".join(filter(None, (ROLE_WORDS[member.role], staff.names_of_teams(member_id))))
    return Row(
        f"{MEMBER}-{member_id}",
        member.name,
        (about, _shift_words(member)),
        side,
        _marks(member, now),
        is_off=member.disabled_at is not None,
    )


def _marks(member: Member, now: datetime) -> list[tuple[str, str]]:
    if member.disabled_at is not None:
        return []
    if is_away(member, now) and member.away_until is not None:
        back = member.away_until.astimezone(ZoneInfo(member.timezone))
        return [(f"away until {back:%-d %b}", "warm")]
    if member.must_change_password:
        return [("has not signed in yet", "plain")]
    return [("on shift", "good")] if is_on_shift(member, now) else []


def _shift_words(member: Member) -> str:
    try:
        words = in_words(parse(member.shift))
    except InputError:
        return "Its shift cannot be read: write it anew"
    return "" if words == "always" else f"{words}, {member.timezone}"


def _team_row(team: Team, staff: Staff) -> Row:
    names = [each.name for each in staff.members if id_of(team) in staff.teams_of.get(id_of(each), ())]
    count = staff.unclaimed.get(id_of(team), 0)
    side = f"{count} waiting" if count else ""
    return Row(f"{TEAM}-{team.id}", team.name, (", ".join(names) or "Nobody is in it",), side)


def _show_rest(session: Session, staff: Staff, member: Member) -> None:
    with rest():
        if not may_manage(member):
            read_only_note("Teams and shifts")
        show_coverage(staff.members, all_brands(session), member.timezone)
        entries = described(session)
        show_toml("members", entries["members"])
        if "teams" in entries:
            show_toml("teams", entries["teams"])
