"""A value that is worked out once for all who look, as reading it takes time."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from board.parts import Parts

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """A value that is made anew after some seconds, or for other parts; who comes meanwhile waits for it.

    It is shared by threads, so nobody changes anything in it.
    """

    def __init__(self, make: Callable[[Parts], Value], for_s: float) -> None:
        self._make, self._for_s = make, for_s
        self._lock = Lock()
        self._parts: Parts | None = None
        self._held: list[Value] = []
        self._until = 0.0

    def get(self, board: Parts) -> Value:
        """Return the value, at most so many seconds old."""
        with self._lock:
            if not self._held or self._parts is not board or time.monotonic() >= self._until:
                self._held, self._parts = [self._make(board)], board
                self._until = time.monotonic() + self._for_s
            return self._held[0]

    def forget(self) -> None:
        """Let whoever looks next see what somebody has just done."""
        with self._lock:
            self._held = []
