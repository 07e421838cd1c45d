"""Reading the counts of a report's days, and what stands beside them: open work, broken promises, gaps in the posts."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, cast, func, select
from sqlmodel import Session, col

from core.counted import Counted, add
from core.hours import parse
from core.reporting import Period, Span, bounds, day_of
from core.tallies import ALL
from core.windows import Stretch
from storage.cases import OPEN_STATUSES
from storage.tables import (
    PARTY_BITS,
    REASON_BITS,
    Brand,
    Case,
    Member,
    Promise,
    PromiseState,
    ReportCell,
    ReportFact,
    Source,
    StaleDay,
    TallyState,
)
from storage.windows import open_gaps_of

LATE_AFTER: Final = timedelta(minutes=15)  # the worker notes every five minutes that it counted


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases a report is about; a courier, reason or party that is empty stands for none named, None for all."""

    brand_id: int | None = None
    platform: str | None = None
    courier: str | None = None
    reason: str | None = None
    party: str | None = None

    @property
    def narrows(self) -> bool:
        """True where it is not about everything of its brands."""
        return any(each is not None for each in (self.platform, self.courier, self.reason, self.party))


@dataclass(frozen=True, slots=True)
class BrandDays:
    """A brand, and its calendar."""

    id: int
    name: str
    zone: str
    has_hours: bool


@dataclass(frozen=True, slots=True)
class AtStake:
    """A promise that was broken, or that was due and is not settled."""

    case_id: int
    author: str
    text: str
    due_at: datetime
    zone: str
    is_broken: bool


@dataclass(frozen=True, slots=True)
class Missed:
    """A stretch of a source's time of which posts may be missing."""

    source: str
    from_at: datetime
    until_at: datetime
    why: str
    zone: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How far counting has come: `cases_left` is how many are counted anew, `since` when it last was looked."""

    cases_left: int
    days_left: int
    since: datetime | None
    is_late: bool


def brand_days(session: Session) -> list[BrandDays]:
    """Return the brands by name."""
    rows = session.execute(
        select(col(Brand.id), col(Brand.name), col(Brand.timezone), col(Brand.hours)).order_by(col(Brand.name))
    )
    return [BrandDays(row[0], row[1], row[2], not parse(row[3]).is_always) for row in rows]


def today_of(brands: Sequence[BrandDays], now: datetime) -> tuple[date, date]:
    """Return what day it is where it is latest, and the first day that is not over everywhere."""
    days = [day_of(now, brand.zone) for brand in brands] or [now.date()]
    return max(days), min(days)


def read_counted(session: Session, wanted: Wanted, period: Period) -> Counted:
    """Return the counts of the period's days, and of those that it is compared with.

    For a reason or a party they are counted from the facts of cases, else they are in the sums.
    """
    read = _summed if wanted.reason is None and wanted.party is None else _of_facts
    days: dict[date, dict[str, int]] = {}
    for brand_id, day, counts in read(session, wanted, _compared(period)):
        if "cases" in counts:
            counts[f"brand:{brand_id}"] = counts["cases"]
        if day in days:
            add(days[day], counts)
        else:
            days[day] = counts
    return Counted(period, days)


def _compared(period: Period) -> Span:
    return Span(min(period.span.first, period.before.first), period.span.last)


def _summed(session: Session, wanted: Wanted, span: Span) -> Iterator[tuple[int, date, dict[str, int]]]:
    """Yield the counts of each day and brand, which are read as one piece of JSON: this makes each name only once."""
    cell = ReportCell
    query = select(col(cell.brand_id), col(cell.day), cast(col(cell.counts), Text)).where(
        col(cell.platform) == (ALL if wanted.platform is None else wanted.platform),
        col(cell.courier) == (ALL if wanted.courier is None else wanted.courier),
        col(cell.day).between(span.first, span.last),
    )
    if wanted.brand_id is not None:
        query = query.where(col(cell.brand_id) == wanted.brand_id)
    rows = session.execute(query).all()
    for row, counts in zip(rows, json.loads(f"[{','.join(row[2] for row in rows)}]"), strict=True):
        yield row[0], row[1], counts


def offered(session: Session, wanted: Wanted, period: Period) -> tuple[list[str], list[str]]:
    """Return the platforms and the couriers of which something is counted in the period, by name."""
    cell = ReportCell
    within: list[ColumnElement[bool]] = [col(cell.day).between(period.span.first, period.span.last)]
    if wanted.brand_id is not None:
        within.append(col(cell.brand_id) == wanted.brand_id)
    platforms = select(col(cell.platform)).where(*within, col(cell.courier) == ALL, col(cell.platform) != ALL)
    couriers = select(col(cell.courier)).where(*within, col(cell.platform) == ALL, col(cell.courier) != ALL)
    found = [sorted(session.scalars(query.distinct())) for query in (platforms, couriers)]
    return found[0], found[1]


def _of_facts(session: Session, wanted: Wanted, span: Span) -> Iterator[tuple[int, date, dict[str, int]]]:
    """Yield the counts of each day and brand; a day's facts come as one list, which is read faster than one by one."""
    fact = ReportFact
    brands = select(col(Brand.id)) if wanted.brand_id is None else [wanted.brand_id]
    lists = func.aggregate_strings(cast(col(fact.counts), Text), ",")
    query = (
        select(col(fact.brand_id), col(fact.day), lists)
        # The brands are named for the index, which begins with them.
        .where(col(fact.brand_id).in_(brands), col(fact.day).between(span.first, span.last))
        .where(*_narrowed(fact, replace(wanted, brand_id=None)))
        .group_by(col(fact.brand_id), col(fact.day))
    )
    for brand_id, day, words in session.execute(query):
        yield brand_id, day, Counter(chain.from_iterable(json.loads(f"[{words}]")))


