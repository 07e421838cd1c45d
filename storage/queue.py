"""What the board reads: the queue under a filter, one case with everything in it, and the choices of the filters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true, union_all
from sqlalchemy.sql import Select
from sqlmodel import Session, col

from core.taxonomy import Party, Reason, Severity
from core.types import CaseStatus
from storage.cases import OPEN_STATUSES, draft_of
from storage.rows import id_of
from storage.search import matching_cases
from storage.tables import (
    Brand,
    Case,
    CaseEvent,
    EventKind,
    Member,
    Note,
    PostRow,
    PredictionRow,
    Reply,
    ReplyState,
)

PAGE_SIZE: Final = 40
COUNT_CAP: Final = 999
NEWER_CAP: Final = 99
CLOSED_STATUSES: Final = (CaseStatus.RESOLVED, CaseStatus.DISMISSED)
ACTIVE_STATUSES: Final = (CaseStatus.NEW, CaseStatus.OPEN)
_REASON_NAMES: Final = frozenset(reason.value for reason in Reason)
_PARTY_NAMES: Final = frozenset(party.value for party in Party)


class View(StrEnum):
    """The tabs of the queue."""

    UNASSIGNED = "unassigned"
    MINE = "mine"
    OPEN = "open"
    UNSURE = "unsure"
    CLOSED = "closed"


class Sort(StrEnum):
    """The order of the queue."""

    URGENT = "urgent"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which cases to show, and in which order; nothing given means all."""

    view: View = View.UNASSIGNED
    sort: Sort = Sort.URGENT
    brand_id: int | None = None
    platform: str = ""
    reason: Reason | None = None
    least_severity: Severity = Severity.NONE
    text: str = ""

    @property
    def narrows(self) -> bool:
        """True where something besides the view leaves cases out."""
        return replace(self, view=View.OPEN, sort=Sort.URGENT) != Filter(view=View.OPEN)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the queue: the page behind it starts with the next case in order."""

    value: int | datetime
    case_id: int
    waits: bool = False


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A case as the list shows it."""

    id: int
    status: CaseStatus
    brand: str
    platform: str
    author: str
    author_name: str
    excerpt: str
    severity: Severity
    reasons: tuple[Reason, ...]
    parties: tuple[Party, ...]
    unsure: bool
    priority: int
    priority_why: str
    post_count: int
    assignee_id: int | None
    assignee: str
    last_posted_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Some rows of the queue; `next` is where to go on, none at the end."""

    rows: tuple[QueueRow, ...]
    next: Position | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the model said of a post."""

    complaint: float
    is_complaint: bool
    reasons: tuple[tuple[Reason, float], ...]
    severity: Severity
    parties: tuple[Party, ...]
    praise: float
    language: str
    unsure: bool
    model_version: str


