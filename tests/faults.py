"""A mail server that fails in every way, and an account of what it was sent against what the outbox says."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from itertools import pairwise
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlmodel import select

from storage.database import Database
from storage.tables import Outbox, OutboxState
from tests.smtp import free_port

OK, LATER, BUSY, DROPPED, LOST, SLOW = "250 OK", "451 later", "421 busy", "dropped", "lost", "slow"
GONE, UNWANTED = "550 5.1.1 no such user", "554 5.6.0 not taken"
# How often of a thousand answers; the rest is 250.
FAULTS: Final[Mapping[str, int]] = {LATER: 120, BUSY: 30, DROPPED: 60, LOST: 60, SLOW: 20}
AT_ONCE: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One message that came as far as its text: how it was answered, and when."""

    message_id: str
    answer: str
    at: datetime

    @property
    def is_kept(self) -> bool:
        """Tell whether the recipient has it."""
        return self.answer in (OK, LOST, SLOW)


class FaultyServer:
    """Answers at random, the same way each time for a seed; `gone@` has no mailbox, `unwanted@` takes no such text."""

    def __init__(self, seed: int, slow_s: float) -> None:
        self.attempts: list[Attempt] = []
        self.refused = 0
        self._chance = random.Random(seed)
        self._slow_s = slow_s
        self._port = free_port()
        self._controller = self._started()

    @property
    def url(self) -> str:
        """The address for AFTERCLICK_SMTP_URL."""
        return f"smtp://127.0.0.1:{self._port}"

    def _started(self) -> Controller:
        controller = Controller(self, hostname="127.0.0.1", port=self._port)
        controller.start()
        return controller

    def goes_down(self) -> None:
        """Take no connection any more."""
        self._controller.stop()

    def comes_up(self) -> None:
        """Listen again, at the same address."""
        self._controller = self._started()

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse those that have no mailbox."""
        if address.startswith("gone"):
            self.refused += 1
            return GONE
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Answer as chance says."""
        answer = UNWANTED if envelope.rcpt_tos[0].startswith("unwanted") else self._answer()
        assert isinstance(envelope.content, bytes)
        message_id = str(message_from_bytes(envelope.content)["Message-ID"])
        if answer == SLOW:
            await asyncio.sleep(self._slow_s)
        self.attempts.append(Attempt(message_id, answer, datetime.now(UTC)))
        if answer in (DROPPED, LOST):
            server.transport.abort()
        return OK if answer in (DROPPED, LOST, SLOW) else answer

    def _answer(self) -> str:
        [answer] = self._chance.choices([*FAULTS, OK], [*FAULTS.values(), 1000 - sum(FAULTS.values())])
        return answer


@dataclass(slots=True)
class Account:
    """What became of the messages, by their Message-IDs; `lost` and `unexplained` must be empty."""

    sent: int = 0
    given_up: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)


def account(database: Database, attempts: Sequence[Attempt], cuts: Sequence[datetime]) -> Account:
    """Compare the outbox with what arrived.

    Lost is what should have arrived and did not, and what is neither sent nor given up. A second copy is explained
    where the answer to the one before was cut off, or where sender or server was ended at once after it (`cuts`).
    """
    kept: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        if attempt.is_kept:
            kept[attempt.message_id].append(attempt)
    found = Account()
    with database.read() as session:
        rows = session.exec(select(Outbox)).all()
    for row in rows:
        copies = kept.pop(row.message_id, [])
        is_refusal = row.recipient.startswith(("gone", "unwanted"))
        found.sent += row.state is OutboxState.SENT
        found.given_up += row.state is OutboxState.FAILED
        expected = OutboxState.FAILED if is_refusal else OutboxState.SENT
        if row.state is not expected or bool(copies) is is_refusal:
            found.lost.append(row.message_id)
        if len(copies) > 1:
            found.doubled.append(row.message_id)
        for first, second in pairwise(copies):
            if first.answer != LOST and not any(first.at <= at <= min(second.at, first.at + AT_ONCE) for at in cuts):
                found.unexplained.append(row.message_id)
    found.unexplained += kept  # under a Message-ID that nobody gave
    return found
