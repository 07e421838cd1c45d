"""What a digest says of a day or a week: days of the calendar, promises as rules see them, alerts told nowhere else."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from core.alerts.digests import Stretch
from core.alerts.kinds import AlertKind, Period
from storage.alerting.digest import MOST_ONLY_HERE, NAMED, Summary, summary
from storage.database import Database
from storage.tables import AlertRule, Brand, Case, Incident, Promise, PromiseState, Source

HOUR = timedelta(hours=1)
FRIDAY = datetime(2026, 11, 27, 6, 46, tzinfo=UTC)
DAY = Stretch(FRIDAY - 24 * HOUR, FRIDAY)
WEEK = Stretch(FRIDAY - 7 * 24 * HOUR, FRIDAY)


@pytest.fixture
def branded(any_database: Database) -> Database:
    with any_database.write() as session:
        session.add(Brand(name="Parcelo", created_at=FRIDAY - 1000 * HOUR))
    return any_database


def add_case(session: Session, opened_at: datetime, **values: object) -> int:
    case = Case(brand_id=1, platform="x", author="@zoe", author_key="@zoe", first_posted_at=opened_at,
                last_posted_at=opened_at, opened_at=opened_at, updated_at=opened_at, **values)  # fmt: skip
    session.add(case)
    session.flush()
    assert case.id is not None
    return case.id


def add_rule(session: Session, name: str, **settings: object) -> int:
    rule = AlertRule(brand_id=1, name=name, kind=AlertKind.SEVERE, settings=settings, created_at=WEEK.since)
    session.add(rule)
    session.flush()
    assert rule.id is not None
    return rule.id


def add_incidents(session: Session, rule_id: int, first: datetime, count: int) -> None:
    for number in range(count):
        at = first + number * timedelta(seconds=1)
        session.add(Incident(brand_id=1, rule_id=rule_id, key=f"{rule_id}:{at}", title=f"I{number}", opened_at=at))


def said(database: Database, stretch: Stretch, period: Period = Period.DAY, zone: str = "Europe/London") -> Summary:
    with database.read() as session:
        return summary(session, session.get_one(Brand, 1), stretch, period, zone, stretch.until)


def test_a_week_is_counted_by_the_days_of_the_calendar_where_the_rule_is(branded: Database) -> None:
    with branded.write() as session:
        for opened_at in (FRIDAY - HOUR, FRIDAY - HOUR, WEEK.since, FRIDAY - 31 * HOUR, WEEK.since - 24 * HOUR):
            add_case(session, opened_at)
    assert said(branded, WEEK, Period.WEEK).by_part == [1, 0, 0, 0, 0, 1, 0, 2]
    assert said(branded, WEEK, Period.WEEK).by_part_before == [0, 0, 0, 0, 0, 0, 1, 0]
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):  # from Friday evening on, and from Thursday night on
        assert said(branded, WEEK, Period.WEEK, zone).by_part == [1, 0, 0, 0, 0, 0, 1, 2]


@pytest.mark.parametrize(
    ("since", "until"),
    [("2026-03-23T00:00", "2026-03-29T23:00"), ("2026-10-18T23:00", "2026-10-26T00:00")],
    ids=["an hour short", "an hour long"],
)
def test_a_week_in_which_clocks_change_has_seven_days(branded: Database, since: str, until: str) -> None:
    stretch = Stretch(datetime.fromisoformat(f"{since}+00:00"), datetime.fromisoformat(f"{until}+00:00"))
    with branded.write() as session:
        add_case(session, stretch.since)
        add_case(session, stretch.until - timedelta(seconds=1))
        add_case(session, stretch.since - timedelta(seconds=1))
    found = said(branded, stretch, Period.WEEK)
    assert (found.by_part, found.by_part_before) == ([1, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0, 1])


def test_broken_promises_are_those_that_a_rule_sees(branded: Database) -> None:
    """Past its time is broken whether or not somebody says so, and once: the list of alerts below names it too."""
    before, at, later = DAY.since - 2 * HOUR, FRIDAY - 5 * HOUR, FRIDAY - HOUR
    with branded.write() as session:
        case, closed = add_case(session, before), add_case(session, before, closed_at=at)
        for case_id, due_at, state, settled_at in (
            (case, at, PromiseState.OPEN, None),
            (case, at, PromiseState.BROKEN, later),
            (case, at, PromiseState.KEPT, later),  # late, so both
            (case, None, PromiseState.BROKEN, at),
            (case, before, PromiseState.OPEN, None),
            (case, before, PromiseState.BROKEN, at),
            (case, later, PromiseState.KEPT, at),
            (case, later, PromiseState.WITHDRAWN, at),
            (case, FRIDAY + HOUR, PromiseState.OPEN, None),
            (closed, later, PromiseState.OPEN, None),
        ):
            session.add(Promise(case_id=case_id, text="Refund", due_at=due_at, state=state, settled_at=settled_at,
                                created_at=before))  # fmt: skip
    found = said(branded, DAY)
    assert (found.now.broken, found.now.kept) == (4, 2)
    assert (found.before.broken, found.before.kept) == (2, 0)


def test_what_only_digests_tell_comes_first_and_is_not_crowded_out(branded: Database) -> None:
    with branded.write() as session:
        add_incidents(session, add_rule(session, "Quiet", delivery="digest"), DAY.since, NAMED + 3)
        add_incidents(session, add_rule(session, "Loud"), FRIDAY - HOUR, NAMED + 20)
    found = said(branded, DAY)
    assert [each.rule for each in found.raised] == ["Quiet"] * (NAMED + 3) + ["Loud"] * NAMED
    assert [each.title for each in found.raised][-2:] == [f"I{NAMED + 18}", f"I{NAMED + 19}"]
    assert [each.is_only_here for each in found.raised] == [True] * (NAMED + 3) + [False] * NAMED
    assert found.raised_total == 2 * NAMED + 23


def test_a_storm_of_them_is_no_endless_mail(branded: Database) -> None:
    with branded.write() as session:
        add_incidents(session, add_rule(session, "Quiet", delivery="digest"), DAY.since, MOST_ONLY_HERE + 7)
    found = said(branded, DAY)
    assert (len(found.raised), found.raised_total) == (MOST_ONLY_HERE, MOST_ONLY_HERE + 7)
    assert found.raised[-1].title == f"I{MOST_ONLY_HERE + 6}"


def test_only_sources_that_are_switched_on_are_read(branded: Database) -> None:
    assert not said(branded, DAY).has_sources
    for enabled in (False, True):
        with branded.write() as session:
            session.add(Source(brand_id=1, name=f"x-{enabled}", platform="x", every_seconds=120, enabled=enabled,
                               created_at=WEEK.since))  # fmt: skip
        assert said(branded, DAY).has_sources is enabled
