"""Tidy: what nobody needs any more goes.

Words of posts that were deleted leave the search index's file, where SQLite keeps them for its own reasons.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from jobs.parts import Parts
from storage.presence import tidy_presence
from storage.search import drop_deleted_words
from storage.tombstones import was_deleted_since

EVERY: Final = timedelta(days=1)


def tidy(parts: Parts, stopping: Callable[[], bool] = lambda: False) -> int:
    """Forget who looked at cases, and rewrite the search index where a post was deleted in the last two days.

    Returns how many steps that took. Each step is a transaction of its own, a fraction of a second long.
    """
    with parts.database.write() as session:
        tidy_presence(session, parts.now())
    with parts.database.read() as session:
        if not was_deleted_since(session, parts.now() - 2 * EVERY):
            return 0
    steps = 0
    while not stopping():
        with parts.database.write() as session:
            if not drop_deleted_words(session, begin=steps == 0):
                break
        steps += 1
    return steps