@dataclass(frozen=True, slots=True)
class CasePost:
    """A post of a case; `verdict` is missing for the brand's own words and where no model has read it yet."""

    id: int
    title: str
    text: str
    author: str
    author_name: str
    url: str
    language: str
    reach: int
    is_own: bool
    is_deleted: bool
    posted_at: datetime
    edited_at: datetime | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a case's history; without a member it was Afterclick itself."""

    kind: EventKind
    happened_at: datetime
    member: str
    detail: Mapping[str, Any]
    text: str = ""


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """A case with its posts in order, its history (notes and replies included) and the reader's own draft."""

    head: QueueRow
    confidence: float
    reach: int
    opened_at: datetime
    first_posted_at: datetime
    first_reply_at: datetime | None
    closed_at: datetime | None
    posts: tuple[CasePost, ...]
    history: tuple[Happening, ...]
    draft: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters can be set to."""

    brands: Mapping[int, str] = field(default_factory=dict)
    platforms: tuple[str, ...] = ()


def rows(
    session: Session,
    wanted: Filter,
    member_id: int,
    *,
    after: Position | None = None,
    up_to: int | None = None,
    limit: int = PAGE_SIZE,
) -> QueuePage:
    """Return one page of the queue, the one behind `after` where given.

    `up_to` leaves out the cases that were opened after the one with that id: they wait until the reader asks for them.
    """
    conditions = _conditions(session, wanted, member_id)
    if up_to is not None:
        conditions.append(col(Case.id) <= up_to)
    found = session.execute(_in_order(wanted, conditions, after, limit + 1)).all()
    shown = tuple(_row(*each) for each in found[:limit])
    return QueuePage(rows=shown, next=_position(shown[-1], wanted.sort) if len(found) > limit else None)


def counts(session: Session, wanted: Filter, member_id: int, cap: int = COUNT_CAP) -> dict[View, int]:
    """Return how many cases each view holds under the filter, counting no further than `cap` plus one."""
    return {view: _count(session, replace(wanted, view=view), member_id, cap + 1) for view in View}


def newer(session: Session, wanted: Filter, member_id: int, up_to: int, cap: int = NEWER_CAP) -> int:
    """Return how many cases under the filter were opened after the one with the id `up_to`, at most `cap` plus one."""
    return _count(session, wanted, member_id, cap + 1, col(Case.id) > up_to)


def newest_case_id(session: Session) -> int:
    """Return the id of the case that was opened last, 0 where there is none."""
    return session.execute(select(func.max(Case.id))).scalar() or 0


def choices(session: Session) -> Choices:
    """Return the brands and platforms that there are cases or could be cases of."""
    brands = session.execute(select(col(Brand.id), col(Brand.name)).order_by(col(Brand.name))).all()
    return Choices(brands={key: name for key, name in brands if key is not None}, platforms=_platforms(session))


def _platforms(session: Session) -> tuple[str, ...]:
    # One index look-up a brand and platform instead of a read of all cases.
    found: set[str] = set()
    for brand_id in session.execute(select(col(Brand.id))).scalars().all():
        last = ""
        while True:
            query = select(func.min(Case.platform)).where(col(Case.brand_id) == brand_id, col(Case.platform) > last)
            name = session.execute(query).scalar()
            if name is None:
                break
            found.add(name)
            last = name
    return tuple(sorted(found))


def _statuses(view: View) -> tuple[CaseStatus, ...]:
    """Return the statuses of a view. A case that waits for its author needs nobody: it is not among the unassigned."""
    if view is View.CLOSED:
        return CLOSED_STATUSES
    return ACTIVE_STATUSES if view is View.UNASSIGNED else OPEN_STATUSES


def _conditions(session: Session, wanted: Filter, member_id: int) -> list[ColumnElement[bool]]:
    """Return every condition but the one on the status."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.view is View.UNASSIGNED:
        conditions.append(col(Case.assignee_id).is_(None))
    elif wanted.view is View.MINE:
        conditions.append(col(Case.assignee_id) == member_id)
    elif wanted.view is View.UNSURE:
        conditions.append(col(Case.unsure).is_(True))
    if wanted.brand_id is not None:
        conditions.append(col(Case.brand_id) == wanted.brand_id)
    if wanted.platform:
        conditions.append(col(Case.platform) == wanted.platform)
    if wanted.reason is not None:
        conditions.append(col(Case.reasons)[wanted.reason.value].as_string().is_not(None))
    if wanted.least_severity > Severity.NONE:
        conditions.append(col(Case.severity) >= int(wanted.least_severity))
    if wanted.text.strip():
        conditions.append(col(Case.id).in_(matching_cases(session, wanted.text)))
    return conditions


def _in_order(
    wanted: Filter, conditions: Sequence[ColumnElement[bool]], after: Position | None, limit: int
) -> Select[Case, str, str]:
    """Return the first cases in order behind `after`.

    Each status is read on its own and cut off: its index holds the order, and a sort over all closed cases of years
    is never needed.
    """
    key = _sort_column(wanted.sort)
    parts = [
        select(
            select(col(Case.id))
            .where(col(Case.status) == status, *conditions, _behind(after, status, wanted.sort))
            .order_by(key.desc(), col(Case.id).desc())
            .limit(limit)
            .subquery()
        )
        for status in _statuses(wanted.view)
    ]
    first = union_all(*parts).subquery()
    waits = [(col(Case.status) == CaseStatus.WAITING).asc()] if wanted.sort is Sort.URGENT else []
    return (
        select(Case, col(Brand.name), col(Member.name))
        .join(first, first.c[0] == Case.id)
        .join(Brand, col(Brand.id) == Case.brand_id)
        .outerjoin(Member, col(Member.id) == Case.assignee_id)
        .order_by(*waits, key.desc(), col(Case.id).desc())
        .limit(limit)
    )


def _behind(after: Position | None, status: CaseStatus, sort: Sort) -> ColumnElement[bool]:
    """Return which cases of the status come behind a place; by urgency, those that wait come behind all others."""
    if after is None:
        return true()
    waits = sort is Sort.URGENT and status is CaseStatus.WAITING
    if waits is not after.waits:
        return true() if waits else false()
    key = _sort_column(sort)
    return or_(key < after.value, and_(key == after.value, col(Case.id) < after.case_id))


def _count(session: Session, wanted: Filter, member_id: int, most: int, *more: ColumnElement[bool]) -> int:
    conditions = and_(col(Case.status).in_(_statuses(wanted.view)), *_conditions(session, wanted, member_id), *more)
    some = select(col(Case.id)).where(conditions).limit(most).subquery()
    found: int = session.execute(select(func.count()).select_from(some)).scalar_one()
    return found


def _sort_column(sort: Sort) -> Any:
    return col(Case.priority) if sort is Sort.URGENT else col(Case.last_posted_at)


def _position(row: QueueRow, sort: Sort) -> Position:
    if sort is Sort.NEWEST:
        return Position(row.last_posted_at, row.id)
    return Position(row.priority, row.id, waits=row.status is CaseStatus.WAITING)


