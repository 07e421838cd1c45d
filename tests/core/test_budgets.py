"""Budgets of a calendar month."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from core.budgets import Budget, Usage, budget_of, dollars, month_end, month_of


@pytest.mark.parametrize(
    ("budget", "used", "share"),
    [
        (Budget(), Usage(5, 5), None),
        (Budget(posts=10), Usage(), 0),
        (Budget(posts=10), Usage(8), 0.8),
        (Budget(posts=10, cost=100), Usage(5, 90), 0.9),
        (Budget(posts=10, cost=100), Usage(12, 90), 1.2),
    ],
)
def test_the_fuller_of_the_two_budgets_counts(budget: Budget, used: Usage, share: float | None) -> None:
    assert budget.share(used) == share
    assert budget.is_used_up(used) == (share is not None and share >= 1)


@pytest.mark.parametrize(
    ("before", "after", "crossed"), [(7, 8, True), (0, 12, True), (8, 9, False), (7, 7, False), (9, 10, False)]
)
def test_the_warning_is_due_once(before: int, after: int, crossed: bool) -> None:
    assert Budget(posts=10).is_crossed(Usage(before), Usage(after)) is crossed


def test_without_a_budget_nothing_is_ever_used_up() -> None:
    assert not Budget().is_used_up(Usage(10**9, 10**15))
    assert not Budget().is_crossed(Usage(), Usage(10**9, 10**15))


@pytest.mark.parametrize(
    ("budget", "used", "words"),
    [
        (Budget(posts=1000), Usage(812), "812 of 1,000 posts"),
        (Budget(cost=20_000_000), Usage(9, 16_450_000), "$16.45 of $20.00"),
        (Budget(posts=1000, cost=20_000_000), Usage(990, 1), "990 of 1,000 posts"),
    ],
)
def test_a_budget_says_how_full_it_is(budget: Budget, used: Usage, words: str) -> None:
    assert budget.words(used) == words


def test_a_budget_is_read_from_the_sources_settings() -> None:
    assert budget_of({}) == Budget()
    assert budget_of({"budget_usd_per_month": 0.29, "budget_posts_per_month": 7}) == Budget(7, 290_000)


@pytest.mark.parametrize(
    ("now", "first", "ends"),
    [
        (datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), date(2026, 11, 1), datetime(2026, 12, 1, tzinfo=UTC)),
        (datetime(2026, 12, 1, tzinfo=UTC), date(2026, 12, 1), datetime(2027, 1, 1, tzinfo=UTC)),
        (datetime(2028, 2, 29, 1, tzinfo=UTC), date(2028, 2, 1), datetime(2028, 3, 1, tzinfo=UTC)),
        (
            datetime(2026, 12, 1, 1, tzinfo=timezone(timedelta(hours=5))),
            date(2026, 11, 1),
            datetime(2026, 12, 1, tzinfo=UTC),
        ),
    ],
)
def test_a_month_is_one_of_the_calendar_in_utc(now: datetime, first: date, ends: datetime) -> None:
    assert (month_of(now), month_end(now)) == (first, ends)


@pytest.mark.parametrize(
    ("cost", "words"), [(0, "$0.00"), (5_000, "$0.0050"), (10_000, "$0.01"), (1_234_567_890, "$1,234.57")]
)
def test_costs_are_written_as_people_write_them(cost: int, words: str) -> None:
    assert dollars(cost) == words
