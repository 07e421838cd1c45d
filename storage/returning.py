"""Cases that come back: those that nobody took up in time, and those of members who go or have too much."""

from datetime import datetime

from sqlalchemy import or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from core.types import CaseStatus
from storage.casework import record
from storage.notices import notify
from storage.rows import id_of
from storage.tables import Brand, Case, CaseEvent, EventKind, Member, NoticeKind
from storage.teams import ON_THEIR_DESK, is_away, send_cases


def is_anything_overdue(session: Session, now: datetime) -> bool:
    """Tell whether there is a case that comes back."""
    return session.exec(_overdue(now).limit(1)).first() is not None


def _overdue(now: datetime) -> SelectOfScalar[Case]:
    """Select the cases that come back: not taken up in time, or by somebody who went away or left; closed ones too."""
    gone = select(Member.id).where(or_(col(Member.disabled_at).is_not(None), col(Member.away_until) > now))
    return (
        select(Case)
        .where(col(Case.take_up_by).is_not(None), col(Case.assignee_id).is_not(None), Case.status != CaseStatus.WAITING)
        .where(or_(col(Case.take_up_by) <= now, col(Case.assignee_id).in_(gone)))
    )


def bring_back(session: Session, now: datetime, limit: int) -> int:
    """Take up to `limit` cases back that were not taken up in time, or whose member went away or left; return how many.

    The rules look at them anew. A case that another transaction holds, as its member is just beginning with it, is
    passed over until the next time.
    """
    query = _overdue(now).order_by(col(Case.take_up_by), col(Case.id)).limit(limit)
    query = query.with_for_update(skip_locked=True, key_share=True).execution_options(populate_existing=True)
    cases = session.exec(query).all()
    for case in cases:
        _bring_back(session, case, now)
    return len(cases)


def pass_over(session: Session, now: datetime) -> int | None:
    """Leave the case that `bring_back` would take back first with whoever has it, as that fails; return it."""
    case = session.exec(_overdue(now).order_by(col(Case.take_up_by), col(Case.id)).limit(1)).first()
    if case is not None:
        case.take_up_by = None
        session.add(case)
    return case.id if case else None


def _bring_back(session: Session, case: Case, now: datetime) -> None:
    if case.status.is_closed:  # by somebody else, before its member began with it
        case.take_up_by = None
        session.add(case)
        return
    member = session.get_one(Member, case.assignee_id)
    if member.disabled_at is not None:
        why = "disabled"
    elif is_away(member, now):
        why = "away"
    else:
        why = "not_taken_up"
    minutes = session.get_one(Brand, case.brand_id).take_up_minutes
    sender_id = _sender_of(session, case, id_of(member))
    _take_from(session, case, member, now, why=why, minutes=minutes)
    told = {"from": member.name, "why": why, "minutes": minutes}
    if why == "not_taken_up":
        notify(session, id_of(member), id_of(case), NoticeKind.RETURNED, told | {"was_yours": True}, now)
    if sender_id not in (None, member.id):
        notify(session, sender_id, id_of(case), NoticeKind.RETURNED, told, now)


def _sender_of(session: Session, case: Case, member_id: int) -> int | None:
    """Return who sent the case to the member by hand; None where a rule did."""
    query = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.kind == EventKind.ASSIGNED)
    last = session.exec(query.order_by(col(CaseEvent.id).desc()).limit(1)).first()
    return last.member_id if last is not None and last.detail.get("to_member") == member_id else None


def _take_from(
    session: Session, case: Case, member: Member, now: datetime, by_member: int | None = None, **detail: object
) -> None:
    """Put a case back to nobody, marked as come back, for the rules to look at."""
    case.assignee_id = case.assigned_at = case.take_up_by = case.routed_at = None
    case.returned_at = case.updated_at = now
    if case.status is CaseStatus.OPEN:
        case.status = CaseStatus.NEW
    session.add(case)
    record(session, case, EventKind.RETURNED, now, by_member, from_member=id_of(member), member=member.name, **detail)


def pass_on(
    session: Session,
    from_member: int,
    *,
    to_member: int | None = None,
    to_team: int | None = None,
    by_member: int,
    now: datetime,
) -> int:
    """Take every case that a member still has from them, those that wait too; return how many.

    They go to the member or team that is named, else to whom the rules say. Raises InputError as `send_cases` does.
    """
    member = session.get_one(Member, from_member)
    query = select(Case).where(
        Case.assignee_id == from_member, col(Case.status).in_((*ON_THEIR_DESK, CaseStatus.WAITING))
    )
    query = query.order_by(col(Case.id)).with_for_update(key_share=True)
    cases = session.exec(query.execution_options(populate_existing=True)).all()
    if to_member is None and to_team is None:
        for case in cases:
            _take_from(session, case, member, now, by_member, why="passed_on")
    else:
        ids = [id_of(case) for case in cases]
        send_cases(session, ids, to_member=to_member, to_team=to_team, by_member=by_member, now=now)
    return len(cases)
