"""The orders of the queue, in runs that each lie in one stretch of an index."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Tuple, case, tuple_
from sqlmodel import col

from core.types import CaseStatus
from storage.queue.filters import Position, Sort
from storage.tables import Case

_DUE: Final[ColumnElement[Any]] = Case.__table__.c.due_at  # type: ignore[attr-defined]
_ID: Final[ColumnElement[Any]] = Case.__table__.c.id  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Run:
    """Cases of one status that lie in the order of an index."""

    conditions: tuple[ColumnElement[bool], ...]
    order: tuple[ColumnElement[Any], ...]


def order_of(sort: Sort) -> tuple[ColumnElement[Any], ...]:
    """Return the order over all statuses: by urgency, those that wait come last; by due time, those never due."""
    match sort:
        case Sort.URGENT:
            waits = col(Case.status) == CaseStatus.WAITING
            return waits.asc(), col(Case.priority).desc(), _ID.desc()
        case Sort.DUE:
            is_never = _DUE.is_(None)
            return is_never.asc(), _DUE.asc(), case((is_never, -_ID), else_=_ID).asc()
        case Sort.NEWEST:
            return col(Case.last_posted_at).desc(), _ID.desc()


def runs_behind(after: Position | None, status: CaseStatus, sort: Sort) -> list[Run]:
    """Return the runs of a status, as far as they lie behind a place."""
    if sort is Sort.DUE:
        return _due_runs(after)
    key: Any = col(Case.priority) if sort is Sort.URGENT else col(Case.last_posted_at)
    order = (key.desc(), _ID.desc())
    if after is None:
        return [Run((), order)]
    waits = sort is Sort.URGENT and status is CaseStatus.WAITING
    if waits is not after.waits:
        return [Run((), order)] if waits else []
    return [Run((tuple_(key, _ID) < _place(after, key),), order)]


def _due_runs(after: Position | None) -> list[Run]:
    """Return those that are due, the soonest first, and those that never are, the newest first.

    The due time is in the order of those that have none so that PostgreSQL sees the index in it.
    """
    soon: tuple[ColumnElement[bool], ...] = (_DUE.is_not(None),)
    never: tuple[ColumnElement[bool], ...] = (_DUE.is_(None),)
    if after is not None and after.value is None:
        return [Run((*never, _ID.__lt__(after.case_id)), (_DUE.desc(), _ID.desc()))]
    if after is not None:
        soon = (*soon, tuple_(_DUE, _ID) > _place(after, _DUE))
    return [Run(soon, (_DUE.asc(), _ID.asc())), Run(never, (_DUE.desc(), _ID.desc()))]


def _place(after: Position, key: Any) -> Tuple:
    return tuple_(after.value, after.case_id, types=[key.type, _ID.type])
