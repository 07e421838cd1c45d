"""Reading cases as far as the reports look at them."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlmodel import Session, col

from core.hours import parse
from core.tallies import Act, Calendar, CaseSeen, Done, Outcome, Promised
from core.types import CaseStatus
from storage.tables import Brand, Case, CaseEvent, EventKind, Promise, PromiseState

_TAKING: Final = (EventKind.CLAIMED, EventKind.TAKEN_OVER, EventKind.ASSIGNED)
_CLOSING: Final = {CaseStatus.RESOLVED.value: Act.RESOLVED, CaseStatus.DISMISSED.value: Act.DISMISSED_BY}
_CASE: Final = tuple(
    col(getattr(Case, name))
    for name in (
        *("id", "brand_id", "platform", "courier", "status", "first_posted_at", "merged_into_id", "unsure"),
        *("reasons", "parties", "first_reply_at", "closed_at"),
    )
)
_WORK: Final = (*_TAKING, EventKind.REPLIED, EventKind.STATUS, EventKind.UNDONE)


def calendars(session: Session) -> dict[int, Calendar]:
    """Return each brand's time zone and working hours."""
    brands = session.execute(select(col(Brand.id), col(Brand.timezone), col(Brand.hours)))
    return {brand_id: Calendar(zone, parse(hours)) for brand_id, zone, hours in brands if brand_id is not None}


def seen_cases(session: Session, case_ids: Sequence[int]) -> dict[int, tuple[int, CaseSeen]]:
    """Return the cases by id, each with its brand; one that is not there any more is left out."""
    done, promises = _done(session, case_ids), _promises(session, case_ids)
    query = select(*_CASE).where(col(Case.id).in_(case_ids))
    rows: Iterable[Any] = session.execute(query)
    return {
        row.id: (
            row.brand_id,
            CaseSeen(
                platform=row.platform,
                courier=row.courier,
                status=row.status,
                first_posted_at=row.first_posted_at,
                is_merged=row.merged_into_id is not None,
                unsure=row.unsure,
                reasons=tuple(row.reasons),
                parties=tuple(row.parties),
                first_reply_at=row.first_reply_at,
                closed_at=row.closed_at,
                done=done.get(row.id, ()),
                promises=promises.get(row.id, ()),
            ),
        )
        for row in rows
    }


def _done(session: Session, case_ids: Sequence[int]) -> dict[int, list[Done]]:
    event = CaseEvent
    columns = (event.id, event.case_id, event.kind, event.member_id, event.detail, event.happened_at)
    query = (
        select(*map(col, columns))
        .where(col(event.case_id).in_(case_ids), col(event.kind).in_(_WORK))
        .order_by(col(event.id))
    )
    done: dict[int, dict[int, Done]] = {}  # by the number of the event
    rows: Iterable[Any] = session.execute(query)
    for number, case_id, kind, member_id, detail, at in rows:
        of_case = done.setdefault(case_id, {})
        if kind is EventKind.UNDONE:
            before, last = detail.get("events", (0, 0))
            for taken_back in [each for each in of_case if before < each <= last]:
                del of_case[taken_back]
        elif (act := _act(kind, member_id, detail)) is not None:
            of_case[number] = Done(*act, at)
    return {case_id: list(of_case.values()) for case_id, of_case in done.items()}


def _act(kind: EventKind, member_id: int | None, detail: dict[str, Any]) -> tuple[Act, int] | None:
    """Return what an event counts for, and for whom; a case that is sent counts for who receives it."""
    if kind in _TAKING:
        receiver = detail.get("to_member") if kind is EventKind.ASSIGNED else member_id
        return (Act.TAKEN, receiver) if isinstance(receiver, int) else None
    if member_id is None:
        return None
    if kind is EventKind.REPLIED:
        return Act.ANSWERED, member_id
    act = _CLOSING.get(detail.get("after", ""))
    return (act, member_id) if act else None


def _promises(session: Session, case_ids: Sequence[int]) -> dict[int, list[Promised]]:
    rows = session.scalars(select(Promise).where(col(Promise.case_id).in_(case_ids)).order_by(col(Promise.id)))
    promises: dict[int, list[Promised]] = {}
    for row in rows:
        promises.setdefault(row.case_id, []).append(Promised(row.due_at or row.created_at, _outcome(row)))
    return promises


def _outcome(row: Promise) -> Outcome:
    if row.state is PromiseState.KEPT and row.due_at and row.settled_at and row.settled_at > row.due_at:
        return Outcome.KEPT_LATE
    return Outcome(row.state.value)
