"""A script of what happens when, and of the mails that must come of it: each within its time, and no other.

In the manner of Alertmanager's acceptance tests (github.com/prometheus/alertmanager, test/with_api_v2/acceptance): the
clock is the script's own, the mail server is real.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from itertools import count
from typing import Final

from sqlmodel import select

from alerts.mail import open_sender
from core.taxonomy import Reason
from core.types import CaseStatus, Prediction
from jobs.alert import alert
from jobs.classify import classify
from jobs.deliver import deliver
from jobs.digest import digest
from jobs.parts import Parts
from storage.cases import set_status
from storage.posts import store_posts
from storage.rows import id_of
from storage.tables import AlertRule, Brand, Incident, Member, PostRow, Source
from tests.fakes import Clock, FakeClassifier, post
from tests.smtp import MailServer

OPS: Final = "ops@parcelo.example"
EVE: Final = "eve@parcelo.example"
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(words: str) -> float:
    """Return how long "1h30m" or "20s" is."""
    found = re.findall(r"(\d+)([smhd])", words)
    assert found, words
    return sum(int(number) * _UNITS[unit] for number, unit in found)


class ReasonedClassifier(FakeClassifier):
    """As FakeClassifier, but each reason's name in a text is a reason, and any reason makes it a complaint."""

    def _predict(self, text: str) -> Prediction:
        found = {reason: 0.9 for reason in Reason if reason.value in text.split()}
        said = super()._predict(f"late {text}" if found else text)
        return replace(said, reasons=found or said.reasons)


@dataclass
class Expected:
    """A mail that must come between two moments, in seconds from the start, to one address."""

    after: float
    before: float
    to: str
    says: Sequence[str]
    says_not: Sequence[str]


@dataclass
class Came:
    """A mail that came, and when by the script's clock."""

    at: float
    mail: EmailMessage

    @property
    def text(self) -> str:
        body = self.mail.get_body(("plain",))
        assert body is not None
        return f"{self.mail['Subject']}\n{body.get_content()}"

    def __str__(self) -> str:
        return f"{self.at:,.0f} s to {self.mail['To']}: {self.text}"


