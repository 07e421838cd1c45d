"""What waits for a mail server goes to nobody who is not to have it by the time that the server is back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import col, select

from core.alerts.kinds import AlertKind
from core.errors import DeliveryError
from jobs.alert import alert
from jobs.classify import classify
from jobs.deliver import deliver
from jobs.digest import digest
from jobs.parts import Parts
from storage.alerting.addresses import mute, revive
from storage.alerting.answering import acknowledge, snooze_incident
from storage.alerting.rules import delete_alert_rule
from storage.database import Session
from storage.outbox import mark_failed
from storage.rows import id_of
from storage.tables import AlertRule, Brand, Incident, OutboxState, Telling
from tests.fakes import Clock, FakeClassifier, FakeSender, post
from tests.jobs.conftest import alert_at_once, outbox, store

OPS, EVE, NEW = "ops@parcelo.example", "eve@parcelo.example", "new@parcelo.example"
HOUR = timedelta(hours=1)


@pytest.fixture
def queued(parts: Parts) -> Parts:
    """A severe case is to be told to OPS alone; the only rule that looks is the one of severe cases."""
    alert_at_once(parts)  # the brand has its rules
    with parts.database.write() as session:
        session.get_one(Brand, 1).managers = [OPS]
        for rule in session.exec(select(AlertRule)):
            rule.enabled = rule.kind is AlertKind.SEVERE
    store(parts, post(1, "late 4"))
    classify(parts, FakeClassifier())
    alert_at_once(parts)
    assert [mail.recipient for mail in outbox(parts)] == [OPS]
    return parts


def rule_of(session: Session, kind: AlertKind = AlertKind.SEVERE) -> AlertRule:
    return session.exec(select(AlertRule).where(AlertRule.kind == kind)).one()


def change(parts: Parts, act: Callable[[Session], object]) -> None:
    with parts.database.write() as session:
        act(session)


def sent_to(parts: Parts) -> list[str]:
    """Let the rules look and send what is due; return who got a mail."""
    sender = FakeSender()
    while alert(parts, settling=timedelta()) or deliver(parts, sender):
        pass
    deliver(parts, sender)
    return [message["To"] for message in sender.sent]


def states(parts: Parts) -> list[OutboxState]:
    return [mail.state for mail in outbox(parts)]


def has_new_manager(session: Session) -> None:
    brand = session.get_one(Brand, 1)
    brand.managers = [NEW]
    session.add(brand)


def test_who_manages_the_brand_by_then_gets_the_mail_and_who_did_before_does_not(queued: Parts) -> None:
    change(queued, has_new_manager)
    deliver(queued, FakeSender())
    assert states(queued) == [OutboxState.CANCELLED]
    assert sent_to(queued) == [NEW]


def test_who_unsubscribed_gets_no_mail(queued: Parts, clock: Clock) -> None:
    change(queued, lambda session: mute(session, id_of(rule_of(session)), OPS, clock()))
    assert sent_to(queued) == []
    assert states(queued) == [OutboxState.CANCELLED]


@pytest.mark.parametrize("is_deleted", [True, False])
def test_of_a_rule_that_is_gone_or_off_nobody_gets_a_mail(queued: Parts, clock: Clock, is_deleted: bool) -> None:
    def end(session: Session) -> None:
        rule = rule_of(session)
        if is_deleted:
            delete_alert_rule(session, id_of(rule), clock())
        else:
            rule.enabled = False
            session.add(rule)

    change(queued, end)
    assert sent_to(queued) == []
    assert states(queued) == [OutboxState.CANCELLED]


def test_what_is_snoozed_meanwhile_is_told_when_that_is_over(queued: Parts, clock: Clock) -> None:
    change(queued, lambda session: snooze_incident(session, 1, clock() + HOUR, clock()))
    assert sent_to(queued) == []
    clock.move(HOUR)
    assert sent_to(queued) == [OPS]


def test_a_server_that_comes_back_after_hours_sends_the_mail_when_they_begin(queued: Parts, clock: Clock) -> None:
    deliver(queued, FakeSender(DeliveryError("down", concerns_all=True)))
    at = clock()

    def close(session: Session) -> None:
        rule = rule_of(session)
        hours = [f"mon-sun {(at - HOUR):%H}:00-{(at + HOUR):%H}:00"]
        rule.settings = rule.settings | {"hours": hours, "timezone": "UTC"}
        session.add(rule)

    change(queued, close)
    clock.move(2 * HOUR)
    assert sent_to(queued) == []
    clock.move(21 * HOUR)
    assert sent_to(queued) == [OPS]


def test_what_was_acknowledged_meanwhile_is_not_told_to_the_new_manager(queued: Parts, clock: Clock) -> None:
    change(queued, lambda session: acknowledge(session, 1, "Ann", clock()))
    change(queued, has_new_manager)
    assert sent_to(queued) == []


def test_a_digest_goes_to_nobody_who_was_taken_out_of_the_brand(parts: Parts, clock: Clock) -> None:
    alert_at_once(parts)  # the brand has its rules
    clock.move(timedelta(days=2))
    assert digest(parts) == 2
    change(parts, lambda session: setattr(session.get_one(Brand, 1), "managers", [EVE]))
    assert sent_to(parts) == [EVE]
    assert sorted(states(parts)) == [OutboxState.CANCELLED, OutboxState.SENT]


def test_an_address_that_works_again_hears_what_it_missed(queued: Parts, clock: Clock) -> None:
    refused = DeliveryError("550 5.1.1 no such user", permanent=True, refuses_address=True)
    deliver(queued, FakeSender(refused))
    assert sent_to(queued) == []
    clock.move(HOUR)
    change(queued, lambda session: revive(session, OPS))
    assert sent_to(queued) == [OPS]


def test_an_address_that_works_again_hears_nothing_old(queued: Parts, clock: Clock) -> None:
    refused = DeliveryError("550 5.1.1 no such user", permanent=True, refuses_address=True)
    change(queued, lambda session: mark_failed(session, id_of(outbox(queued)[0]), "554 too big", None, clock()))
    clock.move(timedelta(days=30))
    change(queued, lambda session: setattr(session.get_one(Incident, 1), "resolved_at", clock()))
    store(queued, post(2, "late 4", "bob", at=clock()))
    classify(queued, FakeClassifier())
    alert_at_once(queued)
    deliver(queued, FakeSender(refused))
    change(queued, lambda session: revive(session, OPS))
    with queued.database.read() as session:
        [waiting] = session.exec(select(Telling).where(col(Telling.sent_on_at).is_(None))).all()
    assert waiting.incident_id != 1
