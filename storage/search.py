"""What a search of core.searching means to the database: conditions on cases.

Words are looked for in a full-text index of the posts that belong to cases: FTS5 on SQLite, a table of tsvectors on
PostgreSQL. Nothing of what was typed reaches the query language of either but letters and digits: `core.searching`
takes the rest off.

Which cases have a word is kept for the session where that is quick to find out. PostgreSQL takes long to fetch the many
rows of a common word; there each case that the list goes through is asked for it, which ends early.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    any_,
    cast,
    column,
    delete,
    false,
    func,
    insert,
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
FEW: Final = 2000  # cases, which SQLite looks up one by one
MANY: Final = 20_000  # cases, which are no longer named to PostgreSQL
PAGEFUL: Final = 100  # cases that are found before a page is full, or its counts reach their cap
_MERGE: Final = statement("INSERT INTO post_search(post_search, rank) VALUES ('merge', :pages)")
_CHANGES: Final = statement("SELECT total_changes()")
_OTHER: Final = aliased(Case)
_INDEX: Final = table("post_search", column("rowid"), column("case_id"), column("words"))
_FOUND: Final = table("found_case", column("search"), column("case_id"))  # of SQLite's connections: storage.database
_PLANNED: Final = statement("EXPLAIN (FORMAT JSON) SELECT FROM post_search WHERE words @@ CAST(:words AS tsquery)")
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


@dataclass(frozen=True, slots=True)
class _Found:
    """That a case has words; `count` is how many cases have them, none where that is not known."""

    condition: ColumnElement[bool]
    count: int | None = None


def conditions_of_search(session: Session, search: Search, member_id: int, now: datetime) -> Conditions:
    """Return the conditions that the cases of the search meet; a search for nothing finds nothing.

    Words hold for a case when one of its posts has them, and an excluded word when none has it.
    """
    wordy = [clause for clause in search.clauses if _is_of_words(clause)]
    found = _cases_with(session, [_words_of(clause) for clause in wordy]) if wordy else None
    compiling = _Compiling(session, member_id, now, asks=found is None or found.count is None)
    conditions = [compiling.clause(clause) for clause in search.clauses if clause not in wordy]
    if found is not None:
        conditions.append(found.condition)
    is_few = found is not None and found.count is not None and found.count <= FEW
    looks_up = compiling.looks_up or (compiling.is_sqlite and is_few)
    return Conditions(tuple(conditions) or (false(),), looks_up=looks_up)


def _is_of_words(clause: Clause) -> bool:
    return not clause.is_excluded and all(isinstance(term, Words) for term in clause.terms)


def _words_of(clause: Clause) -> tuple[Words, ...]:
    return tuple(term for term in clause.terms if isinstance(term, Words))


def _cases_with(session: Session, groups: Sequence[tuple[Words, ...]]) -> _Found:
    """Return that a case has words of each group.

    It is kept for the session: a page asks for its rows and its counts in one, with the same search.
    """
    kept: dict[tuple[tuple[Words, ...], ...], _Found] = session.info.setdefault("cases_with", {})
    asked = tuple(groups)
    if asked not in kept:
        is_sqlite = session.get_bind().dialect.name == "sqlite"
        kept[asked] = _written_down(session, asked, len(kept)) if is_sqlite else _named_or_asked(session, asked)
    return kept[asked]


def _written_down(session: Session, groups: Sequence[tuple[Words, ...]], number: int) -> _Found:
    """Write the cases of SQLite's index down for the session: it is quick to find all, and cannot be asked for one."""
    if number == 0:  # a session that wrote left some
        session.execute(delete(_FOUND))
    first, *others = (posts_with(session, *words).subquery() for words in groups)
    cases = select(literal(number), first.c.case_id).where(*(first.c.case_id.in_(select(each)) for each in others))
    # A case comes once for each of its posts, one behind the other: that is quicker to pass over than to sort out.
    writing = insert(_FOUND).prefix_with("OR IGNORE").from_select(["search", "case_id"], cases)
    count = session.execute(writing).rowcount  # type: ignore[attr-defined]
    ours = select(_FOUND.c.case_id).where(_FOUND.c.search == number)
    if count <= FEW:
        return _Found(col(Case.id).in_(ours), count)
    # In a form that leaves the list in its order: cases are not looked up by the keys of many.
    return _Found(ours.where(_FOUND.c.case_id == col(Case.id)).exists(), count)


