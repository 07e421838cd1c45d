"""How far the cases have come: what differs once something has happened to one of them, or to any."""

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import bindparam, func, select
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


# Made once, as every open page asks them every few seconds.
_LAST_EVENT: Final = select(func.max(CaseEvent.id)).where(col(CaseEvent.case_id) == bindparam("case_id"))
_OF_CASE: Final = select(col(Case.updated_at), _LAST_EVENT.scalar_subquery()).where(
    col(Case.id) == bindparam("case_id")
)
_OF_LIST: Final = select(
    *(select(func.max(end)).scalar_subquery() for end in (col(Case.updated_at), col(CaseEvent.id), col(Case.id)))
)


def pulse_of(session: Session, case_id: int) -> CasePulse | None:
    """Return when the case last changed, none where there is no such case."""
    found = session.execute(_OF_CASE, {"case_id": case_id}).first()
    return None if found is None else CasePulse(found[0], found[1] or 0)


def pulse_of_list(session: Session) -> ListPulse:
    """Return when a case last changed; it costs three looks at the end of an index."""
    updated_at, last_event, newest = session.execute(_OF_LIST).one()
    return ListPulse(updated_at, last_event or 0, newest or 0)
