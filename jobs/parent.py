"""Ending with one's parent, so that a killed `afterclick run` leaves no process behind."""

import os
import time
from collections.abc import Callable
from threading import Thread

EVERY_S = 1.0


def when_parent_ends(parent: int, do: Callable[[], None]) -> None:
    """Call `do` once, from a thread, when this process is no longer a child of `parent`."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(EVERY_S)
        do()

    Thread(target=watch, name="parent", daemon=True).start()
