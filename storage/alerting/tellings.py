"""What recipients are to be told and have not been yet, and what becomes of it once a message tells it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, or_, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from core.alerts.brake import LOOKS_BACK
from core.alerts.engine import News
from core.alerts.kinds import Channel
from storage.outbox import queue_mail
from storage.rows import id_of
from storage.tables import (
    AlertRule,
    Case,
    CaseEvent,
    EventKind,
    Incident,
    IncidentItem,
    Outbox,
    OutboxState,
    Telling,
)

NOTED_EVERY: Final = timedelta(hours=1)
CHUNK: Final = 500  # rows in one statement
MOST_TOLD: Final = 60  # incidents in one message; what is beyond waits for the next


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes."""

    channel: Channel
    recipient: str


@dataclass(frozen=True, slots=True)
class ToTell:
    """One incident for one recipient: why, with what it holds that is so; `new` of `total` are what is brought up."""

    incident: Incident
    rule: AlertRule
    news: News
    items: Sequence[IncidentItem]
    total: int
    new: int


def add_tellings(
    session: Session,
    rule: AlertRule,
    incident: Incident,
    news: News,
    channel: Channel,
    recipients: Collection[str],
    now: datetime,
) -> None:
    """Let each recipient be told of the incident as soon as a message may leave."""
    for recipient in recipients:
        session.add(
            Telling(
                incident_id=id_of(incident),
                rule_id=id_of(rule),
                channel=channel,
                recipient=recipient,
                news=news,
                created_at=now,
            )
        )


def cases_brought_up(session: Session, incident_id: int, now: datetime, most: int) -> Sequence[Case]:
    """Return the gravest cases that the telling of this moment brings up, as many as a message shows.

    One that another rule told of within the hour is left out: its history says once that managers were told.
    """
    item = IncidentItem
    is_noted = (CaseEvent.case_id == Case.id) & (CaseEvent.kind == EventKind.ALERTED)
    lately = select(CaseEvent.id).where(is_noted, col(CaseEvent.happened_at) > now - NOTED_EVERY).exists()
    return session.exec(
        select(Case)
        .join(item, col(item.case_id) == Case.id)
        .where(col(item.incident_id) == incident_id, col(item.ended_at).is_(None), col(item.told_at) == now, ~lately)
        .order_by(col(Case.severity).desc(), col(Case.id))
        .limit(most)
    ).all()


def has_astray(session: Session, rule_id: int, channel: Channel, recipients: Collection[str]) -> bool:
    """Tell whether something waits for somebody whom the rule tells no more, while it tells others."""
    return bool(recipients) and session.exec(_astray(rule_id, channel, recipients).limit(1)).first() is not None


def _astray(rule_id: int, channel: Channel, recipients: Collection[str]) -> SelectOfScalar[Telling]:
    is_elsewhere = or_(col(Telling.channel) != channel, col(Telling.recipient).not_in(recipients))
    waits = select(Telling).where(Telling.rule_id == rule_id, col(Telling.sent_on_at).is_(None), is_elsewhere)
    return waits.order_by(col(Telling.id))


def readdress(session: Session, rule_id: int, channel: Channel, recipients: Collection[str]) -> None:
    """Let whom the rule tells now hear what waits for those whom it tells no more, and each of it once.

    What waits while it tells nobody goes on to wait.
    """
    if not recipients:
        return
    for telling in session.exec(_astray(rule_id, channel, recipients).with_for_update()).all():
        for recipient in recipients:
            if not _hears(session, telling, channel, recipient):
                values = telling.model_dump(exclude={"id"}) | {"channel": channel, "recipient": recipient}
                session.add(Telling(**values))
        session.delete(telling)
    session.flush()


def _hears(session: Session, telling: Telling, channel: Channel, recipient: str) -> bool:
    """Tell whether this recipient was told what the telling is about, or waits for it."""
    reaches = or_(col(Telling.sent_on_at).is_(None), col(Telling.outbox_id).is_not(None))
    same = select(Telling.id).where(Telling.incident_id == telling.incident_id, Telling.channel == channel, reaches)
    later = same.where(Telling.recipient == recipient, Telling.created_at >= telling.created_at)
    return session.exec(later.limit(1)).first() is not None


def waiting_rules(session: Session) -> Sequence[AlertRule]:
    """Return the rules of which something waits to be told."""
    waits = select(Telling.rule_id).where(col(Telling.sent_on_at).is_(None))
    return session.exec(select(AlertRule).where(col(AlertRule.id).in_(waits)).order_by(col(AlertRule.id))).all()


def _waits(rules: Collection[int], now: datetime) -> ColumnElement[bool]:
    """Return the condition for what waits of these rules and is not snoozed."""
    snoozed = select(Incident.id).where(col(Incident.resolved_at).is_(None), col(Incident.snoozed_until) > now)
    is_wanted = col(Telling.rule_id).in_(rules) & col(Telling.incident_id).not_in(snoozed)
    waits: ColumnElement[bool] = col(Telling.sent_on_at).is_(None) & is_wanted
    return waits


def waiting_addresses(session: Session, rules: Collection[int], now: datetime) -> list[Address]:
    """Return who is to be told of something by these rules, whoever waits longest first."""
    waits = (
        select(Telling.channel, Telling.recipient)
        .where(_waits(rules, now))
        .group_by(col(Telling.channel), col(Telling.recipient))
        .order_by(func.min(Telling.id))
    )
    return [Address(Channel(channel), recipient) for channel, recipient in session.exec(waits)]


