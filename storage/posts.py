"""Storing pages of posts, and claiming posts for the classifier."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from sqlalchemy import Insert, and_, func, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from core.text import storable
from core.types import Post, Prediction
from storage.claims import claim_rows, is_unclaimed
from storage.rows import id_of
from storage.tables import PostRow, PredictionRow

CHUNK = 500  # ids a look-up; both databases allow at least 32,766 values a statement
HANDLE_LENGTH = 300
POST_FIELDS = tuple(field.name for field in fields(Post))
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)  # strangers choose their posts' dates; none is from farther in the future than a time zone


@dataclass(frozen=True, slots=True)
class Stored:
    """How many posts of a page were new and how many changed a stored one."""

    added: int
    edited: int


def store_posts(
    session: Session,
    posts: Sequence[Post],
    *,
    brand_id: int,
    source_id: int | None,
    own_handles: Collection[str],
    now: datetime,
) -> Stored:
    """Add the posts that are new and take over the text of those that were edited; a repeat changes nothing.

    An edited post waits for the classifier again. A post that was deleted stays deleted. Where a page holds the same
    post twice the later one counts.
    """
    own = {handle.lower().lstrip("@") for handle in own_handles} - {""}
    rows = {
        (row["platform"], row["platform_id"]): row
        for row in (_row(post, brand_id, source_id, own, now) for post in posts)
    }
    added = edited = 0
    values = list(rows.values())
    for start in range(0, len(values), CHUNK):
        chunk = values[start : start + CHUNK]
        known = _known(session, chunk)
        session.execute(_upsert(session, now), chunk)
        fresh = [row for row in chunk if (row["platform"], row["platform_id"]) not in known]
        added += len(fresh)
        edited += sum(
            known.get((row["platform"], row["platform_id"]), (row["text"], row["title"])) != (row["text"], row["title"])
            for row in chunk
        )
    return Stored(added, edited)


def _row(post: Post, brand_id: int, source_id: int | None, own: Collection[str], now: datetime) -> dict[str, object]:
    values = {name: getattr(post, name) for name in POST_FIELDS}
    row: dict[str, object] = {name: storable(v) if isinstance(v, str) else v for name, v in values.items()}
    row["kind"] = post.kind
    row["posted_at"] = min(max(post.posted_at, EARLIEST), now + AHEAD)
    row["author"] = storable(post.author, HANDLE_LENGTH)
    row["author_name"] = storable(post.author_name, HANDLE_LENGTH)
    return row | {
        "brand_id": brand_id,
        "source_id": source_id,
        "is_own": post.author.lower().lstrip("@") in own,
        "collected_at": now,
        "classified_with": "",
        "claimed_by": "",
    }


def _known(session: Session, rows: Sequence[Mapping[str, object]]) -> dict[tuple[object, object], tuple[str, str]]:
    by_platform: dict[object, list[object]] = {}
    for row in rows:
        by_platform.setdefault(row["platform"], []).append(row["platform_id"])
    found: dict[tuple[object, object], tuple[str, str]] = {}
    for platform, ids in by_platform.items():
        query = select(PostRow.platform_id, PostRow.text, PostRow.title).where(
            PostRow.platform == platform, col(PostRow.platform_id).in_(ids)
        )
        found |= {(platform, platform_id): (text, title) for platform_id, text, title in session.exec(query)}
    return found


def _upsert(session: Session, now: datetime) -> Insert:
    """Return the statement without rows: it is compiled once and run for many."""
    table = PostRow.__table__  # type: ignore[attr-defined]
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(table)
    new = insert.excluded
    upsert: Insert = insert.on_conflict_do_update(
        index_elements=["platform", "platform_id"],
        set_={"text": new.text, "title": new.title, "edited_at": now, "classified_with": "", "claimed_until": None},
        where=and_(or_(table.c.text != new.text, table.c.title != new.title), table.c.deleted_at.is_(None)),
    )
    return upsert


def claim_unclassified(session: Session, worker: str, now: datetime, lease: timedelta, limit: int) -> list[PostRow]:
    """Return up to `limit` posts that no model has read, reserved for `worker` until the lease ends."""
    waiting = (
        select(col(PostRow.id))
        .where(PostRow.classified_with == "", is_unclaimed(PostRow, now))
        .order_by(col(PostRow.id))
        .limit(limit)
    )
    return claim_rows(session, PostRow, waiting, worker, now, lease)


def save_predictions(
    session: Session, predictions: Sequence[tuple[PostRow, Prediction]], worker: str, now: datetime
) -> list[tuple[PostRow, PredictionRow]]:
    """Keep what the model said of posts that `worker` still holds; return those posts with it.

    A post whose lease ran out and that another worker took, or whose text changed meanwhile, is left alone.
    """
    said = {post.id: ((post.text, post.title), prediction) for post, prediction in predictions}
    held = (
        select(PostRow)
        .where(col(PostRow.id).in_(said), PostRow.classified_with == "", PostRow.claimed_by == worker)
        .order_by(col(PostRow.id))
        .with_for_update()
    )
    posts = [post for post in session.exec(held) if (post.text, post.title) == said[post.id][0]]
    earlier = _predictions_of(session, posts)
    kept = []
    for post in posts:
        prediction = said[post.id][1]
        post.classified_with, post.claimed_until, post.claimed_by = prediction.model_version, None, ""
        post.language = post.language or prediction.language
        row = earlier.get((id_of(post), prediction.model_version)) or PredictionRow(
            post_id=id_of(post), model_version=prediction.model_version, complaint=0, is_complaint=False, created_at=now
        )
        _fill(row, prediction, now)
        session.add_all((post, row))
        kept.append((post, row))
    session.flush()
    return kept


def _predictions_of(session: Session, posts: Sequence[PostRow]) -> dict[tuple[int, str], PredictionRow]:
    query = select(PredictionRow).where(col(PredictionRow.post_id).in_([post.id for post in posts]))
    return {(row.post_id, row.model_version): row for row in session.exec(query)}


def _fill(row: PredictionRow, prediction: Prediction, now: datetime) -> None:
    row.complaint = prediction.complaint
    row.is_complaint = prediction.is_complaint
    row.reasons = {reason.value: round(share, 4) for reason, share in prediction.reasons.items()}
    row.severity = int(prediction.severity)
    row.parties = [party.value for party in prediction.parties]
    row.praise = prediction.praise
    row.language = prediction.language
    row.unsure = prediction.unsure
    row.created_at = now


def unclassified_count(session: Session) -> int:
    """Return how many posts no model has read yet."""
    return session.exec(select(func.count()).select_from(PostRow).where(PostRow.classified_with == "")).one()
