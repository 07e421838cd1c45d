"""Whether a message is still for its recipient: rules, managers and minds change while a mail server is down."""

from datetime import datetime

from alerts import digest, incident
from core.configuration.alerting import parse_settings
from core.errors import ConfigError
from jobs.alert import tells_now
from storage.alerting.addresses import recipients
from storage.alerting.taking_back import digest_rule, is_kept_back, tellings_of
from storage.alerting.tellings import Address
from storage.database import Session
from storage.tables import AlertRule, Outbox


def is_wanted(session: Session, message: Outbox, now: datetime) -> bool:
    """Tell whether the rules that a message is of tell its recipient at this moment; of other kinds always so."""
    if message.kind == incident.KIND:
        return _is_told(session, message, now)
    if message.kind == digest.KIND:
        return _gets_digest(session, message)
    return True


def _is_told(session: Session, message: Outbox, now: datetime) -> bool:
    if is_kept_back(session, [told["incident_id"] for told in message.content.get("incidents", ())], now):
        return False
    tellings = tellings_of(session, message)
    rules = [session.get_one(AlertRule, rule_id) for rule_id in {telling.rule_id for telling in tellings}]
    to = Address(message.channel, message.recipient)
    return all(rule.enabled and to in tells_now(session, rule, now) for rule in rules)


def _gets_digest(session: Session, message: Outbox) -> bool:
    rule = digest_rule(session, message.content.get("brand", ""), message.content.get("rule", ""))
    if rule is None or not rule.enabled:
        return False
    try:
        settings = parse_settings(rule.kind, rule.settings)
    except ConfigError:  # the board says so of the rule
        return False
    return message.recipient in recipients(session, rule, settings)
