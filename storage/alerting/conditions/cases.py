"""The cases that a rule looks at, with what it needs to know of them and no more: there may be thousands."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, SQLColumnExpression, or_
from sqlmodel import Session, col, select

from core.alerts.episodes import Group
from storage.alerting.asked import Asked
from storage.cases import OPEN_STATUSES
from storage.tables import REASON_BITS, Case, CaseEvent, EventKind

_COLUMNS: Final[tuple[Any, ...]] = (
    *(Case.id, Case.status, Case.reasons, Case.courier, Case.severity, Case.confidence, Case.reach),
    *(Case.opened_at, Case.reopened_at, Case.first_posted_at, Case.last_posted_at),
    *(Case.first_reply_at, Case.closed_at, Case.due_at),
)
_ANSWERS: Final = (EventKind.REPLIED, EventKind.BRAND_REPLIED, EventKind.SNOOZED)
_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CaseSeen:
    """A case as rules see it.

    `began_at` is when it was opened, or opened again by a further complaint; `waiting_since` when that was written,
    `last_posted_at` when the last post was; `ended_at` when it was answered or closed after that.
    """

    id: int
    reason: str
    courier: str
    severity: int
    confidence: float
    reach: int
    began_at: datetime
    waiting_since: datetime
    last_posted_at: datetime
    ended_at: datetime | None
    due_at: datetime | None

    @property
    def key(self) -> str:
        """What names it in an incident."""
        return f"case:{self.id}"

    @property
    def group(self) -> Group:
        """What it is told of together with."""
        return Group(self.reason, self.courier)


def cases_seen(session: Session, asked: Asked, *conditions: ColumnElement[bool]) -> Iterator[CaseSeen]:
    """Yield the brand's cases for which the conditions hold and that may have been open in the time asked about.

    Live these are the open ones that wait for an answer: one that was put off waits for nothing until it comes back.
    """
    query = select(*_COLUMNS).where(*conditions)
    if asked.is_live:
        # SQLite is led to ix_cases_queue_due, to find only what waits: by the index of a brand it would read all its
        # cases of all years, and "is not null" is no range to it.
        query = query.where(*narrowed(asked, col(Case.brand_id) + 0))
        query = query.where(col(Case.status).in_(OPEN_STATUSES), col(Case.due_at) > _EVER)
        yield from map(_seen, session.execute(query))
        return
    query = query.where(*narrowed(asked, col(Case.brand_id)))
    still = or_(col(Case.closed_at).is_(None), col(Case.closed_at) > asked.since)
    rows = session.execute(query.where(col(Case.opened_at) <= asked.until, still)).all()
    at_rest = [row.id for row in rows if row.closed_at is None and row.due_at is None]
    answers = happened(session, at_rest, asked, col(CaseEvent.kind).in_(_ANSWERS))
    for row in rows:
        case = _seen(row)
        later = [at for at in answers.get(case.id, ()) if at >= case.began_at]
        yield replace(case, ended_at=min([*later, *filter(None, [case.ended_at])], default=None))


def narrowed(asked: Asked, brand_id: SQLColumnExpression[int]) -> list[ColumnElement[bool]]:
    """Return the conditions on cases that the brand and the rule's settings make; what was merged is left out."""
    settings = asked.settings
    found: list[ColumnElement[bool]] = [brand_id == asked.brand_id, col(Case.merged_into_id).is_(None)]
    if settings.courier:
        found.append(col(Case.courier) == settings.courier)
    if settings.platform:
        found.append(col(Case.platform) == settings.platform)
    if settings.reason:
        found.append(col(Case.reason_bits).bitwise_and(REASON_BITS[settings.reason]) != 0)
    return found


def main_reason(reasons: Mapping[str, float]) -> str:
    """Return the reason that is said most surely; none where there is none."""
    return max(reasons, key=lambda name: (reasons[name], name), default="")


def happened(
    session: Session, case_ids: Sequence[int], asked: Asked, condition: ColumnElement[bool]
) -> dict[int, list[datetime]]:
    """Return when something of that sort happened to each of the cases, in order."""
    found: dict[int, list[datetime]] = {}
    for some in _parts(case_ids):
        is_one = [col(CaseEvent.case_id).in_(some), condition, col(CaseEvent.happened_at) <= asked.until]
        query = select(CaseEvent.case_id, CaseEvent.happened_at).where(*is_one).order_by(col(CaseEvent.happened_at))
        for case_id, at in session.exec(query):
            found.setdefault(case_id, []).append(at)
    return found


def _parts(ids: Sequence[int], size: int = 500) -> Iterator[Collection[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _seen(row: Any) -> CaseSeen:
    began = max(row.opened_at, row.reopened_at) if row.reopened_at else row.opened_at
    # The first reply is the earliest of all: one that came before the case was opened again answered something else.
    ends = [at for at in (row.first_reply_at, row.closed_at) if at is not None and at >= began]
    return CaseSeen(
        id=row.id,
        reason=main_reason(row.reasons),
        courier=row.courier,
        severity=row.severity,
        confidence=row.confidence,
        reach=row.reach,
        began_at=began,
        waiting_since=row.reopened_at or row.first_posted_at,
        last_posted_at=row.last_posted_at,
        ended_at=min(ends, default=None),
        due_at=row.due_at,
    )
