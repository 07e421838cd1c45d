"""The rules that say who is told of what, as managers keep them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from core.alerts.kinds import AlertKind
from core.configuration.alerting import wrong_in
from core.errors import FormError, InputError
from storage.editing import check_unchanged, clean_name, fields_of
from storage.rows import id_of
from storage.tables import AlertRule, Brand, Incident, Mute, Outbox, OutboxState, Telling

FIELDS: Final = ("name", "kind", "settings", "enabled")


@dataclass(frozen=True, slots=True)
class AlertRuleSaid:
    """What a form says of a rule; `settings` holds what is not as it is by default."""

    brand_id: int
    name: str
    kind: AlertKind
    settings: Mapping[str, Any] = field(default_factory=dict)
    enabled: bool = True


def all_alert_rules(session: Session) -> Sequence[AlertRule]:
    """Return every rule, by brand and in the order in which they were made."""
    order = (Brand.name, col(AlertRule.id))
    return session.exec(select(AlertRule).join(Brand, col(Brand.id) == AlertRule.brand_id).order_by(*order)).all()


def save_alert_rule(
    session: Session, rule_id: int | None, said: AlertRuleSaid, now: datetime, seen: Mapping[str, object] | None = None
) -> AlertRule:
    """Keep a rule; one that exists keeps its brand and what it watches, as its incidents are about these.

    Raises FormError for what cannot stand, by field, and ChangedError where the row says something else than `seen`.
    """
    if rule_id is None:
        row = AlertRule(brand_id=said.brand_id, name="", kind=said.kind, created_at=now)
    else:
        row = _row(session, rule_id)
    if seen:
        check_unchanged(f"the rule {row.name}", fields_of(row, seen), seen)
    row.name = _checked(session, row, said)
    row.settings, row.enabled, row.trouble = dict(said.settings), said.enabled, ""
    session.add(row)
    if not row.enabled and row.id is not None:
        _end_incidents(session, row.id, now)
    session.flush()
    return row


def _checked(session: Session, row: AlertRule, said: AlertRuleSaid) -> str:
    """Return the rule's name as it is kept; raises FormError for what cannot stand."""
    wrong: dict[str, str] = {}
    name = ""
    try:
        name = clean_name(said.name)
    except InputError as error:
        wrong["name"] = str(error)
    if session.get(Brand, row.brand_id) is None:
        wrong["brand_id"] = "Choose a brand."
    alike = select(AlertRule).where(AlertRule.name == name, AlertRule.brand_id == row.brand_id)
    if name and any(other.id != row.id for other in session.exec(alike)):
        wrong["name"] = f"This brand has a rule {name} already: choose another name."
    wrong |= wrong_settings(row.kind, said.settings)
    if wrong:
        raise FormError(wrong)
    return name


def wrong_settings(kind: AlertKind, settings: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with a rule's settings, in a sentence by the setting's name; "" for what is of none."""
    wrong: dict[str, str] = {}
    for each in wrong_in(kind, settings):
        place, colon, words = each.partition(": ")
        if not colon:
            place, words = each.partition(" ")[0], each
        where = place.partition(" ")[0]
        words = words.strip()
        sentence = f"{words[:1].upper()}{words[1:]}" + ("" if words.endswith((".", "!", "?")) else ".")
        key = where if where in _PLACES else ""
        wrong[key] = f"{wrong[key]} {sentence}" if key in wrong else sentence
    return wrong


_PLACES: Final = frozenset(
    ("threshold", "words", "reason", "courier", "platform", "recipients", "url", "hours", "timezone", "repeat_minutes")
) | {"at", "weekday"}


def _row(session: Session, rule_id: int) -> AlertRule:
    row = session.get(AlertRule, rule_id)
    if row is None:
        raise InputError("Nothing was done: there is no such rule any more.")
    return row


def delete_alert_rule(session: Session, rule_id: int, now: datetime) -> str:
    """Take a rule away and return its name: what it found and told stays to be read, what waits is not told."""
    row = _row(session, rule_id)
    name = row.name
    _end_incidents(session, id_of(row), now)
    session.execute(update(Incident).where(col(Incident.rule_id) == rule_id).values(rule_id=None))
    of_rule = col(Telling.rule_id) == rule_id
    has_left = select(Outbox.id).where(Outbox.id == Telling.outbox_id, Outbox.state == OutboxState.SENT).exists()
    session.execute(delete(Telling).where(of_rule, ~has_left))
    session.execute(update(Telling).where(of_rule).values(rule_id=None))
    session.execute(delete(Mute).where(col(Mute.rule_id) == rule_id))
    session.delete(row)
    session.flush()
    return name


def begin_anew(session: Session, row: AlertRule, now: datetime) -> None:
    """Let a rule begin as if it were made now: what it watches changed, and what it found is about something else."""
    _end_incidents(session, id_of(row), now)
    row.created_at, row.looked_at, row.digested_at, row.trouble = now, None, None, ""
    session.add(row)


def _end_incidents(session: Session, rule_id: int, now: datetime) -> None:
    """Let what a rule that looks no more has open be over: nothing else would ever end it."""
    is_open = (col(Incident.rule_id) == rule_id) & col(Incident.resolved_at).is_(None)
    session.execute(
        update(Telling).where(col(Telling.rule_id) == rule_id, col(Telling.sent_on_at).is_(None)).values(sent_on_at=now)
    )
    session.execute(update(Incident).where(is_open).values(resolved_at=now))


def muted_by_rule(session: Session) -> dict[int, list[str]]:
    """Return who does not want to hear of each rule any more."""
    found: dict[int, list[str]] = {}
    for mute in session.exec(select(Mute).order_by(col(Mute.recipient))):
        found.setdefault(mute.rule_id, []).append(mute.recipient)
    return found
