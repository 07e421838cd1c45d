"""Policy cards: what a source's posts may be used for, and why."""

import pytest

from collectors import PLATFORMS
from core.policies import NAMES, POLICIES, Policy, policy_for


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_has_a_card_with_a_reason_for_each_line(platform: str) -> None:
    card = POLICIES[platform]
    assert set(card.why) == set(NAMES)
    assert all(card.why.values())


def test_what_nobody_looked_at_is_not_allowed() -> None:
    card = policy_for("hearsay", {})
    assert (card.may_train, card.may_export, card.may_reply, card.recheck_hours) == (False, False, False, 0)
    assert "nobody has looked" in card.why["may_export"]


def test_a_source_overrides_its_platform_line_by_line_and_the_card_says_so() -> None:
    card = policy_for("x", {"may_train": True, "recheck_hours": 0, "may_export": None})
    assert (card.may_train, card.recheck_hours, card.may_export) == (True, 0, False)
    assert card.why["may_train"] == card.why["recheck_hours"] == "your configuration says so"
    assert card.why["may_export"] == POLICIES["x"].why["may_export"]


def test_posts_of_x_are_looked_up_within_a_day() -> None:
    assert policy_for("x", {}).recheck_hours == 22


def test_what_youtube_lets_us_keep_for_30_days_is_refreshed_before_and_no_setting_changes_that() -> None:
    card = policy_for("youtube", {"recheck_hours": 0})
    assert POLICIES["youtube"].recheck_hours < 30 * 24
    assert card.keep_days == 30


def test_a_card_is_a_value() -> None:
    assert policy_for("files", {}) == Policy(
        may_train=True, may_export=True, recheck_hours=0, may_reply=False, why=POLICIES["files"].why
    )
