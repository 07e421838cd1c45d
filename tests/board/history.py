"""Weeks of cases that came, were taken, answered and closed: what the reports count. Drawn the same each time."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from core.taxonomy import Party, Reason
from core.types import CaseStatus
from storage.rows import id_of
from storage.tables import Case, CaseEvent, EventKind, Promise, PromiseState, Reply, ReplyState
from tests.board.seeding import Seed, add_case

COURIERS = {"Swiftfare": "swiftfare", "Parcel Goose": "parcelgoose", "Nightbarrow": "nightbarrow"}
TEXTS = {
    Reason.LATE: ("Day six of “out for delivery”, @brindlehome.", "My shelves were due on Monday. Which Monday?"),
    Reason.MISSED: (
        "Card says nobody was home. Three of us were.",
        "“Sorry we missed you”, wrote somebody who never rang.",
    ),
    Reason.LOST: ("Delivered, it says. To whom?", "Two weeks and the parcel is nowhere to be found."),
    Reason.DAMAGED: ("Mirror arrived as a puzzle.", "The box looks as if somebody sat on it. Somebody heavy."),
    Reason.WRONG_ITEM: ("Ordered blue, got beige. Again.", "One of four chairs is missing from the set."),
    Reason.NO_TRACKING: ("Label created, and then silence.", "The tracking page shows another town's parcel."),
    Reason.UNREACHABLE: ("Forty minutes of hold music, then the line went dead.", "Is there any human I can talk to?"),
    Reason.NO_REPLY: ("Third mail without an answer.", "You read my message on Friday. It is Thursday."),
    Reason.REFUND: ("Sent it back in spring, still no refund.", "Where is the money for the lamp I returned?"),
    Reason.BILLING: ("Charged twice for one rug.", "The invoice has a delivery fee nobody told me of."),
    Reason.WEBSITE: ("Checkout eats my basket each time.", "The app says my address does not exist. I live here."),
    Reason.FAULTY: ("The kettle trips the fuse.", "Second drawer, second broken rail."),
}
WEIGHTS = (17, 9, 8, 8, 7, 6, 5, 7, 6, 4, 3, 5)
PLATFORMS = ("x", "reddit", "mastodon", "bluesky", "hackernews")
PLATFORM_WEIGHTS = (52, 20, 12, 13, 3)
DELIVERY = frozenset((Reason.LATE, Reason.MISSED, Reason.LOST, Reason.DAMAGED, Reason.NO_TRACKING))
BUSY_HOURS = (*range(7, 23), *range(8, 12), *range(17, 21))  # mornings and evenings count twice


@dataclass(frozen=True)
class History:
    """Adds past cases for a brand, worked on by these members."""

    session: Session
    brand_id: int
    members: Sequence[int]
    now: datetime
    chance: random.Random

    def add_day(self, ago: int) -> None:
        """Add the cases of a day; more lately, and fewer at weekends."""
        midnight = (self.now - timedelta(days=ago)).replace(hour=0, minute=0, second=0, microsecond=0)
        base = 9 if ago < 12 else 6
        for _ in range(max(1, base + self.chance.randint(-2, 3) - (3 if midnight.weekday() >= 5 else 0))):
            at = midnight + timedelta(hours=self.chance.choice(BUSY_HOURS), minutes=self.chance.randrange(60))
            if at < self.now - timedelta(hours=26):
                self.add_case(at, ago)

    def add_case(self, at: datetime, ago: int) -> None:
        """Add one case and what became of it."""
        draw = self.chance
        reason = draw.choices(list(TEXTS), WEIGHTS)[0]
        courier = draw.choices(list(COURIERS), (5, 6 if ago < 12 else 2, 2))[0] if reason in DELIVERY else ""
        text = draw.choice(TEXTS[reason]) + (f" Thanks, {courier}." if courier else "")
        also = draw.choice((Reason.NO_REPLY, Reason.BROKEN_PROMISE, None, None, None))
        seed = Seed(
            f"@guest{draw.randrange(10_000):04}",
            "",
            (text,),
            severity=draw.choices((1, 2, 3, 4), (3, 9, 4, 1))[0],
            reasons={reason: 0.93, **({also: 0.61} if also and also != reason else {})},
            parties=(Party.COURIER,) if courier else (Party.BRAND,),
            platform=draw.choices(PLATFORMS, PLATFORM_WEIGHTS)[0],
            minutes_ago=int((self.now - at).total_seconds() // 60),
            due_in_minutes=int((at + timedelta(hours=4) - self.now).total_seconds() // 60),
            reach=draw.randrange(4000),
        )
        case = self.session.get_one(Case, add_case(self.session, self.brand_id, seed, self.now))
        case.courier, case.routed_at = courier, at + timedelta(minutes=1)
        self._work(case, at)

    def _work(self, case: Case, at: datetime) -> None:
        draw, member = self.chance, self.chance.choice(self.members)
        taken = _at_work(at + timedelta(minutes=draw.randrange(3, 90)), draw.randrange(80))
        if taken > self.now:  # nobody has worked since
            return
        self._happen(case, EventKind.CLAIMED, member, taken)
        case.assignee_id, case.assigned_at = member, taken
        if draw.random() < 0.12:
            self._close(case, CaseStatus.DISMISSED, member, min(taken + timedelta(minutes=2), self.now))
            return
        answered = _at_work(taken + timedelta(minutes=int(draw.lognormvariate(3.4, 0.9))), draw.randrange(60))
        if answered > self.now:
            case.status = CaseStatus.OPEN
            return
        self._answer(case, member, answered)
        closed = answered + timedelta(hours=draw.randrange(1, 50))
        if closed < self.now:
            self._close(case, CaseStatus.RESOLVED, member, closed)
        else:
            case.status, case.updated_at = CaseStatus.WAITING, answered

    def _answer(self, case: Case, member: int, at: datetime) -> None:
        days = self.chance.randrange(1, 4)
        promises = self.chance.random() < 0.2
        text = f"We are sorry. You hear from us within {days} days." if promises else "We are sorry, and look into it."
        reply = Reply(
            case_id=id_of(case),
            member_id=member,
            state=ReplyState.SENT,
            text=text,
            created_at=at,
            updated_at=at,
            sent_at=at,
        )
        self.session.add(reply)
        self.session.flush()
        self._happen(case, EventKind.REPLIED, member, at)
        case.first_reply_at, case.due_at = at, None
        if promises:
            self._promise(case, id_of(reply), member, at, at + timedelta(days=days))

    def _promise(self, case: Case, reply_id: int, member: int, at: datetime, due_at: datetime) -> None:
        is_kept = self.chance.random() < 0.8
        settled = due_at - timedelta(hours=3) if is_kept else due_at + timedelta(days=1)
        state = PromiseState.OPEN
        if settled < self.now:
            state = PromiseState.KEPT if is_kept else PromiseState.BROKEN
        self.session.add(
            Promise(
                case_id=id_of(case),
                reply_id=reply_id,
                member_id=member,
                text="You hear from us",
                due_at=due_at,
                state=state,
                created_at=at,
                settled_at=None if state is PromiseState.OPEN else settled,
            )
        )
        self._happen(case, EventKind.PROMISED, member, at)

    def _close(self, case: Case, status: CaseStatus, member: int, at: datetime) -> None:
        self._happen(case, EventKind.STATUS, member, at, before=case.status.value, after=status.value)
        case.status, case.closed_at, case.updated_at = status, at, at
        case.due_at = None

    def _happen(self, case: Case, kind: EventKind, member: int, at: datetime, **detail: object) -> None:
        self.session.add(CaseEvent(case_id=id_of(case), kind=kind, member_id=member, detail=detail, happened_at=at))


def _at_work(at: datetime, minutes: int) -> datetime:
    """Return a time at which somebody is there: this one, or some minutes after the next morning begins."""
    while at.weekday() >= 5 or not 7 <= at.hour < 17:
        next_day = at if at.hour < 7 else at + timedelta(days=1)
        at = next_day.replace(hour=7, minute=0) + timedelta(minutes=minutes)
    return at


def seed_history(session: Session, brand_id: int, members: Sequence[int], now: datetime, days: int) -> None:
    """Add the cases of the last `days` days, oldest first; none of them is newer than a day."""
    history = History(session, brand_id, members, now, random.Random(7))
    for ago in range(days, 0, -1):
        history.add_day(ago)
