"""How open incidents stand beside each other: how grave each is, and whose messages of it have to wait for how long."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.alerts.brake import free_at
from core.alerts.kinds import Channel
from storage.alerting.tellings import Address, told_times
from storage.tables import Case, IncidentItem, Telling


def gravities(session: Session, incidents: Collection[int]) -> Mapping[int, int]:
    """Return of each incident the severity of the gravest case that is still in it; one without cases is left out."""
    item = IncidentItem
    query = (
        select(item.incident_id, func.max(Case.severity))
        .join(Case, col(Case.id) == item.case_id)
        .where(col(item.incident_id).in_(incidents), col(item.ended_at).is_(None))
    )
    return dict(session.exec(query.group_by(col(item.incident_id))).all())


def held_until(session: Session, now: datetime) -> Mapping[Address, datetime]:
    """Return who has had as many messages as anybody gets at once while more of them wait, and until when they wait."""
    query = select(Telling.channel, Telling.recipient).where(col(Telling.sent_on_at).is_(None)).distinct()
    found = [Address(Channel(channel), recipient) for channel, recipient in session.exec(query)]
    free = {to: free_at(told_times(session, to, now), now) for to in found}
    return {to: until for to, until in free.items() if until > now}
