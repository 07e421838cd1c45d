"""What is kept of what people say to alerts: keys of links, who is told, acknowledging, snoozing, and the heartbeat."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from core.alerts.engine import News
from core.alerts.kinds import AlertKind, Channel
from core.alerts.links import rule_name
from core.configuration.alerting import RuleSettings, parse_settings
from storage.alerting.addresses import all_muted, bury, dead_among, recipients
from storage.alerting.answering import acknowledge, mute, revive, snooze_incident, snooze_rule, unmute
from storage.alerting.heartbeat import heartbeat
from storage.alerting.keys import known_key, signing_key
from storage.alerting.linked import linked_incident, linked_rules
from storage.alerting.tellings import Address
from storage.database import Database
from storage.outbox import mark_failed, mark_sent, queue_mail
from storage.rows import id_of
from storage.tables import AlertRule, Brand, Incident, IncidentItem, Outbox, OutboxState, Telling

OPS, EVE = "ops@parcelo.example", "eve@parcelo.example"
HOOK = "https://hooks.example/T0/sEcReT"


@pytest.fixture
def any_session(any_database: Database) -> Iterator[Session]:
    """A transaction in which all of a test happens."""
    with any_database.write() as session:
        yield session


@pytest.fixture
def rule(any_session: Session, now: datetime) -> AlertRule:
    """A rule of a brand with two managers."""
    brand = Brand(name="Parcelo", managers=[OPS, " Eve@parcelo.example ", "OPS@parcelo.example"], created_at=now)
    any_session.add(brand)
    any_session.flush()
    row = AlertRule(brand_id=id_of(brand), name="Severe", kind=AlertKind.SEVERE, settings={}, created_at=now)
    any_session.add(row)
    any_session.flush()
    return row


@pytest.fixture
def incident(any_session: Session, rule: AlertRule, now: datetime) -> Incident:
    """An open incident with two things, one of them acknowledged before."""
    row = Incident(brand_id=rule.brand_id, rule_id=rule.id, key="one", opened_at=now)
    any_session.add(row)
    any_session.flush()
    earlier = now - timedelta(hours=1)
    for key, at in (("case:1", None), ("case:2", earlier)):
        any_session.add(IncidentItem(incident_id=id_of(row), key=key, began_at=now, acknowledged_at=at))
    any_session.flush()
    return row


def settings_of(**given: object) -> RuleSettings:
    return parse_settings(AlertKind.SEVERE, given)


def test_a_key_is_made_once(any_database: Database, now: datetime) -> None:
    with any_database.write() as session:
        assert known_key(session) is None
        first = signing_key(session, now)
    with any_database.write() as session:
        assert signing_key(session, now) == first == known_key(session)
    assert len(first) == 32


def test_managers_are_told_once_each_unless_they_muted_it_or_cannot_be_reached(
    any_session: Session, rule: AlertRule, now: datetime
) -> None:
    def told(**given: object) -> list[str]:
        return recipients(any_session, rule, settings_of(**given))

    assert told() == [OPS, EVE]
    assert mute(any_session, id_of(rule), EVE.upper(), now)
    assert not mute(any_session, id_of(rule), EVE, now)
    assert not mute(any_session, 999, EVE, now)
    assert told() == [OPS]
    assert all_muted(any_session, [id_of(rule)], EVE)
    bury(any_session, "Ops@parcelo.example", "550 no such user", now)
    assert told() == []
    assert told(recipients=[OPS, "new@parcelo.example"]) == ["new@parcelo.example"]
    assert revive(any_session, "OPS@parcelo.example")
    assert not revive(any_session, OPS)
    assert unmute(any_session, id_of(rule), EVE)
    assert not unmute(any_session, id_of(rule), EVE)
    assert told() == [OPS, EVE]


def test_of_a_web_address_each_letter_counts(any_session: Session, rule: AlertRule, now: datetime) -> None:
    settings = settings_of(channel="webhook", url=HOOK)
    bury(any_session, HOOK.lower(), "404", now)
    assert recipients(any_session, rule, settings) == [HOOK]
    bury(any_session, HOOK, "410", now)
    bury(any_session, HOOK, "404", now + timedelta(days=1))
    assert recipients(any_session, rule, settings) == []
    assert dead_among(any_session, [HOOK, OPS]) == {HOOK}


def test_acknowledging_covers_what_the_incident_holds_now(
    any_session: Session, incident: Incident, now: datetime
) -> None:
    assert acknowledge(any_session, id_of(incident), "Dana", now)
    assert not acknowledge(any_session, id_of(incident), "Omar", now)
    assert (incident.acknowledged_by, incident.acknowledged_at) == ("Dana", now)
    items = [any_session.get_one(IncidentItem, (id_of(incident), key)) for key in ("case:1", "case:2")]
    for item in items:
        any_session.refresh(item)
    assert [item.acknowledged_at for item in items] == [now, now - timedelta(hours=1)]


def tell(
    session: Session, incident: Incident, item: str, at: datetime, state: OutboxState | None, to: str = OPS
) -> None:
    """Bring up a thing of the incident to this address by a message in this state, None where it waits."""
    row = session.get(IncidentItem, (id_of(incident), item)) or IncidentItem(
        incident_id=id_of(incident), key=item, began_at=at
    )
    row.told_at = at
    session.add(row)
    telling = Telling(
        incident_id=id_of(incident), rule_id=incident.rule_id or 0, recipient=to, news=News.GREW, created_at=at
    )
    if state is not None:
        message = queued(session, at, to)
        message.state = state
        telling.outbox_id, telling.sent_on_at = message.id, at + timedelta(seconds=5)
    session.add(telling)
    session.flush()


def acknowledged_items(session: Session, incident: Incident) -> list[str]:
    session.expire_all()
    query = select(IncidentItem.key).where(IncidentItem.incident_id == incident.id)
    return list(session.exec(query.where(col(IncidentItem.acknowledged_at).is_not(None)).order_by(IncidentItem.key)))


def test_a_link_acknowledges_what_its_address_was_told_and_the_rest_goes_on_waiting(
    any_session: Session, incident: Incident, now: datetime
) -> None:
    minute = timedelta(minutes=1)
    tell(any_session, incident, "case:1", now, OutboxState.SENT)
    tell(any_session, incident, "case:3", now + minute, OutboxState.QUEUED)
    tell(any_session, incident, "case:4", now + 2 * minute, OutboxState.FAILED)
    tell(any_session, incident, "case:5", now + 3 * minute, None)
    tell(any_session, incident, "case:6", now + 4 * minute, OutboxState.SENT, EVE)
    any_session.add(IncidentItem(incident_id=id_of(incident), key="case:7", began_at=now))
    any_session.flush()
    before = linked_incident(any_session, id_of(incident), OPS)
    assert before is not None
    assert (before.told, before.untold) == (2, 4)
    assert acknowledge(any_session, id_of(incident), OPS, now, before.address)
    assert acknowledged_items(any_session, incident) == ["case:1", "case:2", "case:3"]
    assert incident.acknowledged_at is None
    assert not acknowledge(any_session, id_of(incident), OPS, now, before.address), "nothing is left of it"
    tell(any_session, incident, "case:7", now + 5 * minute, OutboxState.SENT)
    for key in ("case:4", "case:5", "case:6"):
        any_session.get_one(IncidentItem, (id_of(incident), key)).ended_at = now
    any_session.flush()
    assert acknowledge(any_session, id_of(incident), OPS, now + timedelta(hours=1), before.address)
    assert (incident.acknowledged_at, incident.acknowledged_by) == (now + timedelta(hours=1), OPS)


def test_a_reminder_tells_whoever_gets_it_of_all_that_was_brought_up(
    any_session: Session, incident: Incident, now: datetime
) -> None:
    tell(any_session, incident, "case:1", now, OutboxState.SENT, EVE)
    message = queued(any_session, now + timedelta(hours=12))
    values = {"incident_id": id_of(incident), "rule_id": incident.rule_id, "recipient": OPS, "news": News.REPEATED}
    at = now + timedelta(hours=12)
    any_session.add(Telling(**values, created_at=at, sent_on_at=at, outbox_id=message.id))
    any_session.flush()
    found = linked_incident(any_session, id_of(incident), OPS)
    assert found is not None
    assert (found.told, found.untold) == (1, 0)


def test_what_is_over_or_gone_is_neither_acknowledged_nor_snoozed(
    any_session: Session, incident: Incident, now: datetime
) -> None:
    incident.resolved_at = now
    any_session.add(incident)
    any_session.flush()
    later = now + timedelta(hours=4)
    for number in (id_of(incident), 999):
        assert not acknowledge(any_session, number, "Dana", now)
        assert not snooze_incident(any_session, number, later, now)
    assert not snooze_rule(any_session, 999, later, now)
    assert incident.snoozed_until is None


def test_a_snooze_ends_with_a_time_that_is_over(
    any_session: Session, rule: AlertRule, incident: Incident, now: datetime
) -> None:
    later = now + timedelta(hours=4)
    assert snooze_incident(any_session, id_of(incident), later, now)
    assert snooze_rule(any_session, id_of(rule), later, now)
    assert incident.snoozed_until == rule.snoozed_until == later
    assert snooze_incident(any_session, id_of(incident), now, now)
    assert snooze_rule(any_session, id_of(rule), None, now)
    assert (incident.snoozed_until, rule.snoozed_until) == (None, None)


def test_a_link_is_of_use_to_whom_the_rule_means_alone(
    any_session: Session, rule: AlertRule, incident: Incident, now: datetime
) -> None:
    number = id_of(incident)
    mute(any_session, id_of(rule), EVE, now)
    assert linked_incident(any_session, number, EVE) is not None
    assert linked_incident(any_session, number, "left@parcelo.example") is None
    assert linked_incident(any_session, number, "") is None
    assert linked_incident(any_session, 999, EVE) is None
    rule.settings = {"channel": Channel.SLACK.value, "url": HOOK}
    any_session.add(rule)
    any_session.flush()
    found = linked_incident(any_session, number, "")
    assert found is not None
    assert (found.address, found.is_over) == (Address(Channel.SLACK, HOOK), False)
    assert linked_incident(any_session, number, EVE) is None
    rule.settings = {"threshold": -5}
    any_session.add(rule)
    any_session.flush()
    assert linked_incident(any_session, number, EVE) is None


def test_rules_that_are_gone_are_left_out(any_session: Session, rule: AlertRule, now: datetime) -> None:
    number = id_of(rule)
    names = [rule_name(number, rule.created_at), rule_name(999, now)]
    assert not linked_rules(any_session, names, EVE).is_muted
    mute(any_session, number, EVE, now)
    found = linked_rules(any_session, names, EVE)
    assert (found.ids, found.kinds, found.is_muted) == ([number], [AlertKind.SEVERE], True)
    assert not linked_rules(any_session, names[1:], EVE).is_muted


def queued(session: Session, at: datetime, recipient: str = OPS, channel: Channel = Channel.EMAIL) -> Outbox:
    message = queue_mail(session, "incidents", recipient, {}, "board.example", at)
    message.channel = channel
    session.add(message)
    session.flush()
    return message


def test_a_mail_that_waits_for_an_hour_while_none_leaves_is_told(any_session: Session, now: datetime) -> None:
    assert heartbeat(any_session, now).is_well
    first = queued(any_session, now)
    second = queued(any_session, now + timedelta(minutes=5))
    assert heartbeat(any_session, now + timedelta(minutes=59)).is_well
    mark_failed(any_session, id_of(first), "mail.example could not be reached", now, now)
    beat = heartbeat(any_session, now + timedelta(minutes=61))
    assert not beat.is_well
    assert "could not be reached" in beat.words
    assert "1 message waits" in beat.words
    mark_sent(any_session, id_of(second), now + timedelta(minutes=50))
    assert heartbeat(any_session, now + timedelta(minutes=61)).is_well, "the server takes others"
    assert not heartbeat(any_session, now + timedelta(minutes=111)).is_well


def test_mails_that_were_given_up_while_none_left_are_told_too(any_session: Session, now: datetime) -> None:
    early, refused, other = (queued(any_session, now + timedelta(minutes=minute)) for minute in (0, 10, 20))
    mark_sent(any_session, id_of(early), now + timedelta(minutes=1))
    for message in (refused, other):
        mark_failed(any_session, id_of(message), "mail.example answered 554 spam", None, now)
    assert heartbeat(any_session, now + timedelta(minutes=62)).is_well, "a mail left within the hour, and these are new"
    beat = heartbeat(any_session, now + timedelta(minutes=81))
    assert not beat.is_well
    assert "2 messages failed" in beat.words
    assert "554 spam" in beat.words
    waiting = queued(any_session, now + timedelta(minutes=30))
    assert "1 message waits and 2 failed" in heartbeat(any_session, now + timedelta(minutes=91)).words
    mark_sent(any_session, id_of(waiting), now + timedelta(minutes=91))
    assert heartbeat(any_session, now + timedelta(hours=5)).is_well, "mails leave again"


def test_a_single_mail_that_was_given_up_among_others_is_no_alarm(any_session: Session, now: datetime) -> None:
    refused, other = queued(any_session, now), queued(any_session, now)
    mark_sent(any_session, id_of(other), now + timedelta(seconds=1))
    mark_failed(any_session, id_of(refused), "550 no such user", None, now)
    assert heartbeat(any_session, now + timedelta(hours=2)).is_well


def test_an_old_failure_is_not_told_for_ever(any_session: Session, now: datetime) -> None:
    mark_failed(any_session, id_of(queued(any_session, now)), "550 no such user", None, now)
    assert not heartbeat(any_session, now + timedelta(days=2)).is_well
    assert heartbeat(any_session, now + timedelta(days=4)).is_well


def test_a_web_address_that_takes_nothing_is_told_by_its_host(any_session: Session, now: datetime) -> None:
    queued(any_session, now, HOOK, Channel.SLACK)
    other = queued(any_session, now, "https://other.example/x", Channel.WEBHOOK)
    mark_sent(any_session, id_of(other), now + timedelta(hours=1))
    beat = heartbeat(any_session, now + timedelta(hours=1, minutes=1))
    assert not beat.is_well
    assert "hooks.example" in beat.words
    assert "other.example" not in beat.words
    assert "sEcReT" not in beat.words


def test_rules_that_nobody_looks_for_are_told(any_session: Session, rule: AlertRule, now: datetime) -> None:
    rule.looked_at = now
    any_session.add(rule)
    any_session.flush()
    assert heartbeat(any_session, now + timedelta(minutes=59)).is_well
    assert "worker" in heartbeat(any_session, now + timedelta(minutes=61)).words
    rule.enabled = False
    any_session.add(rule)
    any_session.flush()
    assert heartbeat(any_session, now + timedelta(minutes=61)).is_well


def test_times_are_told_in_utc(any_session: Session) -> None:
    at = datetime(2026, 11, 26, 13, 5, tzinfo=UTC)
    queued(any_session, at)
    assert "26 November, 13:05 UTC" in heartbeat(any_session, at + timedelta(hours=2)).words
