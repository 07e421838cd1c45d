"""What a click does: one command of the store, and one sentence about what came of it."""

from collections.abc import Sequence

from board import parts
from board.notices import tell
from board.who import acting, signed_in_id
from board.words import STATUS_WORDS
from core.errors import AfterclickError
from core.types import CaseStatus
from storage import cases as store


def claim_cases(case_ids: Sequence[int]) -> None:
    """Give the cases to the member who clicked, those that nobody has."""
    board, me, won, lost = parts.installed(), signed_in_id(), 0, {}
    for case_id in case_ids:
        try:
            with acting(me) as session:
                claim = store.claim_case(session, case_id, me, board.clock())
        except AfterclickError as error:
            tell(str(error), long=True)
            continue
        if claim.won:
            won += 1
        else:
            lost[case_id] = claim.holder.name
    if won:
        tell(f"Case {case_ids[0]} is yours." if len(case_ids) == 1 else f"{won} of {len(case_ids)} cases are yours.")
    for case_id, name in lost.items():
        tell(f"Case {case_id} is already taken by {name}. Choose another one, or leave a note.", long=True)


def release(case_id: int) -> None:
    """Put the member's case back to nobody."""
    board, me = parts.installed(), signed_in_id()
    try:
        with acting(me) as session:
            given = store.release_case(session, case_id, me, board.clock())
    except AfterclickError as error:
        tell(str(error), long=True)
        return
    tell(f"Case {case_id} is free for others." if given else f"Case {case_id} was not yours any more.", long=not given)


def close_cases(case_ids: Sequence[int], status: CaseStatus) -> bool:
    """Close the cases; tell whether all of them are closed now."""
    one = len(case_ids) == 1
    closed = sum(move(case_id, status, quiet=not one) for case_id in case_ids)
    if not one:
        tell(f"{closed} of {len(case_ids)} cases are closed.")
    return closed == len(case_ids)


def move(case_id: int, status: CaseStatus, *, quiet: bool = False) -> bool:
    """Give a case another status; tell whether it has it now."""
    board, me = parts.installed(), signed_in_id()
    try:
        with acting(me) as session:
            changed = store.set_status(session, case_id, status, me, board.clock())
    except AfterclickError as error:
        tell(str(error), long=True)
        return False
    if changed and not quiet:
        tell(f"Case {case_id}: {STATUS_WORDS[status].lower()}.")
    return True


def note(case_id: int, text: str) -> bool:
    """Add a note; tell whether it was kept."""
    board, me = parts.installed(), signed_in_id()
    try:
        with acting(me) as session:
            store.add_note(session, case_id, me, text, board.clock())
    except AfterclickError as error:
        tell(str(error), long=True)
        return False
    tell("Note added.")
    return True


def answered(case_id: int, text: str) -> bool:
    """Note that the reply was posted by hand; the case becomes the member's where nobody had it."""
    board, me = parts.installed(), signed_in_id()
    try:
        with acting(me) as session:
            claim = store.claim_case(session, case_id, me, board.clock())
            if not claim.won:
                tell(f"{claim.holder.name} has this case: agree on who answers. Your draft is kept.", long=True)
                return False
            store.mark_answered(session, case_id, me, text, board.clock())
    except AfterclickError as error:
        tell(str(error), long=True)
        return False
    tell(f"Case {case_id} is answered and waits for the customer.")
    return True
