"""Counting: the facts of cases that changed are made anew, then the days on which these stand are summed anew.

Both are transactions of their own, and short. A fact that changes marks its days as stale in the same transaction, so a
crash in between leaves them to be summed later. Whoever counts locks the row of `TallyState`, so that two workers do it
one after the other. Doing any of this twice changes nothing.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from sqlalchemy import delete, func, insert, select
from sqlmodel import Session, col

from core.tallies import VERSION, Calendar, CaseSeen, Fact, cells_of, facts_of
from storage.reports.seeing import calendars, seen_cases
from storage.tables import (
    PARTY_BITS,
    REASON_BITS,
    Brand,
    Case,
    CaseEvent,
    ReportCell,
    ReportFact,
    StaleDay,
    TallyState,
)
from storage.tables.cases import bits_of

CHUNK: Final = 500  # cases a transaction
TRAILS_BY: Final = timedelta(minutes=5)  # longer than a transaction lasts that changes a case
_TRAILS_BY_EVENTS: Final = 1000  # where counting begins: as many may be in transactions that are not over
_ROW: Final = 1
_FACT: Final = (col(ReportFact.day), col(ReportFact.platform), col(ReportFact.courier), col(ReportFact.counts))
_KEPT: Final = (col(ReportFact.brand_id), col(ReportFact.reason_bits), col(ReportFact.party_bits), *_FACT)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A fact with the brand of its case, and what this is about."""

    brand_id: int
    reason_bits: int
    party_bits: int
    fact: Fact


@dataclass(frozen=True, slots=True)
class Changed:
    """Which cases may count differently now, and up to where changes were looked for."""

    case_ids: tuple[int, ...]
    at: datetime
    event: int
    is_worth_noting: bool


def must_begin(session: Session) -> bool:
    """Tell whether a brand is to be counted by other rules than it was, or was not counted yet."""
    return bool(_to_begin(session, session.get_one(TallyState, _ROW)))


def begin(session: Session, now: datetime) -> None:
    """Let every brand be counted anew for which `must_begin` holds: all of its cases, the latest first."""
    state = _held(session)
    if state.from_at is None:
        event = _last_event(session)
        state.from_at, state.seen_at = now - TRAILS_BY, now
        state.from_event, state.seen_event = max(event - _TRAILS_BY_EVENTS, 0), event
    begun = _to_begin(session, state)
    behind_last = (session.execute(select(func.max(Case.id))).scalar() or 0) + 1
    state.brands = {**state.brands, **{name: {"rules": rules, "below": behind_last} for name, rules in begun.items()}}
    session.add(state)


def _to_begin(session: Session, state: TallyState) -> dict[str, str]:
    """Return what the facts of a brand's cases depend on besides these, for each brand of which it is news."""
    brands = session.execute(select(col(Brand.id), col(Brand.timezone), col(Brand.hours)))
    rules = {str(brand_id): f"{VERSION} {zone} {'; '.join(hours)}" for brand_id, zone, hours in brands}
    return {name: each for name, each in rules.items() if state.brands.get(name, {}).get("rules") != each}


def recount(session: Session) -> None:
    """Let everything be counted anew from the cases themselves; until that is done the reports show what they did."""
    state = _held(session)
    state.brands = {}
    session.add(state)


def changed(session: Session, now: datetime) -> Changed:
    """Return the cases that changed lately, whether or not this was looked at before."""
    state, event = session.get_one(TallyState, _ROW), _last_event(session)
    if state.from_at is None or state.seen_at is None:
        return Changed((), now, event, is_worth_noting=False)
    updated = select(col(Case.id)).where(col(Case.updated_at) >= state.from_at)
    happened = select(col(CaseEvent.case_id)).where(col(CaseEvent.id) > state.from_event).distinct()
    ids = {case_id for query in (updated, happened) for case_id in session.scalars(query) if case_id is not None}
    is_soon = timedelta() <= now - state.seen_at < TRAILS_BY
    return Changed(tuple(sorted(ids)), now, event, is_worth_noting=not is_soon)


def note_looked(session: Session, looked: Changed) -> None:
    """Go on from here next time, some minutes back."""
    state = _held(session)
    was_put_back = state.seen_at is None or looked.at < state.seen_at  # the clock
    state.from_at = looked.at - TRAILS_BY if was_put_back else state.seen_at
    state.from_event = state.seen_event
    state.seen_at, state.seen_event = looked.at, looked.event
    session.add(state)


def outdated(session: Session, case_ids: Sequence[int]) -> list[int]:
    """Return which of the cases count for something else than what is kept of them."""
    known = calendars(session)
    kept = _kept(session, case_ids)
    found = seen_cases(session, case_ids)
    return [case_id for case_id in case_ids if _now_of(found.get(case_id), known) != kept.get(case_id, frozenset())]


def refresh(session: Session, case_ids: Sequence[int]) -> int:
    """Make the facts of these cases anew; return for how many they changed."""
    _held(session)
    return _refresh(session, case_ids)


def _now_of(seen: tuple[int, CaseSeen] | None, known: Mapping[int, Calendar]) -> frozenset[_Kept]:
    if seen is None:
        return frozenset()
    brand_id, case = seen
    bits = bits_of(case.reasons, REASON_BITS), bits_of(case.parties, PARTY_BITS)
    return frozenset(_Kept(brand_id, *bits, fact) for fact in facts_of(case, known[brand_id]))


