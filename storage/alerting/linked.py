"""What a link in a mail is about, as little of it as its page needs: whoever has the link may be anybody."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.alerts.kinds import AlertKind, Channel
from core.alerts.links import numbers_of, rule_name
from core.configuration.alerting import parse_settings
from core.errors import ConfigError
from storage.alerting.addresses import all_muted, folded, recipients, told
from storage.alerting.tellings import Address, was_told
from storage.rows import id_of
from storage.tables import AlertRule, Brand, Incident, IncidentItem


@dataclass(frozen=True, slots=True)
class LinkedIncident:
    """How an incident stands; it holds `total` things.

    Of those that are so and that nobody acknowledged, the link's address was told of `told` and was not of `untold`.
    """

    kind: AlertKind
    brand: str
    title: str
    total: int
    address: Address
    timezone: str
    opened_at: datetime
    is_over: bool
    acknowledged_at: datetime | None
    snoozed_until: datetime | None
    told: int
    untold: int


@dataclass(frozen=True, slots=True)
class LinkedRules:
    """The rules that are still there, whether the recipient hears of none of them any more, and whether others do."""

    ids: Sequence[int]
    kinds: Sequence[AlertKind]
    is_muted: bool
    tells_others: bool


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
    brand = session.get_one(Brand, incident.brand_id)
    total = select(func.count()).select_from(IncidentItem).where(IncidentItem.incident_id == incident_id)
    address = Address(settings.channel, folded(recipient) or settings.url)
    told_of, untold = _still_to_see(session, incident_id, address)
    return LinkedIncident(
        kind=rule.kind,
        brand=brand.name,
        title=incident.title,
        total=session.exec(total).one(),
        address=address,
        timezone=settings.timezone or brand.timezone,
        opened_at=incident.opened_at,
        is_over=incident.resolved_at is not None,
        acknowledged_at=incident.acknowledged_at,
        snoozed_until=incident.snoozed_until,
        told=told_of,
        untold=untold,
    )


def _still_to_see(session: Session, incident_id: int, address: Address) -> tuple[int, int]:
    """Return how many things that are so nobody acknowledged: those that the address was told of, and the others."""
    item = IncidentItem
    waits = (
        select(func.count())
        .select_from(item)
        .where(item.incident_id == incident_id, col(item.ended_at).is_(None), col(item.acknowledged_at).is_(None))
    )
    told_of = session.exec(waits.where(was_told(address))).one()
    return told_of, session.exec(waits).one() - told_of


def linked_rules(session: Session, names: Collection[str], recipient: str) -> LinkedRules:
    """Return which of the rules that have these names in a link are still there."""
    rows = session.exec(select(AlertRule).where(col(AlertRule.id).in_(numbers_of(names))).order_by(col(AlertRule.id)))
    meant = [row for row in rows if rule_name(id_of(row), row.created_at) in names]
    ids = [id_of(row) for row in meant]
    kinds = list(dict.fromkeys(row.kind for row in meant))
    is_muted = bool(ids) and all_muted(session, ids, recipient)
    return LinkedRules(ids, kinds, is_muted, any(_tells_others(session, row, recipient) for row in meant))


def _tells_others(session: Session, rule: AlertRule, recipient: str) -> bool:
    """Tell whether anybody but this recipient hears of the rule."""
    try:
        settings = parse_settings(rule.kind, rule.settings)
    except ConfigError:
        return False
    return any(each != folded(recipient) for each in recipients(session, rule, settings))
