"""Spikes as rules see them: from cases in the database to what is told, live and over the past."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from core.alerts.episodes import Episode, Group
from core.alerts.kinds import AlertKind
from core.configuration.alerting import parse_settings
from core.hours import Hours
from core.types import CaseStatus
from storage.alerting.asked import Asked
from storage.alerting.conditions import episodes
from storage.database import Database
from storage.tables import Brand, Case
from tests.conftest import NOW

HOUR = timedelta(hours=1)
BEGIN = NOW - timedelta(days=20)
ALWAYS_BEFORE = datetime(2020, 1, 1, tzinfo=UTC)


def case(
    at: datetime, reasons: tuple[str, ...] = ("late",), courier: str = "", platform: str = "x", **more: Any
) -> Case:
    return Case(
        brand_id=1, severity=2, platform=platform, author="@zoe", author_key="@zoe", courier=courier,
        reasons=dict.fromkeys(reasons, 0.9), first_posted_at=at, last_posted_at=at, opened_at=at, updated_at=at, **more,
    )  # fmt: skip


def usual(until: datetime = NOW) -> Iterator[Case]:
    """About two cases an hour, of many reasons and couriers."""
    chance = Random(7)
    at = BEGIN
    while (at := at + timedelta(minutes=chance.expovariate(1 / 30))) < until:
        reason, courier = chance.choice(("late", "lost", "refund", "website")), chance.choice(("DPD", "Evri", ""))
        yield case(at, (reason,), courier, chance.choice(("x", "reddit")))


def surge(count: int, at: datetime = NOW - HOUR, stretch: timedelta = HOUR, **what: Any) -> Iterator[Case]:
    """So many within the stretch that begins then."""
    for number in range(count):
        yield case(at + number * stretch / count, **what)


def store(database: Database, *cases: Iterator[Case]) -> None:
    with database.write() as session:
        session.add(Brand(name="Parcelo", created_at=BEGIN))
        session.flush()
        for some in cases:
            session.add_all(some)


def seen(database: Database, since: datetime = NOW, until: datetime | None = None, **settings: Any) -> list[Episode]:
    """Return what a rule with these settings sees, over a stretch or live."""
    parsed = parse_settings(AlertKind.SPIKE, settings)
    asked = Asked(1, parsed, since, until or since, ALWAYS_BEFORE, Hours(), "Europe/London")
    with database.read() as session:
        return list(episodes(session, AlertKind.SPIKE, asked))


def test_nothing_is_said_of_what_is_usual(any_database: Database) -> None:
    store(any_database, usual())
    assert seen(any_database) == []
    assert seen(any_database, NOW - timedelta(days=14), NOW) == []


def test_a_spike_is_told_once_with_what_it_is_made_of(any_database: Database) -> None:
    store(any_database, usual(), surge(30, reasons=("late", "no_tracking"), courier="DPD"))
    (found,) = seen(any_database)
    facts: dict[str, Any] = dict(found.facts)
    assert found.ended_at is None and found.began_at <= NOW
    assert facts["count"] >= 30 and facts["expected"] < 15
    assert found.words.startswith(f"{facts['count']} complaints in the ") and found.words.endswith(" usual.")
    assert "since" not in found.words  # the incident has a beginning of its own, and two would not agree
    assert facts["reasons"][0][0] in ("late", "no_tracking") and facts["reasons"][0][1] >= 30
    assert facts["couriers"][0][0] == "DPD"
    assert len(facts["case_ids"]) == 3
    counts, expected, window = facts["counts"], facts["expected_counts"], facts["window_hours"]
    assert len(counts) == len(expected) == 72
    assert sum(counts[-window:]) == facts["count"]
    assert sum(expected[-window:]) == pytest.approx(facts["expected"], abs=0.1)
    assert datetime.fromisoformat(facts["counts_began_at"]) + 72 * HOUR <= NOW


def test_a_spike_of_one_courier_alone_is_told_as_its(any_database: Database) -> None:
    store(any_database, usual(), surge(18, NOW - 6 * HOUR, courier="UPS", stretch=6 * HOUR, reasons=()))
    found = seen(any_database, NOW - 6 * HOUR, NOW)
    assert [each.group for each in found] == [Group("", "UPS")]
    assert [each.key for each in found] == ["spike:courier:UPS"]


def test_another_reason_rising_the_day_after_is_another_spike(any_database: Database) -> None:
    store(
        any_database,
        usual(),
        surge(40, NOW - 40 * HOUR, reasons=("late",), courier="DPD"),
        surge(40, NOW - 14 * HOUR, reasons=("website",)),
    )
    found = seen(any_database, NOW - 48 * HOUR, NOW)
    assert len(found) == 2
    assert [dict(each.facts)["reasons"][0][0] for each in found] == ["late", "website"]  # type: ignore[index]
    assert all(each.ended_at and each.ended_at <= NOW for each in found)
    assert seen(any_database) == []


def test_what_is_seen_live_is_what_is_seen_in_hindsight(database: Database) -> None:
    store(database, usual(), surge(25, NOW - 3 * HOUR, reasons=("refund",)))
    (hindsight,) = seen(database, NOW - timedelta(days=2), NOW)
    live = [seen(database, NOW - 4 * HOUR + number * HOUR / 2) for number in range(9)]
    assert [bool(each) for each in live] == sorted(bool(each) for each in live)  # it begins once and goes on
    began = {(each.key, each.began_at) for some in live for each in some}
    assert began == {(hindsight.key, hindsight.began_at)}


def test_a_rule_for_a_reason_counts_no_other(any_database: Database) -> None:
    store(any_database, usual(), surge(30, reasons=("late",)))
    assert [each.group.reason for each in seen(any_database, reason="late")] == ["late"]
    assert seen(any_database, reason="refund") == []
    assert seen(any_database, courier="Evri") == []
    assert [each.group for each in seen(any_database, platform="x")] == [Group()]


def test_fewer_than_the_rule_asks_for_are_no_spike(any_database: Database) -> None:
    store(any_database, usual(), surge(30))
    assert seen(any_database, threshold=200) == []
    assert seen(any_database, threshold=20)


def test_dismissed_and_merged_cases_do_not_count(any_database: Database) -> None:
    store(any_database, usual(), surge(40, status=CaseStatus.DISMISSED))
    with any_database.write() as session:
        session.add_all(surge(40, merged_into_id=1))
    assert seen(any_database) == []


def test_a_brand_without_cases_has_no_spikes(any_database: Database) -> None:
    store(any_database)
    assert seen(any_database) == []
