"""One thread that makes calls when their time comes: a timer for each request takes longer than a fast answer does."""

import heapq
import threading
import time
from collections.abc import Callable
from itertools import count

Call = Callable[[], None]


class Alarm:
    """Makes calls at their time, from a thread of its own; they must be quick and raise nothing."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: list[tuple[float, int]] = []  # when, and the number of the call
        self._calls: dict[int, Call] = {}
        self._numbers = count()
        self._thread: threading.Thread | None = None

    def set(self, seconds: float, call: Call) -> int:
        """Make `call` in so many seconds; the number that is returned takes it back."""
        with self._changed:
            number, at = next(self._numbers), time.monotonic() + seconds
            self._calls[number] = call
            heapq.heappush(self._queue, (at, number))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="alarm", daemon=True)
                self._thread.start()
            elif self._queue[0] == (at, number):
                self._changed.notify()
            return number

    def cancel(self, number: int) -> None:
        """Make the call no more; one that was made already changes nothing."""
        with self._changed:
            self._calls.pop(number, None)
            while self._queue and self._queue[0][1] not in self._calls:
                heapq.heappop(self._queue)

    def _run(self) -> None:
        while True:
            with self._changed:
                wait = self._queue[0][0] - time.monotonic() if self._queue else None
                if wait is None or wait > 0:
                    self._changed.wait(wait)
                    continue
                call = self._calls.pop(heapq.heappop(self._queue)[1], None)
            if call:
                call()
