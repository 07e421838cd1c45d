"""The reports' sums are those of the cases, whatever happened to these and in whatever order it was counted."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func
from sqlmodel import SQLModel, col, select

from core.types import CaseStatus, Role
from jobs.parts import Parts
from jobs.tally import tally
from storage.casework import record
from storage.database import Database, Session, open_database
from storage.members import create_member
from storage.reports import tallying
from storage.rows import id_of
from storage.tables import (
    Brand,
    Case,
    CaseEvent,
    EventKind,
    Promise,
    PromiseState,
    ReportCell,
    ReportFact,
    StaleDay,
    TallyState,
)

START = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # in Auckland it is Saturday, in London still Friday
PLACES = ("Europe/London", "Pacific/Auckland")
REASONS = ("late", "lost", "billing")
Cells = dict[tuple[int, date, str, str], dict[str, int]]


@dataclass
class Shop:
    """A database with two brands and two members, a clock, and what may happen to a case."""

    database: Database
    now: datetime = START
    brands: list[int] = field(default_factory=list)
    members: list[int] = field(default_factory=list)

    @property
    def parts(self) -> Parts:
        return Parts(self.database, now=lambda: self.now)

    def settle(self) -> None:
        with self.database.write() as session:
            for place in PLACES:
                row = Brand(name=place, timezone=place, hours=["mon-fri 09:00-17:00"], created_at=self.now)
                session.add(row)
                session.flush()
                self.brands.append(id_of(row))
            for name in ("ann", "ben"):
                member = create_member(
                    session, f"{name}@shop.example", name, Role.RESPONDER, "a long password", self.now
                )
                self.members.append(id_of(member))

    def open(self, session: Session, pick: int) -> None:
        at = self.now - timedelta(hours=pick % 30)
        case = Case(
            brand_id=self.brands[pick % 2],
            platform=("x", "reddit")[pick // 2 % 2],
            courier=("", "DPD")[pick // 4 % 2],
            reasons=dict.fromkeys(REASONS[: pick % 4], 0.9),
            parties=["courier"] if pick % 3 else [],
            unsure=pick % 5 == 0,
            first_posted_at=at,
            last_posted_at=at,
            opened_at=self.now,
            updated_at=self.now,
        )
        session.add(case)
        session.flush()
        record(session, case, EventKind.OPENED, self.now)

    def take(self, case: Case, session: Session, pick: int) -> None:
        case.assignee_id = self.members[pick % 2]
        kind = EventKind.CLAIMED if pick % 3 else EventKind.ASSIGNED
        record(session, case, kind, self.now, self.members[pick % 2], to_member=self.members[pick % 2])

    def answer(self, case: Case, session: Session, pick: int) -> None:
        case.first_reply_at = case.first_reply_at or self.now
        record(session, case, EventKind.REPLIED, self.now, self.members[pick % 2])

    def close(self, case: Case, session: Session, pick: int) -> None:
        before, case.status = case.status, (CaseStatus.RESOLVED, CaseStatus.DISMISSED)[pick % 2]
        case.closed_at = self.now
        record(session, case, EventKind.STATUS, self.now, self.members[pick % 2], before=before, after=case.status)

    def undo(self, case: Case, session: Session, pick: int) -> None:
        case.status, case.closed_at = CaseStatus.OPEN, None
        last = session.exec(select(func.max(CaseEvent.id)).where(CaseEvent.case_id == case.id)).one() or 0
        record(session, case, EventKind.UNDONE, self.now, self.members[pick % 2], events=[last - 1, last])

    def reopen(self, case: Case, session: Session, pick: int) -> None:
        case.status, case.closed_at = CaseStatus.NEW, None
        case.first_posted_at -= timedelta(hours=pick % 40)  # an older post came with it
        record(session, case, EventKind.REOPENED, self.now)

    def correct(self, case: Case, session: Session, pick: int) -> None:
        case.reasons, case.parties = {REASONS[pick % 3]: 1.0}, ["brand"]
        record(session, case, EventKind.CORRECTED, self.now, self.members[pick % 2])

    def merge(self, case: Case, session: Session, pick: int) -> None:
        other = session.exec(select(Case.id).order_by(col(Case.id)).offset(pick % 3)).first()
        case.merged_into_id = other if other != case.id else None
        record(session, case, EventKind.MERGED, self.now, self.members[pick % 2])

    def promise(self, case: Case, session: Session, pick: int) -> None:
        due = self.now + timedelta(hours=pick % 50)
        session.add(Promise(case_id=id_of(case), text="a call", due_at=due, created_at=self.now))
        record(session, case, EventKind.PROMISED, self.now, self.members[pick % 2])

    def settle_promise(self, case: Case, session: Session, pick: int) -> None:
        row = session.exec(select(Promise).where(Promise.case_id == case.id)).first()
        if row is not None:
            row.state = (PromiseState.KEPT, PromiseState.BROKEN, PromiseState.WITHDRAWN)[pick % 3]
            row.settled_at = self.now
            session.add(row)
            record(session, case, EventKind.PROMISE_SETTLED, self.now, self.members[pick % 2])

    def erase(self, case: Case, session: Session, _pick: int) -> None:
        case.courier = ""

    def happen(self, act: str, pick: int) -> None:
        with self.database.write() as session:
            count = len(session.exec(select(Case.id)).all())
            if act == "open" or not count:
                self.open(session, pick)
                return
            case = session.exec(select(Case).order_by(col(Case.id)).offset(pick % count)).first()
            assert case is not None
            # Some commands leave the case's row as it is: the event alone tells of them.
            if act not in ("promise", "settle_promise"):
                case.updated_at = self.now
            getattr(self, act)(case, session, pick)
            session.add(case)


ACTS = (
    *("open", "take", "answer", "close", "undo", "reopen"),
    *("correct", "merge", "promise", "settle_promise", "erase"),
)


@pytest.fixture
def shop(any_database: Database) -> Shop:
    made = Shop(any_database)
    made.settle()
    return made


def cells(database: Database) -> Cells:
    with database.read() as session:
        rows = session.exec(select(ReportCell)).all()
        return {(row.brand_id, row.day, row.platform, row.courier): dict(row.counts) for row in rows}


def counted_by_hand(database: Database) -> Counter[tuple[int, date, str]]:
    """Count cases, reasons and outcomes a day straight from the tables, without the rules of core.tallies."""
    found: Counter[tuple[int, date, str]] = Counter()
    with database.read() as session:
        zones = {brand.id: ZoneInfo(brand.timezone) for brand in session.exec(select(Brand))}
        for case in session.exec(select(Case).where(col(Case.merged_into_id).is_(None))):
            day = case.first_posted_at.astimezone(zones[case.brand_id]).date()
            if case.status is CaseStatus.DISMISSED:
                found[case.brand_id, day, "dismissed"] += 1
                continue
            found[case.brand_id, day, "cases"] += 1
            for reason in case.reasons:
                found[case.brand_id, day, f"reason:{reason}"] += 1
            found[case.brand_id, day, "answered"] += case.first_reply_at is not None
            found[case.brand_id, day, "resolved"] += case.status is CaseStatus.RESOLVED
        for promise in session.exec(select(Promise)):
            case = session.get_one(Case, promise.case_id)
            if case.merged_into_id is None:
                due = promise.due_at.astimezone(zones[case.brand_id]).date() if promise.due_at else None
                assert due
                found[case.brand_id, due, "promises"] += 1
    return +found


def counted_in_cells(found: Cells) -> Counter[tuple[int, date, str]]:
    totals: Counter[tuple[int, date, str]] = Counter()
    kinds = {"reply_clock": "answered", "solve_clock": "resolved", "promise": "promises"}
    for (brand_id, day, platform, courier), counts in found.items():
        if (platform, courier) == ("*", "*"):
            for name, number in counts.items():
                kind, _, of = name.partition(":")
                if name in ("cases", "dismissed") or (kind == "reason" and of):
                    totals[brand_id, day, name] += number
                elif kind in kinds:
                    totals[brand_id, day, kinds[kind]] += number
    return totals


STEPS = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 999), st.booleans()), min_size=1, max_size=25)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_sums_after_random_changes_are_those_of_a_count_from_scratch(
    kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    fresh = fresh_databases(kind, request, tmp_path_factory)

    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(STEPS)
    def holds(steps: list[tuple[str, int, bool]]) -> None:
        shop = Shop(fresh())
        shop.settle()
        for act, pick, counts_now in steps:
            shop.now += timedelta(minutes=pick % 700)
            shop.happen(act, pick)
            if counts_now:
                tally(shop.parts)
        tally(shop.parts)
        found = cells(shop.database)
        assert counted_in_cells(found) == counted_by_hand(shop.database)
        with shop.database.write() as session:
            tallying.recount(session)
        tally(shop.parts)
        assert cells(shop.database) == found

    holds()


def fresh_databases(
    kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Database]:
    """Return a function that empties one database again and again: making one takes longer than the test."""
    url = request.getfixturevalue("postgresql_copy") if kind == "postgresql" else None
    database = open_database(url or f"sqlite:///{tmp_path_factory.mktemp('random')}/any.db")
    request.addfinalizer(database.close)

    def emptied() -> Database:
        with database.write() as session:
            session.execute(Case.__table__.update().values(merged_into_id=None))  # type: ignore[attr-defined]
            for table in reversed(SQLModel.metadata.sorted_tables):
                if table.name != "report_state":
                    session.execute(table.delete())
            state = session.get_one(TallyState, 1)
            state.brands, state.from_at, state.seen_at, state.from_event, state.seen_event = {}, None, None, 0, 0
            session.add(state)
        return database

    return emptied


def test_nothing_is_written_where_nothing_changed(shop: Shop) -> None:
    shop.happen("open", 3)
    assert tally(shop.parts) > 0
    writes: list[Any] = []
    event.listen(
        shop.database.engine,
        "before_cursor_execute",
        lambda *args: None if args[2].lstrip().upper().startswith(("SELECT", "BEGIN")) else writes.append(args[2]),
    )
    assert tally(shop.parts) == 0
    shop.now += timedelta(seconds=20)
    assert tally(shop.parts) == 0
    assert writes == []


def test_a_change_that_is_committed_late_is_counted(shop: Shop) -> None:
    """A transaction began first and ends last: its times and its event's number are older than what was looked at."""
    shop.happen("open", 1)
    tally(shop.parts)
    began = shop.now
    for _ in range(3):
        shop.now += timedelta(minutes=1)
        shop.happen("open", 1)
        tally(shop.parts)
    with shop.database.write() as session:
        case = session.exec(select(Case).order_by(col(Case.id))).first()
        assert case is not None
        case.reasons, case.updated_at = {"lost": 1.0}, began
        session.add(case)
    tally(shop.parts)
    assert counted_in_cells(cells(shop.database)) == counted_by_hand(shop.database)


