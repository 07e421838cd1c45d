"""A rule before it is saved: what it would have told of over the days behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlmodel import Session

from core.alerts.engine import News, Policy
from core.alerts.kinds import KINDS, AlertKind, Delivery, Period
from core.alerts.titles import title_of
from core.alerts.trial import mails_of, replay
from core.configuration.alerting import RuleSettings, parse_settings
from core.hours import parse
from storage.alerting.asked import Asked
from storage.alerting.conditions import episodes
from storage.tables import Brand

DAYS: Final = 30
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TriedIncident:
    """An incident that there would have been: `count` things in it, and what would have been told of it when."""

    title: str
    opened_at: datetime
    resolved_at: datetime | None
    count: int
    mails: Sequence[tuple[datetime, News]]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have sent each of its recipients since then, and of what."""

    mails: int
    incidents: Sequence[TriedIncident]
    since: datetime


def try_rule(
    session: Session, brand_id: int, kind: AlertKind, settings: Mapping[str, Any], now: datetime, days: int = DAYS
) -> Trial:
    """Return what a rule would have told one recipient over the last days, had nobody acknowledged anything.

    Cases count as they are now: one whose severity was corrected since then with the corrected one. Raises ConfigError
    for settings that cannot stand.
    """
    said = parse_settings(kind, settings)
    brand = session.get_one(Brand, brand_id)
    since = now - days * _DAY
    zone = said.timezone or brand.timezone
    if kind is AlertKind.DIGEST:
        return Trial(_digests(said, zone, since, now), (), since)
    asked = Asked(
        brand_id, said, since=since, until=now, not_before=since, hours=parse(brand.hours), timezone=brand.timezone
    )
    policy = Policy(
        hours=parse(said.hours),
        timezone=zone,
        repeat=said.repeat,
        tells_end=KINDS[kind].tells_end,
        is_silent=said.delivery is Delivery.DIGEST,
    )
    tried = replay(policy, episodes(session, kind, asked), since, now)
    incidents = [
        TriedIncident(title_of(kind, each.group), each.opened_at, each.resolved_at, each.count, each.tellings)
        for each in tried
    ]
    return Trial(len(mails_of(tried)), incidents, since)


def _digests(settings: RuleSettings, zone: str, since: datetime, now: datetime) -> int:
    """Return how often the rule's hour came."""
    hour, minute = map(int, settings.at.split(":"))
    day, found = since.astimezone(ZoneInfo(zone)), 0
    while (at := day.replace(hour=hour, minute=minute, second=0, microsecond=0)) <= now:
        is_its_day = settings.period is Period.DAY or at.weekday() == settings.weekday
        found += is_its_day and at > since
        day += _DAY
    return found
