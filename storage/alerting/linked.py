"""What a link in a mail is about, as little of it as its page needs: whoever has the link may be anybody."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.alerts.kinds import AlertKind, Channel
from core.configuration.alerting import parse_settings
from core.errors import ConfigError
from storage.alerting.addresses import all_muted, folded, told
from storage.tables import AlertRule, Brand, Incident


@dataclass(frozen=True, slots=True)
class LinkedIncident:
    """How an incident stands."""

    kind: AlertKind
    channel: Channel
    timezone: str
    opened_at: datetime
    is_over: bool
    acknowledged_at: datetime | None
    snoozed_until: datetime | None


@dataclass(frozen=True, slots=True)
class LinkedRules:
    """The rules that are still there, and whether the recipient hears of none of them any more."""

    ids: Sequence[int]
    kinds: Sequence[AlertKind]
    is_muted: bool


def linked_incident(session: Session, incident_id: int, recipient: str) -> LinkedIncident | None:
    """Return how the incident stands; none where it is gone, or its rule means somebody else by now."""
    incident = session.get(Incident, incident_id)
    rule = session.get(AlertRule, incident.rule_id) if incident and incident.rule_id else None
    if incident is None or rule is None:
        return None
    try:
        settings = parse_settings(rule.kind, rule.settings)
    except ConfigError:
        return None
    if recipient:
        is_meant = settings.channel is Channel.EMAIL and folded(recipient) in told(session, rule, settings)
    else:
        is_meant = settings.channel is not Channel.EMAIL
    if not is_meant:
        return None
    return LinkedIncident(
        kind=rule.kind,
        channel=settings.channel,
        timezone=settings.timezone or session.get_one(Brand, incident.brand_id).timezone,
        opened_at=incident.opened_at,
        is_over=incident.resolved_at is not None,
        acknowledged_at=incident.acknowledged_at,
        snoozed_until=incident.snoozed_until,
    )


def linked_rules(session: Session, rule_ids: Collection[int], recipient: str) -> LinkedRules:
    """Return which of the rules are still there."""
    rows = session.exec(select(AlertRule).where(col(AlertRule.id).in_(rule_ids)).order_by(col(AlertRule.id))).all()
    ids = [row.id for row in rows if row.id is not None]
    kinds = list(dict.fromkeys(row.kind for row in rows))
    return LinkedRules(ids, kinds, is_muted=bool(ids) and all_muted(session, ids, recipient))
