"""Waits grow, are bounded and spread."""

from datetime import timedelta

from core.backoff import FIRST_WAIT, LONGEST_WAIT, backoff


def test_waits_double_up_to_a_bound() -> None:
    assert FIRST_WAIT * 0.75 <= backoff(0) <= FIRST_WAIT
    assert FIRST_WAIT * 0.75 * 8 <= backoff(3) <= FIRST_WAIT * 8
    assert LONGEST_WAIT * 0.75 <= backoff(10_000) <= LONGEST_WAIT


def test_two_waits_differ() -> None:
    assert len({backoff(5) for _ in range(20)}) > 1
    assert backoff(0, first=timedelta(0)) == timedelta(0)
