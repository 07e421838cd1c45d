"""One parent over several processes: started, restarted when they die, stopped together."""

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from types import FrameType

from core.backoff import backoff

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=1)
GRACE_S = 15.0
TICK_S = 0.25
STEADY_S = 60.0  # a child that ran so long has recovered from what killed it before
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Child:
    """A process that should always run."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] | None = None
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    start_after: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Keeps its children running until `stop` is set; by SIGINT and SIGTERM too, once `listen` was called."""

    children: Sequence[Child]
    stop: Event = field(default_factory=Event)

    def listen(self) -> None:
        """Stop on SIGINT and SIGTERM."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stop.set()

    def run(self) -> None:
        """Run the children until told to stop, then end them: gently first, by force after a while."""
        try:
            while not self.stop.is_set():
                for child in self.children:
                    self._look_after(child)
                self.stop.wait(TICK_S)
        finally:
            self._end_all()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.start_after:
                self._start(child)
            return
        code = child.process.poll()
        if code is None:
            return
        child.process = None
        child.failures = 0 if now - child.started_at >= STEADY_S else child.failures + 1
        pause = backoff(child.failures, first=FIRST_WAIT, longest=LONGEST_WAIT).total_seconds()
        child.start_after = now + pause
        _log.error("The %s ended with code %s; it starts again in %.0f s", child.name, code, pause)

    def _start(self, child: Child) -> None:
        # A session of its own: Ctrl-C reaches the parent alone, which then ends its children in order.
        child.process = subprocess.Popen(child.command, env=child.environment, start_new_session=True)  # noqa: S603
        child.started_at = time.monotonic()

    def _end_all(self) -> None:
        running = [child.process for child in self.children if child.process and child.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + GRACE_S
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def own_command(*words: str) -> list[str]:
    """Return the command line that runs `afterclick WORDS` with this Python."""
    return [sys.executable, "-m", "cli", *words]
