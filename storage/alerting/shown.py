"""What the Alerts page shows: incidents that are open, those that are over, who was told of them, dead addresses."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.alerts.engine import News
from core.alerts.kinds import AlertKind, Channel
from core.masking import excerpt, masked
from storage.casework import GONE_WORDS, shown_words
from storage.rows import id_of
from storage.tables import (
    AlertRule,
    Brand,
    Case,
    DeadAddress,
    Incident,
    IncidentItem,
    Member,
    Outbox,
    OutboxState,
    PostRow,
    Promise,
    Telling,
)

MOST_OPEN: Final = 100
MOST_OVER: Final = 40
OVER_FOR: Final = timedelta(days=14)
MOST_ITEMS: Final = 30  # of an incident; the cases that its link leads to
MOST_TELLINGS: Final = 40  # of an incident; the newest


@dataclass(frozen=True, slots=True)
class ItemShown:
    """One thing of an incident. `excerpt` is a stranger's; a source or a spike has none.

    `due_at` is until when a case is to be answered; `promised_for` and `promised_by` are a promise's. A post that no
    case holds has its author, platform and address.
    """

    words: str
    case_id: int | None
    excerpt: str
    began_at: datetime
    is_over: bool
    due_at: datetime | None = None
    promised_for: datetime | None = None
    promised_by: str = ""
    author: str = ""
    platform: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class TellingShown:
    """What one recipient was told: `sent_at` where it left, `is_failed` where it never will, `error` where it waits.

    `is_dropped` where it was over before anybody was told. `is_written` where its message is written, sent or not.
    """

    news: News
    channel: Channel
    recipient: str
    created_at: datetime
    sent_at: datetime | None
    is_failed: bool
    is_dropped: bool
    is_written: bool
    error: str


@dataclass(frozen=True, slots=True)
class IncidentShown:
    """An incident with the newest of its things, the total of them, and what was told of it, newest first."""

    id: int
    brand: str
    rule: str
    kind: AlertKind | None
    title: str
    opened_at: datetime
    told_at: datetime | None
    told_count: int
    acknowledged_at: datetime | None
    acknowledged_by: str
    snoozed_until: datetime | None
    resolved_at: datetime | None
    total: int = 0
    still: int = 0
    items: Sequence[ItemShown] = field(default=())
    tellings: Sequence[TellingShown] = field(default=())

    @property
    def is_waiting(self) -> bool:
        """True where somebody still has to say that they have seen it."""
        return self.resolved_at is None and self.acknowledged_at is None


@dataclass(frozen=True, slots=True)
class Incidents:
    """The incidents of the page, the newest first; `open_total` counts also those that are not among `open`."""

    open: Sequence[IncidentShown]
    over: Sequence[IncidentShown]
    open_total: int


def incidents_shown(session: Session, now: datetime) -> Incidents:
    """Return what is open, first what nobody acknowledged, and what was over in the last two weeks."""
    is_open = col(Incident.resolved_at).is_(None)
    by_need = (col(Incident.acknowledged_at).is_not(None), col(Incident.opened_at).desc(), col(Incident.id).desc())
    still_open = session.exec(select(Incident).where(is_open).order_by(*by_need).limit(MOST_OPEN)).all()
    total = len(still_open)
    if total == MOST_OPEN:
        total = session.exec(select(func.count()).select_from(Incident).where(is_open)).one()
    over = session.exec(
        select(Incident)
        .where(col(Incident.resolved_at) >= now - OVER_FOR)
        .order_by(col(Incident.resolved_at).desc(), col(Incident.id).desc())
        .limit(MOST_OVER)
    ).all()
    shown = _shown(session, [*still_open, *over])
    return Incidents(shown[: len(still_open)], shown[len(still_open) :], total)


def incident_shown(session: Session, incident_id: int) -> IncidentShown | None:
    """Return one incident however long it is over, none where there is none of this number."""
    row = session.get(Incident, incident_id)
    return None if row is None else _shown(session, [row])[0]


def _shown(session: Session, incidents: Sequence[Incident]) -> list[IncidentShown]:
    ids = [id_of(incident) for incident in incidents]
    brands = {brand_id or 0: name for brand_id, name in session.exec(select(Brand.id, Brand.name))}
    wanted = {incident.rule_id for incident in incidents if incident.rule_id is not None}
    rules = {rule.id: rule for rule in session.exec(select(AlertRule).where(col(AlertRule.id).in_(wanted)))}
    counts, items, tellings = _counts(session, ids), _items(session, ids), _tellings(session, ids)
    shown = []
    for incident in incidents:
        rule, key = rules.get(incident.rule_id), id_of(incident)
        total, still = counts.get(key, (0, 0))
        shown.append(
            IncidentShown(
                id=key,
                brand=brands.get(incident.brand_id, ""),
                rule=rule.name if rule else "",
                kind=rule.kind if rule else None,
                title=incident.title,
                opened_at=incident.opened_at,
                told_at=incident.told_at,
                told_count=incident.told_count,
                acknowledged_at=incident.acknowledged_at,
                acknowledged_by=incident.acknowledged_by,
                snoozed_until=incident.snoozed_until,
                resolved_at=incident.resolved_at,
                total=total,
                still=still,
                items=items.get(key, ()),
                tellings=tellings.get(key, ()),
            )
        )
    return shown


def _counts(session: Session, ids: Collection[int]) -> Mapping[int, tuple[int, int]]:
    """Return of each incident how many things it holds, and how many of them are still so."""
    item = IncidentItem
    still = func.count() - func.count(col(item.ended_at))
    query = select(item.incident_id, func.count(), still).where(col(item.incident_id).in_(ids))
    return {key: (total, int(so)) for key, total, so in session.exec(query.group_by(col(item.incident_id)))}


def _items(session: Session, ids: Collection[int]) -> Mapping[int, Sequence[ItemShown]]:
    """Return the newest things of each incident, those first that are still so."""
    item = IncidentItem
    order = (col(item.ended_at).is_not(None), col(item.began_at).desc(), col(item.key))
    place = func.row_number().over(partition_by=col(item.incident_id), order_by=order).label("place")
    ranked = select(item.incident_id, item.key, place).where(col(item.incident_id).in_(ids)).subquery()
    query = (
        select(item, Case.excerpt, Case.due_at)
        .join(ranked, (ranked.c.incident_id == item.incident_id) & (ranked.c.key == item.key))
        .outerjoin(Case, col(Case.id) == item.case_id)
        .where(ranked.c.place <= MOST_ITEMS)
        .order_by(col(item.incident_id), ranked.c.place)
    )
    found: dict[int, list[ItemShown]] = defaultdict(list)
    rows = session.exec(query).all()
    posts, promises = _posts(session, [row for row, *_ in rows]), _promises(session, [row for row, *_ in rows])
    for row, said, due_at in rows:
        shown = ItemShown(row.words, row.case_id, said or "", row.began_at, row.ended_at is not None)
        if "due_at" in row.facts:
            shown = replace(shown, due_at=due_at or datetime.fromisoformat(row.facts["due_at"]))
        extra = posts.get(row.facts.get("post_id"), {}) | promises.get(row.facts.get("promise_id"), {})
        found[row.incident_id].append(replace(shown, **extra))
    return found


def _posts(session: Session, rows: Sequence[IncidentItem]) -> Mapping[int | None, dict[str, Any]]:
    """Return what is shown of the posts that no case holds, by their number."""
    wanted = {row.facts["post_id"] for row in rows if row.case_id is None and "post_id" in row.facts}
    query = select(PostRow, Brand.handles).join(Brand, col(Brand.id) == PostRow.brand_id)
    return {
        post.id: {
            "excerpt": excerpt(masked(shown_words(post), tuple(handles))) if post.deleted_at is None else GONE_WORDS,
            "author": post.author,
            "platform": post.platform,
            "url": post.url,
            "case_id": post.case_id,
        }
        for post, handles in session.exec(query.where(col(PostRow.id).in_(wanted)))
    }


def _promises(session: Session, rows: Sequence[IncidentItem]) -> Mapping[int | None, dict[str, Any]]:
    """Return by whom and until when promises were made, by their number."""
    wanted = {row.facts["promise_id"] for row in rows if "promise_id" in row.facts}
    query = select(Promise.id, Promise.due_at, Member.name).outerjoin(Member, col(Member.id) == Promise.member_id)
    return {
        number: {"promised_for": due_at, "promised_by": name or ""}
        for number, due_at, name in session.exec(query.where(col(Promise.id).in_(wanted)))
    }


def _tellings(session: Session, ids: Collection[int]) -> Mapping[int, Sequence[TellingShown]]:
    """Return the newest tellings of each incident, and what became of the message of each."""
    order = (col(Telling.created_at).desc(), col(Telling.id).desc())
    place = func.row_number().over(partition_by=col(Telling.incident_id), order_by=order).label("place")
    ranked = select(Telling.id, place).where(col(Telling.incident_id).in_(ids)).subquery()
    query = (
        select(Telling, Outbox.state, Outbox.sent_at, Outbox.last_error)
        .join(ranked, ranked.c.id == Telling.id)
        .outerjoin(Outbox, col(Outbox.id) == Telling.outbox_id)
        .where(ranked.c.place <= MOST_TELLINGS)
        .order_by(col(Telling.incident_id), ranked.c.place)
    )
    found: dict[int, list[TellingShown]] = defaultdict(list)
    for row, state, sent_at, error in session.exec(query):
        found[row.incident_id].append(
            TellingShown(
                news=row.news,
                channel=row.channel,
                recipient=row.recipient,
                created_at=row.created_at,
                sent_at=sent_at,
                is_failed=state is OutboxState.FAILED,
                is_dropped=row.sent_on_at is not None and row.outbox_id is None,
                is_written=row.outbox_id is not None,
                error=error or "",
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class DeadShown:
    """An address that is sent nothing any more, why, and since when."""

    address: str
    error: str
    refused_at: datetime


def dead_addresses(session: Session) -> list[DeadShown]:
    """Return the addresses that a server refused for good, the newest first."""
    rows = session.exec(select(DeadAddress).order_by(col(DeadAddress.refused_at).desc(), col(DeadAddress.address)))
    return [DeadShown(row.address, row.error, row.refused_at) for row in rows]
