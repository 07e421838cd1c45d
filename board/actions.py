"""What a click does: commands of the store over any number of cases, one sentence about what came of it, and Undo."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from secrets import token_hex

from board import parts, undo
from board.notices import tell
from board.who import acting, signed_in_id
from board.words import STATUS_WORDS
from core.errors import AfterclickError, StorageError
from core.taxonomy import Party, Reason, Severity
from core.types import CaseStatus
from storage import cases as store
from storage import corrections, merging, snoozing
from storage import undo as undo_store
from storage.database import Session
from storage.teams import send_case

CHUNK, SMALL_CHUNK = 250, 50  # cases a transaction, and of what takes longer: others get their turn in between
# session, cases, member, now -> why some were left alone, with "{case}" for "Case 7" or "3 cases"
Act = Callable[[Session, Sequence[int], int, datetime], Mapping[int, str]]


def claim_cases(case_ids: Sequence[int]) -> None:
    """Give the cases to the member who clicked, those that nobody has."""
    _do(case_ids, _claim, "yours", "took cases")


def assign_cases(case_ids: Sequence[int], *, member_id: int | None = None, team_id: int | None = None) -> bool:
    """Send the cases to a member or a team; tell whether all of them are theirs now."""
    return _do(case_ids, partial(_send, member_id, team_id), "sent", "sent cases", SMALL_CHUNK)


def release(case_ids: Sequence[int]) -> None:
    """Put the member's cases back to nobody."""
    _do(case_ids, _release, "free for others", "released cases")


def close_cases(case_ids: Sequence[int], status: CaseStatus) -> bool:
    """Close the cases; tell whether all of them are closed now."""
    return _do(case_ids, partial(_move, status), STATUS_WORDS[status].lower(), "changed the status")


def move(case_id: int, status: CaseStatus) -> bool:
    """Give a case another status; tell whether it has it now."""
    return close_cases([case_id], status)


def correct_cases(
    case_ids: Sequence[int],
    *,
    complaint: bool = True,
    reasons: Collection[Reason] | None = None,
    severity: Severity | None = None,
    parties: Collection[Party] | None = None,
) -> bool:
    """Say of the cases what they are in the model's place; tell whether that was kept of all."""
    if not complaint:
        return close_cases(case_ids, CaseStatus.DISMISSED)
    said = corrections.Said(True, reasons, severity, parties)
    return _do(case_ids, partial(_correct, said), "corrected", "corrected what the model said", SMALL_CHUNK)


def correct_post(case_id: int, post_id: int, said: corrections.Said) -> bool:
    """Say of one post what it is in the model's place; tell whether that was kept."""
    return _do([case_id], partial(_correct_post, post_id, said), "corrected", "corrected what the model said")


def snooze_cases(case_ids: Sequence[int], until: datetime) -> bool:
    """Put the cases off until a time; tell whether all of them are."""
    return _do(case_ids, partial(_snooze, until), "put off", "put cases off")


def wake_cases(case_ids: Sequence[int]) -> None:
    """Bring cases back that were put off."""
    _do(case_ids, _wake, "open again", "brought cases back")


def merge_cases(case_ids: Sequence[int], into: int | None = None) -> int | None:
    """Make one case of several, the oldest where none is named; return the case that has everything now."""
    board, me, act = parts.installed(), signed_in_id(), token_hex(8)
    target = min(case_ids) if into is None else into
    try:
        with acting(me) as session:
            merging.merge_cases(session, case_ids, target, me, board.clock(), act=act)
    except AfterclickError as error:
        tell(str(error), long=True)
        return None
    words = f"{_cases(len({*case_ids, target}))} are one now: case {target}"
    tell(f"{words}.")
    undo.remember(act, words)
    return target


def split_case(case_id: int, post_ids: Sequence[int]) -> int | None:
    """Make a case of its own of some posts; return it."""
    board, me, act = parts.installed(), signed_in_id(), token_hex(8)
    try:
        with acting(me) as session:
            part = merging.split_case(session, case_id, post_ids, me, board.clock(), act=act).id
    except AfterclickError as error:
        tell(str(error), long=True)
        return None
    tell(f"Case {part} is new: it has what you took out of case {case_id}.")
    undo.remember(act, f"Case {part} split from case {case_id}")
    return part


def undo_last() -> None:
    """Take back what was done last on this page."""
    board, me, done = parts.installed(), signed_in_id(), undo.take_last()
    if done is None:
        tell("There is nothing to take back.")
        return
    back: list[int] = []
    left: list[int] = []
    try:
        with board.database.read() as session:
            steps = undo_store.steps_of(session, done.act, me)
        for step in steps:
            with acting(me) as session:
                undone = undo_store.undo(session, step, me, board.clock())
            back += undone.done
            left += undone.left
    except StorageError as error:
        undo.put_back(done)  # what was taken back of it already is not taken back twice
        tell(str(error), long=True)
        return
    except AfterclickError as error:
        tell(str(error), long=True)
        return
    if back:
        tell(f"Taken back: {_named(back)} as before.")
    if left:
        tell(f"{_named(left)} changed since then and stayed as is.", long=True)


