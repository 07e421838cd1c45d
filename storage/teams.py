"""Who works on cases, and sending cases to them: by hand, in bulk or by a rule."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, update
from sqlmodel import Session, col, select

from core.errors import InputError
from core.hours import parse
from core.types import CaseStatus
from storage.casework import record
from storage.notices import notify
from storage.rows import id_of
from storage.tables import Brand, Case, EventKind, Member, NoticeKind, Team, TeamMember
from storage.undo import locked_cases

ON_THEIR_DESK = (CaseStatus.NEW, CaseStatus.OPEN)  # what counts against a member's limit: someone has to act on it
MOST_NAMED = 1000  # cases that a statement names


@dataclass(frozen=True, slots=True)
class Responder:
    """A member whom cases can be sent to, with how it stands: `on_shift` is false too while the member is away."""

    id: int
    name: str
    email: str
    team_ids: tuple[int, ...]
    teams: tuple[str, ...]
    on_shift: bool
    away_until: datetime | None
    open_cases: int
    most_cases: int | None

    @property
    def is_full(self) -> bool:
        """True where the rules send the member no more."""
        return self.most_cases is not None and self.open_cases >= self.most_cases


def responders(session: Session, now: datetime) -> list[Responder]:
    """Return every member with an open account by name, with teams, shift and how many cases wait for each."""
    members = session.exec(select(Member).where(col(Member.disabled_at).is_(None)).order_by(col(Member.name)))
    loads = open_cases_by_member(session)
    rows = session.exec(
        select(TeamMember.member_id, Team.id, Team.name)
        .join(Team, col(Team.id) == TeamMember.team_id)
        .order_by(col(Team.name))
    ).all()
    return [
        Responder(
            id=id_of(member),
            name=member.name,
            email=member.email,
            team_ids=tuple(team for who, team, _ in rows if who == member.id and team is not None),
            teams=tuple(name for who, _, name in rows if who == member.id),
            on_shift=is_on_shift(member, now),
            away_until=member.away_until if is_away(member, now) else None,
            open_cases=loads.get(id_of(member), 0),
            most_cases=member.most_cases,
        )
        for member in members
    ]


def is_away(member: Member, now: datetime) -> bool:
    """Tell whether the member said to be away for now."""
    return member.away_until is not None and member.away_until > now


def is_on_shift(member: Member, now: datetime) -> bool:
    """Tell whether the member works now."""
    return not is_away(member, now) and parse(member.shift).is_open(now, member.timezone)


def open_cases_by_member(session: Session) -> dict[int, int]:
    """Return how many cases each member has to act on, of those who have any."""
    # A count a member: one over all cases would read those that were resolved long ago as well.
    is_theirs = (col(Case.assignee_id) == col(Member.id), col(Case.status).in_(ON_THEIR_DESK))
    count = select(func.count()).select_from(Case).where(*is_theirs).correlate(Member).scalar_subquery()
    return {member_id: int(cases) for member_id, cases in session.exec(select(Member.id, count)) if member_id and cases}


def send_case(
    session: Session,
    case_id: int,
    *,
    to_member: int | None = None,
    to_team: int | None = None,
    by_member: int | None,
    rule: str = "",
    now: datetime,
) -> bool:
    """Send a case as `send_cases` does; tell whether that changed anything. Raises InputError where there is none."""
    cases = [locked_case(session, case_id)]
    return bool(_send(session, cases, to_member, to_team, by_member=by_member, rule=rule, now=now))


def send_cases(
    session: Session,
    case_ids: Collection[int],
    *,
    to_member: int | None = None,
    to_team: int | None = None,
    by_member: int | None,
    rule: str = "",
    now: datetime,
) -> list[int]:
    """Send cases to a member, to a team that has nobody for them yet, or to a member for a team.

    Returns those that this changed: a case that is closed stays closed, and one that is there already stays. Whoever
    they are sent to is told and takes them up in time, or they come back; who sends a case to themselves has taken it
    up. No `by_member` means that a rule did it. Raises InputError where there is no such member or team, the account is
    closed or the member is away.
    """
    cases = locked_cases(session, case_ids)
    return _send(session, cases, to_member, to_team, by_member=by_member, rule=rule, now=now)


def _send(
    session: Session,
    cases: Sequence[Case],
    to_member: int | None,
    to_team: int | None,
    *,
    by_member: int | None,
    rule: str,
    now: datetime,
) -> list[int]:
    """Send cases that are locked; return those that this changed."""
    if to_member is None and to_team is None:
        raise InputError("Nothing was done: choose whom the case goes to.")
    if not cases:
        return []
    member = _receiver(session, to_member, now) if to_member is not None else None
    teams = _teams_kept(session, cases, to_member) if to_team is None else {to_team: _team(session, to_team)}
    brands = select(Brand).where(col(Brand.id).in_({case.brand_id for case in cases}))
    _held = session.exec(brands).all(), _sender(session, by_member)  # what nobody holds is read again for each case
    sent = []
    with session.no_autoflush:  # what is written goes out at the end, many rows a statement
        for case in cases:
            stays_with = case.team_id if to_team is None else to_team
            team = teams.get(stays_with) if stays_with is not None else None
            is_there = (case.assignee_id, case.team_id) == (to_member, team.id if team else None)
            if not case.status.is_closed and not is_there:
                give(session, case, member, team, by_member=by_member, rule=rule, now=now)
                sent.append(id_of(case))
    return sent


def give(
    session: Session,
    case: Case,
    member: Member | None,
    team: Team | None,
    *,
    by_member: int | None,
    rule: str,
    now: datetime,
) -> None:
    """Make the case that of the member or team, and tell the member. The case is locked, and may go there."""
    before, to_member = case.assignee_id, member.id if member else None
    case.assignee_id, case.team_id = to_member, team.id if team else None
    case.assigned_at = now if member else None
    case.updated_at = now
    case.routed_at = now if member else None  # within a team the rules say whose turn it is
    case.take_up_by = case.route_again_at = None
    if case.status in ON_THEIR_DESK:
        case.status = CaseStatus.OPEN if member else CaseStatus.NEW
    if member and to_member == by_member:
        case.returned_at = None
    elif member:
        case.take_up_by = take_up_by(session, case, member, now)
        sender = _sender(session, by_member)
        told = {"by": sender.name if sender else "", "rule": rule, "team": team.name if team else ""}
        notify(session, id_of(member), id_of(case), NoticeKind.ASSIGNED, told, now)
    session.add(case)
    detail = {"to_member": to_member, "to_team": case.team_id, "rule": rule, "before": before}
    names = {"member": member.name if member else "", "team": team.name if team else ""}
    record(session, case, EventKind.ASSIGNED, now, by_member, **detail, **names)


def _sender(session: Session, by_member: int | None) -> Member | None:
    return session.get(Member, by_member) if by_member is not None else None


def take_up_by(session: Session, case: Case, member: Member, now: datetime) -> datetime:
    """Return until when the member takes the case up: so much of the member's own working time from now."""
    minutes = session.get_one(Brand, case.brand_id).take_up_minutes
    return parse(member.shift).after(now, timedelta(minutes=minutes), member.timezone)


