"""What people say to an incident: that they have seen it, or that they want to hear of it later."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from storage.alerting.addresses import mute as mute
from storage.alerting.addresses import revive as revive
from storage.alerting.addresses import unmute as unmute
from storage.alerting.tellings import Address, was_told
from storage.tables import AlertRule, Incident, IncidentItem


def acknowledge(session: Session, incident_id: int, by: str, now: datetime, told_to: Address | None = None) -> bool:
    """Note that somebody has seen what the incident holds now; tell whether that is news.

    With `told_to` they have seen no more than what messages to this address told of: nothing else is acknowledged, and
    the incident itself only where nothing else is left. What comes afterwards is told all the same. False for one that
    is gone, over or acknowledged.
    """
    incident = session.exec(select(Incident).where(Incident.id == incident_id).with_for_update()).first()
    if incident is None or incident.resolved_at is not None or incident.acknowledged_at is not None:
        return False
    waits = (col(IncidentItem.incident_id) == incident_id) & col(IncidentItem.acknowledged_at).is_(None)
    seen = waits if told_to is None else waits & was_told(told_to)
    done = session.execute(update(IncidentItem).where(seen).values(acknowledged_at=now))
    is_left = session.exec(select(IncidentItem.key).where(waits, col(IncidentItem.ended_at).is_(None)).limit(1)).first()
    if is_left is None:
        incident.acknowledged_at, incident.acknowledged_by = now, by
        session.add(incident)
    return is_left is None or bool(done.rowcount)  # type: ignore[attr-defined]


def snooze_incident(session: Session, incident_id: int, until: datetime, now: datetime) -> bool:
    """Tell nobody of the incident until then; a time that is over ends that. False for one that is gone or over."""
    incident = session.exec(select(Incident).where(Incident.id == incident_id).with_for_update()).first()
    if incident is None or incident.resolved_at is not None:
        return False
    incident.snoozed_until = until if until > now else None
    session.add(incident)
    return True


def snooze_rule(session: Session, rule_id: int, until: datetime | None, now: datetime) -> bool:
    """Tell nobody of what the rule finds until then; None ends that. False for one that is gone."""
    rule = session.exec(select(AlertRule).where(AlertRule.id == rule_id).with_for_update()).first()
    if rule is None:
        return False
    rule.snoozed_until = until if until is not None and until > now else None
    session.add(rule)
    return True
