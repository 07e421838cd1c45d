"""Who looks at a case, and who types in it, as of a few seconds ago."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from storage.tables import Member, Presence

SEEN_FOR: Final = timedelta(seconds=12)  # somebody whose page stopped asking is gone after this
WRITE_EVERY: Final = timedelta(seconds=6)
TIDY_AFTER: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Present:
    """A member who looks at a case, and when that was last heard."""

    member_id: int
    name: str
    typing: bool
    seen_at: datetime


def is_due(looking: Sequence[Present], member_id: int, now: datetime) -> bool:
    """Tell whether it is time to write once more that the member looks at the case where these look."""
    return not any(each.member_id == member_id and now - each.seen_at < WRITE_EVERY for each in looking)


def look(session: Session, case_id: int, member_id: int, now: datetime, *, typing: bool = False) -> None:
    """Keep that the member looks at the case now, and types in it where `typing`."""
    table = Presence.__table__  # type: ignore[attr-defined]
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(table)
    times = {"seen_at": now, "typing_at": now} if typing else {"seen_at": now}
    session.execute(
        insert.values(case_id=case_id, member_id=member_id, **times).on_conflict_do_update(
            index_elements=["case_id", "member_id"], set_=times
        )
    )


def stop_typing(session: Session, case_id: int, member_id: int) -> None:
    """Keep that the member has stopped to type in the case: what was typed is sent, or taken away."""
    row = session.get(Presence, (case_id, member_id))
    if row is not None:
        row.typing_at = None
        session.add(row)


def lookers(session: Session, now: datetime) -> Mapping[int, Sequence[Present]]:
    """Return who looks at each case, those who type first and then by name; cases that nobody looks at are left out."""
    since = now - SEEN_FOR
    rows = session.execute(
        select(
            *(col(Presence.case_id), col(Presence.member_id), col(Member.name)),
            *(col(Presence.typing_at), col(Presence.seen_at)),
        )
        .join(Member, col(Member.id) == Presence.member_id)
        .where(col(Presence.seen_at) > since)
        .order_by(col(Member.name), col(Member.id))
    )
    found: dict[int, list[Present]] = {}
    for case_id, member_id, name, typing_at, seen_at in rows:
        typing = typing_at is not None and typing_at > since
        found.setdefault(case_id, []).append(Present(member_id, name, typing, seen_at))
    return {case_id: sorted(each, key=lambda one: not one.typing) for case_id, each in found.items()}


def tidy_presence(session: Session, now: datetime) -> None:
    """Take away who looked longer than a minute ago."""
    session.execute(delete(Presence).where(col(Presence.seen_at) < now - TIDY_AFTER))
