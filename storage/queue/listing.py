"""The list of cases under a filter: pages of it, and how many cases each view holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, ScalarSelect, Subquery, and_, case, func, literal, select, union_all
from sqlmodel import Session, col

from core.taxonomy import Party, Reason, Severity
from core.types import CaseStatus
from storage.cases import OPEN_STATUSES
from storage.queue.filters import Filter, Position, Sort, View, conditions_of, conditions_of_view, statuses_of
from storage.queue.ordering import order_of, runs_behind
from storage.rows import id_of
from storage.tables import Brand, Case, Member, Team

PAGE_SIZE: Final = 40
COUNT_CAP: Final = 999
SEARCH_COUNT_CAP: Final = 99  # each case that is counted may have to be asked for the words
NEWER_CAP: Final = 99
FEW: Final = 2000  # cases that are looked at one by one in a few milliseconds
MOST_IDS: Final = 5000
_OPEN_VIEWS: Final = (View.UNASSIGNED, View.MINE, View.DUE, View.WAITING, View.UNSURE, View.OPEN)
_REASON_NAMES: Final = frozenset(reason.value for reason in Reason)
_PARTY_NAMES: Final = frozenset(party.value for party in Party)


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
    language: str
    courier: str
    team: str
    assignee_id: int | None
    assignee: str
    last_posted_at: datetime
    due_at: datetime | None
    snoozed_until: datetime | None
    returned_at: datetime | None


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Some rows of the queue; `next` is where to go on, none at the end."""

    rows: tuple[QueueRow, ...]
    next: Position | None


def rows(
    session: Session,
    wanted: Filter,
    member_id: int,
    now: datetime,
    *,
    after: Position | None = None,
    up_to: int | None = None,
    limit: int = PAGE_SIZE,
) -> QueuePage:
    """Return one page of the queue, the one behind `after` where given.

    `up_to` leaves out the cases that were opened after the one with that id: they wait until the reader asks for them.
    """
    chosen = _first(session, wanted, member_id, now, up_to=up_to, after=after, limit=limit + 1)
    found = session.execute(
        select(Case, col(Brand.name), col(Member.name), col(Team.name))
        .join(chosen, chosen.c[0] == Case.id)
        .join(Brand, col(Brand.id) == Case.brand_id)
        .outerjoin(Member, col(Member.id) == Case.assignee_id)
        .outerjoin(Team, col(Team.id) == Case.team_id)
        .order_by(*order_of(wanted.sort))
        .limit(limit + 1)
    ).all()
    shown = tuple(row_of(*each) for each in found[:limit])
    return QueuePage(rows=shown, next=_position(shown[-1], wanted.sort) if len(found) > limit else None)


def matching_ids(
    session: Session, wanted: Filter, member_id: int, now: datetime, *, up_to: int | None = None, most: int = MOST_IDS
) -> list[int]:
    """Return the ids of the first `most` cases under the filter, in its order: what "all that match" acts on."""
    chosen = _first(session, wanted, member_id, now, up_to=up_to, limit=most)
    found = select(col(Case.id)).join(chosen, chosen.c[0] == Case.id).order_by(*order_of(wanted.sort)).limit(most)
    return [key for key in session.execute(found).scalars() if key is not None]


def count_cap_of(wanted: Filter) -> int:
    """Return how far the cases under a filter are counted."""
    return SEARCH_COUNT_CAP if wanted.text.strip() else COUNT_CAP


def counts(session: Session, wanted: Filter, member_id: int, now: datetime, cap: int | None = None) -> dict[View, int]:
    """Return how many cases each view holds under the filter, counting no further than the cap plus one."""
    cap = count_cap_of(wanted) if cap is None else cap
    shared = conditions_of(session, wanted, member_id, now)
    if shared.looks_up or _leaves_few(session, wanted):
        found = _sums(session, tuple(View), shared.all, member_id, now)
    else:
        # Those that are open are gone through once; of the closed ones of years, each view up to the cap.
        is_open = col(Case.status).in_(OPEN_STATUSES)
        found = _sums(session, _OPEN_VIEWS, (is_open, *shared.all), member_id, now)
        closed = (View.RESOLVED, View.DISMISSED)
        numbers = (_number(each, [*conditions_of_view(each, member_id, now), *shared.all], cap + 1) for each in closed)
        found |= zip(closed, session.execute(select(*numbers)).one(), strict=True)
        found[View.ALL] = found[View.OPEN] + found[View.RESOLVED]  # its statuses are those of the two
    return {view: min(found[view], cap + 1) for view in View}


def _leaves_few(session: Session, wanted: Filter) -> bool:
    """Tell whether so few cases have the courier or the language of the filter that each of them can be looked at.

    SQLite goes through all closed cases otherwise, as it takes every courier to have as many cases as another.
    """
    chosen = {Case.courier: wanted.couriers, Case.language: wanted.languages}
    for column, values in chosen.items():
        if values:
            some = select(literal(1)).where(col(column).in_(values)).limit(FEW + 1).subquery()
            if session.execute(select(func.count()).select_from(some)).scalar_one() <= FEW:
                return True
    return False