def open_by_member(session: Session, wanted: Wanted) -> dict[int, int]:
    """Return how many cases that are not closed each member has now."""
    mine = select(col(Case.assignee_id), func.count()).where(
        col(Case.assignee_id).is_not(None), col(Case.status).in_(OPEN_STATUSES), *_narrowed(Case, wanted)
    )
    rows: Iterable[Any] = session.execute(mine.group_by(col(Case.assignee_id)))
    return {row[0]: row[1] for row in rows}


def member_names(session: Session) -> dict[int, str]:
    """Return the names of the members whose accounts are open, and of those that were closed."""
    rows: Iterable[Any] = session.execute(select(col(Member.id), col(Member.name)))
    return {row[0]: row[1] for row in rows}


def promises_at_stake(session: Session, wanted: Wanted, period: Period, now: datetime, most: int) -> list[AtStake]:
    """Return the promises due in the period that were broken, or are due and not settled, the latest first."""
    found: list[AtStake] = []
    for brand in brand_days(session):
        if wanted.brand_id in (None, brand.id):
            start, end = bounds(period.span, brand.zone)
            found += _at_stake(session, wanted, brand, (start, min(end, now)), most)
    return sorted(found, key=lambda each: each.due_at, reverse=True)[:most]


def _at_stake(session: Session, wanted: Wanted, brand: BrandDays, due: Stretch, most: int) -> list[AtStake]:
    query = (
        select(
            col(Promise.case_id),
            col(Promise.text),
            col(Promise.due_at),
            col(Promise.state),
            col(Case.author_name),
            col(Case.author),
        )
        .join(Case, col(Case.id) == col(Promise.case_id))
        .where(
            col(Promise.state).in_((PromiseState.BROKEN, PromiseState.OPEN)),
            col(Promise.due_at) >= due[0],
            col(Promise.due_at) < due[1],
            col(Case.brand_id) == brand.id,
            col(Case.merged_into_id).is_(None),
            *_narrowed(Case, wanted),
        )
        .order_by(col(Promise.due_at).desc(), col(Promise.id).desc())
        .limit(most)
    )
    return [
        AtStake(row[0], row[4] or row[5], row[1], row[2], brand.zone, row[3] is PromiseState.BROKEN)
        for row in session.execute(query)
    ]


def _narrowed(table: type[Case] | type[ReportFact], wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return the conditions that rows of cases, or of their facts, are those that are wanted."""
    named = (
        (col(table.brand_id), wanted.brand_id),
        (col(table.platform), wanted.platform),
        (col(table.courier), wanted.courier),
    )
    conditions: list[ColumnElement[bool]] = [column == value for column, value in named if value is not None]
    for column, bits, name in (
        (col(table.reason_bits), REASON_BITS, wanted.reason),
        (col(table.party_bits), PARTY_BITS, wanted.party),
    ):
        if name is not None:
            conditions.append(column.bitwise_and(bits[name]) != 0 if name else column == 0)
    return conditions


def missed_in(session: Session, wanted: Wanted, period: Period, now: datetime) -> list[Missed]:
    """Return the stretches of the period of which a source's posts may be missing, the latest first."""
    sources = select(col(Source.id), col(Source.name), col(Brand.timezone)).join(
        Brand, col(Brand.id) == col(Source.brand_id)
    )
    if wanted.brand_id is not None:
        sources = sources.where(col(Source.brand_id) == wanted.brand_id)
    if wanted.platform is not None:
        sources = sources.where(col(Source.platform) == wanted.platform)
    found = []
    for source_id, name, zone in session.execute(sources).all():
        start, end = bounds(period.span, zone)
        found += [
            Missed(name, low, high, row.detail, zone)
            for row, gap in open_gaps_of(session, source_id, now)
            for low, high in gap.stretches
            if low < end and high >= start
        ]
    return sorted(found, key=lambda each: each.until_at, reverse=True)


def standing(session: Session, now: datetime) -> Standing:
    """Return how far counting has come."""
    state = session.get_one(TallyState, 1)
    left = 0
    for brand, each in state.brands.items():
        if each["below"] is not None:
            behind = select(func.count()).select_from(Case)
            of_brand = (col(Case.brand_id) == int(brand)) & (col(Case.id) < each["below"])
            left += session.execute(behind.where(of_brand)).scalar_one()
    if not state.brands:
        left = session.execute(select(func.count()).select_from(Case)).scalar_one()
    days = session.execute(select(func.count()).select_from(StaleDay)).scalar_one()
    is_late = state.seen_at is None or now - state.seen_at > LATE_AFTER
    return Standing(left, days, state.seen_at, is_late)
