"""What a click does: commands of the store over any number of cases, one sentence about what came of it, and Undo."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from secrets import token_hex

from board import bulk, parts, undo
from board.bulk import Act, Outcome
from board.notices import tell
from board.who import acting, signed_in_id
from board.words import STATUS_WORDS
from core.errors import AfterclickError, StorageError
from core.taxonomy import Party, Reason, Severity
from core.types import CaseStatus
from storage import corrections, merging


def claim_cases(case_ids: Sequence[int]) -> None:
    """Give the cases to the member who clicked, those that nobody has."""
    _do(case_ids, bulk.claim, "yours", "took cases")


def assign_cases(case_ids: Sequence[int], *, member_id: int | None = None, team_id: int | None = None) -> bool:
    """Send the cases to a member or a team; tell whether all of them are theirs now."""
    return _do(case_ids, partial(bulk.send, member_id, team_id), "sent", "sent cases")


def release(case_ids: Sequence[int]) -> None:
    """Put the member's cases back to nobody."""
    _do(case_ids, bulk.release, "free for others", "released cases")


def close_cases(case_ids: Sequence[int], status: CaseStatus) -> bool:
    """Close the cases; tell whether all of them are closed now."""
    return _do(case_ids, partial(bulk.move, status), STATUS_WORDS[status].lower(), "changed the status")


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
    return _do(case_ids, partial(bulk.correct, said), "corrected", "corrected what the model said")


def correct_post(case_id: int, post_id: int, said: corrections.Said) -> bool:
    """Say of one post what it is in the model's place; tell whether that was kept."""
    return _do([case_id], partial(bulk.correct_post, post_id, said), "corrected", "corrected what the model said")


def snooze_cases(case_ids: Sequence[int], until: datetime) -> bool:
    """Put the cases off until a time; tell whether all of them are."""
    return _do(case_ids, partial(bulk.snooze, until), "put off", "put cases off")


def wake_cases(case_ids: Sequence[int]) -> None:
    """Bring cases back that were put off."""
    _do(case_ids, bulk.wake, "open again", "brought cases back")


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
    me, done = signed_in_id(), undo.take_last()
    if done is None:
        tell("There is nothing to take back.")
        return
    try:
        undone = bulk.take_back(done.act, me)
    except StorageError as error:
        undo.put_back(done)  # what was taken back of it already is not taken back twice
        tell(str(error), long=True)
        return
    except AfterclickError as error:
        tell(str(error), long=True)
        return
    if undone.done:
        tell(f"Taken back: {_named(undone.done)} as before.")
    if undone.left:
        tell(f"{_named(undone.left)} changed since then and stayed as is.", long=True)


def _do(case_ids: Sequence[int], do: Act, now_are: str, what: str) -> bool:
    """Do something to cases; say what came of it, and tell whether it was done to all.

    `now_are` says what the cases are then, `what` what the member did, for the history once it is taken back.
    """
    act = token_hex(8)
    came = bulk.do_to(case_ids, do, act, what, signed_in_id())
    _tell(case_ids, came, now_are)
    if came.kept:
        undo.remember(act, f"{_named(came.done)} {now_are}")
    return len(came.done) == len(case_ids)


def _tell(case_ids: Sequence[int], came: Outcome, now_are: str) -> None:
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
