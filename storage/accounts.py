"""What the Team page keeps of a member as a whole: account, teams, shift, absence; who may change what."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete
from sqlmodel import Session, col, select

from core.errors import FormError, InputError
from core.types import Role
from storage.editing import check_unchanged, clean_name
from storage.members import create_member, disable_member, enable_member, one_time_password, set_password
from storage.rosters import teams_by_member
from storage.rows import id_of
from storage.staff import Working, set_away, set_working
from storage.tables import Member, Team, TeamMember

ONLY_ADMIN: Final = "{} is the only admin: make somebody else an admin first."
NO_MEMBER: Final = "Nothing was done: there is no such member any more."


@dataclass(frozen=True, slots=True)
class MemberDraft:
    """What a form says of a member."""

    name: str
    role: Role
    team_ids: tuple[int, ...]
    working: Working
    away_until: datetime | None = None


def fields_of_member(session: Session, member: Member) -> dict[str, object]:
    """Return what a form of this member begins with, as `save_member` compares it."""
    return {
        "name": member.name,
        "role": member.role,
        "team_ids": teams_by_member(session).get(id_of(member), []),
        "timezone": member.timezone,
        "shift": list(member.shift),
        "most_cases": member.most_cases,
        "notify": member.notify,
        "away_until": member.away_until,
    }


def invite(
    session: Session, email: str, name: str, role: Role, team_ids: Collection[int], now: datetime
) -> tuple[Member, str]:
    """Add a colleague and return them with the one-time password, which is stored nowhere.

    Raises FormError for an address or a name that cannot be.
    """
    if not email.strip():
        raise FormError({"email": "Write the address that the member signs in with."})
    password = one_time_password()
    try:
        member = create_member(session, email, name, role, password, now, one_time=True)
    except InputError as error:
        raise FormError({"name" if "needs a name" in str(error) else "email": str(error)}) from error
    _set_teams(session, id_of(member), team_ids)
    return member, password


def save_member(
    session: Session, member_id: int, draft: MemberDraft, by: Member, now: datetime, seen: Mapping[str, object]
) -> Member:
    """Keep what the form says. Only an admin changes names and roles; there always is an admin.

    Raises FormError for what cannot stand, ChangedError where the row says something else than `seen`.
    """
    member = _member(session, member_id)
    check_unchanged(member.name, fields_of_member(session, member), seen)
    wrong: dict[str, str] = {}
    _try(wrong, "name", lambda: _rename(member, draft.name, by))
    _try(wrong, "role", lambda: set_role(session, member_id, draft.role, by))
    _try(wrong, "shift", lambda: set_working(session, member_id, draft.working))
    if draft.away_until != member.away_until:
        _try(wrong, "away_until", lambda: set_away(session, member_id, draft.away_until, now))
    if wrong:
        raise FormError(wrong)
    _set_teams(session, member_id, draft.team_ids)
    session.add(member)
    session.flush()
    return member


def set_role(session: Session, member_id: int, role: Role, by: Member) -> None:
    """Give a member another role. Raises InputError unless an admin asks for it, and for the last admin's."""
    member = _member(session, member_id)
    if member.role is role:
        return
    if by.role is not Role.ADMIN:
        raise InputError("Only admins change what a member may do.")
    if member.role is Role.ADMIN and not _other_admins(session, member_id):
        raise InputError(ONLY_ADMIN.format(member.name))
    member.role = role
    session.add(member)


def close_account(session: Session, member_id: int, by: Member, now: datetime) -> str:
    """Close an account and return its name; its sessions end. Raises InputError for one's own and the last admin's."""
    member = _member(session, member_id)
    _check_admin(by)
    if member.id == by.id:
        raise InputError("Nothing was done: you cannot close your own account. Ask another admin to do it.")
    if member.role is Role.ADMIN and not _other_admins(session, member_id):
        raise InputError(ONLY_ADMIN.format(member.name))
    disable_member(session, member_id, now)
    return member.name


def open_account(session: Session, member_id: int, by: Member) -> str:
    """Open a closed account again and return its name; the password is the one it had."""
    member = _member(session, member_id)
    _check_admin(by)
    enable_member(session, member_id)
    return member.name


def renew_password(session: Session, member_id: int, by: Member, now: datetime) -> tuple[Member, str]:
    """Give a member a one-time password and return it; open sessions end."""
    member = _member(session, member_id)
    _check_admin(by)
    password = one_time_password()
    set_password(session, member_id, password, now, one_time=True)
    return member, password


def _try(wrong: dict[str, str], name: str, act: Callable[[], object]) -> None:
    try:
        act()
    except FormError as error:
        wrong.update(error.fields)
    except InputError as error:
        wrong[name] = str(error)


def _rename(member: Member, name: str, by: Member) -> None:
    cleaned = clean_name(name)
    if cleaned != member.name:
        if by.role is not Role.ADMIN:
            raise InputError("Only admins change what a member is called.")
        member.name = cleaned[:120]


def _set_teams(session: Session, member_id: int, team_ids: Collection[int]) -> None:
    session.execute(delete(TeamMember).where(col(TeamMember.member_id) == member_id))
    known = session.exec(select(Team.id).where(col(Team.id).in_(team_ids))).all()
    session.add_all(TeamMember(team_id=number, member_id=member_id) for number in known if number is not None)
    session.flush()


def _member(session: Session, member_id: int) -> Member:
    member = session.get(Member, member_id)
    if member is None:
        raise InputError(NO_MEMBER)
    return member


def _check_admin(by: Member) -> None:
    if by.role is not Role.ADMIN:
        raise InputError("Only admins may do this, and nothing was done.")


def _other_admins(session: Session, member_id: int) -> list[int]:
    """Return the other admins who can sign in, locked, so that two admins cannot unmake each other at once.

    Nothing is written before that: members are locked by id, as the worker does that places cases.
    """
    query = select(Member).where(Member.role == Role.ADMIN, col(Member.disabled_at).is_(None)).order_by(col(Member.id))
    with session.no_autoflush:
        return [id_of(each) for each in session.exec(query.with_for_update()) if each.id != member_id]
