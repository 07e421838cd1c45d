"""What a source may read and cost in a calendar month (UTC), and how far it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

WARN_AT: Final = 0.8  # of a budget
MICROS: Final = 1_000_000  # millionths of a US dollar in one
# What looking one post up again costs, in millionths; other platforms charge nothing.
LOOKUP_PRICES: Final = {"x": 5_000}  # https://docs.x.com/x-api/getting-started/pricing


@dataclass(frozen=True, slots=True)
class Usage:
    """What a source brought in a month: new posts, and what reading cost in millionths of a US dollar."""

    posts: int = 0
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that a source may use in a month; None where there is no limit."""

    posts: int | None = None
    cost: int | None = None

    def share(self, used: Usage) -> float | None:
        """Return how much of the budget is used, of the two the fuller one; above 1 where the last page went past it.

        None where there is no budget.
        """
        shares = [
            have / limit if limit > 0 else 1.0
            for have, limit in ((used.posts, self.posts), (used.cost, self.cost))
            if limit is not None
        ]
        return max(shares, default=None)

    def is_used_up(self, used: Usage) -> bool:
        """Tell whether nothing more may be read this month."""
        share = self.share(used)
        return share is not None and share >= 1

    def is_crossed(self, before: Usage, after: Usage) -> bool:
        """Tell whether the warning is due now: the use was below it before and is not any more."""
        was, is_now = self.share(before), self.share(after)
        return was is not None and is_now is not None and was < WARN_AT <= is_now

    def words(self, used: Usage) -> str:
        """Return which part of the budget is fuller and how full, such as "812 of 1,000 posts"."""
        posts_full = self.posts is not None and used.posts / max(self.posts, 1)
        cost_full = self.cost is not None and used.cost / max(self.cost, 1)
        if self.cost is not None and cost_full >= posts_full:
            return f"{dollars(used.cost)} of {dollars(self.cost)}"
        return f"{used.posts:,} of {self.posts:,} posts" if self.posts is not None else "no budget"


def budget_of(settings: Mapping[str, Any]) -> Budget:
    """Return the budget that a source's settings give."""
    posts, usd = settings.get("budget_posts_per_month"), settings.get("budget_usd_per_month")
    return Budget(
        posts=None if posts is None else int(posts),
        cost=None if usd is None else round(float(usd) * MICROS),
    )


def month_of(now: datetime) -> date:
    """Return the first day of the month that counts at `now`."""
    return now.astimezone(UTC).date().replace(day=1)


def month_end(now: datetime) -> datetime:
    """Return when the next month begins and the budgets are full again."""
    first = month_of(now)
    year, month = (first.year + 1, 1) if first.month == 12 else (first.year, first.month + 1)
    return datetime(year, month, 1, tzinfo=UTC)


def dollars(cost: int) -> str:
    """Return a cost as people write it; fractions of a cent only where there is nothing else."""
    amount = cost / MICROS
    return f"${amount:,.2f}" if amount >= 0.01 or cost == 0 else f"${amount:.4f}"
