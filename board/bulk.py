"""Acts on any number of cases, some a transaction, and taking them back: what comes of it, without a page."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from board import parts
from board.who import acting
from core.errors import AfterclickError
from core.types import CaseStatus
from storage import cases as store
from storage import corrections, snoozing
from storage import undo as undo_store
from storage.database import Session
from storage.rows import id_of
from storage.teams import send_cases

CHUNK = 200  # cases a transaction: others get their turn in between
# SQLite has no line of those who wait to write: each looks again every 50 ms at first, and would never find it free.
PAUSE_S = 0.055
# session, cases, member, now -> why some were left alone, with "{case}" for "Case 7" or "3 cases"
Act = Callable[[Session, Sequence[int], int, datetime], Mapping[int, str]]
GONE = "{case}: not there any more."
MERGED = "{case}: merged into another one, which has everything of it, and left alone."


@dataclass(slots=True)
class Outcome:
    """What came of an act: the cases it was done to, and why others were left alone."""

    done: list[int] = field(default_factory=list)
    left: dict[str, list[int]] = field(default_factory=dict)
    kept: int = 0  # how many cases it changed, which can be taken back

    def add(self, case_ids: Sequence[int], whys: Mapping[int, str]) -> None:
        """Note what came of it for some cases, and why some of these were left alone."""
        self.done += [case_id for case_id in case_ids if case_id not in whys]
        for case_id, why in whys.items():
            self.left.setdefault(why, []).append(case_id)


def do_to(case_ids: Sequence[int], do: Act, act: str, what: str, me: int) -> Outcome:
    """Do something to cases in transactions of some, each of which can be taken back as a step of `act`.

    `what` says what the member did, for the history once it is taken back. A transaction that fails leaves its cases
    as they were, and the others go on.
    """
    board, came = parts.installed(), Outcome()
    for first in range(0, len(case_ids), CHUNK):
        _let_others_write(first)
        chunk = case_ids[first : first + CHUNK]
        try:
            with acting(me) as session:
                now = board.clock()
                before = undo_store.snapshot(session, chunk)
                gone = {case_id: GONE for case_id in chunk if case_id not in before.cases}
                gone |= {case_id: MERGED for case_id, was in before.cases.items() if was["merged_into_id"] is not None}
                whys = {**gone, **do(session, [each for each in before.cases if each not in gone], me, now)}
                kept = undo_store.keep(session, before, act, what, me, now)
            came.add(chunk, whys)
            came.kept += kept
        except AfterclickError as error:  # these are all as they were
            came.add(chunk, dict.fromkeys(chunk, str(error)))
    return came


def take_back(act: str, me: int) -> undo_store.Undone:
    """Take an act of the member back, step by step; those cases are left that somebody has changed since.

    Raises InputError where it was taken back already, and StorageError where the database cannot be used: what was
    taken back until then stays so, and the rest can be taken back later.
    """
    board, back, left = parts.installed(), list[int](), list[int]()
    with board.database.read() as session:
        steps = undo_store.steps_of(session, act, me)
    for number, step in enumerate(steps):
        _let_others_write(number)
        with acting(me) as session:
            undone = undo_store.undo(session, step, me, board.clock())
        back += undone.done
        left += undone.left
    return undo_store.Undone(tuple(back), tuple(left))


def _let_others_write(done: int) -> None:
    if done and parts.installed().database.is_sqlite:
        time.sleep(PAUSE_S)


def claim(session: Session, case_ids: Sequence[int], me: int, now: datetime) -> dict[int, str]:
    """Give the member the cases; those that somebody else has are left alone."""
    taken = store.claim_cases(session, case_ids, me, now)
    return {
        case_id: f"{{case}} is already taken by {name}. Choose another one, or leave a note."
        if len(case_ids) == 1
        else f"{{case}} already taken by {name}."
        for case_id, name in taken.items()
    }


def send(
    member_id: int | None, team_id: int | None, session: Session, case_ids: Sequence[int], me: int, now: datetime
) -> dict[int, str]:
    """Send the cases to a member or a team; those that are closed or there already are left alone."""
    sent = set(send_cases(session, case_ids, to_member=member_id, to_team=team_id, by_member=me, now=now))
    return {case_id: "{case}: closed, or there already, and left alone." for case_id in case_ids if case_id not in sent}


def release(session: Session, case_ids: Sequence[int], me: int, now: datetime) -> dict[int, str]:
    """Put the member's cases back to nobody; those of others are left alone."""
    given = set(store.release_cases(session, case_ids, me, now))
    return {case_id: "{case}: not yours any more." for case_id in case_ids if case_id not in given}


def move(status: CaseStatus, session: Session, case_ids: Sequence[int], me: int, now: datetime) -> dict[int, str]:
    """Give the cases another status."""
    store.set_statuses(session, case_ids, status, me, now)
    return {}  # what a colleague was quicker with is as it was wanted


def snooze(until: datetime, session: Session, case_ids: Sequence[int], me: int, now: datetime) -> dict[int, str]:
    """Put the cases off until a time; closed ones are left alone."""
    put_off = set(snoozing.snooze_cases(session, case_ids, until, me, now))
    return {case_id: "{case}: closed, and left alone." for case_id in case_ids if case_id not in put_off}


def wake(session: Session, case_ids: Sequence[int], me: int, now: datetime) -> dict[int, str]:
    """Bring the cases back that were put off."""
    snoozing.wake_cases(session, case_ids, me, now)
    return {}


def correct(
    said: corrections.Said, session: Session, case_ids: Sequence[int], me: int, now: datetime
) -> dict[int, str]:
    """Say of the cases what they are; those in which nothing counts as a complaint are left alone."""
    cases = undo_store.locked_cases(session, case_ids)
    for case in cases:
        store.refuse_merged(case)
        store.begin_with(session, case, me, now)
    told = set(corrections.correct_cases(session, cases, said, me, now))
    return {
        case_id: "{case}: nothing in it counts as a complaint. Correct a post of it."
        for case_id in map(id_of, cases)
        if case_id not in told
    }


def correct_post(
    post_id: int, said: corrections.Said, session: Session, case_ids: Sequence[int], me: int, now: datetime
) -> dict[int, str]:
    """Say of a post of the case what it is."""
    for case in undo_store.locked_cases(session, case_ids):
        store.begin_with(session, case, me, now)
    corrections.correct(
        session,
        post_id,
        me,
        now,
        complaint=said.complaint,
        reasons=said.reasons,
        severity=said.severity,
        parties=said.parties,
    )
    return {}
