"""Incidents as they are kept: what is open of a rule, and what becomes of it in one transaction."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import insert, or_, update
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from core.alerts.engine import CALM, Change, Held, News, Standing
from core.alerts.episodes import Episode, Group
from core.alerts.kinds import AlertKind
from storage.rows import id_of
from storage.tables import AlertRule, Incident, IncidentItem, Telling

CHUNK: Final = 500  # keys in one statement
Each = TypeVar("Each")


def rules_to_look(session: Session) -> list[int]:
    """Return the rules that look for something, in the order in which they were made."""
    looks = col(AlertRule.enabled) & (col(AlertRule.kind) != AlertKind.DIGEST)
    return [key for key in session.exec(select(AlertRule.id).where(looks).order_by(col(AlertRule.id))) if key]


def lock_rule(session: Session, rule_id: int) -> AlertRule | None:
    """Return the rule, which no other worker looks for until this transaction ends; none where it looks no more."""
    rule = session.exec(select(AlertRule).where(AlertRule.id == rule_id).with_for_update()).first()
    return rule if rule is not None and rule.enabled else None


def standing(session: Session, rule_id: int, now: datetime) -> list[Standing]:
    """Return the open incidents of a rule, the oldest first, with what of them is so or was so a moment ago."""
    is_open = (col(Incident.rule_id) == rule_id) & col(Incident.resolved_at).is_(None)
    ordered = select(Incident).where(is_open).order_by(col(Incident.opened_at), col(Incident.id))
    rows = session.exec(ordered.with_for_update()).all()  # nobody acknowledges what is being written
    item = IncidentItem
    held: dict[int, dict[str, Held]] = {id_of(row): {} for row in rows}
    columns = [item.incident_id, item.key, item.began_at, item.ended_at, item.told_at, item.acknowledged_at]
    is_so = or_(col(item.ended_at).is_(None), col(item.ended_at) > now - CALM)
    query = sa_select(*map(col, columns)).where(col(item.incident_id).in_(held), is_so)
    for incident_id, key, began_at, ended_at, told_at, acknowledged_at in session.execute(query):
        held[incident_id][key] = Held(began_at, ended_at, told_at is not None, acknowledged_at is not None)
    return [
        Standing(
            id=id_of(row),
            group=Group(row.reason, row.courier),
            opened_at=row.opened_at,
            held=held[id_of(row)],
            told_at=row.told_at,
            told_count=row.told_count,
            snoozed_until=row.snoozed_until,
            calm_since=row.calm_since,
        )
        for row in rows
    ]


def carry_out(
    session: Session, rule: AlertRule, change: Change, title: Callable[[Group], str], now: datetime
) -> Incident:
    """Write what changes of one incident and return it; `title` names one that opens."""
    incident = _opened(session, rule, change, title, now) if change.id is None else session.get_one(Incident, change.id)
    _take_in(session, id_of(incident), change.joined)
    for keys in _parts_of(change.returned):
        _set(session, id_of(incident), keys, ended_at=None)
    for keys in _parts_of(change.ended):
        _set(session, id_of(incident), keys, ended_at=now)
    incident.calm_since = change.calm_since
    if change.joined:  # whoever acknowledged it did not know of these
        incident.acknowledged_at, incident.acknowledged_by = None, ""
    if change.tells is not None:
        incident.told_at, incident.told_count = now, incident.told_count + 1
        _note_told(session, id_of(incident), change.tells, now)
    if change.resolves:
        incident.resolved_at = now
    session.add(incident)
    session.flush()
    return incident


def say_anew(session: Session, rule_id: int, seen: Sequence[Episode]) -> None:
    """Keep what is known now of things that are no cases: a spike grows, a source fails in another way."""
    said = {episode.key: episode for episode in seen if episode.case_id is None}
    if not said:
        return
    is_open = (col(Incident.rule_id) == rule_id) & col(Incident.resolved_at).is_(None)
    query = (
        select(IncidentItem)
        .join(Incident, col(Incident.id) == IncidentItem.incident_id)
        .where(is_open, col(IncidentItem.ended_at).is_(None), col(IncidentItem.case_id).is_(None))
    )
    for item in session.exec(query):
        if (episode := said.get(item.key)) is not None:
            item.words, item.facts = episode.words, dict(episode.facts)
            session.add(item)


def _opened(
    session: Session, rule: AlertRule, change: Change, title: Callable[[Group], str], now: datetime
) -> Incident:
    group = change.group
    incident = Incident(
        brand_id=rule.brand_id,
        rule_id=rule.id,
        case_id=change.joined[0].case_id if len(change.joined) == 1 else None,
        key=_free_key(session, f"rule:{rule.id}:{group.reason}/{group.courier}:{now.isoformat()}"),
        reason=group.reason,
        courier=group.courier,
        title=title(group),
        opened_at=now,
    )
    session.add(incident)
    session.flush()
    return incident


def _free_key(session: Session, key: str) -> str:
    """Return a key that no incident has: one may end and another begin within a clock's tick."""
    while session.exec(select(Incident.id).where(Incident.key == key)).first() is not None:
        key += "+"
    return key


