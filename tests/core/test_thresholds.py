"""Thresholds and policies as people write them."""

import pytest

from core.policies import POLICIES, may_train
from core.thresholds import Choice, Threshold, parse_threshold


@pytest.mark.parametrize(
    ("written", "meant"),
    [("balanced", Choice.BALANCED), (" few_misses ", Choice.FEW_MISSES), ("0.3", 0.3), (0.05, 0.05), (0.95, 0.95)],
)
def test_a_threshold_is_a_name_or_a_number(written: object, meant: Threshold) -> None:
    assert parse_threshold(written) == meant


@pytest.mark.parametrize("written", ["few", "", 0, 1, 0.04, "0.96", "nan", True, None, [0.5], "1e-1000", 10**400])
def test_anything_else_is_refused_with_what_is_allowed(written: object) -> None:
    with pytest.raises(ValueError, match="write 'balanced', 'few_misses', 'few_false_alarms', or a number from"):
        parse_threshold(written)


def test_what_a_source_says_of_training_wins_over_its_platform() -> None:
    assert not may_train("x", None)
    assert may_train("x", said=True)
    assert may_train("files", None)
    assert not may_train("files", said=False)


def test_posts_of_an_unknown_platform_do_not_train() -> None:
    assert not may_train("hearsay", None)


def test_every_policy_says_what_it_rests_on() -> None:
    assert all(policy.why for policy in POLICIES.values())
    assert not POLICIES["reddit"].may_train
