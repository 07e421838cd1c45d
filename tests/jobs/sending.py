"""Messages that wait, and a sender that is killed and started anew until none waits any more."""

import random
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import func, select

from alerts.telling import KIND, Told, ToldIncident, as_content
from jobs.parts import utc_now
from storage.database import Database
from storage.outbox import queue_mail
from storage.tables import Outbox, OutboxState
from tests.conftest import ROOT, environment_for
from tests.faults import FaultyServer

AHEAD = timedelta(minutes=10)  # of what is due first, so that few rounds take up all
ROUNDS = 60  # at most; each takes up what is due by then


def queue(database: Database, count: int) -> None:
    """Let so many alerts wait, each for an address of its own; three in a hundred can never arrive."""
    kinds = {7: "gone", 57: "unwanted", 83: "gone"}
    told = ToldIncident(1, "Parcelo", "Severe", "severe", "opened", "Severe case", "A case.", utc_now().isoformat())
    content = as_content(Told("UTC", (told,)))
    with database.write() as session:
        for number in range(count):
            to = f"{kinds.get(number % 100, 'manager')}{number}@parcelo.example"
            queue_mail(session, KIND, to, content, "board.example", utc_now())


@dataclass(slots=True)
class Sending:
    """Starts senders one after another; the first `kills` of them are killed with -9 in the middle of their work."""

    database: Database
    url: str
    server: FaultyServer
    kills: int
    outages: int
    seed: int = 7
    cut_at: list[datetime] = field(default_factory=list)
    rounds: int = 0

    def run(self) -> None:
        """Go on until no message waits; the clock jumps to when the next one is due."""
        chance = random.Random(self.seed)
        ahead = timedelta()
        while (due_at := self._next_due()) is not None and self.rounds < ROUNDS:
            ahead = max(ahead, due_at - utc_now() + AHEAD)
            sender = self._started(ahead)
            if self.rounds < self.kills:
                tried = len(self.server.attempts)
                while len(self.server.attempts) < tried + chance.randint(5, 40) and sender.poll() is None:
                    time.sleep(0.01)
                sender.kill()
                self.cut_at.append(utc_now())
            elif self.rounds < self.kills + self.outages:
                time.sleep(chance.uniform(1.0, 2.0))
                self.cut_at.append(utc_now())
                self.server.goes_down()
                self.cut_at.append(utc_now())
                time.sleep(1)
                self.server.comes_up()
            assert sender.wait(timeout=600) in (0, -9)
            self.rounds += 1

    def _next_due(self) -> datetime | None:
        with self.database.read() as session:
            due: Sequence[datetime | None] = session.exec(
                select(func.min(Outbox.next_attempt_at)).where(Outbox.state == OutboxState.QUEUED)
            ).all()
        return due[0]

    def _started(self, ahead: timedelta) -> subprocess.Popen[bytes]:
        words = ["-m", "tests.jobs.sending_target", self.url, self.server.url, str(ahead.total_seconds())]
        return subprocess.Popen([sys.executable, *words], cwd=ROOT, env=environment_for({}), stderr=subprocess.DEVNULL)
