"""Posts that are to be looked up again, and what came of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, tuple_, update
from sqlmodel import Session, col, select

from core.budgets import Usage
from core.types import LookedUp
from storage.posts import Stored
from storage.rows import id_of
from storage.sources import Run, add_usage, hold_source, keep_posts
from storage.tables import PostRow, Source
from storage.tombstones import record_deleted

CHUNK = 500


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """How far a sweep over a source's posts has come: when the last post of it was last seen, and its row's id."""

    seen_at: datetime
    post_id: int


@dataclass(frozen=True, slots=True)
class DuePost:
    """A post whose platform is to be asked whether it is still there."""

    platform_id: str
    place: Place


def due_posts(session: Session, run: Run, older_than: datetime, after: Place | None, limit: int) -> Sequence[DuePost]:
    """Return the posts of the source that were last seen before `older_than`, the one seen longest ago first.

    Those up to `after` are passed over: they were asked for in this sweep already, and the platform said nothing.
    """
    seen_at = _seen_at()
    query = select(col(PostRow.id), PostRow.platform_id, seen_at).where(
        PostRow.source_id == run.source.id,
        PostRow.platform == run.source.platform,
        col(PostRow.deleted_at).is_(None),
        seen_at < older_than,
    )
    if after is not None:
        query = query.where(tuple_(seen_at, col(PostRow.id)) > (after.seen_at, after.post_id))
    rows = session.exec(query.order_by(seen_at, col(PostRow.id)).limit(limit))
    return [DuePost(platform_id, Place(at, post_id)) for post_id, platform_id, at in rows if post_id is not None]


def _seen_at() -> ColumnElement[datetime]:
    """Return when the platform last had the post."""
    kind = PostRow.collected_at.type  # type: ignore[attr-defined]
    return func.coalesce(col(PostRow.checked_at), col(PostRow.collected_at), type_=kind)


def forget_unrefreshed(session: Session, platform: str, before: datetime, why: str, now: datetime, limit: int) -> int:
    """Take the words of up to `limit` posts away that a source of the platform brought and that were last seen before.

    Posts of the platform that were imported from a file were not read by its API, and stay.
    """
    query = (
        select(PostRow.platform_id)
        .join(Source, col(Source.id) == PostRow.source_id)
        .where(Source.platform == platform, PostRow.platform == platform, col(PostRow.deleted_at).is_(None))
        .where(_seen_at() < before)
    )
    ids = session.exec(query.order_by(col(PostRow.id)).limit(limit)).all()
    return record_deleted(session, platform, dict.fromkeys(ids, why), now)


def store_looked_up(
    session: Session, run: Run, asked: Collection[str], found: LookedUp, now: datetime, lease: timedelta
) -> tuple[Stored, int] | None:
    """Keep what became of the posts in `asked`; return what changed and how many were gone.

    Posts that are still there take over what they say now, with the earlier words kept; those that are gone become
    tombstones; of the others nothing is noted. Returns None, and keeps nothing, where another worker took the source.
    """
    source = run.source
    if not hold_source(session, id_of(source), run.worker, now, lease):
        return None
    add_usage(session, id_of(source), Usage(0, found.cost), now)
    posts = [post for post in found.posts if post.platform_id in asked]
    stored = keep_posts(session, source, posts, run.own_handles, now)
    _note_checked(session, source.platform, [post.platform_id for post in posts], now)
    gone = {post_id: why for post_id, why in found.gone.items() if post_id in asked}
    return stored, record_deleted(session, source.platform, gone, now)


def _note_checked(session: Session, platform: str, ids: Sequence[str], now: datetime) -> None:
    for start in range(0, len(ids), CHUNK):
        session.execute(
            update(PostRow)
            .where(col(PostRow.platform) == platform, col(PostRow.platform_id).in_(ids[start : start + CHUNK]))
            .values(checked_at=now)
            .execution_options(synchronize_session=False)
        )
