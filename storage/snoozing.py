"""Cases that are put off until a time, and come back by themselves."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session, col, select

from core.errors import InputError
from core.types import CaseStatus
from storage.cases import begin_with, refuse_merged
from storage.casework import record, wake
from storage.known import known_of
from storage.notices import notify
from storage.rows import id_of
from storage.tables import Case, EventKind, NoticeKind
from storage.undo import locked_cases

MOST_AT_ONCE: Final = 200
LONGEST: Final = timedelta(days=366)


def snooze_cases(
    session: Session, case_ids: Collection[int], until: datetime, member_id: int, now: datetime
) -> list[int]:
    """Put cases off until a time; return those that are: a closed one stays closed.

    Meanwhile they wait, and no clock runs. Raises InputError for a time that is past or more than a year away, and for
    a case that was merged.
    """
    if until <= now:
        raise InputError("Nothing was done: this time is past. Choose a later one.")
    if until > now + LONGEST:
        raise InputError("Nothing was done: this is more than a year away. Choose an earlier time.")
    put_off = []
    for case in locked_cases(session, case_ids):
        refuse_merged(case)
        if case.status.is_closed:
            continue
        begin_with(session, case, member_id, now)
        if case.snoozed_until != until:
            record(session, case, EventKind.SNOOZED, now, member_id, until=until.isoformat())
        case.status, case.snoozed_until, case.due_at, case.updated_at = CaseStatus.WAITING, until, None, now
        session.add(case)
        put_off.append(id_of(case))
    return put_off


def wake_cases(session: Session, case_ids: Collection[int], member_id: int, now: datetime) -> list[int]:
    """Bring cases back before their time; return those that were put off."""
    put_off = [case for case in locked_cases(session, case_ids) if case.snoozed_until is not None]
    known = known_of(session, put_off)
    for case in put_off:
        wake(session, case, now, member_id, known=known)
    return [id_of(case) for case in put_off]


def is_one_due(session: Session, now: datetime) -> bool:
    """Tell whether the time of a case that was put off has come."""
    return session.exec(select(Case.id).where(col(Case.snoozed_until) <= now).limit(1)).first() is not None


def wake_due_cases(session: Session, now: datetime) -> int:
    """Bring back the cases whose time has come, some at once, and tell who has them; return how many."""
    query = select(Case).where(col(Case.snoozed_until) <= now).order_by(col(Case.id)).limit(MOST_AT_ONCE)
    cases = session.exec(query.with_for_update(key_share=True, skip_locked=True)).all()
    known = known_of(session, cases)
    for case in cases:
        wake(session, case, now, known=known)
        if case.assignee_id is not None:
            notify(session, case.assignee_id, id_of(case), NoticeKind.WOKE, {}, now)
    return len(cases)
