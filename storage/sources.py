"""Reading sources: who reads which, storing a page with its cursor, and the account of what was read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, or_, select

from core.types import Post
from storage.posts import Stored, store_posts
from storage.rows import id_of
from storage.tables import Brand, CollectedWindow, Source, SourceState, WindowState


@dataclass(frozen=True, slots=True)
class Outcome:
    """How reading a source ended, and when to try again."""

    state: SourceState
    window: WindowState
    detail: str
    next_attempt_at: datetime | None


def due_sources(session: Session, now: datetime) -> Sequence[Source]:
    """Return the sources whose time has come; one that was stopped waits for a person."""
    query = select(Source).where(
        col(Source.enabled).is_(True),
        Source.state != SourceState.STOPPED,
        or_(col(Source.next_attempt_at).is_(None), col(Source.next_attempt_at) <= now),
    )
    return session.exec(query.order_by(col(Source.next_attempt_at), Source.name)).all()


def claim_source(session: Session, source_id: int, worker: str, now: datetime, lease: timedelta) -> Source | None:
    """Reserve the source for `worker` and return it; None where another worker is reading it."""
    taken = session.execute(
        update(Source)
        .where(col(Source.id) == source_id)
        .where(or_(col(Source.claimed_until).is_(None), col(Source.claimed_until) < now, Source.claimed_by == worker))
        .values(claimed_until=now + lease, claimed_by=worker)
    )
    return session.get(Source, source_id) if taken.rowcount == 1 else None  # type: ignore[attr-defined]


def store_page(
    session: Session,
    source: Source,
    posts: Sequence[Post],
    cursors: tuple[str, str],
    worker: str,
    now: datetime,
    lease: timedelta,
    own_handles: Collection[str],
) -> Stored | None:
    """Store the posts and move the cursor from `cursors[0]` to `cursors[1]`, together.

    Returns None, and stores nothing, where another worker took the source over meanwhile: it reads the same posts.
    """
    moved = session.execute(
        update(Source)
        .where(col(Source.id) == source.id, col(Source.claimed_by) == worker, col(Source.cursor) == cursors[0])
        .values(cursor=cursors[1], claimed_until=now + lease)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        return None
    return store_posts(
        session, posts, brand_id=source.brand_id, source_id=id_of(source), own_handles=own_handles, now=now
    )


def finish_source(
    session: Session, source_id: int, worker: str, began_at: datetime, posts: int, outcome: Outcome
) -> None:
    """Give the source back and account for the window of time that was read."""
    source = session.get_one(Source, source_id)
    from_at = source.last_success_at or began_at
    session.add(
        CollectedWindow(
            source_id=source_id,
            from_at=min(from_at, began_at),
            until_at=began_at,
            state=outcome.window,
            posts=posts,
            detail=outcome.detail,
        )
    )
    if source.claimed_by != worker:
        return
    source.claimed_by, source.claimed_until = "", None
    source.state, source.next_attempt_at = outcome.state, outcome.next_attempt_at
    source.last_error = outcome.detail if outcome.window is not WindowState.COMPLETE else ""
    if outcome.window in (WindowState.COMPLETE, WindowState.TRUNCATED):
        source.last_success_at, source.failures = began_at, 0
    else:
        source.failures += 1
    session.add(source)


def retry_stopped(session: Session) -> None:
    """Give sources that were stopped another try: a new process may have new credentials."""
    session.execute(
        update(Source)
        .where(col(Source.state) == SourceState.STOPPED, col(Source.enabled).is_(True))
        .values(state=SourceState.WAITING, next_attempt_at=None)
    )


def own_handles_of(session: Session, brand_id: int) -> list[str]:
    """Return the brand's own handles, by which its posts are recognised."""
    return session.get_one(Brand, brand_id).handles
