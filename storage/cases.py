"""What members do to cases. Each command writes who did it and when into the case's history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from core.errors import InputError
from core.text import MAX_TEXT_LENGTH, storable
from core.types import CaseStatus
from storage.casework import record
from storage.tables import Case, EventKind, Member, Note, Reply, ReplyState

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
    case = _case(session, case_id)
    if taken.rowcount == 1:  # type: ignore[attr-defined]
        if case.status is CaseStatus.NEW:
            case.status = CaseStatus.OPEN
            session.add(case)
        record(session, case, EventKind.CLAIMED, now, member_id)
    holder = session.get_one(Member, case.assignee_id)
    return Claim(won=holder.id == member_id, holder=holder)


def release_case(session: Session, case_id: int, member_id: int, now: datetime) -> bool:
    """Put a case that the member has back to nobody; tell whether the member had it."""
    given_back = session.execute(
        update(Case)
        .where(col(Case.id) == case_id, col(Case.assignee_id) == member_id)
        .values(assignee_id=None, assigned_at=None, updated_at=now)
    )
    if given_back.rowcount != 1:  # type: ignore[attr-defined]
        return False
    case = _case(session, case_id)
    if case.status is CaseStatus.OPEN:
        case.status = CaseStatus.NEW
        session.add(case)
    record(session, case, EventKind.RELEASED, now, member_id)
    return True


def set_status(session: Session, case_id: int, status: CaseStatus, member_id: int, now: datetime) -> bool:
    """Move a case to `status`; tell whether that changed anything."""
    case = _case(session, case_id)
    if case.status is status:
        return False
    record(session, case, EventKind.STATUS, now, member_id, before=case.status.value, after=status.value)
    case.status = status
    case.closed_at = now if status.is_closed else None
    if status.is_closed:
        case.due_at = None
    case.updated_at = now
    session.add(case)
    return True


def add_note(session: Session, case_id: int, member_id: int, text: str, now: datetime) -> Note:
    """Keep a note for the other members; raises InputError for an empty one and one that is too long."""
    words = _whole(text)
    if not words:
        raise InputError("The note is empty: write something first.")
    case = _case(session, case_id)
    note = Note(case_id=case_id, member_id=member_id, text=words, created_at=now)
    session.add(note)
    record(session, case, EventKind.NOTED, now, member_id)
    _touch(session, case, now)
    session.flush()
    return note


def draft_of(session: Session, case_id: int, member_id: int) -> str:
    """Return what the member has written so far, or nothing."""
    draft = _draft(session, case_id, member_id)
    return draft.text if draft else ""


def save_draft(session: Session, case_id: int, member_id: int, text: str, now: datetime) -> None:
    """Keep what the member has written so far; an empty text takes the draft away.

    Raises InputError for a text that is too long.
    """
    words = _whole(text, strip=False)
    draft = _draft(session, case_id, member_id)
    if not words.strip():
        if draft:
            session.delete(draft)
        return
    if draft is None:
        draft = Reply(case_id=case_id, member_id=member_id, created_at=now, updated_at=now)
        record(session, _case(session, case_id), EventKind.DRAFTED, now, member_id)
    draft.text = words
    draft.updated_at = now
    session.add(draft)


def mark_answered(session: Session, case_id: int, member_id: int, text: str, now: datetime) -> Reply:
    """Note that the member posted this reply by hand: it stops the clock, and the case waits for the customer.

    Raises InputError for an empty reply and one that is too long.
    """
    words = _whole(text)
    if not words:
        raise InputError("The reply is empty: write what you posted first.")
    case = _case(session, case_id)
    reply = _draft(session, case_id, member_id)
    if reply is None:
        reply = Reply(case_id=case_id, member_id=member_id, created_at=now, updated_at=now)
    reply.text, reply.state, reply.sent_at, reply.updated_at = words, ReplyState.SENT, now, now
    session.add(reply)
    case.first_reply_at = case.first_reply_at or now
    case.due_at = None
    if case.status in (CaseStatus.NEW, CaseStatus.OPEN):
        case.status = CaseStatus.WAITING
    record(session, case, EventKind.REPLIED, now, member_id)
    _touch(session, case, now)
    session.flush()
    return reply


def open_cases_of(session: Session, after_id: int, limit: int) -> Sequence[Case]:
    """Return cases that somebody still has to act on, by id, starting behind `after_id`."""
    query = select(Case).where(col(Case.status).in_(OPEN_STATUSES), col(Case.id) > after_id)
    return session.exec(query.order_by(col(Case.id)).limit(limit)).all()


def _whole(text: str, *, strip: bool = True) -> str:
    """Return what a member wrote, fit to be stored; nothing of it is ever cut off."""
    words = text.strip() if strip else text
    if len(words) > MAX_TEXT_LENGTH:
        raise InputError(f"The text is too long: shorten it from {len(words):,} to {MAX_TEXT_LENGTH:,} characters.")
    return storable(words).strip() if strip else storable(words)


def _case(session: Session, case_id: int) -> Case:
    case = session.get(Case, case_id)
    if case is None:
        raise InputError(f"There is no case {case_id}; it may have been erased. Go back to the queue.")
    return case


def _draft(session: Session, case_id: int, member_id: int) -> Reply | None:
    return session.exec(
        select(Reply).where(Reply.case_id == case_id, Reply.member_id == member_id, Reply.state == ReplyState.DRAFT)
    ).first()


def _touch(session: Session, case: Case, now: datetime) -> None:
    case.updated_at = now
    session.add(case)
