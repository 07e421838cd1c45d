"""Small help with rows."""

from typing import Final, Protocol

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.errors import InputError
from storage.tables import Case

MOST_VALUES: Final = 200  # of a column that people choose from: more than anybody looks through


class HasId(Protocol):
    """A row whose key the database gives."""

    id: int | None


def id_of(row: HasId) -> int:
    """Return the key of a row that was read or flushed; raises ValueError for one that never was."""
    if row.id is None:
        raise ValueError(f"{row!r} was never stored")
    return row.id


def existing_case(session: Session, case_id: int) -> Case:
    """Return the case; raises InputError where there is none."""
    case = session.get(Case, case_id)
    if case is None:
        raise InputError(f"There is no case {case_id}; it may have been erased. Go back to the queue.")
    return case


def values_of(session: Session, column: str) -> tuple[str, ...]:
    """Return each value of an indexed column once, but the empty one, in order.

    One look into the index for each, instead of a read of all rows.
    """
    values = select(func.min(col(column)).label("value")).where(col(column) > "").cte(recursive=True)
    following = select(func.min(col(column))).where(col(column) > values.c.value).correlate(values).scalar_subquery()
    values = values.union_all(select(following).where(values.c.value.is_not(None)))
    found = select(values.c.value).where(values.c.value.is_not(None)).limit(MOST_VALUES)
    return tuple(session.execute(found).scalars())