def test_counting_goes_on_where_it_was_stopped(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallying, "CHUNK", 2)
    for pick in range(9):
        shop.happen("open", pick)
    for stops_after in range(12):
        looks = iter([False] * stops_after + [True] * 99)
        tally(shop.parts, stopping=lambda looks=looks: next(looks))  # type: ignore[misc]
    tally(shop.parts)
    assert counted_in_cells(cells(shop.database)) == counted_by_hand(shop.database)
    with shop.database.read() as session:
        assert session.exec(select(StaleDay)).all() == []


def test_a_crash_between_facts_and_sums_leaves_the_days_to_be_summed(shop: Shop) -> None:
    shop.happen("open", 2)
    tally(shop.parts)
    shop.happen("correct", 0)
    with shop.database.write() as session:
        ids = [case_id for case_id in session.exec(select(Case.id)) if case_id is not None]
        tallying.refresh(session, ids)
    with shop.database.read() as session:
        assert len(session.exec(select(StaleDay)).all()) == 1
    tally(shop.parts)
    assert counted_in_cells(cells(shop.database)) == counted_by_hand(shop.database)


def test_other_hours_and_another_zone_count_a_brand_anew(shop: Shop) -> None:
    for pick in range(6):
        shop.happen("open", pick)
        shop.happen("answer", pick)
    tally(shop.parts)
    before = cells(shop.database)
    with shop.database.write() as session:
        brand = session.get_one(Brand, shop.brands[0])
        brand.timezone, brand.hours = "America/Los_Angeles", []
        session.add(brand)
    assert tally(shop.parts) > 0
    after = cells(shop.database)
    assert counted_in_cells(after) == counted_by_hand(shop.database)
    others = {place: counts for place, counts in after.items() if place[0] != shop.brands[0]}
    assert others == {place: counts for place, counts in before.items() if place[0] != shop.brands[0]}
    assert after != before


