"""Leases on rows: taking them, and freeing those of workers that are gone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.tables import Outbox, PostRow, Source

Row = TypeVar("Row", PostRow, Outbox)
_CLAIMABLE = (PostRow, Outbox, Source)


def is_unclaimed(table: type[PostRow] | type[Outbox], now: datetime) -> ColumnElement[bool]:
    """Return the condition that no worker holds the row, or that its lease has ended."""
    return or_(col(table.claimed_until).is_(None), col(table.claimed_until) < now)


def is_free_for(worker: str, now: datetime) -> ColumnElement[bool]:
    """Return the condition that `worker`, which reads one batch of posts at a time, may take the post.

    What it still holds is left from a batch that the database refused: it need not wait for the lease to end.
    """
    return or_(is_unclaimed(PostRow, now), col(PostRow.claimed_by) == worker)


def claim_rows(
    session: Session, table: type[Row], wanted: SelectOfScalar[int | None], worker: str, now: datetime, lease: timedelta
) -> list[Row]:
    """Reserve the rows whose ids `wanted` selects for `worker` until the lease ends; return them in its order.

    Rows that another transaction is about to claim are passed over.
    """
    ids = list(session.exec(wanted.with_for_update(skip_locked=True)))
    if not ids:
        return []
    session.execute(update(table).where(col(table.id).in_(ids)).values(claimed_until=now + lease, claimed_by=worker))
    rows = {row.id: row for row in session.exec(select(table).where(col(table.id).in_(ids)))}
    return [rows[row_id] for row_id in ids]


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
