"""Digest: at a rule's hour, what its brand's day or week brought becomes one mail to each recipient."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from alerts.digest import KIND, Digest, Gap, Number, OldCase, as_content
from core.alerts.digests import Stretch, stretch_due
from core.alerts.links import Act, link, rule_name
from core.configuration.alerting import RuleSettings, parse_settings
from jobs.parts import Parts
from jobs.quoting import quote
from storage.alerting.addresses import recipients
from storage.alerting.digest import Missed, Summary, digest_rules, note_told, summary
from storage.alerting.incidents import lock_rule
from storage.alerting.keys import signing_key
from storage.database import Session
from storage.outbox import queue_mail
from storage.rows import id_of
from storage.tables import AlertRule, Brand, Case

_log = logging.getLogger(__name__)


def digest(parts: Parts, stopping: Callable[[], bool] = lambda: False) -> int:
    """Write the digests that are due; return how many mails.

    A rule's mails and the note that they were written are one transaction, in which the rule is locked: a crash or
    a second worker loses none and doubles none. A rule that fails is logged and holds up no other.
    """
    now = parts.now()
    with parts.database.read() as session:
        due = [id_of(rule) for rule, brand in digest_rules(session) if _due(rule, brand, now) is not None]
    written = 0
    for rule_id in due:
        if stopping():
            break
        try:
            with parts.database.write() as session:
                written += _write(session, rule_id, parts)
        except Exception as error:
            _log.exception("The digest of rule %d could not be written and will be tried again: %s", rule_id, error)
    return written


def _write(session: Session, rule_id: int, parts: Parts) -> int:
    rule, now = lock_rule(session, rule_id), parts.now()
    if rule is None:
        return 0
    settings = parse_settings(rule.kind, rule.settings)
    brand = session.get_one(Brand, rule.brand_id)
    zone = settings.timezone or brand.timezone
    stretch = _due(rule, brand, now)
    if stretch is None:
        return 0
    rule.digested_at = stretch.until
    session.add(rule)
    if rule.snoozed_until is not None and now < rule.snoozed_until:
        return 0
    found = summary(session, brand, stretch, settings.period, zone, now)
    key = signing_key(session, now)
    to = recipients(session, rule, settings)
    told = _told(session, rule, brand, settings, zone, stretch, found, parts)
    messages = []
    for recipient in to:
        stop = link(parts.base_url, key, Act.STOP, [rule_name(rule_id, rule.created_at)], recipient)
        content = as_content(replace(told, stop_link=stop, unsubscribe_link=stop))
        messages.append(queue_mail(session, KIND, recipient, content, parts.mail_host, now))
    note_told(session, rule, found.raised, messages, now)
    return len(messages)


def _due(rule: AlertRule, brand: Brand, now: datetime) -> Stretch | None:
    said = parse_settings(rule.kind, rule.settings)
    zone = said.timezone or brand.timezone
    return stretch_due(said.period, said.at, said.weekday, zone, rule.digested_at, rule.created_at, now)


def _told(
    session: Session,
    rule: AlertRule,
    brand: Brand,
    settings: RuleSettings,
    zone: str,
    stretch: Stretch,
    found: Summary,
    parts: Parts,
) -> Digest:
    now, before = found.now, found.before
    return Digest(
        brand=brand.name,
        rule=rule.name,
        timezone=zone,
        period=settings.period.value,
        since=stretch.since.isoformat(),
        until=stretch.until.isoformat(),
        numbers=(
            Number("Cases opened", now.opened, before.opened),
            Number("First answered", now.answered, before.answered),
            Number("Closed", now.closed, before.closed),
            Number("Promises kept", now.kept, before.kept),
            Number("Promises broken", now.broken, before.broken),
        ),
        open_now=found.open_now,
        overdue=found.overdue,
        reasons=tuple(found.reasons),
        couriers=tuple(found.couriers),
        counts=tuple(found.by_part),
        counts_before=tuple(found.by_part_before),
        oldest=tuple(_old(session, case, brand, settings, parts) for case in found.oldest),
        incidents=tuple((each.title, each.rule, each.opened_at.isoformat(), each.is_over) for each in found.raised),
        incidents_total=found.raised_total,
        gaps=tuple(map(_gap, found.missed)),
        gaps_total=found.missed_total,
        queue_link=f"{parts.base_url}/",
        reports_link=f"{parts.base_url}/reports",
        alerts_link=f"{parts.base_url}/alerts",
        sources_link=f"{parts.base_url}/sources",
        is_masked=settings.masks,
        has_sources=found.has_sources,
    )


def _old(session: Session, case: Case, brand: Brand, settings: RuleSettings, parts: Parts) -> OldCase:
    quoted = quote(session, case, brand, masks=settings.masks)
    return OldCase(
        case_id=id_of(case),
        link=parts.case_link(id_of(case)),
        author=quoted.author,
        excerpt=quoted.words,
        platform=case.platform,
        language=case.language,
        severity=case.severity,
        unsure=case.unsure,
        reasons=tuple(case.reasons),
        courier=case.courier,
        posted_at=case.first_posted_at.isoformat(),
    )


def _gap(missed: Missed) -> Gap:
    times = [at.isoformat() if at else "" for at in (missed.from_at, missed.until_at)]
    return Gap(missed.source, missed.platform, missed.why, *times)