@dataclass
class Timeline:
    """Tells what happens and what mails are expected, then plays it."""

    parts: Parts
    clock: Clock
    server: MailServer
    start: datetime = field(init=False)
    _steps: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _expected: list[Expected] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    is_down: bool = False
    came: list[Came] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = self.clock.at
        self.classifier = ReasonedClassifier()
        self.sender = open_sender(self.server.url)

    def begin(self, at: datetime) -> None:
        """Begin at another time than tests usually do."""
        self.start = self.clock.at = at
        with self.parts.database.write() as session:
            for rule in session.exec(select(AlertRule)):
                rule.created_at = at
                session.add(rule)

    def rule(self, kind: str, *, name: str = "", enabled: bool = True, **settings: object) -> int:
        """Add a rule; return its number."""
        with self.parts.database.write() as session:
            row = AlertRule(
                brand_id=1, name=name or kind, kind=kind, settings=settings, enabled=enabled, created_at=self.start
            )
            session.add(row)
            session.flush()
            return id_of(row)

    def at(self, when: str, *acts: Callable[[], None]) -> None:
        """Let this happen then, counted from the start."""
        for act in acts:
            self._steps.append((seconds(when), len(self._steps), act))

    def mail(
        self, after: str, before: str, *says: str, to: Sequence[str] = (OPS,), says_not: Sequence[str] = ()
    ) -> None:
        """Expect a mail to each of these addresses between two moments that says this and not that."""
        self._expected += [Expected(seconds(after), seconds(before), each, says, says_not) for each in to]

    # What may happen.

    def complaint(self, words: str = "late 4", author: str = "", **fields: object) -> Callable[[], None]:
        """Somebody complains; a digit is the severity, names of reasons and couriers are what they say."""

        def act() -> None:
            number = next(self._numbers)
            written = post(number, words, author or f"writer{number}", self.clock.at, **fields)
            with self.parts.database.write() as session:
                store_posts(session, [written], brand_id=1, source_id=1, own_handles=["parcelo"], now=self.clock.at)

        return act

    def complaints(self, words: Sequence[str], count: int, **fields: object) -> Callable[[], None]:
        """So many people complain at once, in these words by turns."""

        def act() -> None:
            numbers = [next(self._numbers) for _ in range(count)]
            written = [
                post(number, words[number % len(words)], f"writer{number}", self.clock.at, **fields)
                for number in numbers
            ]
            with self.parts.database.write() as session:
                store_posts(session, written, brand_id=1, source_id=1, own_handles=["parcelo"], now=self.clock.at)

        return act

    def past_complaints(self, words: str, days: int, an_hour: int) -> None:
        """Let so many have come in each hour before the start, at once."""
        hours, apart = range(24 * days, 0, -1), timedelta(minutes=7)
        written = [
            post(next(self._numbers), words, f"past{hour}.{each}", self.start - timedelta(hours=hour) + each * apart)
            for hour in hours
            for each in range(an_hour)
        ]
        with self.parts.database.write() as session:
            store_posts(session, written, brand_id=1, source_id=1, own_handles=["parcelo"], now=self.clock.at)

    def closes(self, number: int = 1) -> Callable[[], None]:
        """A member closes the case of that number."""
        member = self.member()
        return self.changes(lambda session: set_status(session, number, CaseStatus.RESOLVED, member, self.clock.at))

    def answers(self, number: int = 1) -> Callable[[], None]:
        """The brand answers the writer of the case of that number."""

        def act() -> None:
            with self.parts.database.write() as session:
                asked = session.exec(select(PostRow).where(PostRow.case_id == number)).first()
                assert asked is not None
                answer = post(
                    50_000 + next(self._numbers), "sorry", "parcelo", self.clock.at, parent_id=asked.platform_id
                )
                store_posts(session, [answer], brand_id=1, source_id=1, own_handles=["parcelo"], now=self.clock.at)

        return act

    def changes(self, change: Callable[..., object]) -> Callable[[], None]:
        """Whatever a test wants to do to the database."""

        def act() -> None:
            with self.parts.database.write() as session:
                change(session)

        return act

    def source(self, **values: object) -> Callable[[], None]:
        """The source changes so."""

        def change(session: object) -> None:
            row = session.exec(select(Source)).one()  # type: ignore[attr-defined]
            for name, value in values.items():
                setattr(row, name, value)
            session.add(row)  # type: ignore[attr-defined]

        return self.changes(change)

    def restart(self) -> None:
        """The worker dies and another one takes up the work."""
        self.parts = replace(self.parts, worker=f"elsewhere:{next(self._numbers)}:1:abcd")

    def goes_down(self) -> None:
        """No worker runs any more."""
        self.is_down = True

    def comes_up(self) -> None:
        """A worker runs again."""
        self.is_down = False

    def member(self) -> int:
        """Return somebody who works on cases."""
        with self.parts.database.write() as session:
            found = session.exec(select(Member)).first()
            if found is None:
                found = Member(email="ann@parcelo.example", name="Ann Vale", created_at=self.clock.at)
                session.add(found)
                session.flush()
            return id_of(found)

    def incidents(self) -> Sequence[Incident]:
        """Return all incidents there are."""
        with self.parts.database.read() as session:
            return session.exec(select(Incident).order_by(Incident.id)).all()  # type: ignore[arg-type]

    def brand(self, **values: object) -> None:
        """Set something of the brand."""
        with self.parts.database.write() as session:
            row = session.get_one(Brand, 1)
            for name, value in values.items():
                setattr(row, name, value)
            session.add(row)

    # Playing it.

    def play(self, until: str) -> None:
        """Let it all happen until then; fail with all that came where anything is not as it was told."""
        end = seconds(until)
        for when, _, act in sorted(self._steps, key=lambda step: step[:2]):
            self._run_to(when)
            act()
            self._lately = when
        self._run_to(end)
        self._check()

    _now: float = 0.0
    _lately: float = 0.0
    _seen: int = 0

    def _run_to(self, when: float) -> None:
        while True:
            self._tick()
            if self._now >= when:
                return
            quiet = self._now - self._lately
            pause = 5 if quiet < 90 else 30 if quiet < 900 else 600
            self._now = min(self._now + pause, when)
            self.clock.at = self.start + timedelta(seconds=self._now)

    def _tick(self) -> None:
        if self.is_down:
            return
        before = len(self.server.mails)
        while classify(self.parts, self.classifier, 256):
            pass
        alert(self.parts)
        digest(self.parts)
        while deliver(self.parts, self.sender):
            pass
        self.came += [Came(self._now, mail) for mail in self.server.mails[before:]]
        seen = len(self.incidents())
        if len(self.server.mails) > before or seen > self._seen:
            self._lately, self._seen = self._now, seen

    def _check(self) -> None:
        left = list(self.came)
        missing = []
        for expected in self._expected:
            found = next((came for came in left if _fits(came, expected)), None)
            if found is None:
                missing.append(expected)
            else:
                left.remove(found)
        if missing or left:
            told = "\n\n".join(map(str, self.came)) or "no mail at all"
            raise AssertionError(
                f"missing: {missing}\n\nnot expected: {[str(came)[:90] for came in left]}\n\nwhat came:\n{told}"
            )


def _fits(came: Came, expected: Expected) -> bool:
    return (
        expected.after <= came.at <= expected.before
        and came.mail["To"] == expected.to
        and all(words in came.text for words in expected.says)
        and not any(words in came.text for words in expected.says_not)
    )
