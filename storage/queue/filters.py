"""Which cases the queue shows: its views, its filters, and their conditions in the database's words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

from sqlalchemy import ColumnElement
from sqlmodel import Session, col

from core.searching import LONGEST_SEARCH, parse
from core.taxonomy import Party, Reason, Severity
from core.text import storable
from core.types import CaseStatus
from storage.cases import OPEN_STATUSES
from storage.search import Conditions, conditions_of_search
from storage.tables import PARTY_BITS, REASON_BITS, Case

DUE_SOON: Final = timedelta(hours=2)
ACTIVE_STATUSES: Final = (CaseStatus.NEW, CaseStatus.OPEN)
LARGEST_ID: Final = 2**31 - 1
LONGEST_AGE: Final = timedelta(days=36_600)


class View(StrEnum):
    """The tabs of the queue."""

    UNASSIGNED = "unassigned"
    MINE = "mine"
    DUE = "due"
    WAITING = "waiting"
    UNSURE = "unsure"
    OPEN = "open"
    ALL = "all"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


class Sort(StrEnum):
    """The order of the queue."""

    URGENT = "urgent"
    DUE = "due"
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
    party: Party | None = None
    courier: str = ""
    assignee_id: int | None = None
    team_id: int | None = None
    language: str = ""
    oldest: timedelta | None = None  # its last post is no older than this
    text: str = ""  # in the language of core.searching

    @property
    def narrows(self) -> bool:
        """True where something besides the view leaves cases out."""
        return replace(self, view=View.OPEN, sort=Sort.URGENT) != Filter(view=View.OPEN)

    def to_dict(self) -> dict[str, str | int]:
        """Return what differs from the default, as a saved view and a link keep it."""
        default = Filter()
        chosen = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: _plain(value) for name, value in chosen.items() if value != getattr(default, name)}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """Return the filter that `to_dict` kept; what is not known any more, or never was, is left at its default."""
        found = {name: _read(read, kept[name]) for name, read in _READERS.items() if name in kept}
        return cls(**{name: value for name, value in found.items() if value is not None})


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the queue: the page behind it starts with the next case in order.

    `value` is what the case is ordered by, none where it is never due; `waits` says that it waits for its author.
    """

    value: int | datetime | None
    case_id: int
    waits: bool = False


_STATUSES: Final[Mapping[View, tuple[CaseStatus, ...]]] = {
    View.UNASSIGNED: ACTIVE_STATUSES,
    View.MINE: OPEN_STATUSES,
    View.DUE: ACTIVE_STATUSES,
    View.WAITING: (CaseStatus.WAITING,),
    View.UNSURE: OPEN_STATUSES,
    View.OPEN: OPEN_STATUSES,
    View.ALL: (*OPEN_STATUSES, CaseStatus.RESOLVED),
    View.RESOLVED: (CaseStatus.RESOLVED,),
    View.DISMISSED: (CaseStatus.DISMISSED,),
}


def statuses_of(view: View) -> tuple[CaseStatus, ...]:
    """Return the statuses of a view. A case that waits for its author needs nobody: it is not among the unassigned."""
    return _STATUSES[view]


def conditions_of_view(view: View, member_id: int, now: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions of a view besides the one on the status."""
    match view:
        case View.UNASSIGNED:
            return [col(Case.assignee_id).is_(None)]
        case View.MINE:
            return [col(Case.assignee_id) == member_id]
        case View.DUE:
            return [col(Case.due_at) < now + DUE_SOON]
        case View.UNSURE:
            return [col(Case.unsure).is_(True)]
        case View.ALL | View.RESOLVED | View.DISMISSED:
            return [col(Case.merged_into_id).is_(None)]
        case _:
            return []


def conditions_of(session: Session, wanted: Filter, member_id: int, now: datetime) -> Conditions:
    """Return the conditions of a filter besides those of its view.

    Raises InputError where the text of the search cannot be read.
    """
    exact = {
        Case.brand_id: wanted.brand_id,
        Case.platform: wanted.platform or None,
        Case.courier: wanted.courier or None,
        Case.assignee_id: wanted.assignee_id,
        Case.team_id: wanted.team_id,
        Case.language: wanted.language or None,
    }
    conditions = [col(column) == value for column, value in exact.items() if value is not None]
    if wanted.reason is not None:
        conditions.append(col(Case.reason_bits).bitwise_and(REASON_BITS[wanted.reason]) != 0)
    if wanted.party is not None:
        conditions.append(col(Case.party_bits).bitwise_and(PARTY_BITS[wanted.party]) != 0)
    if wanted.least_severity > Severity.NONE:
        conditions.append(col(Case.severity) >= int(wanted.least_severity))
    if wanted.oldest is not None:
        conditions.append(col(Case.last_posted_at) >= now - wanted.oldest)
    if not wanted.text.strip():
        return Conditions(tuple(conditions))
    searched = conditions_of_search(session, parse(wanted.text), member_id, now)
    return replace(searched, all=(*conditions, *searched.all))


def _plain(value: object) -> str | int:
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    return int(value) if isinstance(value, int) else str(value)


def _read(read: Callable[[Any], Any], value: object) -> Any:
    """Return the value, none where it is none of its kind: it may come from a link that somebody typed."""
    try:
        return read(value)
    except (ValueError, TypeError, OverflowError):
        return None


def _key(value: object) -> int:
    number = int(str(value))
    if not 0 < number <= LARGEST_ID:
        raise ValueError(number)
    return number


def _text(value: object) -> str:
    return storable(str(value), LONGEST_SEARCH)


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "view": View,
    "sort": Sort,
    "brand_id": _key,
    "platform": _text,
    "reason": Reason,
    "least_severity": lambda value: Severity(int(str(value))),
    "party": Party,
    "courier": _text,
    "assignee_id": _key,
    "team_id": _key,
    "language": _text,
    "oldest": lambda value: min(timedelta(seconds=_key(value)), LONGEST_AGE),
    "text": _text,
}
