"""Drawing one page after another instead of many at once.

Python computes in one thread at a time, and drawing computes more than it waits. Ten pages that are drawn at once are
all done late; one after another, the first is done at once and only the last as late as all would have been.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from threading import BoundedSemaphore
from typing import Final

AT_ONCE: Final = 2  # while one waits for the database, the other computes
LONGEST_WAIT_S: Final = 0.5  # one that is stuck holds up nobody for longer
_turns: Final = BoundedSemaphore(AT_ONCE)


def in_turn(draw: Callable[[], None]) -> Callable[[], None]:
    """Return `draw` so that it waits for its turn."""

    @wraps(draw)
    def drawn() -> None:
        with _turn():
            draw()

    return drawn


@contextmanager
def _turn() -> Iterator[None]:
    is_ours = _turns.acquire(timeout=LONGEST_WAIT_S)
    try:
        yield
    finally:
        if is_ours:
            _turns.release()
