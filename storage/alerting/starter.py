"""The rules that a brand begins with, so that nobody has to think of them before something goes wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from core.alerts.kinds import AlertKind, Period
from storage.rows import id_of
from storage.tables import AlertRule, Brand


@dataclass(frozen=True, slots=True)
class Starter:
    """A rule as it is made for a brand; where `settings` say nothing the defaults of its kind hold."""

    name: str
    kind: AlertKind
    settings: dict[str, Any] = field(default_factory=dict)
    enabled: bool = True


# What is not enabled is there to be found: it depends on a team's own numbers (or nobody asked for two digests).
STARTERS: Final[Sequence[Starter]] = (
    Starter("Severe cases", AlertKind.SEVERE),
    Starter("Cases nearly overdue", AlertKind.DUE),
    Starter("Broken promises", AlertKind.BROKEN_PROMISE),
    Starter("Forgotten cases", AlertKind.FORGOTTEN),
    Starter("Spikes", AlertKind.SPIKE),
    Starter("Several cases alike", AlertKind.CLUSTER),
    Starter("Complaints with large reach", AlertKind.REACH),
    Starter("Sources in trouble", AlertKind.SOURCE),
    Starter("Model unsure", AlertKind.DRIFT, enabled=False),
    Starter("Daily digest", AlertKind.DIGEST),
    Starter("Weekly digest", AlertKind.DIGEST, {"period": Period.WEEK.value}, enabled=False),
)
_UNSEEN: Final = select(Brand).where(col(Brand.has_starter_rules).is_(False))


def lacks_starter_rules(session: Session) -> bool:
    """Tell whether there is a brand that was never looked at."""
    return session.exec(_UNSEEN.limit(1)).first() is not None


def add_starter_rules(session: Session, now: datetime) -> list[AlertRule]:
    """Give every brand that was never looked at its first rules; return those that were made.

    Rules that it has already, out of a configuration file, stand in for the usual ones of their kind: so a kind that
    the file switches off stays off.
    """
    made = []
    for brand in session.exec(_UNSEEN.order_by(col(Brand.id)).with_for_update()).all():
        made += add_usual_rules(session, brand, now)
    return made


def starters_to_come(session: Session) -> list[tuple[Brand, list[Starter]]]:
    """Return what `add_starter_rules` would make of which brand."""
    return [(brand, _missing(session, brand)) for brand in session.exec(_UNSEEN.order_by(col(Brand.id)))]


def add_usual_rules(session: Session, brand: Brand, now: datetime) -> list[AlertRule]:
    """Give a brand the usual rules of the kinds that it has no rule of; return them."""
    brand.has_starter_rules = True
    session.add(brand)
    made = [_rule(id_of(brand), each, now) for each in _missing(session, brand)]
    session.add_all(made)
    session.flush()
    return made


def _missing(session: Session, brand: Brand) -> list[Starter]:
    present = session.exec(select(AlertRule).where(AlertRule.brand_id == id_of(brand))).all()
    names, kinds = {rule.name for rule in present}, {rule.kind for rule in present}
    return [each for each in STARTERS if each.kind not in kinds and each.name not in names]


def _rule(brand_id: int, starter: Starter, now: datetime) -> AlertRule:
    return AlertRule(
        brand_id=brand_id,
        name=starter.name,
        kind=starter.kind,
        settings=dict(starter.settings),
        enabled=starter.enabled,
        created_at=now,
    )