def test_a_case_that_is_gone_counts_no_more_when_all_is_counted_anew(shop: Shop) -> None:
    shop.happen("open", 3)
    shop.happen("open", 5)
    tally(shop.parts)
    with shop.database.write() as session:
        for happened in session.exec(select(CaseEvent)):
            session.delete(happened)
        case = session.exec(select(Case)).first()
        assert case is not None
        session.delete(case)
        tallying.recount(session)
    tally(shop.parts)
    assert counted_in_cells(cells(shop.database)) == counted_by_hand(shop.database)
    with shop.database.read() as session:
        assert len({fact.case_id for fact in session.exec(select(ReportFact))}) == 1


def test_what_a_member_took_back_is_no_work_done(shop: Shop) -> None:
    shop.happen("open", 0)
    for act in ("take", "close", "undo", "answer"):
        shop.happen(act, 2)
    tally(shop.parts)
    total = sum(
        (Counter(counts) for place, counts in cells(shop.database).items() if place[2:] == ("*", "*")), Counter()
    )
    member = shop.members[0]
    assert (total[f"taken:{member}"], total[f"resolved:{member}"], total[f"answered:{member}"]) == (1, 0, 1)


def test_a_case_that_a_rule_sends_is_taken_by_who_gets_it(shop: Shop) -> None:
    shop.happen("open", 0)
    with shop.database.write() as session:
        case = session.exec(select(Case)).one()
        record(session, case, EventKind.ASSIGNED, shop.now, None, to_member=shop.members[1], rule="all")
        record(session, case, EventKind.ASSIGNED, shop.now, shop.members[0], to_member=None, to_team=1)
    tally(shop.parts)
    (total,) = (counts for place, counts in cells(shop.database).items() if place[2:] == ("*", "*"))
    assert {name: number for name, number in total.items() if name.startswith("taken")} == {
        f"taken:{shop.members[1]}": 1
    }
