"""How far the cases have come: what differs once something has happened to one of them, or to any."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, col

from storage.tables import Case, CaseEvent


class CasePulse(NamedTuple):
    """What grows once something has happened to a case."""

    updated_at: datetime
    last_event: int


class ListPulse(NamedTuple):
    """What grows once something has happened to any case, or another one was opened; of no cases, zeros and no time."""

    updated_at: datetime | None
    last_event: int
    newest_case: int


def pulse_of(session: Session, case_id: int) -> CasePulse | None:
    """Return when the case last changed, none where there is no such case."""
    last_event = select(func.max(CaseEvent.id)).where(col(CaseEvent.case_id) == case_id).scalar_subquery()
    found = session.execute(select(col(Case.updated_at), last_event).where(col(Case.id) == case_id)).first()
    return None if found is None else CasePulse(found[0], found[1] or 0)


def pulse_of_list(session: Session) -> ListPulse:
    """Return when a case last changed; it costs three looks at the end of an index."""
    ends = (func.max(Case.updated_at), func.max(CaseEvent.id), func.max(Case.id))
    updated_at, last_event, newest = session.execute(select(*(select(end).scalar_subquery() for end in ends))).one()
    return ListPulse(updated_at, last_event or 0, newest or 0)
