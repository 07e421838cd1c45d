"""Taking back what a member wrote: notes and promises are gone, an answer is a draft again, an e-mail never leaves."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from core.errors import InputError
from storage.outbox import withdraw
from storage.tables import (
    CaseEvent,
    EventKind,
    Handover,
    Member,
    Note,
    Outbox,
    OutboxState,
    Promise,
    PromiseState,
    Reply,
    ReplyState,
)

ANSWERED: Final = "marked the case as answered"
NOTED: Final = "wrote a note"
PROMISED: Final = "noted a promise"
SETTLED: Final = "settled a promise"
REOPENED: Final = "opened a promise again"
BEGAN: Final = "took the case by writing"
HANDED_OVER: Final = "handed the case over to {name}"
_ANSWERS: Final = (EventKind.REPLIED, EventKind.BRAND_REPLIED)
# The ids of what an act added, by "note", "reply", "promise" and "handover"; by "settled" and "reopened", the promises
# that it settled or opened again.
Written = Mapping[str, Sequence[int]]


def can_be_unsaid(session: Session, case_id: int, written: Written, event: int) -> bool:
    """Tell whether what was written is still in the case, an answer the last one, and no other one begun.

    What became of a promise is still as it was said.
    """
    if _have_gone(session, case_id, written) or not _promises_stand(session, case_id, written):
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
    handover = select(Handover.id).where(col(Handover.id).in_(written.get("handover", ())), Handover.case_id != case_id)
    return any(session.exec(query.limit(1)).first() is not None for query in (note, reply, handover))


def _promises_stand(session: Session, case_id: int, written: Written) -> bool:
    """Tell whether the promises that were noted or opened again are open, and those that were settled are not."""
    is_open = col(Promise.state) == PromiseState.OPEN
    wanted = {"promise": is_open, "settled": ~is_open, "reopened": is_open}
    return all(
        len(
            session.exec(
                select(Promise.id).where(col(Promise.id).in_(ids), Promise.case_id == case_id, wanted[name])
            ).all()
        )
        == len(ids)
        for name, ids in written.items()
        if name in wanted
    )


def unsay(session: Session, written: Written, member_id: int, now: datetime) -> None:
    """Take the notes away, make the answers drafts again, and drop what they promised, where that is still open.

    Promises that were noted are gone, those that were settled are open again and the other way round, and messages to
    couriers and suppliers are withdrawn. Raises InputError where one of these has left.
    """
    for handover in session.exec(select(Handover).where(col(Handover.id).in_(written.get("handover", ())))).all():
        _withdraw(session, handover, member_id, now)
    session.execute(delete(Note).where(col(Note.id).in_(written.get("note", ()))))
    session.execute(delete(Promise).where(col(Promise.id).in_(written.get("promise", ()))))
    settled = update(Promise).where(col(Promise.id).in_(written.get("settled", ())))
    session.execute(settled.values(state=PromiseState.OPEN, settled_at=None))
    for promise in session.exec(select(Promise).where(col(Promise.id).in_(written.get("reopened", ())))).all():
        _settle_again(session, promise)
    replies = list(written.get("reply", ()))
    session.execute(delete(Promise).where(col(Promise.reply_id).in_(replies), col(Promise.state) == PromiseState.OPEN))
    for reply in session.exec(select(Reply).where(col(Reply.id).in_(replies))):
        reply.state, reply.sent_at, reply.updated_at = ReplyState.DRAFT, None, now
        session.add(reply)
    session.flush()


def _settle_again(session: Session, promise: Promise) -> None:
    """Let a promise stand as it was last settled, which the history of its case tells."""
    settled = select(CaseEvent).where(CaseEvent.case_id == promise.case_id, CaseEvent.kind == EventKind.PROMISE_SETTLED)
    for event in session.exec(settled.order_by(col(CaseEvent.id).desc())):
        if event.detail["promise"] == promise.id and event.detail["state"] != PromiseState.OPEN:
            promise.state, promise.settled_at = PromiseState(event.detail["state"]), event.happened_at
            session.add(promise)
            return


def _withdraw(session: Session, handover: Handover, member_id: int, now: datetime) -> None:
    """Let the message never leave, by which the case counts as not handed over. Raises InputError where it has left."""
    member = session.get_one(Member, member_id)
    message_id = handover.outbox_id
    if message_id is None or not withdraw(session, message_id, f"Taken back by {member.name}", now):
        message = session.get(Outbox, message_id, populate_existing=True) if message_id is not None else None
        raise InputError(f"{_why_left(handover, message, member, now)}. The case stays as it is.")


def _why_left(handover: Handover, message: Outbox | None, member: Member, now: datetime) -> str:
    """Return in words where a message stands that cannot be withdrawn any more, with times as the member reads them."""
    mail = f"The e-mail to {handover.name}"
    if message is not None and message.sent_at is not None:
        zone = ZoneInfo(member.timezone)
        at, today = message.sent_at.astimezone(zone), now.astimezone(zone).date()
        return f"{mail} left at {at:{'%H:%M' if at.date() == today else '%H:%M on %a %d %b'}} and cannot be taken back"
    if message is not None and message.state is OutboxState.FAILED:
        return f"{mail} could not be sent, so there is nothing to take back ({message.last_error})"
    return f"{mail} is leaving by now and cannot be taken back"
