"""When a digest is due: by the clock on the wall, once, and the newest one after a time without a worker."""

from datetime import UTC, datetime, timedelta

import pytest

from core.alerts.digests import Stretch, stretch_due
from core.alerts.kinds import Period

LONDON, NEW_YORK = "Europe/London", "America/New_York"
MADE = datetime(2026, 1, 1, tzinfo=UTC)


def at(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=UTC)


def day(now: str, last: str | None = None, zone: str = LONDON, hour: str = "08:00") -> Stretch | None:
    return stretch_due(Period.DAY, hour, 0, zone, at(last) if last else None, MADE, at(now))


def test_it_is_due_at_its_hour_and_not_before() -> None:
    last = "2026-06-10T07:00"
    assert day("2026-06-11T06:59:59", last) is None
    assert day("2026-06-11T07:00", last) == Stretch(at("2026-06-10T07:00"), at("2026-06-11T07:00"))
    assert day("2026-06-11T07:00", "2026-06-11T07:00") is None


def test_after_days_without_a_worker_the_newest_one_is_due() -> None:
    found = day("2026-06-15T20:00", "2026-06-10T07:00")
    assert found == Stretch(at("2026-06-14T07:00"), at("2026-06-15T07:00"))


def test_the_first_one_comes_at_the_first_hour_after_the_rule_was_made() -> None:
    made = at("2026-06-11T09:00")
    assert stretch_due(Period.DAY, "08:00", 0, "UTC", None, made, at("2026-06-12T07:59")) is None
    assert stretch_due(Period.DAY, "08:00", 0, "UTC", None, made, at("2026-06-12T08:00")) is not None


@pytest.mark.parametrize(
    ("now", "since", "until", "hours"),
    [
        ("2026-03-29T07:00", "2026-03-28T08:00", "2026-03-29T07:00", 23),
        ("2026-10-25T08:00", "2026-10-24T07:00", "2026-10-25T08:00", 25),
    ],
)
def test_a_day_in_which_clocks_change_is_as_long_as_it_is(now: str, since: str, until: str, hours: int) -> None:
    found = day(now)
    assert found == Stretch(at(since), at(until))
    assert found is not None
    assert found.until - found.since == timedelta(hours=hours)
    assert found.before == Stretch(found.since - timedelta(hours=hours), found.since)


def test_an_hour_that_a_day_leaves_out_or_has_twice_sends_one() -> None:
    sent = [each for minute in range(0, 48 * 60, 10) if (each := _next(minute, "2026-03-28T12:00", "01:30"))]
    assert len(set(sent)) == 2
    sent = [each for minute in range(0, 48 * 60, 10) if (each := _next(minute, "2026-10-24T12:00", "01:30"))]
    assert len(set(sent)) == 2


def _next(minute: int, begin: str, hour: str) -> datetime | None:
    found = stretch_due(Period.DAY, hour, 0, LONDON, at(begin), MADE, at(begin) + timedelta(minutes=minute))
    return found.until if found else None


def test_a_week_ends_on_its_day() -> None:
    monday = stretch_due(Period.WEEK, "08:00", 0, NEW_YORK, None, MADE, at("2026-06-10T00:00"))
    assert monday == Stretch(at("2026-06-01T12:00"), at("2026-06-08T12:00"))
    assert stretch_due(Period.WEEK, "08:00", 0, NEW_YORK, at("2026-06-08T12:00"), MADE, at("2026-06-15T11:59")) is None
    assert stretch_due(Period.WEEK, "08:00", 2, NEW_YORK, None, MADE, at("2026-06-10T12:00")) is not None


def test_one_that_a_clock_that_was_ahead_sent_counts_only_for_its_own_day() -> None:
    """Sent early, by a clock a few hours ahead, it is not sent again; one of next year is no reason to send none."""
    assert day("2026-06-11T03:00", "2026-06-11T07:00") is None
    assert day("2026-06-11T07:00", "2026-06-11T07:00") is None
    assert day("2026-06-11T07:00", "2027-06-11T07:00") == Stretch(at("2026-06-10T07:00"), at("2026-06-11T07:00"))
