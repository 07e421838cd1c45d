"""Taking back what a member wrote to a case: a note is gone, an answer is a draft again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from storage.tables import CaseEvent, EventKind, Note, Promise, PromiseState, Reply, ReplyState

ANSWERED: Final = "marked the case as answered"
NOTED: Final = "wrote a note"
_ANSWERS: Final = (EventKind.REPLIED, EventKind.BRAND_REPLIED)
Written = Mapping[str, Sequence[int]]  # the ids of what an act added, by "note" and "reply"


def last_event(session: Session, case_id: int) -> int:
    """Return the number of the last line of the case's history, 0 where there is none."""
    return session.exec(select(func.max(CaseEvent.id)).where(CaseEvent.case_id == case_id)).one() or 0


def can_be_unsaid(session: Session, case_id: int, written: Written, event: int) -> bool:
    """Tell whether what was written is still in the case, an answer the last one, and no other one begun."""
    if _have_gone(session, case_id, written):
        return False
    replies = session.exec(select(Reply).where(col(Reply.id).in_(written.get("reply", ())))).all()
    if not replies:
        return True
    later = select(CaseEvent.id).where(
        CaseEvent.case_id == case_id, col(CaseEvent.id) > event, col(CaseEvent.kind).in_(_ANSWERS)
    )
    draft = select(Reply.id).where(
        Reply.case_id == case_id,
        Reply.state == ReplyState.DRAFT,
        col(Reply.member_id).in_([reply.member_id for reply in replies]),
    )
    return all(session.exec(query.limit(1)).first() is None for query in (later, draft))


def _have_gone(session: Session, case_id: int, written: Written) -> bool:
    """Tell whether what was written belongs to another case by now, as the two were merged."""
    note = select(Note.id).where(col(Note.id).in_(written.get("note", ())), Note.case_id != case_id)
    reply = select(Reply.id).where(col(Reply.id).in_(written.get("reply", ())), Reply.case_id != case_id)
    return any(session.exec(query.limit(1)).first() is not None for query in (note, reply))


def unsay(session: Session, written: Written, now: datetime) -> None:
    """Take the notes away, make the answers drafts again, and drop what they promised, where that is still open."""
    session.execute(delete(Note).where(col(Note.id).in_(written.get("note", ()))))
    replies = list(written.get("reply", ()))
    session.execute(delete(Promise).where(col(Promise.reply_id).in_(replies), col(Promise.state) == PromiseState.OPEN))
    for reply in session.exec(select(Reply).where(col(Reply.id).in_(replies))):
        reply.state, reply.sent_at, reply.updated_at = ReplyState.DRAFT, None, now
        session.add(reply)
    session.flush()


def as_kept(written: Mapping[str, Sequence[int]], event: int) -> dict[str, Any]:
    """Return what `can_be_unsaid` and `unsay` need to know later, as plain values."""
    return {"rows": {name: list(ids) for name, ids in written.items()}, "event": event}