def _named_or_asked(session: Session, groups: Sequence[tuple[Words, ...]]) -> _Found:
    """Name the cases to PostgreSQL where one of the groups is rare, else let each be asked in the order of the list.

    The list goes through the more cases the fewer of them have all that is looked for. Where it would go through more
    than have the rarest, it is quicker to fetch those.
    """
    posts = {words: _posts_expected(session, words) for words in groups}
    rarest, *others = sorted(posts, key=lambda words: posts[words])
    cases = max(session.execute(select(func.max(col(Case.id)))).scalar() or 0, 1)
    share = 1.0
    for number in posts.values():
        share *= min(number / cases, 1)
    if share * posts[rarest] < PAGEFUL:
        found = posts_with(session, *rarest).where(*(_asked(each, _INDEX.c.case_id) for each in others))
        ids = session.execute(found.distinct().limit(MANY + 1)).scalars().all()
        if len(ids) <= MANY:
            return _Found(col(Case.id) == any_(literal(list(ids), ARRAY(Integer))), len(ids))
    return _Found(and_(*(_asked(words, col(Case.id)) for words in (rarest, *others))))


def _posts_expected(session: Session, words: Sequence[Words]) -> int:
    """Return about how many posts have one of the words, as PostgreSQL's planner guesses."""
    plan = session.execute(_PLANNED, {"words": _any_of(words)}).scalar_one()
    return int(plan[0]["Plan"]["Plan Rows"])


def _asked(words: Sequence[Words], case_id: Any) -> ColumnElement[bool]:
    """Return that a case has one of the words, in a form that PostgreSQL's planner cannot turn into a join.

    It would fetch all posts with a common word first; with an offset the question stays one about each case, and comes
    after what is cheaper to know of it.
    """
    indexed = _INDEX.alias()
    of_case = (
        select(literal(1))
        .where(indexed.c.case_id == case_id, _matches(indexed.c.words, words))
        .offset(literal_column("0"))
    )
    return of_case.exists()


def posts_with(session: Session, *terms: Words) -> Select[int]:
    """Return a query for the ids of the cases that have a post with any of these words; a case may come twice."""
    if session.get_bind().dialect.name == "sqlite":
        # The number of an entry is case * 2^32 + post.
        case_id: ColumnElement[int] = literal_column("post_search.rowid >> 32").label("case_id")
        query = " OR ".join(_fts5(term) for term in terms)
        return select(case_id).select_from(_INDEX).where(literal_column("post_search").bool_op("MATCH")(query))
    return select(_INDEX.c.case_id).where(_matches(_INDEX.c.words, terms))


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


def _matches(vectors: ColumnElement[Any], words: Sequence[Words]) -> ColumnElement[bool]:
    return vectors.bool_op("@@")(cast(literal(_any_of(words)), TSQUERY))


def _any_of(words: Sequence[Words]) -> str:
    return " | ".join(_tsquery(each) for each in words)


def _tsquery(term: Words) -> str:
    *others, last = (f"'{word}'" for word in term.words)
    return f"({' <-> '.join([*others, f'{last}:*' if term.begins else last])})"


class _Compiling:
    """Turns terms into conditions, for one member at one time.

    `asks` is true where no words leave few cases: PostgreSQL then has to ask each whether it has what is left out.
    """

    def __init__(self, session: Session, member_id: int, now: datetime, *, asks: bool) -> None:
        self._session, self._member_id, self._now, self._asks = session, member_id, now, asks
        self.is_sqlite = session.get_bind().dialect.name == "sqlite"
        self.looks_up = False

    def clause(self, clause: Clause) -> ColumnElement[bool]:
        """Return the condition of a clause."""
        words = _words_of(clause)
        rest = [self._term(term) for term in clause.terms if not isinstance(term, Words)]
        self.looks_up |= self.is_sqlite and not clause.is_excluded and self._is_met_by_few(clause)
        if words:
            rest.append(self._left_out(words) if clause.is_excluded else _cases_with(self._session, [words]).condition)
        condition = or_(*rest)
        return not_(condition) if clause.is_excluded else condition

    def _left_out(self, words: tuple[Words, ...]) -> ColumnElement[bool]:
        """Return that a case has the words, in a form that suits to leave it out: most cases do not have them."""
        if self.is_sqlite:
            return _cases_with(self._session, [words]).condition
        if self._asks:
            return _asked(words, col(Case.id))
        return posts_with(self._session, *words).where(_INDEX.c.case_id == col(Case.id)).exists()

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
                return _cases_with(self._session, [(term,)]).condition

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
