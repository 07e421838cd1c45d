"""Drawing one page after another instead of many at once.

Python computes in one thread at a time, and drawing computes more than it waits. Ten pages that are drawn at once are
all done late; one after another, the first is done at once and only the last as late as all would have been. What
somebody waits for comes before what is only drawn anew.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from threading import Condition, local
from typing import Final

AT_ONCE: Final = 2  # while one waits for the database, the other computes
LONGEST_WAIT_S: Final = 0.5  # one that is stuck holds up nobody for longer


class Turns:
    """So many turns at a time; who is awaited gets the next one, before all others."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self.waiting = {True: 0, False: 0}  # who is awaited, and who is not
        self._changed = Condition()

    def take(self, longest_s: float, *, is_awaited: bool) -> bool:
        """Wait for a turn, but no longer than this; tell whether it came."""
        with self._changed:
            self.waiting[is_awaited] += 1
            try:
                is_ours = self._changed.wait_for(
                    lambda: self._free > 0 and (is_awaited or not self.waiting[True]), longest_s
                )
            finally:
                self.waiting[is_awaited] -= 1
            self._free -= is_ours
            self._changed.notify_all()
            return is_ours

    def give_back(self) -> None:
        """End a turn that was taken."""
        with self._changed:
            self._free += 1
            self._changed.notify_all()


_turns: Final = Turns(AT_ONCE)
_here: Final = local()


def hurried(hear: Callable[[], None]) -> Callable[[], None]:
    """Return `hear`, which hears an act, so that what is drawn to answer it comes before what nobody waits for."""

    @wraps(hear)
    def heard() -> None:
        _here.is_awaited = True  # Streamlit draws the answer in this thread, which ends with it
        hear()

    return heard


def in_turn(draw: Callable[[], None]) -> Callable[[], None]:
    """Return `draw` so that it waits for its turn."""

    @wraps(draw)
    def drawn() -> None:
        with _turn():
            draw()

    return drawn


@contextmanager
def _turn() -> Iterator[None]:
    is_ours = _turns.take(LONGEST_WAIT_S, is_awaited=getattr(_here, "is_awaited", False))
    try:
        yield
    finally:
        if is_ours:
            _turns.give_back()
