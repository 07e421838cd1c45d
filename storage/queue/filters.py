"""Which cases the queue shows: its views, its filters, and their conditions in the database's words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, or_
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
NOBODY: Final = 0  # among the assignees: the cases that nobody has
MOST_VALUES: Final = 50  # of one filter; a link that holds more is cut
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


Kept = str | int | list[str | int]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which cases to show, and in which order; nothing given means all.

    Where a filter takes several values, one of them must hold. They are in order, so that the same ones are equal.
    """

    view: View = View.UNASSIGNED
    sort: Sort = Sort.URGENT
    brand_ids: tuple[int, ...] = ()
    platforms: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    least_severity: Severity = Severity.NONE
    parties: tuple[Party, ...] = ()
    couriers: tuple[str, ...] = ()
    assignee_ids: tuple[int, ...] = ()  # NOBODY may be one
    team_ids: tuple[int, ...] = ()
    languages: tuple[str, ...] = ()
    oldest: timedelta | None = None  # its last post is no older than this
    text: str = ""  # in the language of core.searching

    @property
    def narrows(self) -> bool:
        """True where something besides the view leaves cases out."""
        return replace(self, view=View.OPEN, sort=Sort.URGENT) != Filter(view=View.OPEN)

    def to_dict(self) -> dict[str, Kept]:
        """Return what differs from the default, as a saved view keeps it: one value plainly, several as a list."""
        default = Filter()
        chosen = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            _KEPT_AS.get(name, name): _plain(value) for name, value in chosen.items() if value != getattr(default, name)
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """Return the filter that `to_dict` kept; what is not known any more, or never was, is left at its default."""
        names = {name: _KEPT_AS.get(name, name) for name in _READERS}
        found = {name: _read(_READERS[name], kept[old]) for name, old in names.items() if old in kept}
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
    exact: dict[Any, Sequence[int | str]] = {
        Case.brand_id: wanted.brand_ids,
        Case.platform: wanted.platforms,
        Case.courier: wanted.couriers,
        Case.team_id: wanted.team_ids,
        Case.language: wanted.languages,
    }
    conditions = [_is_one_of(column, values) for column, values in exact.items() if values]
    if wanted.assignee_ids:
        conditions.append(_has_one_of(wanted.assignee_ids))
    if wanted.reasons:
        conditions.append(_has_a_bit(Case.reason_bits, REASON_BITS, wanted.reasons))
    if wanted.parties:
        conditions.append(_has_a_bit(Case.party_bits, PARTY_BITS, wanted.parties))
    if wanted.least_severity > Severity.NONE:
        conditions.append(col(Case.severity) >= int(wanted.least_severity))
    if wanted.oldest is not None:
        conditions.append(col(Case.last_posted_at) >= now - wanted.oldest)
    if not wanted.text.strip():
        return Conditions(tuple(conditions))
    searched = conditions_of_search(session, parse(wanted.text), member_id, now)
    return replace(searched, all=(*conditions, *searched.all))


def _is_one_of(column: Any, values: Sequence[int | str]) -> ColumnElement[bool]:
    return col(column) == values[0] if len(values) == 1 else col(column).in_(values)


def _has_one_of(assignee_ids: Sequence[int]) -> ColumnElement[bool]:
    """Return that one of these members has the case, or nobody where NOBODY is among them."""
    keys = [key for key in assignee_ids if key != NOBODY]
    members = [_is_one_of(Case.assignee_id, keys)] if keys else []
    return or_(*members, *([col(Case.assignee_id).is_(None)] if NOBODY in assignee_ids else []))


def _has_a_bit(column: Any, bits: Mapping[str, int], names: Sequence[str]) -> ColumnElement[bool]:
    return col(column).bitwise_and(sum(bits[name] for name in names)) != 0


def _plain(value: object) -> Kept:
    if isinstance(value, tuple):
        return _plain_one(value[0]) if len(value) == 1 else [_plain_one(each) for each in value]
    return _plain_one(value)


def _plain_one(value: object) -> str | int:
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


def _assignee(value: object) -> int:
    return NOBODY if str(value) == str(NOBODY) else _key(value)


def _text(value: object) -> str:
    return storable(str(value), LONGEST_SEARCH)


def _word(value: object) -> str:
    if not isinstance(value, str) or not (word := _text(value)):
        raise ValueError(value)
    return word


def _several(read: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads a list of values, or the one value that a filter took in an older version."""

    def read_all(value: object) -> tuple[Any, ...]:
        given = value[:MOST_VALUES] if isinstance(value, (list, tuple)) else (value,)
        return tuple(sorted({found for each in given if (found := _read(read, each)) is not None}))

    return read_all


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "view": View,
    "sort": Sort,
    "brand_ids": _several(_key),
    "platforms": _several(_word),
    "reasons": _several(Reason),
    "least_severity": lambda value: Severity(int(str(value))),
    "parties": _several(Party),
    "couriers": _several(_word),
    "assignee_ids": _several(_assignee),
    "team_ids": _several(_key),
    "languages": _several(_word),
    "oldest": lambda value: min(timedelta(seconds=_key(value)), LONGEST_AGE),
    "text": _text,
}
# Saved views know these by the name that they had when they took one value.
_KEPT_AS: Final = {
    "brand_ids": "brand_id",
    "platforms": "platform",
    "reasons": "reason",
    "parties": "party",
    "couriers": "courier",
    "assignee_ids": "assignee_id",
    "team_ids": "team_id",
    "languages": "language",
}
