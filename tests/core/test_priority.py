"""Urgency: what weighs more, and that it says why."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.priority import priority, reply_due_at
from core.taxonomy import Severity

NOW = timedelta(0)


def test_a_fresh_condemnation_outranks_the_oldest_request_for_help() -> None:
    fresh = priority(Severity.BLAME, 0.9, 0, 1, NOW)
    old = priority(Severity.NO_REPROACH, 0.99, 0, 1, timedelta(days=60))
    assert fresh.points > old.points


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ((2, 0.9, 0, 1, NOW), (3, 0.9, 0, 1, NOW)),
        ((3, 0.5, 0, 1, NOW), (3, 0.9, 0, 1, NOW)),
        ((3, 0.9, 0, 1, NOW), (3, 0.9, 50_000, 1, NOW)),
        ((3, 0.9, 0, 1, NOW), (3, 0.9, 0, 3, NOW)),
        ((3, 0.9, 0, 1, NOW), (3, 0.9, 0, 1, timedelta(hours=5))),
        ((3, 0.9, 0, 1, NOW, timedelta(hours=3)), (3, 0.9, 0, 1, NOW, timedelta(hours=1))),
        ((3, 0.9, 0, 1, NOW, timedelta(hours=1)), (3, 0.9, 0, 1, NOW, timedelta(hours=-1))),
        ((3, 0.9, 0, 1, NOW, None), (3, 0.9, 0, 1, NOW, timedelta(hours=1))),
        # What is due is seen: before what goes further and has time, unless the model is sure of that.
        ((3, 0.5, 0, 1, NOW, timedelta(hours=4)), (2, 0.9, 0, 1, timedelta(hours=8), timedelta(0))),
    ],
    ids=["severity", "confidence", "reach", "repeats", "age", "due soon", "overdue", "unanswered", "due first"],
)
def test_each_part_counts(lower: Any, higher: Any) -> None:
    assert priority(*higher).points > priority(*lower).points


def test_a_fresh_condemnation_outranks_a_request_for_help_that_has_everything() -> None:
    fresh = priority(Severity.BLAME, 0.7, 0, 1, NOW, timedelta(hours=1))
    old = priority(Severity.NO_REPROACH, 1.0, 10**9, 100, timedelta(days=60), timedelta(days=-58))
    assert fresh.points > old.points


def test_the_reason_is_said_in_words() -> None:
    urgency = priority(4, 0.97, 12_000, 3, timedelta(hours=30))
    assert urgency.why == "condemns, seen by about 12,000, 3 posts, waiting over 1 day"
    assert priority(2, 0.9, 0, 1, NOW, timedelta(minutes=90)).why == "annoyed, due within 2 hours"
    assert priority(2, 0.9, 0, 1, NOW, timedelta(minutes=-1)).why == "annoyed, overdue"


def test_the_worst_are_due_first() -> None:
    posted = datetime(2026, 11, 21, tzinfo=UTC)
    due = [reply_due_at(severity, posted) for severity in Severity]
    assert due == sorted(due, reverse=True)
    assert due[Severity.BLAME] == posted + timedelta(hours=1)
