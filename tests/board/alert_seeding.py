"""Alerts to look at: rules, incidents in every state, what was told of them, and an address that a server refused."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from core.alerts.engine import News
from core.alerts.kinds import AlertKind, Channel
from storage.rows import id_of
from storage.tables import (
    AlertRule,
    Brand,
    DeadAddress,
    Incident,
    IncidentItem,
    Outbox,
    OutboxState,
    Telling,
)

NIGHTS = "ops-nights@brindle.example"
Told = tuple[News, int, OutboxState | None]


@dataclass(frozen=True)
class SeedIncident:
    """An incident to be; what happened is said in minutes before now. `cases` are its things, or `things` in words."""

    title: str
    rule: str
    opened: int
    cases: Sequence[int] = ()
    things: Sequence[tuple[str, str]] = ()
    told: Sequence[Told] = ()
    acknowledged: int | None = None
    snoozed_for: int | None = None
    resolved: int | None = None
    words: str = "Severity 4, condemns"


def seed_alerts(session: Session, brand: Brand, cases: Sequence[int], now: datetime) -> dict[str, int]:
    """Add rules and incidents about these cases (at least four of them); return the incidents' ids by title."""
    brand.managers, brand.has_starter_rules = ["dana@brindle.example", NIGHTS], True
    session.add(brand)
    rules = _add_rules(session, id_of(brand), now)
    session.add(DeadAddress(address=NIGHTS, error="550 5.1.1 no such user here", refused_at=now - timedelta(hours=3)))
    return {each.title: _add_incident(session, brand, rules, each, now) for each in _incidents(cases)}


def _incidents(cases: Sequence[int]) -> Sequence[SeedIncident]:
    sent, failed = OutboxState.SENT, OutboxState.FAILED
    return (
        SeedIncident(
            "Severe case: “Sorry we missed you”, Swiftfare",
            "Severe cases",
            26,
            cases=cases[:4],
            told=((News.GREW, 9, None), (News.OPENED, 25, sent), (News.OPENED, 25, failed)),
        ),
        SeedIncident(
            "Spike: late delivery",
            "Spikes",
            74,
            things=(("spike:late", "41 complaints in 3 hours where 9 are usual"),),
            told=((News.OPENED, 73, sent),),
        ),
        SeedIncident(
            "Case due",
            "Cases nearly overdue",
            180,
            cases=cases[1:2],
            words="Due since an hour",
            told=((News.OPENED, 179, sent),),
            acknowledged=120,
        ),
        SeedIncident(
            "Source trouble",
            "Sources in trouble",
            400,
            things=(("source:2", "mastodon-brindle has failed for 6 h: the server asks for a new key"),),
            told=((News.OPENED, 399, sent),),
            snoozed_for=500,
        ),
        SeedIncident(
            "Large reach: damaged, Parcel Goose",
            "Complaints with large reach",
            3000,
            cases=cases[2:3],
            words="Reach 120,000",
            told=((News.OPENED, 2999, sent),),
            acknowledged=2990,
            resolved=2700,
        ),
        SeedIncident(
            "Spike: Swiftfare",
            "Spikes",
            7000,
            things=(("spike:Swiftfare", "12 complaints in an hour where 2 are usual"),),
            told=((News.RESOLVED, 6700, sent), (News.OPENED, 6999, sent)),
            resolved=6700,
        ),
    )


def _add_rules(session: Session, brand_id: int, now: datetime) -> dict[str, AlertRule]:
    kinds = {
        "Severe cases": (AlertKind.SEVERE, {"threshold": 4}, True),
        "Cases nearly overdue": (AlertKind.DUE, {"hours": ["mon-fri 07:00-21:00"]}, True),
        "Spikes": (AlertKind.SPIKE, {"threshold": 6}, True),
        "Complaints with large reach": (AlertKind.REACH, {"platform": "x"}, True),
        "Sources in trouble": (
            AlertKind.SOURCE,
            {"channel": "slack", "url": "https://hooks.chat.example/services/T0/secret"},
            True,
        ),
        "Kettles": (AlertKind.WATCH_WORDS, {"words": ["kettle", "scald"], "delivery": "digest"}, False),
        "Daily digest": (AlertKind.DIGEST, {"at": "07:30"}, True),
    }
    rules = {
        name: AlertRule(
            brand_id=brand_id,
            name=name,
            kind=kind,
            settings=settings,
            enabled=enabled,
            created_at=now - timedelta(days=20),
            snoozed_until=now + timedelta(hours=4) if name == "Sources in trouble" else None,
        )
        for name, (kind, settings, enabled) in kinds.items()
    }
    session.add_all(rules.values())
    session.flush()
    return rules


def _add_incident(
    session: Session, brand: Brand, rules: dict[str, AlertRule], seed: SeedIncident, now: datetime
) -> int:
    rule = rules[seed.rule]
    ago = _before(now)
    told = [minutes for _, minutes, state in seed.told if state is not None]
    incident = Incident(
        brand_id=id_of(brand),
        rule_id=rule.id,
        key=f"{seed.rule}:{seed.title}:{seed.opened}",
        title=seed.title,
        opened_at=now - timedelta(minutes=seed.opened),
        told_at=ago(min(told, default=None)),
        told_count=len(set(told)),
        acknowledged_at=ago(seed.acknowledged),
        acknowledged_by="Dana Fischer" if seed.acknowledged else "",
        snoozed_until=None if seed.snoozed_for is None else now + timedelta(minutes=seed.snoozed_for),
        resolved_at=ago(seed.resolved),
    )
    session.add(incident)
    session.flush()
    things = [(f"case:{case_id}", seed.words, case_id) for case_id in seed.cases]
    things += [(key, words, None) for key, words in seed.things]
    for number, (key, words, case_id) in enumerate(things):
        session.add(
            IncidentItem(
                incident_id=id_of(incident),
                key=key,
                case_id=case_id,
                words=words,
                began_at=now - timedelta(minutes=seed.opened - number),
                ended_at=ago(seed.resolved),
            )
        )
    for number, (news, minutes, state) in enumerate(seed.told):
        _tell(session, incident, rule, number, news, now - timedelta(minutes=minutes), state)
    return id_of(incident)


def _before(now: datetime) -> Callable[[int | None], datetime | None]:
    return lambda minutes: None if minutes is None else now - timedelta(minutes=minutes)


def _tell(
    session: Session,
    incident: Incident,
    rule: AlertRule,
    number: int,
    news: News,
    at: datetime,
    state: OutboxState | None,
) -> None:
    recipient = NIGHTS if state is OutboxState.FAILED else "dana@brindle.example"
    row = None
    if state is not None:
        row = Outbox(
            incident_id=incident.id,
            message_id=f"<seed-{incident.id}-{number}@brindle.example>",
            kind="incidents",
            recipient=recipient,
            state=state,
            last_error="550 5.1.1 no such user here" if state is OutboxState.FAILED else "",
            next_attempt_at=at,
            created_at=at,
            sent_at=at + timedelta(seconds=6) if state is OutboxState.SENT else None,
        )
        session.add(row)
        session.flush()
    session.add(
        Telling(
            incident_id=id_of(incident),
            rule_id=id_of(rule),
            channel=Channel.EMAIL,
            recipient=recipient,
            news=news,
            created_at=at,
            sent_on_at=None if row is None else at,
            outbox_id=None if row is None else row.id,
        )
    )
