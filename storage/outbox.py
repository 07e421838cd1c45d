"""Messages that leave: written with what they tell, claimed, sent, marked."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Final

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import Session, col, select

from core.alerts.kinds import Channel
from core.backoff import LONGEST_WAIT
from storage.claims import claim_rows, is_unclaimed
from storage.rows import id_of
from storage.tables import Case, Handover, Outbox, OutboxState

HANDOVER: Final = "handover"  # the kind of message by which a case is put to a courier or supplier


def queue_mail(
    session: Session,
    kind: str,
    recipient: str,
    content: Mapping[str, object],
    host: str,
    now: datetime,
    held: timedelta = timedelta(),
) -> Outbox:
    """Let a message leave once it was `held` for so long; it has its id when this returns."""
    message = Outbox(
        message_id=f"<{kind.replace('_', '-')}.{token_hex(16)}@{host}>",
        kind=kind,
        recipient=recipient,
        content=dict(content),
        next_attempt_at=now + held,
        created_at=now,
    )
    session.add(message)
    session.flush()
    return message


def claim_messages(
    session: Session,
    worker: str,
    now: datetime,
    lease: timedelta,
    limit: int,
    channels: Collection[Channel] = tuple(Channel),
) -> list[Outbox]:
    """Return up to `limit` messages that are due, longest first, reserved for `worker` until the lease ends.

    One that would have to wait longer than any does was put off by a clock that was ahead: it is due.
    """
    next_attempt_at = col(Outbox.next_attempt_at)
    due = (
        select(col(Outbox.id))
        .where(or_(next_attempt_at <= now, next_attempt_at > now + LONGEST_WAIT))
        .where(Outbox.state == OutboxState.QUEUED, is_unclaimed(Outbox, now))
        .where(col(Outbox.channel).in_(channels))
        .order_by(next_attempt_at, col(Outbox.id))
        .limit(limit)
    )
    return claim_rows(session, Outbox, due, worker, now, lease)


def still_mine(session: Session, message: Outbox, now: datetime, lease: timedelta) -> bool:
    """Renew the lease just before a message is sent; false where it ran out and another lane or worker took it."""
    renewed = session.execute(update(Outbox).where(*_is_held([message])).values(claimed_until=now + lease))
    return bool(renewed.rowcount == 1)  # type: ignore[attr-defined]


def _is_held(messages: Sequence[Outbox]) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that messages are still held by the claim they came with.

    Its end tells it from a later one of another lane: all lanes of a worker have one name.
    """
    yield col(Outbox.id).in_([id_of(message) for message in messages])
    yield col(Outbox.claimed_by) == messages[0].claimed_by
    yield col(Outbox.claimed_until) == messages[0].claimed_until
    yield col(Outbox.state) == OutboxState.QUEUED


def withdraw(session: Session, outbox_id: int, why: str, now: datetime) -> bool:
    """Let a message that is still held leave no more; tell whether it was.

    One conditional update decides between this and the sender's claim. Once the message was due a sender may have had
    it, and be gone before it could say so: it is not withdrawn then.
    """
    is_held = (col(Outbox.state) == OutboxState.QUEUED, col(Outbox.attempts) == 0, col(Outbox.claimed_by) == "")
    withdrawn = session.execute(
        update(Outbox)
        .where(col(Outbox.id) == outbox_id, *is_held, col(Outbox.next_attempt_at) > now)
        .values(state=OutboxState.CANCELLED, last_error=why)
    )
    return bool(withdrawn.rowcount == 1)  # type: ignore[attr-defined]


def mark_sent(session: Session, message_id: int, now: datetime) -> None:
    """Note that the message was handed over."""
    message = session.get_one(Outbox, message_id)
    message.state, message.sent_at = OutboxState.SENT, now
    message.attempts += 1
    message.claimed_by, message.claimed_until, message.last_error = "", None, ""
    session.add(message)
    _show(session, message, now)


def mark_failed(session: Session, message_id: int, error: str, next_attempt_at: datetime | None, now: datetime) -> None:
    """Note that the message was not handed over; without a next attempt it is given up."""
    message = session.get_one(Outbox, message_id)
    if message.state is OutboxState.SENT:
        return  # by another lane, whose claim came after ours
    message.attempts += 1
    message.last_error = error
    message.claimed_by, message.claimed_until = "", None
    if next_attempt_at is None:
        message.state = OutboxState.FAILED
    else:
        message.next_attempt_at = next_attempt_at
    session.add(message)
    _show(session, message, now)


def _show(session: Session, message: Outbox, now: datetime) -> None:
    """Let the pages that show a case notice where the message stands by which it was handed over."""
    if message.kind == HANDOVER:
        of_message = select(Handover.case_id).where(Handover.outbox_id == message.id)
        session.execute(update(Case).where(col(Case.id).in_(of_message)).values(updated_at=now))


def put_off_others(session: Session, message: Outbox, next_attempt_at: datetime, now: datetime) -> None:
    """Let what else waits for the message's recipient, and is not claimed, wait until then at least."""
    session.execute(
        update(Outbox)
        .where(col(Outbox.recipient) == message.recipient, col(Outbox.channel) == message.channel)
        .where(col(Outbox.id) != message.id, col(Outbox.state) == OutboxState.QUEUED, is_unclaimed(Outbox, now))
        .where(col(Outbox.next_attempt_at) < next_attempt_at)
        .values(next_attempt_at=next_attempt_at)
    )


def give_back(session: Session, messages: Sequence[Outbox], next_attempt_at: datetime) -> None:
    """Free messages that were claimed together and not tried; they are due again at `next_attempt_at`."""
    session.execute(
        update(Outbox)
        .where(*_is_held(messages))
        .values(claimed_by="", claimed_until=None, next_attempt_at=next_attempt_at)
    )