def case_detail(session: Session, case_id: int, member_id: int) -> CaseDetail | None:
    """Return the case with all that the board shows of it, none where there is no such case."""
    found = session.execute(
        select(Case, col(Brand.name), col(Member.name))
        .join(Brand, col(Brand.id) == Case.brand_id)
        .outerjoin(Member, col(Member.id) == Case.assignee_id)
        .where(col(Case.id) == case_id)
    ).first()
    if found is None:
        return None
    case: Case = found[0]
    return CaseDetail(
        head=_row(*found),
        confidence=case.confidence,
        reach=case.reach,
        opened_at=case.opened_at,
        first_posted_at=case.first_posted_at,
        first_reply_at=case.first_reply_at,
        closed_at=case.closed_at,
        posts=_posts(session, case_id),
        history=_history(session, case_id),
        draft=draft_of(session, case_id, member_id),
    )


def _posts(session: Session, case_id: int) -> tuple[CasePost, ...]:
    query = (
        select(PostRow, PredictionRow)
        .outerjoin(
            PredictionRow,
            and_(
                col(PredictionRow.post_id) == PostRow.id,
                col(PredictionRow.model_version) == PostRow.classified_with,
            ),
        )
        .where(col(PostRow.case_id) == case_id)
        .order_by(col(PostRow.posted_at), col(PostRow.id))
    )
    return tuple(_post(post, said) for post, said in session.execute(query))


def _post(post: PostRow, said: PredictionRow | None) -> CasePost:
    is_deleted = post.deleted_at is not None
    return CasePost(
        id=id_of(post),
        title="" if is_deleted else post.title,
        text="" if is_deleted else post.text,
        author=post.author,
        author_name=post.author_name,
        url=post.url,
        language=post.language,
        reach=post.reach,
        is_own=post.is_own,
        is_deleted=is_deleted,
        posted_at=post.posted_at,
        edited_at=post.edited_at,
        verdict=None if said is None or post.is_own else _verdict(said),
    )


def _verdict(said: PredictionRow) -> Verdict:
    shares = {reason: float(said.reasons[reason]) for reason in _reasons(said.reasons)}
    return Verdict(
        complaint=said.complaint,
        is_complaint=said.is_complaint,
        reasons=tuple(sorted(shares.items(), key=lambda item: -item[1])),
        severity=_severity(said.severity),
        parties=_parties(said.parties),
        praise=said.praise,
        language=said.language,
        unsure=said.unsure,
        model_version=said.model_version,
    )


def _history(session: Session, case_id: int) -> tuple[Happening, ...]:
    """Return events, notes and sent replies in one order; the events that only point to a text give way to it."""
    events = session.execute(
        select(CaseEvent, col(Member.name))
        .outerjoin(Member, col(Member.id) == CaseEvent.member_id)
        .where(col(CaseEvent.case_id) == case_id, col(CaseEvent.kind).not_in((EventKind.NOTED, EventKind.REPLIED)))
        .order_by(col(CaseEvent.id))
    )
    notes = session.execute(
        select(Note, col(Member.name))
        .join(Member, col(Member.id) == Note.member_id)
        .where(col(Note.case_id) == case_id)
    )
    replies = session.execute(
        select(Reply, col(Member.name))
        .join(Member, col(Member.id) == Reply.member_id)
        .where(col(Reply.case_id) == case_id, col(Reply.state) == ReplyState.SENT)
    )
    lines = [Happening(event.kind, event.happened_at, name or "", event.detail) for event, name in events]
    lines += [Happening(EventKind.NOTED, note.created_at, name, {}, note.text) for note, name in notes]
    lines += [
        Happening(EventKind.REPLIED, reply.sent_at or reply.updated_at, name, {}, reply.text) for reply, name in replies
    ]
    return tuple(sorted(lines, key=lambda line: line.happened_at))


def _row(case: Case, brand: str, assignee: str | None) -> QueueRow:
    return QueueRow(
        id=id_of(case),
        status=case.status,
        brand=brand,
        platform=case.platform,
        author=case.author,
        author_name=case.author_name,
        excerpt=case.excerpt,
        severity=_severity(case.severity),
        reasons=_reasons(case.reasons),
        parties=_parties(case.parties),
        unsure=case.unsure,
        priority=case.priority,
        priority_why=case.priority_why,
        post_count=case.post_count,
        assignee_id=case.assignee_id,
        assignee=assignee or "",
        last_posted_at=case.last_posted_at,
        due_at=case.due_at,
    )


def _severity(level: int) -> Severity:
    return Severity(min(max(level, Severity.NONE), Severity.BLAME))


def _reasons(names: Mapping[str, Any]) -> tuple[Reason, ...]:
    """Return the known reasons, the strongest first; a name that a newer model brought is left out."""
    known = [Reason(name) for name in names if name in _REASON_NAMES]
    return tuple(sorted(known, key=lambda reason: -float(names[reason])))


def _parties(names: Sequence[str]) -> tuple[Party, ...]:
    return tuple(Party(name) for name in names if name in _PARTY_NAMES)
