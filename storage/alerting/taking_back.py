"""Messages that are not sent after all: what they were to tell waits again, for whoever is to be told of it by then."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import Session, col, select

from core.alerts.kinds import AlertKind
from storage.rows import id_of
from storage.tables import AlertRule, Brand, Incident, Outbox, OutboxState, Telling

# Before a server said that there is no such address it may have let a mail wait for about two days.
MISSED_BEFORE: Final = timedelta(days=7)


def tellings_of(session: Session, message: Outbox) -> list[Telling]:
    """Return what the message tells its recipient, nothing of one that tells of no incident."""
    to_recipient = select(Telling).where(Telling.recipient == message.recipient)  # by the index, as outbox_id has none
    return list(session.exec(to_recipient.where(Telling.outbox_id == message.id).order_by(col(Telling.id))))


def digest_rule(session: Session, brand: str, name: str) -> AlertRule | None:
    """Return the rule of digests that a brand knows by this name."""
    of_brand = select(AlertRule).join(Brand, col(Brand.id) == AlertRule.brand_id).where(Brand.name == brand)
    return session.exec(of_brand.where(AlertRule.name == name, AlertRule.kind == AlertKind.DIGEST)).first()


def is_kept_back(session: Session, incident_ids: Sequence[int], now: datetime) -> bool:
    """Tell whether one of these incidents is snoozed, or its rule was taken away."""
    is_told_to_nobody = or_(col(Incident.rule_id).is_(None), col(Incident.snoozed_until) > now)
    found = select(Incident.id).where(col(Incident.id).in_(incident_ids), is_told_to_nobody)
    return session.exec(found.limit(1)).first() is not None


def take_back(session: Session, message: Outbox, why: str) -> None:
    """Send the message no more. What it was to tell waits again: the next look finds who is told of it now, if anybody.

    What is over by then, or was acknowledged, is told to nobody.
    """
    row = session.get_one(Outbox, id_of(message))
    row.state, row.last_error = OutboxState.CANCELLED, why
    row.claimed_by, row.claimed_until = "", None
    session.add(row)
    _wait_again(session, (col(Telling.recipient) == row.recipient) & (col(Telling.outbox_id) == row.id))


def tell_what_was_missed(session: Session, address: str, refused_at: datetime) -> None:
    """Let what was to be told to an address that refused it wait again; what is over by now is not told."""
    failed = select(Outbox.id).where(Outbox.state == OutboxState.FAILED)
    since = refused_at - MISSED_BEFORE
    missed = failed.where(Outbox.recipient == address, Outbox.created_at >= since)
    _wait_again(session, (col(Telling.recipient) == address) & col(Telling.outbox_id).in_(missed))


def _wait_again(session: Session, tellings: ColumnElement[bool]) -> None:
    """Let these wait; what a digest told of is in no other mail, so it is not told alone either."""
    digests = select(AlertRule.id).where(AlertRule.kind == AlertKind.DIGEST)
    waits = update(Telling).where(tellings, col(Telling.rule_id).not_in(digests))
    session.execute(waits.values(sent_on_at=None, outbox_id=None))
