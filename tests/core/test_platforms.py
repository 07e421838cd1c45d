"""What is known of platforms without loading their clients."""

import pytest

from collectors import PLATFORMS, class_of
from core.budgets import LOOKUP_PRICES
from core.platforms import FILLABLE, REPLY_LIMITS, platform_words
from core.policies import POLICIES


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_board_offers_to_fill_gaps_where_the_collector_can(platform: str) -> None:
    assert hasattr(class_of(platform), "fill") == (platform in FILLABLE)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_posts_are_to_be_looked_up_again_where_the_collector_can(platform: str) -> None:
    assert hasattr(class_of(platform), "lookup") == (POLICIES[platform].recheck_hours > 0)


def test_only_platforms_that_are_looked_up_again_have_a_price_for_it() -> None:
    assert all(POLICIES[platform].recheck_hours for platform in LOOKUP_PRICES)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_has_words_of_its_own(platform: str) -> None:
    assert platform_words(platform)[:1].isupper() or " " in platform_words(platform)


def test_limits_of_replies_are_those_of_platforms_that_exist() -> None:
    assert set(REPLY_LIMITS) <= set(PLATFORMS)
    assert all("." in limit.source and limit.most > 0 for limit in REPLY_LIMITS.values())