def take_up(session: Session, case_id: int, member_id: int, now: datetime) -> bool:
    """Note that the member has begun with a case that was sent to them; tell whether that is news.

    Called on each act of a member; for a case that is somebody else's it changes nothing. One conditional update
    decides between this and the case's coming back.
    """
    is_theirs = (col(Case.id) == case_id, col(Case.assignee_id) == member_id)
    begun = session.execute(
        update(Case)
        .where(*is_theirs, col(Case.take_up_by).is_not(None))
        .values(take_up_by=None, returned_at=None, route_again_at=None, updated_at=now)
    )
    if begun.rowcount == 1:  # type: ignore[attr-defined]
        record(session, session.get_one(Case, case_id), EventKind.TAKEN_UP, now, member_id)
        return True
    was_waiting = or_(col(Case.returned_at).is_not(None), col(Case.route_again_at).is_not(None))
    session.execute(update(Case).where(*is_theirs, was_waiting).values(returned_at=None, route_again_at=None))
    return False


def locked_case(session: Session, case_id: int) -> Case:
    """Return the case as it stands now, kept from changes by others until the transaction ends."""
    query = select(Case).where(Case.id == case_id).with_for_update(key_share=True)
    case = session.exec(query.execution_options(populate_existing=True)).first()
    if case is None:
        raise InputError(f"There is no case {case_id}; it may have been erased. Go back to the queue.")
    return case


def change_cases(session: Session, *which: ColumnElement[bool], **values: object) -> int:
    """Set columns of all cases for which these conditions hold; return how many those are.

    They are locked by id first, as everybody does who changes several: else two might wait for each other.
    """
    query = select(Case.id).where(*which).order_by(col(Case.id)).with_for_update(key_share=True)
    ids = session.exec(query).all()
    for first in range(0, len(ids), MOST_NAMED):
        some = col(Case.id).in_(ids[first : first + MOST_NAMED])
        session.execute(update(Case).where(some).values(**values))
    return len(ids)


def _receiver(session: Session, member_id: int, now: datetime) -> Member:
    member = session.get(Member, member_id)
    if member is None:
        raise InputError("Nothing was done: there is no such member any more.")
    if member.disabled_at is not None:
        raise InputError(f"Nothing was done: the account of {member.name} is closed. Choose somebody else.")
    if member.away_until is not None and is_away(member, now):
        back = member.away_until.astimezone(ZoneInfo(member.timezone))
        raise InputError(f"Nothing was done: {member.name} is away until {back:%a %d %b, %H:%M}. Choose somebody else.")
    return member


def _team(session: Session, team_id: int) -> Team:
    team = session.get(Team, team_id)
    if team is None:
        raise InputError("Nothing was done: there is no such team any more.")
    return team


def _teams_kept(session: Session, cases: Sequence[Case], member_id: int | None) -> dict[int, Team]:
    """Return the teams that cases stay with where they go to one of their members, by key."""
    had = {case.team_id for case in cases if case.team_id is not None}
    if not had:
        return {}
    query = select(Team).join(TeamMember, col(TeamMember.team_id) == Team.id).where(TeamMember.member_id == member_id)
    return {id_of(team): team for team in session.exec(query.where(col(Team.id).in_(had)))}


def all_teams(session: Session) -> Sequence[Team]:
    """Return every team by name."""
    return session.exec(select(Team).order_by(col(Team.name))).all()


def members_of(session: Session, team_id: int) -> Sequence[Member]:
    """Return the members of a team by name, those whose account is closed left out."""
    query = select(Member).join(TeamMember, col(TeamMember.member_id) == Member.id)
    query = query.where(TeamMember.team_id == team_id, col(Member.disabled_at).is_(None))
    return session.exec(query.order_by(col(Member.name), col(Member.id))).all()