def told_times(session: Session, to: Address, now: datetime) -> list[datetime]:
    """Return when the messages of the last day to this address were written."""
    told = (
        select(func.max(Telling.sent_on_at))
        .where(Telling.recipient == to.recipient, Telling.channel == to.channel)
        .where(col(Telling.sent_on_at) > now - LOOKS_BACK, col(Telling.outbox_id).is_not(None))
        .group_by(col(Telling.outbox_id))
    )
    return [at for at in session.exec(told) if at is not None]


def take_waiting(session: Session, to: Address, rules: Collection[int], now: datetime) -> list[Telling]:
    """Return what these rules have for this address, the oldest first; no other worker takes it meanwhile."""
    waits = (
        select(Telling)
        .where(_waits(rules, now), Telling.recipient == to.recipient, Telling.channel == to.channel)
        .order_by(col(Telling.created_at), col(Telling.id))
        .with_for_update()
    )
    return list(session.exec(waits))


def still_to_tell(session: Session, waiting: Sequence[Telling], shown: int) -> ToTell | None:
    """Return what is true now of the incident that these tellings are about, none where nothing is left to say.

    They are of one incident and one recipient, the oldest first. What was over before the recipient heard of it is
    told by nobody; who heard of it and is to hear that it is over hears only that.
    """
    first = waiting[0]
    incident = session.get_one(Incident, first.incident_id)
    rule = session.get(AlertRule, first.rule_id) if first.rule_id is not None else None
    if rule is None or not rule.enabled:
        return None
    has_heard = session.exec(
        select(Telling.id)
        .where(Telling.incident_id == first.incident_id, Telling.recipient == first.recipient)
        .where(col(Telling.outbox_id).is_not(None))
        .limit(1)
    ).first()
    if waiting[-1].news is News.RESOLVED:
        items, total = _items(session, [IncidentItem.incident_id == id_of(incident)], shown)  # type: ignore[list-item]
        return ToTell(incident, rule, News.RESOLVED, items, total, 0) if has_heard else None
    so = [col(IncidentItem.incident_id) == id_of(incident), col(IncidentItem.ended_at).is_(None)]
    is_reminder = any(telling.news is News.REPEATED for telling in waiting)
    told_at = col(IncidentItem.told_at)
    brought_up = told_at.is_not(None) if is_reminder else told_at >= first.created_at
    fresh = [*so, col(IncidentItem.acknowledged_at).is_(None), brought_up]
    items, new = _items(session, fresh, shown)
    if not new or incident.resolved_at is not None:
        return None
    total = session.exec(select(func.count()).select_from(IncidentItem).where(*so)).one()
    news = News.OPENED if not has_heard else News.REPEATED if waiting[-1].news is News.REPEATED else News.GREW
    return ToTell(incident, rule, news, items, total, new)


def _items(session: Session, wanted: Sequence[ColumnElement[bool]], shown: int) -> tuple[Sequence[IncidentItem], int]:
    """Return the things to show, the gravest and newest first, and how many there are."""
    ordered = (
        select(IncidentItem)
        .outerjoin(Case, col(Case.id) == IncidentItem.case_id)
        .where(*wanted)
        .order_by(func.coalesce(Case.severity, 0).desc(), col(IncidentItem.began_at).desc(), col(IncidentItem.key))
        .limit(shown)
    )
    total = session.exec(select(func.count()).select_from(IncidentItem).where(*wanted)).one()
    return session.exec(ordered).all(), total


def was_told(to: Address) -> ColumnElement[bool]:
    """Return the condition for things that a message to this address told of, or tells as soon as a server takes it."""
    told = (
        select(Telling.id)
        .join(Outbox, col(Outbox.id) == Telling.outbox_id)
        .where(Telling.incident_id == IncidentItem.incident_id, Outbox.state != OutboxState.FAILED)
        .where(Telling.recipient == to.recipient, Telling.channel == to.channel)
        .where(col(IncidentItem.told_at) <= col(Telling.sent_on_at))
        .where(or_(col(Telling.created_at) <= col(IncidentItem.told_at), col(Telling.news) == News.REPEATED))
    )
    return told.correlate(IncidentItem).exists()


def first_message_id(session: Session, incident_id: int, to: Address) -> str:
    """Return the Message-ID of what told this address of the incident first, nothing where nothing did."""
    first = (
        select(Outbox.message_id)
        .join(Telling, col(Telling.outbox_id) == Outbox.id)
        .where(Telling.incident_id == incident_id, Telling.recipient == to.recipient, Telling.channel == to.channel)
        .order_by(col(Telling.id))
        .limit(1)
    )
    return session.exec(first).first() or ""


def settle(session: Session, tellings: Sequence[Telling], message: Outbox | None, now: datetime) -> None:
    """Note that what waited left with this message, or that there was nothing left to say."""
    for start in range(0, len(tellings), CHUNK):
        some = [id_of(telling) for telling in tellings[start : start + CHUNK]]
        left = {"sent_on_at": now, "outbox_id": message.id if message else None}
        session.execute(update(Telling).where(col(Telling.id).in_(some)).values(left))


def queue_telling(
    session: Session, kind: str, to: Address, content: dict[str, object], host: str, now: datetime
) -> Outbox:
    """Let a message about incidents leave."""
    message = queue_mail(session, kind, to.recipient, content, host, now)
    message.channel = to.channel
    session.add(message)
    return message
