"""The lanes in which messages leave: side by side, so that a server that is slow or hangs holds up only its own."""

import logging
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from alerts.mail import Sender
from core.alerts.kinds import Channel
from jobs.deliver import BATCH, Hooks, deliver
from jobs.parts import Parts

MAIL: Final = frozenset({Channel.EMAIL})
HOOKS: Final = frozenset({Channel.WEBHOOK, Channel.SLACK})
LANES: Final[Sequence[Collection[Channel]]] = (MAIL, MAIL, MAIL, HOOKS, HOOKS)
REST_AFTER_TROUBLE: Final = timedelta(seconds=10)
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Lanes:
    """Sends what is due, in threads of an executor with one for each lane."""

    parts: Parts
    sender: Sender
    hooks: Hooks
    stopping: Callable[[], bool] = lambda: False
    _running: dict[int, Future[None]] = field(default_factory=dict)
    _rests_until: dict[int, datetime] = field(default_factory=dict)

    def start(self, executor: Executor) -> None:
        """Let each lane that stands still send what is due; one that failed is logged, rests and is tried again."""
        for lane, channels in enumerate(LANES):
            running = self._running.get(lane)
            if running is not None:
                if not running.done():
                    continue
                del self._running[lane]
                if error := running.exception():
                    _log.error("Sending failed and will be tried again: %s", error, exc_info=error)
                    self._rests_until[lane] = self.parts.now() + REST_AFTER_TROUBLE
            if self._is_rested(lane):
                self._running[lane] = executor.submit(self._send_all, channels)

    def send(self) -> int:
        """Send some of what is due, here and now; return how many messages were tried."""
        return deliver(self.parts, self.sender, self.hooks, stopping=self.stopping)

    def _send_all(self, channels: Collection[Channel]) -> None:
        # A web address may be slow by itself: what is not sent yet stays free for the other lane.
        batch = 1 if channels is HOOKS else BATCH
        while deliver(self.parts, self.sender, self.hooks, channels, batch, self.stopping):
            pass

    def _is_rested(self, lane: int) -> bool:
        """Tell whether the lane's rest is over; it is too where the clock went back."""
        until, now = self._rests_until.get(lane), self.parts.now()
        return until is None or not now < until <= now + REST_AFTER_TROUBLE
