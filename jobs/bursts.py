"""Pages of a source that answers within milliseconds, a few at a time: a transaction costs more than such a page."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from core.types import Page

MOST: Final = 10  # pages at a time
FAST: Final = 0.02  # seconds; a file or a server on this machine, no platform at the other end of a network
AFTER: Final = 10  # fast pages in a row before any page waits for others


def in_bursts(
    pages: Iterable[Page], most: int = MOST, clock: Callable[[], float] = time.monotonic
) -> Iterator[list[Page]]:
    """Yield the pages in their order: one at a time where they take their time, up to `most` where they do not.

    A page that says more than posts waits for no other. Where the source fails, what came before is yielded first.
    """
    waiting: list[Page] = []
    coming, fast = iter(pages), 0
    while True:
        asked_at = clock()
        try:
            page = next(coming, None)
        except Exception:
            if waiting:
                yield waiting
            raise
        if page is None:
            break
        fast = fast + 1 if clock() - asked_at < FAST else 0
        waiting.append(page)
        if fast <= AFTER or len(waiting) >= most or page.gap or page.deleted or page.rejected:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def as_one(pages: Sequence[Page]) -> Page:
    """Return the pages of a burst as one, in their order; only the last of them says more than posts."""
    if len(pages) == 1:
        return pages[0]
    posts = tuple(chain.from_iterable(page.posts for page in pages))
    return replace(pages[-1], posts=posts, cost=sum(page.cost for page in pages))
