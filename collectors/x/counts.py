"""What a source of X would bring and cost, from X's own count."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from collectors.base import reach_of
from collectors.x.api import Api
from core.errors import BadResponseError
from core.types import Estimate

DAYS_COUNTED: Final = 7
DAYS: Final = 30
COUNT_PRICE: Final = 5_000  # millionths of a US dollar a request, https://docs.x.com/x-api/getting-started/pricing
MOST_PAGES: Final = 40  # seven days are one page; a server that never ends is left


def estimate(api: Api, counted: Sequence[tuple[str, int]]) -> Estimate:
    """Return the posts and the cost of 30 days for these queries, each with the price of one of its posts."""
    totals = [(_total(api, query), price) for query, price in counted]
    posts = [(round(total * DAYS / DAYS_COUNTED), price) for total, price in totals]
    basis = f"X counted {sum(total for total, _ in totals):,} posts in the last {DAYS_COUNTED} days"
    if len(counted) > 1:
        basis += f", by {len(counted)} searches; a post that two of them find is counted twice"
    return Estimate(sum(each for each, _ in posts), sum(each * price for each, price in posts), basis)


def _total(api: Api, query: str) -> int:
    total, token = 0, ""
    for _ in range(MOST_PAGES):
        answer = api.counts(query, token)
        total += _counted(answer)
        following = str(answer["meta"].get("next_token") or "")
        if not following or following == token:
            return total
        token = following
    raise BadResponseError("X's count has no end.")


def _counted(answer: Mapping[str, Any]) -> int:
    days = answer.get("data")
    if isinstance(days, list):
        return sum(reach_of(_either(day, "tweet_count", "post_count")) for day in days if isinstance(day, dict))
    return reach_of(_either(answer["meta"], "total_tweet_count", "total_post_count"))


def _either(found: Mapping[str, Any], older: str, newer: str) -> object:
    return found.get(older, found.get(newer, 0))