@dataclass(slots=True)
class _Outcome:
    """What came of an act: the cases it was done to, and why others were left alone."""

    done: list[int] = field(default_factory=list)
    left: dict[str, list[int]] = field(default_factory=dict)
    kept: int = 0  # how many cases it changed, which can be taken back

    def add(self, case_ids: Sequence[int], whys: Mapping[int, str]) -> None:
        self.done += [case_id for case_id in case_ids if case_id not in whys]
        for case_id, why in whys.items():
            self.left.setdefault(why, []).append(case_id)


def _do(case_ids: Sequence[int], do: Act, now_are: str, what: str, at_once: int = CHUNK) -> bool:
    """Do something to cases in transactions of some; say what came of it, and tell whether it was done to all.

    `now_are` says what the cases are then, `what` what the member did, for the history once it is taken back.
    """
    board, me, act, came = parts.installed(), signed_in_id(), token_hex(8), _Outcome()
    for first in range(0, len(case_ids), at_once):
        chunk = case_ids[first : first + at_once]
        try:
            with acting(me) as session:
                now = board.clock()
                before = undo_store.snapshot(session, chunk)
                gone = {case_id: _GONE for case_id in chunk if case_id not in before.cases}
                gone |= {case_id: _MERGED for case_id, was in before.cases.items() if was["merged_into_id"] is not None}
                whys = {**gone, **do(session, [each for each in before.cases if each not in gone], me, now)}
                kept = undo_store.keep(session, before, act, what, me, now)
            came.add(chunk, whys)
            came.kept += kept
        except AfterclickError as error:  # these are all as they were
            came.add(chunk, dict.fromkeys(chunk, str(error)))
    _tell(case_ids, came, now_are)
    if came.kept:
        undo.remember(act, f"{_named(came.done)} {now_are}")
    return len(came.done) == len(case_ids)


_GONE = "{case}: not there any more."
_MERGED = "{case}: merged into another one, which has everything of it, and left alone."


def _tell(case_ids: Sequence[int], came: _Outcome, now_are: str) -> None:
    if came.done and len(case_ids) == 1:
        tell(f"Case {case_ids[0]} is {now_are}.")
    elif came.done:
        tell(f"{len(came.done):,} of {_cases(len(case_ids))} are {now_are}.")
    for why, ids in came.left.items():
        tell(why.replace("{case}", _named(ids)), long=True)


def _named(ids: Sequence[int]) -> str:
    return f"Case {ids[0]}" if len(ids) == 1 else _cases(len(ids))


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count:,} cases"


def _claim(session: Session, case_ids: Sequence[int], me: int, now: datetime) -> dict[int, str]:
    taken = store.claim_cases(session, case_ids, me, now)
    return {
        case_id: f"{{case}} is already taken by {name}. Choose another one, or leave a note."
        if len(case_ids) == 1
        else f"{{case}} already taken by {name}."
        for case_id, name in taken.items()
    }


def _send(
    member_id: int | None, team_id: int | None, session: Session, case_ids: Sequence[int], me: int, now: datetime
) -> dict[int, str]:
    sent = {
        case_id: send_case(session, case_id, to_member=member_id, to_team=team_id, by_member=me, now=now)
        for case_id in case_ids
    }
    return {case_id: "{case}: closed, or there already, and left alone." for case_id in case_ids if not sent[case_id]}


def _release(session: Session, case_ids: Sequence[int], me: int, now: datetime) -> dict[int, str]:
    given = set(store.release_cases(session, case_ids, me, now))
    return {case_id: "{case}: not yours any more." for case_id in case_ids if case_id not in given}


def _move(status: CaseStatus, session: Session, case_ids: Sequence[int], me: int, now: datetime) -> dict[int, str]:
    store.set_statuses(session, case_ids, status, me, now)
    return {}  # what a colleague was quicker with is as it was wanted


def _snooze(until: datetime, session: Session, case_ids: Sequence[int], me: int, now: datetime) -> dict[int, str]:
    put_off = set(snoozing.snooze_cases(session, case_ids, until, me, now))
    return {case_id: "{case}: closed, and left alone." for case_id in case_ids if case_id not in put_off}


def _wake(session: Session, case_ids: Sequence[int], me: int, now: datetime) -> dict[int, str]:
    snoozing.wake_cases(session, case_ids, me, now)
    return {}


def _correct(
    said: corrections.Said, session: Session, case_ids: Sequence[int], me: int, now: datetime
) -> dict[int, str]:
    left = {}
    for case in undo_store.locked_cases(session, case_ids):
        store.refuse_merged(case)
        store.begin_with(session, case, me, now)
        if not corrections.correct_case(session, case, said, me, now):
            left[case.id or 0] = "{case}: nothing in it counts as a complaint. Correct a post of it."
    return left


def _correct_post(
    post_id: int, said: corrections.Said, session: Session, case_ids: Sequence[int], me: int, now: datetime
) -> dict[int, str]:
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
