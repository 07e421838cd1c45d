"""What the composer's clicks do: one command of the store each, and one sentence about what came of it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any, Final

from board import parts, undo
from board.notices import tell
from board.told import as_number
from board.who import acting, signed_in_id
from core.errors import AfterclickError
from core.types import CaseStatus
from storage.database import Session
from storage.notes import add_note
from storage.promises import add_promise, case_of_promise, settle_promise
from storage.replies import Posted, mark_answered, take_over
from storage.rows import existing_case, id_of
from storage.tables import PromiseState
from storage.undo import Snapshot, keep, snapshot
from storage.unsaying import ANSWERED, NOTED, PROMISED, REOPENED, SETTLED

MOST_PROMISES: Final = 10
LATEST: Final = 253_402_300_000  # seconds: the last year that a date can name


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise that is to be kept with a reply."""

    text: str
    due_at: datetime | None


def note(case_id: int, text: str) -> bool:
    """Add a note; tell whether it was kept."""
    board, me = parts.installed(), signed_in_id()
    try:
        with remembered(case_id, NOTED, "has your note") as (session, before):
            added = add_note(session, case_id, me, text, board.clock())
            before.written["note"] = [id_of(added.note)]
    except AfterclickError as error:
        tell(str(error), long=True)
        return False
    tell(f"Note added. {_listed(added.told)} will be told." if added.told else "Note added.")
    return True


def answered(case_id: int, text: str, posted: Posted, promised: Sequence[Promised]) -> bool:
    """Note that the reply was posted by hand, and keep what it promises; tell whether that was done."""
    board, me = parts.installed(), signed_in_id()
    try:
        with remembered(case_id, ANSWERED, "marked as answered") as (session, before):
            now = board.clock()
            reply = mark_answered(session, case_id, me, text, now, posted)
            before.written["reply"] = [id_of(reply)]
            _keep_promises(session, case_id, promised, me, id_of(reply), now)
            status = existing_case(session, case_id).status
    except AfterclickError as error:
        tell(str(error), long=True)
        return False
    if status is CaseStatus.WAITING:
        tell(f"Case {case_id} is answered and waits for the customer.")
    elif status.is_closed:
        tell(f"The answer to case {case_id} is noted; the case stays closed.")
    else:
        tell(f"The answer to case {case_id} is noted. The customer has written again since then.", long=True)
    return True


@contextmanager
def remembered(case_id: int, what: str, words: str) -> Iterator[tuple[Session, Snapshot]]:
    """Yield a session to act in, and let what is done be taken back: `what` in the history, `words` in the undo bar."""
    board, me, act = parts.installed(), signed_in_id(), token_hex(8)
    with acting(me) as session:
        before = snapshot(session, [case_id])
        yield session, before
        kept = keep(session, before, act, what, me, board.clock())
    if kept:
        undo.remember(act, f"Case {case_id} {words}")


def _keep_promises(
    session: Session, case_id: int, promised: Sequence[Promised], me: int, reply_id: int, now: datetime
) -> None:
    for each in promised:
        if each.due_at is None or each.due_at > now:  # "within a minute" may be over by the time it is marked
            add_promise(session, case_id, each.text, each.due_at, me, now, reply_id=reply_id)


def take_case_over(case_id: int, from_member: int) -> None:
    """Take a case from the member who has it as the page shows."""
    board, me = parts.installed(), signed_in_id()
    try:
        with remembered(case_id, "took the case over", "taken over") as (session, _):
            claim = take_over(session, case_id, me, from_member, board.clock())
    except AfterclickError as error:
        tell(str(error), long=True)
        return
    if claim.won:
        tell(f"Case {case_id} is yours.")
    else:
        tell(f"{claim.holder.name} has case {case_id} by now, and nothing was done.", long=True)


def promise(case_id: int, promised: Promised) -> bool:
    """Keep a promise that was made to the author; tell whether it was kept."""
    board, me = parts.installed(), signed_in_id()
    try:
        with remembered(case_id, PROMISED, "has one more promise") as (session, before):
            now = board.clock()
            added = add_promise(session, case_id, promised.text, promised.due_at, me, now)
            if added.created_at == now:  # else it was noted before
                before.written["promise"] = [id_of(added)]
    except AfterclickError as error:
        tell(str(error), long=True)
        return False
    tell("Promise noted.")
    return True


def settle(promise_id: int, state: PromiseState) -> None:
    """Say what became of a promise, or that it is open again."""
    board, me = parts.installed(), signed_in_id()
    try:
        with board.database.read() as session:
            case_id = case_of_promise(session, promise_id)
        opens = state is PromiseState.OPEN
        what, words = (REOPENED, "has a promise open again") if opens else (SETTLED, "has a promise settled")
        with remembered(case_id, what, words) as (session, before):
            done = settle_promise(session, promise_id, state, me, board.clock())
            if done:
                before.written["reopened" if opens else "settled"] = [promise_id]
    except AfterclickError as error:
        tell(str(error), long=True)
        return
    if done:
        tell("The promise is open again." if opens else f"Promise {state.value}.")
    else:
        tell("A colleague was quicker with this promise, and nothing was done.", long=True)


def promised_in(told: object) -> list[Promised]:
    """Return the promises in a list that a browser sent, none of what is no such list."""
    if not isinstance(told, Sequence) or isinstance(told, str):
        return []
    found = (promised_of(each) for each in told[:MOST_PROMISES])
    return [each for each in found if each is not None]


def promised_of(told: object) -> Promised | None:
    """Return the promise that a browser sent as {"text", "due"}, none of what is no such thing."""
    if not isinstance(told, Mapping) or not isinstance(told.get("text"), str):
        return None
    return Promised(told["text"], time_of(told.get("due")))


def time_of(value: Any) -> datetime | None:
    """Return the time of so many seconds since 1970, none where the value says no such time."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 < value < LATEST or as_number(int(value)) is None:
        return None
    return datetime.fromtimestamp(value, UTC)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
