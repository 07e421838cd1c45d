"""Leases on rows: freeing those of workers that are gone."""

from collections.abc import Callable

from sqlalchemy import update
from sqlmodel import Session, col, select

from storage.tables import Outbox, PostRow, Source

_CLAIMABLE = (PostRow, Outbox, Source)


def free_claims(session: Session, is_gone: Callable[[str], bool]) -> int:
    """Free every claim whose worker `is_gone`; return the number of rows freed.

    Without this a crashed worker's rows would wait for their leases to end.
    """
    freed = 0
    for table in _CLAIMABLE:
        holders = session.exec(select(table.claimed_by).where(table.claimed_by != "").distinct()).all()
        for holder in filter(is_gone, holders):
            result = session.execute(
                update(table).where(col(table.claimed_by) == holder).values(claimed_until=None, claimed_by="")
            )
            freed += result.rowcount  # type: ignore[attr-defined]
    return freed
