"""How many mails of alerts one person gets: three at once at most, then one an hour that tells of all that waited."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

MOST_AT_ONCE: Final = 3
ONE_MORE_AFTER: Final = timedelta(hours=1)
LOOKS_BACK: Final = ONE_MORE_AFTER * 24


def free_at(sent: Iterable[datetime], now: datetime) -> datetime:
    """Return from when on the next mail may leave, given when the last ones left (those of a day are enough).

    A token bucket: it holds three, each mail takes one, and an hour brings one back. One in the future counts as
    that long ago: another worker's clock is a little ahead, or ours was far ahead once and must not silence anybody.
    """
    tokens, at = float(MOST_AT_ONCE), now - LOOKS_BACK
    for left in sorted(now - abs(now - each) for each in sent):
        if left < at:
            continue
        tokens = min(MOST_AT_ONCE, tokens + (left - at) / ONE_MORE_AFTER) - 1
        at = left
    tokens = min(MOST_AT_ONCE, tokens + (now - at) / ONE_MORE_AFTER)
    return now if tokens >= 1 else now + (1 - tokens) * ONE_MORE_AFTER
