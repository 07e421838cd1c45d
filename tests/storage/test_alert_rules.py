"""The rules as managers keep them, and the incidents as the board reads them, on both databases."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from core.alerts.engine import News
from core.alerts.kinds import AlertKind, Channel
from core.configuration import parse_configuration
from core.errors import ChangedError, FormError, InputError
from storage.alerting.rules import AlertRuleSaid, all_alert_rules, delete_alert_rule, save_alert_rule, wrong_settings
from storage.alerting.shown import MOST_ITEMS, dead_addresses, incidents_shown
from storage.alerting.tellings import Address, told_times
from storage.brands import apply_configuration
from storage.database import Database
from storage.outbox import mark_sent, queue_mail
from storage.rows import id_of
from storage.tables import AlertRule, Brand, DeadAddress, Incident, IncidentItem, Mute, Telling


@pytest.fixture
def any_session(any_database: Database) -> Iterator[Session]:
    with any_database.write() as session:
        yield session


@pytest.fixture
def brand(any_session: Session, now: datetime) -> int:
    row = Brand(name="Brindle Home", created_at=now)
    any_session.add(row)
    any_session.flush()
    return id_of(row)


def save(session: Session, brand: int, now: datetime, name: str = "Severe", **more: Any) -> AlertRule:
    return save_alert_rule(session, None, AlertRuleSaid(brand, name, AlertKind.SEVERE, **more), now)


def add_incident(session: Session, rule: AlertRule, now: datetime, *, items: int = 1, **more: Any) -> int:
    count = len(session.exec(select(Incident)).all())
    row = Incident(brand_id=rule.brand_id, rule_id=rule.id, key=f"one:{count}", title="Severe", opened_at=now, **more)
    session.add(row)
    session.flush()
    session.add_all(
        IncidentItem(
            incident_id=id_of(row),
            key=f"case:{number}",
            words=f"Case {number}",
            began_at=now - timedelta(minutes=number),
            ended_at=now if number % 2 else None,
        )
        for number in range(items)
    )
    session.flush()
    return id_of(row)


def test_what_cannot_stand_is_said_by_field(any_session: Session, brand: int, now: datetime) -> None:
    save(any_session, brand, now)
    with pytest.raises(FormError) as refused:
        save(any_session, brand, now, settings={"threshold": 9, "channel": "slack", "recipients": ["nobody"]})
    assert set(refused.value.fields) >= {"name", "recipients"}
    with pytest.raises(FormError) as refused:
        save(any_session, 4711, now, name=" ")
    assert refused.value.fields == {"name": "Give it a name.", "brand_id": "Choose a brand."}
    assert wrong_settings(AlertKind.SEVERE, {"threshold": 9}) == {"threshold": "Must be from 1 to 4, not 9."}
    assert "url" in wrong_settings(AlertKind.SEVERE, {"channel": "slack"})
    assert list(wrong_settings(AlertKind.SEVERE, {"colour": "red"})) == [""]
    wrong = wrong_settings(AlertKind.SEVERE, {"hours": ["mon-fri 7-22"]})
    assert list(wrong) == ["hours"]
    assert wrong["hours"].endswith('is no span of time; write such as "mon-fri 09:00-17:30" or "sat 22:00-06:00".')


def test_rule_keeps_what_it_watches_and_its_brand(any_session: Session, brand: int, now: datetime) -> None:
    row = save(any_session, brand, now)
    said = AlertRuleSaid(brand + 1, "Other", AlertKind.DUE, {"threshold": 2})
    changed = save_alert_rule(any_session, row.id, said, now)
    assert (changed.brand_id, changed.kind, changed.name) == (brand, AlertKind.SEVERE, "Other")
    with pytest.raises(ChangedError):
        save_alert_rule(any_session, row.id, said, now, {"name": "Severe"})
    with pytest.raises(InputError, match="no such rule any more"):
        save_alert_rule(any_session, 4711, said, now)


def test_rule_that_is_switched_off_leaves_nothing_open(any_session: Session, brand: int, now: datetime) -> None:
    row = save(any_session, brand, now)
    add_incident(any_session, row, now)
    save_alert_rule(any_session, row.id, AlertRuleSaid(brand, "Severe", row.kind, enabled=False), now)
    found = incidents_shown(any_session, now)
    assert (len(found.open), found.open_total, len(found.over)) == (0, 0, 1)


def test_deleted_rule_takes_what_waits_along(any_session: Session, brand: int, now: datetime) -> None:
    row, other = save(any_session, brand, now), save(any_session, brand, now, "Other")
    incident = add_incident(any_session, row, now)
    for rule in (row, other):
        any_session.add(Mute(rule_id=id_of(rule), recipient="dana@brindle.example", muted_at=now))
        any_session.add(
            Telling(
                incident_id=incident,
                rule_id=id_of(rule),
                recipient="dana@brindle.example",
                news=News.OPENED,
                created_at=now,
            )
        )
    any_session.flush()
    assert delete_alert_rule(any_session, id_of(row), now) == "Severe"
    assert [rule.name for rule in all_alert_rules(any_session)] == ["Other"]
    assert [mute.rule_id for mute in any_session.exec(select(Mute))] == [other.id]
    assert [telling.rule_id for telling in any_session.exec(select(Telling))] == [other.id]
    (over,) = incidents_shown(any_session, now).over
    assert (over.id, over.rule, over.kind, over.resolved_at) == (incident, "", None, now)


def test_what_a_deleted_rule_told_is_still_to_be_read_and_counts(
    any_session: Session, brand: int, now: datetime
) -> None:
    row = save(any_session, brand, now)
    incident = add_incident(any_session, row, now)
    dana = Address(Channel.EMAIL, "dana@brindle.example")
    message = queue_mail(any_session, "incidents", dana.recipient, {}, "board.example", now)
    told = {"recipient": dana.recipient, "news": News.OPENED, "created_at": now, "sent_on_at": now}
    any_session.add(Telling(incident_id=incident, rule_id=id_of(row), outbox_id=message.id, **told))
    mark_sent(any_session, id_of(message), now)
    any_session.flush()
    delete_alert_rule(any_session, id_of(row), now)
    (over,) = incidents_shown(any_session, now).over
    assert [telling.recipient for telling in over.tellings] == [dana.recipient]
    assert told_times(any_session, dana, now) == [now]


def configured(session: Session, now: datetime, kind: str, **more: Any) -> AlertRule:
    """Apply a file in which the rule "Late" is of this kind, and return the rule."""
    rule = {"name": "Late", "brand": "Brindle Home", "kind": kind, "settings": more}
    apply_configuration(session, parse_configuration({"brands": [{"name": "Brindle Home"}], "rules": [rule]}), now)
    session.expire_all()
    return session.exec(select(AlertRule).where(AlertRule.name == "Late")).one()


def test_rule_that_a_file_lets_watch_something_else_begins_anew(
    any_session: Session, brand: int, now: datetime
) -> None:
    later = now + timedelta(days=1)
    row = configured(any_session, now, "severe")
    row.looked_at = row.digested_at = now
    incident = add_incident(any_session, row, now, told_at=now)
    any_session.add(
        Telling(
            incident_id=incident, rule_id=id_of(row), recipient="dana@brindle.example", news=News.OPENED, created_at=now
        )
    )
    any_session.flush()
    assert configured(any_session, later, "severe", threshold=4).created_at == now
    assert any_session.get_one(Incident, incident).resolved_at is None
    changed = configured(any_session, later, "source")
    assert (changed.id, changed.kind, changed.created_at) == (row.id, AlertKind.SOURCE, later)
    assert (changed.looked_at, changed.digested_at) == (None, None)
    assert any_session.get_one(Incident, incident).resolved_at == later
    (telling,) = any_session.exec(select(Telling)).all()
    assert (telling.sent_on_at, telling.outbox_id) == (later, None)


def test_incident_shows_its_newest_things_and_counts_all(any_session: Session, brand: int, now: datetime) -> None:
    row = save(any_session, brand, now)
    big = add_incident(any_session, row, now, items=3 * MOST_ITEMS)
    seen = add_incident(any_session, row, now + timedelta(hours=1), acknowledged_at=now, acknowledged_by="Dana")
    found = incidents_shown(any_session, now + timedelta(hours=1))
    assert [(each.id, each.is_waiting) for each in found.open] == [(big, True), (seen, False)]
    shown = found.open[0]
    assert (shown.total, shown.still, len(shown.items)) == (90, 45, MOST_ITEMS)
    assert [item.words for item in shown.items[:3]] == ["Case 0", "Case 2", "Case 4"]
    assert not any(item.is_over for item in shown.items)


def test_what_was_over_long_ago_is_not_shown(any_session: Session, brand: int, now: datetime) -> None:
    row = save(any_session, brand, now)
    for days in (1, 13, 15):
        add_incident(any_session, row, now - timedelta(days=20), resolved_at=now - timedelta(days=days))
    ended = [each.resolved_at for each in incidents_shown(any_session, now).over]
    assert ended == [now - timedelta(days=1), now - timedelta(days=13)]


def test_dead_addresses_come_newest_first(any_session: Session, now: datetime) -> None:
    for number, address in enumerate(("a@brindle.example", "b@brindle.example")):
        any_session.add(DeadAddress(address=address, error="550", refused_at=now + timedelta(hours=number)))
    any_session.flush()
    assert [each.address for each in dead_addresses(any_session)] == ["b@brindle.example", "a@brindle.example"]