def _take_in(session: Session, incident_id: int, joined: Sequence[Episode]) -> None:
    """Keep what is new to the incident; what it held before and what began once more begins anew."""
    for episodes in _parts_of(joined):
        keys = [episode.key for episode in episodes]
        known = set(
            session.exec(
                select(IncidentItem.key).where(IncidentItem.incident_id == incident_id, col(IncidentItem.key).in_(keys))
            )
        )
        for episode in episodes:
            if episode.key in known:
                _set(
                    session,
                    incident_id,
                    [episode.key],
                    **_said(episode),
                    ended_at=None,
                    told_at=None,
                    acknowledged_at=None,
                )
        rows = [
            {"incident_id": incident_id, "key": episode.key, "case_id": episode.case_id, **_said(episode)}
            for episode in episodes
            if episode.key not in known
        ]
        if rows:
            session.execute(insert(IncidentItem), rows)


def _said(episode: Episode) -> dict[str, Any]:
    return {"words": episode.words, "facts": dict(episode.facts), "began_at": episode.began_at}


def _set(session: Session, incident_id: int, keys: Sequence[str], **values: object) -> None:
    session.execute(
        update(IncidentItem)
        .where(col(IncidentItem.incident_id) == incident_id, col(IncidentItem.key).in_(keys))
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _note_told(session: Session, incident_id: int, news: News, now: datetime) -> None:
    """Note on the things that a telling brings up for the first time when it did: by that the message finds them."""
    if news is News.RESOLVED:
        return
    item = IncidentItem
    is_new = (
        col(item.incident_id) == incident_id,
        col(item.ended_at).is_(None),
        col(item.acknowledged_at).is_(None),
        col(item.told_at).is_(None),
    )
    session.execute(update(item).where(*is_new).values(told_at=now).execution_options(synchronize_session=False))


def has_strays(session: Session) -> bool:
    """Tell whether there are open incidents whose rule looks no more."""
    return session.exec(_strays().limit(1)).first() is not None


def _strays() -> SelectOfScalar[Any]:
    looks = select(AlertRule.id).where(col(AlertRule.enabled))
    is_open, rule_id = col(Incident.resolved_at).is_(None), col(Incident.rule_id)
    return select(Incident.id).where(is_open, or_(rule_id.is_(None), rule_id.not_in(looks)))


def end_strays(session: Session, now: datetime) -> int:
    """Let incidents be over whose rule looks no more, and what waits of them untold; return how many these were."""
    ids = list(_numbers(session.exec(_strays().with_for_update())))
    for some in _parts_of(ids):
        session.execute(update(Incident).where(col(Incident.id).in_(some)).values(resolved_at=now))
        waits = col(Telling.incident_id).in_(some) & col(Telling.sent_on_at).is_(None)
        session.execute(update(Telling).where(waits).values(sent_on_at=now))
    return len(ids)


def _parts_of(many: Sequence[Each]) -> Iterator[Sequence[Each]]:
    return (many[start : start + CHUNK] for start in range(0, len(many), CHUNK))


def _numbers(found: Any) -> Iterator[int]:
    return (number for number in found if number is not None)
