"""What managers do about incidents: one command of the store each, and one sentence about what came of it."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Final

from board import parts
from board.alerts.overview import forget
from board.alerts.shown import key_of, revived_words
from board.manage.form import attempt
from core.errors import InputError
from storage.alerting.answering import acknowledge, revive, snooze_incident
from storage.alerting.shown import dead_addresses
from storage.database import Session
from storage.tables import Incident, Member

LOGGER: Final = logging.getLogger(__name__)
LONGEST_SNOOZE: Final = timedelta(days=31)


def acknowledge_incident(incident_id: int) -> None:
    """Say that somebody has seen what the incident holds now."""
    now = parts.installed().clock()

    def act(session: Session, member: Member) -> str:
        incident = _open(session, incident_id)
        if not acknowledge(session, incident_id, member.name, now):
            who = incident.acknowledged_by
            return f"It was acknowledged already{f' by {who}' if who else ''}."
        LOGGER.info("%s (member %s) acknowledged incident %d", member.name, member.id, incident_id)
        return "Acknowledged. Nobody is told of it again unless more of it comes."

    attempt(act)
    forget()


def snooze(incident_id: int, until: datetime | None) -> None:
    """Let nobody be told of an incident until then; None lets it be told again."""
    now = parts.installed().clock()

    def act(session: Session, member: Member) -> str:
        _open(session, incident_id)
        if until is not None and not now < until <= now + LONGEST_SNOOZE:
            raise InputError("Nothing was done: choose a time within the next 31 days.")
        snooze_incident(session, incident_id, until or now, now)
        LOGGER.info("%s (member %s) snoozed incident %d until %s", member.name, member.id, incident_id, until)
        return "It is told again." if until is None else "Snoozed. Nobody is told of it until then."

    attempt(act)
    forget()


def say_it_works(key: str) -> None:
    """Let an address that a server refused be written to again; `key` is what the browser knows it by."""

    def act(session: Session, member: Member) -> str:
        found = [each.address for each in dead_addresses(session) if key_of(each.address) == key]
        if not found:
            return "Nothing was done: messages go there already."
        revive(session, found[0])
        LOGGER.info("%s (member %s) said that an address works again", member.name, member.id)
        return revived_words(found[0])

    attempt(act)
    forget()


def time_said(value: object) -> datetime | None:
    """Return the time that a browser says in seconds of Unix time, none where it is no such time."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 2**33:
        return None
    return datetime.fromtimestamp(value, UTC)


def _open(session: Session, incident_id: int) -> Incident:
    incident = session.get(Incident, incident_id)
    if incident is None:
        raise InputError("Nothing was done: there is no such incident.")
    if incident.resolved_at is not None:
        raise InputError("Nothing was done: it is over already.")
    return incident
