"""How long to wait before trying again."""

import random
from datetime import timedelta

FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=6)


def backoff(failures: int, first: timedelta = FIRST_WAIT, longest: timedelta = LONGEST_WAIT) -> timedelta:
    """Return the wait after so many earlier failures: doubled each time, bounded, and spread by up to a quarter.

    The spread keeps processes that failed together from trying again together.
    """
    doubled: timedelta = min(first * 2 ** min(failures, 12), longest)
    return doubled * random.uniform(0.75, 1.0)  # noqa: S311  (not a secret)


def spread_pause(pause: timedelta) -> timedelta:
    """Return a pause that was asked for, up to 15 s longer: sources that share a key must not come back together."""
    return pause + random.uniform(0.0, 1.0) * min(pause / 20, timedelta(seconds=15))  # noqa: S311  (not a secret)