def _sums(
    session: Session, views: Sequence[View], conditions: Sequence[ColumnElement[bool]], member_id: int, now: datetime
) -> dict[View, int]:
    """Return how many of the cases that meet the conditions are in each view."""
    sums = (
        func.sum(case((and_(col(Case.status).in_(statuses_of(view)), *conditions_of_view(view, member_id, now)), 1)))
        for view in views
    )
    found = session.execute(select(*sums).where(*conditions)).one()
    return {view: number or 0 for view, number in zip(views, found, strict=True)}


def newer(session: Session, wanted: Filter, member_id: int, now: datetime, up_to: int, cap: int = NEWER_CAP) -> int:
    """Return how many cases under the filter were opened after the one with the id `up_to`, at most `cap` plus one."""
    if newest_case_id(session) <= up_to:
        return 0
    # In a form that no index of statuses serves: few cases are that new, and the closed ones of years are many.
    status = func.lower(col(Case.status)).in_([status.value for status in statuses_of(wanted.view)])
    conditions = [*conditions_of_view(wanted.view, member_id, now), *conditions_of(session, wanted, member_id, now).all]
    some = select(col(Case.id)).where(col(Case.id) > up_to, status, *conditions).limit(cap + 1).subquery()
    number: int = session.execute(select(func.count()).select_from(some)).scalar_one()
    return number


def newest_case_id(session: Session) -> int:
    """Return the id of the case that was opened last, 0 where there is none."""
    return session.execute(select(func.max(Case.id))).scalar() or 0


def _first(
    session: Session,
    wanted: Filter,
    member_id: int,
    now: datetime,
    *,
    limit: int,
    up_to: int | None = None,
    after: Position | None = None,
) -> Subquery:
    """Return the ids of the first cases in order behind `after`, of each run the first ones.

    Each run is read on its own and cut off: its index holds the order, and a sort over all closed cases of years is
    never needed.
    """
    shared = conditions_of(session, wanted, member_id, now)
    conditions = [*conditions_of_view(wanted.view, member_id, now), *shared.all]
    if up_to is not None:
        conditions.append(col(Case.id) <= up_to)
    parts = [
        select(
            select(col(Case.id))
            .where(_has(status, hidden=shared.looks_up), *run.conditions, *conditions)
            .order_by(*run.order)
            .limit(limit)
            .subquery()
        )
        for status in statuses_of(wanted.view)
        for run in runs_behind(after, status, wanted.sort)
    ]
    return union_all(*parts).subquery()


def _has(status: CaseStatus, *, hidden: bool) -> ColumnElement[bool]:
    """Return that a case has the status; hidden, in a form that no index of statuses serves."""
    return func.lower(col(Case.status)) == status.value if hidden else col(Case.status) == status


def _number(view: View, conditions: Sequence[ColumnElement[bool]], most: int) -> ScalarSelect[int]:
    parts = [
        select(literal(1).label("one"))
        .select_from(Case)
        .where(col(Case.status) == status, *conditions)
        .limit(most)
        .subquery()
        for status in statuses_of(view)
    ]
    each = union_all(*(select(part) for part in parts)).limit(most).subquery()
    return select(func.count()).select_from(each).scalar_subquery()


def _position(row: QueueRow, sort: Sort) -> Position:
    match sort:
        case Sort.DUE:
            return Position(row.due_at, row.id)
        case Sort.NEWEST:
            return Position(row.last_posted_at, row.id)
        case Sort.URGENT:
            return Position(row.priority, row.id, waits=row.status is CaseStatus.WAITING)


def row_of(case: Case, brand: str, assignee: str | None, team: str | None) -> QueueRow:
    """Return a case as the list shows it."""
    return QueueRow(
        id=id_of(case),
        status=case.status,
        brand=brand,
        platform=case.platform,
        author=case.author,
        author_name=case.author_name,
        excerpt=case.excerpt,
        severity=severity_of(case.severity),
        reasons=reasons_of(case.reasons),
        parties=parties_of(case.parties),
        unsure=case.unsure,
        priority=case.priority,
        priority_why=case.priority_why,
        post_count=case.post_count,
        language=case.language,
        courier=case.courier,
        team=team or "",
        assignee_id=case.assignee_id,
        assignee=assignee or "",
        last_posted_at=case.last_posted_at,
        due_at=case.due_at,
        snoozed_until=case.snoozed_until,
        returned_at=case.returned_at,
    )


def severity_of(level: int) -> Severity:
    """Return the severity, the nearest one for a level that a newer model brought."""
    return Severity(min(max(level, Severity.NONE), Severity.BLAME))


def reasons_of(names: Mapping[str, Any]) -> tuple[Reason, ...]:
    """Return the known reasons, the strongest first; a name that a newer model brought is left out."""
    known = [Reason(name) for name in names if name in _REASON_NAMES]
    return tuple(sorted(known, key=lambda reason: -float(names[reason])))


def parties_of(names: Sequence[str]) -> tuple[Party, ...]:
    """Return the known parties."""
    return tuple(Party(name) for name in names if name in _PARTY_NAMES)
