"""What members do to cases. Each command writes who did it and when into the case's history."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from core.errors import InputError
from core.types import CaseStatus
from storage.casework import pass_the_turn, record, refresh
from storage.corrections import dismiss_posts, take_back_dismissals
from storage.known import Known, known_of
from storage.rows import existing_case, id_of
from storage.tables import Case, EventKind, Member
from storage.undo import locked_cases

OPEN_STATUSES = (CaseStatus.NEW, CaseStatus.OPEN, CaseStatus.WAITING)


@dataclass(frozen=True, slots=True)
class Claim:
    """What came of reaching for a case: whether it was won, and who has it now."""

    won: bool
    holder: Member


def claim_case(session: Session, case_id: int, member_id: int, now: datetime) -> Claim:
    """Give a case that nobody has to the member; where somebody has it, say who.

    One conditional update decides, so of two members who click at once exactly one wins.
    """
    taken = session.execute(
        update(Case)
        .where(col(Case.id) == case_id, col(Case.assignee_id).is_(None))
        .values(assignee_id=member_id, assigned_at=now, updated_at=now)
    )
    case = existing_case(session, case_id)
    if taken.rowcount == 1:  # type: ignore[attr-defined]
        if case.status is CaseStatus.NEW:
            case.status = CaseStatus.OPEN
            session.add(case)
        record(session, case, EventKind.CLAIMED, now, member_id)
    holder = session.get_one(Member, case.assignee_id)
    return Claim(won=holder.id == member_id, holder=holder)


def claim_cases(session: Session, case_ids: Collection[int], member_id: int, now: datetime) -> dict[int, str]:
    """Give the member those of the cases that nobody has; return who has each of the others."""
    taken: dict[int, int] = {}
    for case in locked_cases(session, case_ids):
        refuse_merged(case)
        if case.assignee_id is None:
            case.assignee_id, case.assigned_at, case.updated_at = member_id, now, now
            if case.status is CaseStatus.NEW:
                case.status = CaseStatus.OPEN
            record(session, case, EventKind.CLAIMED, now, member_id)
        if case.assignee_id == member_id:
            begin_with(session, case, member_id, now)
        else:
            taken[id_of(case)] = case.assignee_id
        session.add(case)
    names = _names(session, taken.values()) if taken else {}
    return {case_id: names[holder] for case_id, holder in taken.items()}


def begin_with(session: Session, case: Case, member_id: int, now: datetime) -> None:
    """Note that the member has begun with a locked case, where it was sent to them: it comes back to nobody any more.

    As `storage.teams.take_up`, for many cases at once.
    """
    if case.assignee_id != member_id:
        return
    if case.take_up_by is not None:
        record(session, case, EventKind.TAKEN_UP, now, member_id)
    case.take_up_by = case.returned_at = case.route_again_at = None


def release_case(session: Session, case_id: int, member_id: int, now: datetime) -> bool:
    """Put a case that the member has back to nobody; tell whether the member had it."""
    return release_cases(session, [case_id], member_id, now) == [case_id]


def release_cases(session: Session, case_ids: Collection[int], member_id: int, now: datetime) -> list[int]:
    """Put those of the cases that the member has back to nobody; return them."""
    given = [case for case in locked_cases(session, case_ids) if case.assignee_id == member_id]
    for case in given:
        case.assignee_id = case.assigned_at = case.take_up_by = None
        case.updated_at = now
        if case.status is CaseStatus.OPEN:
            case.status = CaseStatus.NEW
        session.add(case)
        record(session, case, EventKind.RELEASED, now, member_id)
    return [id_of(case) for case in given]


def set_status(session: Session, case_id: int, status: CaseStatus, member_id: int, now: datetime) -> bool:
    """Move a case to `status`; tell whether that changed anything. Raises InputError where there is no such case."""
    existing_case(session, case_id)
    return set_statuses(session, [case_id], status, member_id, now) == [case_id]


def set_statuses(
    session: Session, case_ids: Collection[int], status: CaseStatus, member_id: int, now: datetime
) -> list[int]:
    """Move cases to `status`; return those that this changed.

    Dismissing a case says of its posts that they are no complaints, which the model may learn from; moving it on from
    there takes this back. One that is opened again has its clock again, where its author was not answered. Raises
    InputError for one that was merged into another.
    """
    changed = [case for case in locked_cases(session, case_ids) if case.status is not status]
    for case in changed:
        refuse_merged(case)
    before = {id_of(case): case.status for case in changed}
    if status is CaseStatus.DISMISSED:
        dismiss_posts(session, before, member_id, now)
    take_back_dismissals(session, [each for each, was in before.items() if was is CaseStatus.DISMISSED], member_id, now)
    again = [] if status.is_closed else [case for case in changed if case.status.is_closed]
    known = known_of(session, again)  # before anything of the cases changes, so that each is written once
    for case in changed:
        _set_status(session, case, status, member_id, now)
    for case in again:
        _begin_again(session, case, now, known)
    return list(before)


def _set_status(session: Session, case: Case, status: CaseStatus, member_id: int, now: datetime) -> None:
    record(session, case, EventKind.STATUS, now, member_id, before=case.status.value, after=status.value)
    begin_with(session, case, member_id, now)
    case.status, case.snoozed_until, case.updated_at = status, None, now
    case.closed_at = now if status.is_closed else None
    if status.is_closed:
        case.due_at = None
    session.add(case)


def _begin_again(session: Session, case: Case, now: datetime, known: Known) -> None:
    """Let a case that was closed be what its posts count as, and go to whom the rules say where nobody has it."""
    status = case.status
    pass_the_turn(session, case, refresh(session, case, now, known), now, known)
    case.status = status
    if case.assignee_id is None:
        case.routed_at = None


def refuse_merged(case: Case) -> None:
    """Raise InputError where the case was merged into another, which has everything of it."""
    if case.merged_into_id is not None:
        raise InputError(f"Case {case.id} was merged into case {case.merged_into_id}: open that one.")


def open_cases_of(session: Session, after_id: int, limit: int) -> Sequence[Case]:
    """Return cases that somebody still has to act on, by id, starting behind `after_id`."""
    query = select(Case).where(col(Case.status).in_(OPEN_STATUSES), col(Case.id) > after_id)
    return session.exec(query.order_by(col(Case.id)).limit(limit)).all()


def _names(session: Session, member_ids: Collection[int]) -> Mapping[int, str]:
    found = session.exec(select(Member.id, Member.name).where(col(Member.id).in_(set(member_ids))))
    return {member_id: name for member_id, name in found if member_id is not None}
