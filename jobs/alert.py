"""Alert: rules look at what is so, incidents open, grow and end, and what waits to be told becomes messages."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from alerts.telling import KIND, MOST_ITEMS, Told, as_content
from core.alerts.brake import free_at
from core.alerts.engine import SETTLING, News, Policy, Standing, step
from core.alerts.episodes import Episode
from core.alerts.kinds import KINDS, AlertKind, Channel, Delivery
from core.alerts.links import Act, link, rule_name
from core.alerts.titles import title_of
from core.configuration.alerting import RuleSettings, parse_settings
from core.errors import ConfigError
from core.hours import parse
from jobs.parts import Parts
from jobs.telling import incident_told
from storage.alerting.addresses import recipients
from storage.alerting.asked import Asked
from storage.alerting.conditions import episodes
from storage.alerting.incidents import carry_out, end_strays, has_strays, lock_rule, rules_to_look, say_anew, standing
from storage.alerting.keys import signing_key
from storage.alerting.starter import add_starter_rules, lacks_starter_rules
from storage.alerting.tellings import (
    MOST_TOLD,
    Address,
    ToTell,
    add_tellings,
    cases_brought_up,
    first_message_id,
    has_astray,
    queue_telling,
    readdress,
    settle,
    still_to_tell,
    take_waiting,
    told_times,
    waiting_addresses,
    waiting_rules,
)
from storage.casework import record
from storage.database import Session
from storage.rows import id_of
from storage.tables import AlertRule, Brand, EventKind, Telling

EVERY: Final = timedelta(seconds=5)
# What takes long to look at, and how long the last look holds.
LOOK_EVERY: Final = {
    AlertKind.SPIKE: timedelta(minutes=5),
    AlertKind.DRIFT: timedelta(minutes=5),
    AlertKind.FORGOTTEN: timedelta(minutes=1),
    AlertKind.WATCH_WORDS: timedelta(seconds=30),
}
NOTE_EVERY: Final = timedelta(minutes=1)
_log = logging.getLogger(__name__)


def alert(parts: Parts, stopping: Callable[[], bool] = lambda: False, settling: timedelta = SETTLING) -> int:
    """Look for what the rules watch for and write what is to be told; return how many messages were written.

    What changes of a rule's incidents, with who is to be told of it, is one transaction, and so is each message with
    what it tells of: a crash in between loses nothing and doubles nothing. A rule that fails says so in its `trouble`.
    """
    with parts.database.read() as session:  # a look that finds nothing to change takes no lock
        is_to_tidy = lacks_starter_rules(session) or has_strays(session)
    if is_to_tidy:
        with parts.database.write() as session:
            add_starter_rules(session, parts.now())
            end_strays(session, parts.now())
    with parts.database.read() as session:
        rules = rules_to_look(session)
    for rule_id in rules:
        if stopping():
            return 0
        try:
            _look(parts, rule_id, settling)
        except Exception as error:  # one rule that cannot look must not hold up the others
            _log.exception("Rule %s could not look and will try again: %s", rule_id, error)
            _note_trouble(parts, rule_id, str(error) or repr(error))
    return _tell(parts, stopping)


def _note_trouble(parts: Parts, rule_id: int, words: str) -> None:
    with parts.database.write() as session:
        rule = session.get(AlertRule, rule_id)
        if rule is not None and rule.trouble != words[:500]:
            rule.trouble = words[:500]
            session.add(rule)


def _look(parts: Parts, rule_id: int, settling: timedelta) -> None:
    """Find what is so now and write what changes; where nothing does, it was read only."""
    now = parts.now()
    with parts.database.read() as session:
        rule = session.get(AlertRule, rule_id)
        if rule is None:
            return
        settings = parse_settings(rule.kind, rule.settings)
        is_time = _must_look(rule, now)
        seen = episodes(session, rule.kind, _question(session, rule, settings, now)) if is_time else None
        before = standing(session, rule_id, now)
        policy = _policy(session, rule, settings, settling)
        notes_look = is_time and _must_note(rule, now)
        is_astray = has_astray(session, rule_id, settings.channel, recipients(session, rule, settings))
        has_news = step(policy, before, _so(seen, before), now) or _is_said_anew(seen)
        if not (has_news or is_astray or rule.trouble or notes_look):
            return
    with parts.database.write() as session:
        locked = lock_rule(session, rule_id)
        if locked is None or locked.kind is not rule.kind:  # what was seen is of what it watched
            return
        _write(session, locked, _policy(session, locked, settings, settling), settings, seen, now)


def _must_look(rule: AlertRule, now: datetime) -> bool:
    every = LOOK_EVERY.get(rule.kind)
    return every is None or rule.looked_at is None or not timedelta() <= now - rule.looked_at < every


def _must_note(rule: AlertRule, now: datetime) -> bool:
    """Tell whether it is to be kept that the rule looked now: the board says where none did for long."""
    every = LOOK_EVERY.get(rule.kind, NOTE_EVERY)
    return rule.looked_at is None or not timedelta() <= now - rule.looked_at < every


def _question(session: Session, rule: AlertRule, settings: RuleSettings, now: datetime) -> Asked:
    brand = session.get_one(Brand, rule.brand_id)
    return Asked(
        brand_id=rule.brand_id,
        settings=settings,
        since=now,
        until=now,
        not_before=rule.created_at,
        hours=parse(brand.hours),
        timezone=brand.timezone,
    )


def _policy(session: Session, rule: AlertRule, settings: RuleSettings, settling: timedelta) -> Policy:
    return Policy(
        hours=parse(settings.hours),
        timezone=settings.timezone or session.get_one(Brand, rule.brand_id).timezone,
        repeat=settings.repeat,
        tells_end=KINDS[rule.kind].tells_end,
        snoozed_until=rule.snoozed_until,
        is_silent=settings.delivery is Delivery.DIGEST or not recipients(session, rule, settings),
        settling=settling,
    )


def _so(seen: Sequence[Episode] | None, before: Sequence[Standing]) -> Sequence[Episode]:
    """Return what is so: what was seen, or where this was no time to look what was so at the last look."""
    if seen is not None:
        return seen
    return [
        Episode(key, incident.group, held.began_at)
        for incident in before
        for key, held in incident.held.items()
        if held.ended_at is None
    ]


def _is_said_anew(seen: Sequence[Episode] | None) -> bool:
    return any(episode.case_id is None for episode in seen or ())


def _write(
    session: Session,
    rule: AlertRule,
    policy: Policy,
    settings: RuleSettings,
    seen: Sequence[Episode] | None,
    now: datetime,
) -> None:
    """Carry out what changes, now that nobody else does it for this rule."""
    before = standing(session, id_of(rule), now)
    rule.trouble = ""
    if seen is not None and _must_note(rule, now):
        rule.looked_at = now
    session.add(rule)
    say_anew(session, id_of(rule), seen or ())
    to = recipients(session, rule, settings)
    readdress(session, id_of(rule), settings.channel, to)
    for change in step(policy, before, _so(seen, before), now):
        incident = carry_out(session, rule, change, lambda group: title_of(rule.kind, group), now)
        if change.tells is not None:
            add_tellings(session, rule, incident, change.tells, settings.channel, to, now)
        if change.tells in (News.OPENED, News.GREW):
            for case in cases_brought_up(session, id_of(incident), now, MOST_ITEMS):
                record(session, case, EventKind.ALERTED, now, rule=rule.name)


def _tell(parts: Parts, stopping: Callable[[], bool]) -> int:
    with parts.database.read() as session:
        rules = [id_of(rule) for rule in waiting_rules(session) if tells_now(session, rule, parts.now())]
        waiting = waiting_addresses(session, rules, parts.now())
        free = [to for to in waiting if _may_leave(session, to, parts.now())]
    written = 0
    for to in free:
        if stopping():
            break
        try:
            with parts.database.write() as session:
                written += _write_message(session, to, parts)
        except Exception as error:  # what cannot be told to one must not be kept from the others
            _log.exception("What %s is to be told could not be written and is tried again: %s", to.recipient, error)
    return written


def _may_leave(session: Session, to: Address, now: datetime) -> bool:
    """Tell whether the brake lets a message go; programs that take webhooks can bear more than people."""
    return to.channel is Channel.WEBHOOK or free_at(told_times(session, to, now), now) <= now


def _write_message(session: Session, to: Address, parts: Parts) -> bool:
    """Write one message of all that this address is to be told; tell whether there was anything left to say."""
    now = parts.now()
    rules = [id_of(rule) for rule in waiting_rules(session) if to in tells_now(session, rule, now)]
    by_incident: dict[int, list[Telling]] = {}
    for telling in take_waiting(session, to, rules, now):
        by_incident.setdefault(telling.incident_id, []).append(telling)
    told: list[ToTell] = []
    taken: list[Telling] = []
    over: list[Telling] = []
    for tellings in by_incident.values():
        if len(told) == MOST_TOLD:
            break
        found = still_to_tell(session, tellings, MOST_ITEMS)
        if found is None:
            over += tellings
        else:
            told.append(found)
            taken += tellings
    message = None
    if told:
        content = as_content(_told(session, told, to, len({each.created_at for each in [*taken, *over]}), parts))
        message = queue_telling(session, KIND, to, content, parts.mail_host, now)
    settle(session, taken, message, now)
    settle(session, over, None, now)
    return message is not None


def tells_now(session: Session, rule: AlertRule, now: datetime) -> list[Address]:
    """Return whom the rule may tell at this moment: nobody outside its hours, or while it is snoozed."""
    try:
        settings = _settings(rule)
    except ConfigError:  # its look says so on the board
        return []
    if not _policy(session, rule, settings, SETTLING).may_tell(now):
        return []
    return [Address(settings.channel, recipient) for recipient in recipients(session, rule, settings)]


def _settings(rule: AlertRule) -> RuleSettings:
    return parse_settings(rule.kind, rule.settings)


def _told(session: Session, found: Sequence[ToTell], to: Address, held_back: int, parts: Parts) -> Told:
    key = signing_key(session, parts.now())
    incidents = [incident_told(session, each, to.recipient, key, parts) for each in found]
    order = sorted(incidents, key=lambda each: (each.news == "resolved", -max([i.severity for i in each.items] or [0])))
    first = found[0].rule
    rules = list(dict.fromkeys(rule_name(id_of(each.rule), each.rule.created_at) for each in found))
    return Told(
        timezone=_settings(first).timezone or session.get_one(Brand, first.brand_id).timezone,
        incidents=tuple(order),
        alerts_link=f"{parts.base_url}/alerts",
        unsubscribe_link=link(parts.base_url, key, Act.STOP, rules, to.recipient),
        thread_id=first_message_id(session, id_of(found[0].incident), to) if len(found) == 1 else "",
        held_back=held_back,
    )
