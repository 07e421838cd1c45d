"""What replies promised, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import not_, update
from sqlmodel import Session, col, select

from core.errors import InputError
from core.text import written
from storage.cases import refuse_merged
from storage.casework import record
from storage.rows import existing_case, id_of
from storage.tables import EventKind, Member, Promise, PromiseState
from storage.teams import locked_case

LONGEST: Final = 500
MOST_A_CASE: Final = 50


@dataclass(frozen=True, slots=True)
class KeptPromise:
    """A promise as the case shows it: who made it, and when it is over if nothing came."""

    id: int
    text: str
    by: str
    due_at: datetime | None
    state: PromiseState
    created_at: datetime
    settled_at: datetime | None


def add_promise(
    session: Session,
    case_id: int,
    text: str,
    due_at: datetime | None,
    member_id: int,
    now: datetime,
    *,
    reply_id: int | None = None,
) -> Promise:
    """Keep something that was promised to the author of a case; the same promise for the same time is kept once.

    Raises InputError for an empty one, one that is too long, one whose time is over, and for a case that was merged.
    """
    words = written(text)
    if not words:
        raise InputError("The promise is empty: write what was promised.")
    if len(words) > LONGEST:
        raise InputError(f"The promise is too long: say it in {LONGEST} characters.")
    if due_at is not None and due_at <= now:
        raise InputError("The time of the promise is over already: choose one that is still to come.")
    case = locked_case(session, case_id)
    refuse_merged(case)
    before = session.exec(select(Promise).where(Promise.case_id == case_id)).all()
    same = next(
        (each for each in before if (each.text, each.due_at, each.state) == (words, due_at, PromiseState.OPEN)), None
    )
    if same is not None:
        return same
    if len(before) >= MOST_A_CASE:
        raise InputError(f"The case has {MOST_A_CASE} promises already: settle those first.")
    promise = Promise(
        case_id=case_id, reply_id=reply_id, member_id=member_id, text=words, due_at=due_at, created_at=now
    )
    case.updated_at = now
    session.add_all((promise, case))
    session.flush()
    due = due_at.isoformat() if due_at else ""
    record(session, case, EventKind.PROMISED, now, member_id, promise=id_of(promise), text=words, due_at=due)
    return promise


def settle_promise(session: Session, promise_id: int, state: PromiseState, member_id: int, now: datetime) -> bool:
    """Say what became of an open promise, or with OPEN that a settled one is open again; tell whether that is news.

    One conditional update decides, so of two who click at once one settles it. Raises InputError for a promise that is
    gone.
    """
    promise = _promise(session, promise_id)
    is_open = col(Promise.state) == PromiseState.OPEN
    opens = state is PromiseState.OPEN
    settled = session.execute(
        update(Promise)
        .where(col(Promise.id) == promise_id, not_(is_open) if opens else is_open)
        .values(state=state, settled_at=None if opens else now)
    )
    if settled.rowcount != 1:  # type: ignore[attr-defined]
        return False
    case = existing_case(session, promise.case_id)
    case.updated_at = now
    session.add(case)
    said = {"promise": promise_id, "state": state.value, "text": promise.text}
    record(session, case, EventKind.PROMISE_SETTLED, now, member_id, **said)
    return True


def case_of_promise(session: Session, promise_id: int) -> int:
    """Return the case in which something was promised. Raises InputError for a promise that is gone."""
    return _promise(session, promise_id).case_id


def _promise(session: Session, promise_id: int) -> Promise:
    promise = session.get(Promise, promise_id)
    if promise is None:
        raise InputError("There is no such promise any more.")
    return promise


def promises_of(session: Session, case_id: int) -> Sequence[KeptPromise]:
    """Return the promises of a case: open ones first, the next due at the top, then the settled ones, newest first."""
    rows = session.execute(
        select(Promise, col(Member.name))
        .outerjoin(Member, col(Member.id) == Promise.member_id)
        .where(Promise.case_id == case_id)
    )
    found = [
        KeptPromise(id_of(row), row.text, name or "", row.due_at, row.state, row.created_at, row.settled_at)
        for row, name in rows
    ]
    opened = [each for each in found if each.state is PromiseState.OPEN]
    settled = [each for each in found if each.state is not PromiseState.OPEN]
    opened.sort(key=lambda each: (each.due_at is None, each.due_at or each.created_at, each.id))
    settled.sort(key=lambda each: (each.settled_at or each.created_at, each.id), reverse=True)
    return opened + settled
