"""What a search of core.searching means to the database: conditions on cases.

Words are looked for in a full-text index of the posts that belong to cases: FTS5 on SQLite, a table of tsvectors on
PostgreSQL. Nothing of what was typed reaches the query language of either but letters and digits: `core.searching`
takes the rest off.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    any_,
    cast,
    column,
    false,
    func,
    intersect,
    literal,
    literal_column,
    not_,
    or_,
    select,
    table,
)
from sqlalchemy import text as statement
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY
from sqlalchemy.orm import aliased
from sqlalchemy.sql import Select
from sqlmodel import Session, col

from core.platforms import platform_words
from core.searching import (
    After,
    Before,
    Began,
    Clause,
    HasParty,
    HasReason,
    Is,
    Levels,
    Name,
    Named,
    Numbered,
    Search,
    State,
    Term,
    Words,
)
from core.types import CaseStatus
from storage.reports.spans import began_in
from storage.rows import values_of
from storage.tables import PARTY_BITS, REASON_BITS, Brand, Case, Member, Team

PAGES_AT_ONCE: Final = 500  # of the index; others write in between
FEW: Final = 2000  # cases, which are looked up one by one
MANY: Final = 20_000  # cases, which are no longer named to the database
_MERGE: Final = statement("INSERT INTO post_search(post_search, rank) VALUES ('merge', :pages)")
_CHANGES: Final = statement("SELECT total_changes()")
_OTHER: Final = aliased(Case)
_INDEX: Final = table("post_search", column("rowid"), column("case_id"), column("words"))
_STATUSES: Final = {
    State.NEW: CaseStatus.NEW,
    State.OPEN: CaseStatus.OPEN,
    State.WAITING: CaseStatus.WAITING,
    State.RESOLVED: CaseStatus.RESOLVED,
    State.DISMISSED: CaseStatus.DISMISSED,
}


@dataclass(frozen=True, slots=True)
class Conditions:
    """What cases must meet; where `looks_up` is true, so few do that SQLite should not go through the list for them."""

    all: tuple[ColumnElement[bool], ...] = ()
    looks_up: bool = False


def conditions_of_search(session: Session, search: Search, member_id: int, now: datetime) -> Conditions:
    """Return the conditions that the cases of the search meet; a search for nothing finds nothing.

    Words hold for a case when one of its posts has them, and an excluded word when none has it.
    """
    compiling = _Compiling(session, member_id, now)
    wordy = [clause for clause in search.clauses if _is_of_words(clause)]
    others = tuple(compiling.clause(clause) for clause in search.clauses if clause not in wordy)
    known = _known_with(session, wordy) if wordy else None
    if known is not None:
        looks_up = compiling.is_sqlite and len(known) <= FEW
        return Conditions((_is_one_of(session, known, looks_up=looks_up), *others), looks_up=looks_up)
    conditions = (*(compiling.clause(clause) for clause in wordy), *others)
    return Conditions(conditions or (false(),), looks_up=compiling.looks_up)


def _is_of_words(clause: Clause) -> bool:
    return not clause.is_excluded and all(isinstance(term, Words) for term in clause.terms)


def _known_with(session: Session, wordy: Sequence[Clause]) -> Sequence[int] | None:
    """Return the cases that have words of each clause, none where these are too many to be named.

    It is kept for the session: a page asks for its rows and its counts in one, with the same search.
    """
    kept: dict[tuple[Clause, ...], Sequence[int] | None] = session.info.setdefault("cases_with", {})
    if tuple(wordy) not in kept:
        sets = [posts_with(session, *(term for term in clause.terms if isinstance(term, Words))) for clause in wordy]
        found = intersect(*sets) if len(sets) > 1 else sets[0].distinct()
        ids = session.execute(select(found.subquery().c.case_id).limit(MANY + 1)).scalars().all()
        kept[tuple(wordy)] = ids if len(ids) <= MANY else None
    return kept[tuple(wordy)]


def _is_one_of(session: Session, ids: Sequence[int], *, looks_up: bool) -> ColumnElement[bool]:
    """Return that a case is one of these, which go to the database as one value."""
    condition: ColumnElement[bool]
    if session.get_bind().dialect.name == "sqlite":
        case_id: Any = col(Case.id) if looks_up else col(Case.id) + 0  # hides the key from the planner
        named = func.json_each(json.dumps(list(ids))).table_valued("value")
        condition = case_id.in_(select(named.c.value))
    else:
        condition = col(Case.id) == any_(literal(list(ids), ARRAY(Integer)))
    return condition


def posts_with(session: Session, *terms: Words) -> Select[int]:
    """Return a query for the ids of the cases that have a post with any of these words; a case may come twice."""
    if session.get_bind().dialect.name == "sqlite":
        # The number of an entry is case * 2^32 + post.
        case_id: ColumnElement[int] = literal_column("post_search.rowid >> 32").label("case_id")
        query = " OR ".join(_fts5(term) for term in terms)
        return select(case_id).select_from(_INDEX).where(literal_column("post_search").bool_op("MATCH")(query))
    vector_query = cast(literal(" | ".join(_tsquery(term) for term in terms)), TSQUERY)
    return select(_INDEX.c.case_id).where(_INDEX.c.words.bool_op("@@")(vector_query))


def drop_deleted_words(session: Session, *, begin: bool) -> bool:
    """Rewrite some pages of SQLite's index without the words that were deleted from it; false where none are left.

    FTS5 only notes that words are deleted; they stay in the file until their part of the index is written anew, which
    for the oldest part is hardly ever: https://www.sqlite.org/fts5.html#the_merge_command . To `begin` makes one part
    of all; further calls go on with it. PostgreSQL's vacuum does as much unasked. To be called in a transaction that
    writes.
    """
    if session.get_bind().dialect.name != "sqlite":
        return False
    before = session.execute(_CHANGES).scalar_one()
    session.execute(_MERGE, {"pages": -PAGES_AT_ONCE if begin else PAGES_AT_ONCE})
    return bool(session.execute(_CHANGES).scalar_one() - before >= 2)  # fewer: it had nothing to do


def _fts5(term: Words) -> str:
    return f'"{" ".join(term.words)}"{"*" if term.begins else ""}'


def _tsquery(term: Words) -> str:
    *others, last = (f"'{word}'" for word in term.words)
    return f"({' <-> '.join([*others, f'{last}:*' if term.begins else last])})"


class _Compiling:
    """Turns terms into conditions, for one member at one time."""

    def __init__(self, session: Session, member_id: int, now: datetime) -> None:
        self._session, self._member_id, self._now = session, member_id, now
        self.is_sqlite = session.get_bind().dialect.name == "sqlite"
        self.looks_up = False

    def clause(self, clause: Clause) -> ColumnElement[bool]:
        """Return the condition of a clause."""
        words = [term for term in clause.terms if isinstance(term, Words)]
        rest = [self._term(term) for term in clause.terms if not isinstance(term, Words)]
        is_few = self.is_sqlite and not clause.is_excluded and self._is_met_by_few(clause)
        self.looks_up |= is_few
        condition = or_(*([self._has(words)] if words else []), *rest)
        return not_(condition) if clause.is_excluded else condition

    def _has(self, words: Sequence[Words]) -> ColumnElement[bool]:
        """Return that a case has the words.

        PostgreSQL knows how common a word is, and so whether to look the cases up or to ask of each in the list.
        SQLite does not: there it must be hidden that cases could be looked up by their keys where these are many.
        """
        found = posts_with(self._session, *words)
        if not self.is_sqlite:
            return found.where(_INDEX.c.case_id == col(Case.id)).exists()
        case_id: Any = col(Case.id) + 0
        condition: ColumnElement[bool] = case_id.in_(select(found.cte().c.case_id))
        return condition

    @staticmethod
    def _is_met_by_few(clause: Clause) -> bool:
        match clause.terms:
            case (Numbered(),) | (Named(what=Name.AUTHOR),):
                return True
            case _:
                return False

    def _term(self, term: Term) -> ColumnElement[bool]:
        match term:
            case Named():
                return self._named(term)
            case Levels():
                return col(Case.severity).between(term.least, term.most)
            case HasReason():
                return col(Case.reason_bits).bitwise_and(REASON_BITS[term.reason]) != 0
            case HasParty():
                return col(Case.party_bits).bitwise_and(PARTY_BITS[term.party]) != 0
            case Is():
                return self._is(term.state)
            case Before():
                return col(Case.last_posted_at) < datetime.combine(term.day, time(), UTC)
            case After():
                return col(Case.last_posted_at) >= datetime.combine(term.day, time(), UTC)
            case Began():
                return began_in(self._session, term.span, term.weekday, term.hour)
            case Numbered():
                return col(Case.id) == term.case_id
            case Words():
                return self._has([term])

    def _named(self, term: Named) -> ColumnElement[bool]:
        match term.what:
            case Name.AUTHOR:
                # Looked up by itself, as the order of the list is in other indexes.
                of_author = select(col(_OTHER.id)).where(col(_OTHER.author_key).in_((term.name, f"@{term.name}")))
                return col(Case.id).in_(of_author)
            case Name.LANGUAGE:
                return col(Case.language) == term.name
            case Name.PLATFORM:
                platforms = values_of(self._session, Case.platform)
                return col(Case.platform).in_(
                    [each for each in platforms if _is_called(term.name, each, platform_words(each))]
                )
            case Name.COURIER:
                couriers = values_of(self._session, Case.courier)
                return col(Case.courier).in_([each for each in couriers if _is_called(term.name, each)])
            case Name.BRAND:
                return col(Case.brand_id).in_(self._called(term.name, select(col(Brand.id), col(Brand.name))))
            case Name.TEAM:
                return _surely(col(Case.team_id).in_(self._called(term.name, select(col(Team.id), col(Team.name)))))
            case Name.ASSIGNEE:
                return self._assigned_to(term.name)

    def _assigned_to(self, name: str) -> ColumnElement[bool]:
        if name in ("nobody", "none"):
            return col(Case.assignee_id).is_(None)
        if name == "me":
            return _surely(col(Case.assignee_id) == self._member_id)
        called = self._called(name, select(col(Member.id), col(Member.name), col(Member.email)))
        return _surely(col(Case.assignee_id).in_(called))

    def _called(self, name: str, query: Select[*tuple[Any, ...]]) -> list[int]:
        return [key for key, *names in self._session.execute(query) if _is_called(name, *names)]

    def _is(self, state: State) -> ColumnElement[bool]:
        if state in _STATUSES:
            return col(Case.status) == _STATUSES[state]
        conditions: dict[State, ColumnElement[bool]] = {
            State.UNSURE: col(Case.unsure).is_(True),
            State.SNOOZED: col(Case.snoozed_until).is_not(None),
            State.UNASSIGNED: col(Case.assignee_id).is_(None),
            State.ASSIGNED: col(Case.assignee_id).is_not(None),
            State.MINE: _surely(col(Case.assignee_id) == self._member_id),
            State.RETURNED: col(Case.returned_at).is_not(None),
            State.ANSWERED: col(Case.first_reply_at).is_not(None),
            State.OVERDUE: _surely(col(Case.due_at) < self._now),
        }
        return conditions[state]


def _surely(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return a condition that is false where a column is empty, so that what is left out by it keeps those cases."""
    sure: ColumnElement[bool] = func.coalesce(condition, false())
    return sure


def _is_called(wanted: str, *names: str) -> bool:
    """Tell whether one of the names begins like this, in whatever case it is written."""
    return any(name.casefold().startswith(wanted) for name in names)