def _kept(session: Session, case_ids: Sequence[int]) -> dict[int, frozenset[_Kept]]:
    query = select(col(ReportFact.case_id), *_KEPT).where(col(ReportFact.case_id).in_(case_ids))
    rows: Iterable[Any] = session.execute(query.order_by(col(ReportFact.case_id)))
    return {
        case_id: frozenset(_Kept(row[1], row[2], row[3], _fact(row[4:])) for row in facts)
        for case_id, facts in groupby(rows, key=lambda row: row[0])
    }


def _fact(row: Sequence[Any]) -> Fact:
    day, platform, courier, counts = row
    return Fact(day, platform, courier, tuple(counts))


def _refresh(session: Session, case_ids: Sequence[int]) -> int:
    known, kept, found = calendars(session), _kept(session, case_ids), seen_cases(session, case_ids)
    now = {case_id: _now_of(found.get(case_id), known) for case_id in case_ids}
    differing = [case_id for case_id in case_ids if now[case_id] != kept.get(case_id, frozenset())]
    if not differing:
        return 0
    session.execute(delete(ReportFact).where(col(ReportFact.case_id).in_(differing)))
    rows = [{"case_id": case_id, **_columns(each)} for case_id in differing for each in now[case_id]]
    if rows:
        session.execute(insert(ReportFact), rows)
    _mark_stale(
        session,
        {
            (each.brand_id, each.fact.day)
            for case_id in differing
            for each in now[case_id] ^ kept.get(case_id, frozenset())
        },
    )
    return len(differing)


def _columns(kept: _Kept) -> dict[str, Any]:
    fact = kept.fact
    bits = {"reason_bits": kept.reason_bits, "party_bits": kept.party_bits}
    of_fact = {"day": fact.day, "platform": fact.platform, "courier": fact.courier, "counts": list(fact.counts)}
    return {"brand_id": kept.brand_id, **bits, **of_fact}


def _mark_stale(session: Session, days: Collection[tuple[int, Any]]) -> None:
    """Note that the days are to be summed anew. The lock on the state lets nobody else do so meanwhile."""
    rows = session.execute(select(col(StaleDay.brand_id), col(StaleDay.day)))
    marked = {(brand_id, day) for brand_id, day in rows}
    new = sorted(set(days) - marked)
    if new:
        session.execute(insert(StaleDay), [{"brand_id": brand_id, "day": day} for brand_id, day in new])


def must_walk(session: Session) -> bool:
    """Tell whether a brand is being counted anew."""
    return _walking(session.get_one(TallyState, _ROW)) is not None


def _walking(state: TallyState) -> str | None:
    return next((name for name, each in state.brands.items() if each["below"] is not None), None)


def walk(session: Session) -> int:
    """Make the facts of the next cases of a brand that is counted anew; return how many were looked at."""
    state = _held(session)
    brand = _walking(state)
    if brand is None:
        return 0
    below = state.brands[brand]["below"]
    query = select(col(Case.id)).where(col(Case.brand_id) == int(brand), col(Case.id) < below)
    ids = [case_id for case_id in session.scalars(query.order_by(col(Case.id).desc()).limit(CHUNK)) if case_id]
    _refresh(session, ids)
    if not ids:
        _forget_gone(session, int(brand))
    # A new mapping: SQLAlchemy does not see what changes within one.
    state.brands = {**state.brands, brand: {**state.brands[brand], "below": min(ids) if ids else None}}
    session.add(state)
    return max(len(ids), 1)


def _forget_gone(session: Session, brand_id: int) -> None:
    """Drop the facts of cases that are not there any more, or belong to another brand."""
    of_brand = select(col(Case.id)).where(col(Case.brand_id) == brand_id)
    gone = (col(ReportFact.brand_id) == brand_id) & col(ReportFact.case_id).not_in(of_brand)
    days = session.execute(select(col(ReportFact.brand_id), col(ReportFact.day)).where(gone).distinct()).all()
    session.execute(delete(ReportFact).where(gone).execution_options(synchronize_session=False))
    _mark_stale(session, {(row[0], row[1]) for row in days})


def has_stale_day(session: Session) -> bool:
    """Tell whether a day is to be summed anew."""
    return session.execute(select(col(StaleDay.brand_id)).limit(1)).first() is not None


def sum_a_day(session: Session) -> bool:
    """Sum the latest day that is stale; tell whether there was one."""
    _held(session)
    stale = session.scalars(select(StaleDay).order_by(col(StaleDay.day).desc()).limit(1)).first()
    if stale is None:
        return False
    of_day = {"brand_id": stale.brand_id, "day": stale.day}
    facts = session.execute(select(*_FACT).filter_by(**of_day))
    session.execute(delete(ReportCell).filter_by(**of_day))
    cells = sorted(cells_of(map(_fact, facts)).items())
    if cells:
        session.execute(insert(ReportCell), [_cell(place, counts) | of_day for place, counts in cells])
    session.delete(stale)
    return True


def _cell(place: tuple[str, str], counts: Counter[str]) -> dict[str, Any]:
    return {"platform": place[0], "courier": place[1], "cases": counts["cases"], "counts": dict(counts)}


def _last_event(session: Session) -> int:
    return session.execute(select(func.max(CaseEvent.id))).scalar() or 0


def _held(session: Session) -> TallyState:
    """Return the state, locked until the transaction ends."""
    return session.scalars(select(TallyState).where(col(TallyState.id) == _ROW).with_for_update()).one()
