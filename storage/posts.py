"""Storing pages of posts, and claiming posts for the classifier."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, Insert, and_, case, func, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from core.text import storable
from core.types import Post, Prediction
from storage.rows import id_of
from storage.tables import PostRow, PredictionRow

UPSERT_ROWS = 200  # 16 columns a row; both databases allow at least 32,766 values a statement
HANDLE_LENGTH = 300


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
    own = {handle.lower().lstrip("@") for handle in own_handles}
    rows = {
        (row["platform"], row["platform_id"]): row
        for row in (_row(post, brand_id, source_id, own, now) for post in posts)
    }
    added = edited = 0
    values = list(rows.values())
    for start in range(0, len(values), UPSERT_ROWS):
        chunk = values[start : start + UPSERT_ROWS]
        known = _known(session, chunk)
        session.execute(_upsert(session, chunk, now))
        fresh = [row for row in chunk if (row["platform"], row["platform_id"]) not in known]
        added += len(fresh)
        edited += sum(
            known.get((row["platform"], row["platform_id"]), (row["text"], row["title"])) != (row["text"], row["title"])
            for row in chunk
        )
    return Stored(added, edited)


def _row(post: Post, brand_id: int, source_id: int | None, own: Collection[str], now: datetime) -> dict[str, object]:
    row = {name: storable(value) if isinstance(value, str) else value for name, value in asdict(post).items()}
    row["kind"] = post.kind
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


def _upsert(session: Session, rows: Sequence[Mapping[str, object]], now: datetime) -> Insert:
    table = PostRow.__table__  # type: ignore[attr-defined]
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(table).values(list(rows))
    new = insert.excluded
    upsert: Insert = insert.on_conflict_do_update(
        index_elements=["platform", "platform_id"],
        set_={"text": new.text, "title": new.title, "edited_at": now, "classified_with": "", "claimed_until": None},
        where=and_(
            or_(table.c.text != new.text, table.c.title != new.title),
            table.c.deleted_at.is_(None),
        ),
    )
    return upsert


def claim_unclassified(session: Session, worker: str, now: datetime, lease: timedelta, limit: int) -> list[PostRow]:
    """Return up to `limit` posts that no model has read, reserved for `worker` until the lease ends."""
    waiting = (
        select(PostRow.id)
        .where(PostRow.classified_with == "")
        .where(or_(col(PostRow.claimed_until).is_(None), col(PostRow.claimed_until) < now))
        .order_by(col(PostRow.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(session.exec(waiting))
    if not ids:
        return []
    session.execute(
        update(PostRow).where(col(PostRow.id).in_(ids)).values(claimed_until=now + lease, claimed_by=worker)
    )
    return list(session.exec(select(PostRow).where(col(PostRow.id).in_(ids)).order_by(col(PostRow.id))))


def save_predictions(
    session: Session,
    predictions: Sequence[tuple[PostRow, Prediction]],
    worker: str,
    now: datetime,
) -> list[PostRow]:
    """Keep what the model said of posts that `worker` still holds; return those posts.

    A post whose lease ran out and that another worker took, or whose text changed meanwhile, is left alone.
    """
    kept = []
    for post, prediction in predictions:
        taken: CursorResult[tuple[()]] = session.execute(  # type: ignore[assignment]
            update(PostRow)
            .where(
                col(PostRow.id) == post.id,
                col(PostRow.classified_with) == "",
                col(PostRow.claimed_by) == worker,
                col(PostRow.text) == post.text,
            )
            .values(
                classified_with=prediction.model_version,
                claimed_until=None,
                claimed_by="",
                language=case((col(PostRow.language) == "", prediction.language), else_=col(PostRow.language)),
            )
        )
        if taken.rowcount == 1:
            _replace_prediction(session, post, prediction, now)
            kept.append(session.get_one(PostRow, id_of(post), populate_existing=True))
    return kept


def _replace_prediction(session: Session, post: PostRow, prediction: Prediction, now: datetime) -> None:
    row = session.exec(
        select(PredictionRow).where(
            PredictionRow.post_id == id_of(post), PredictionRow.model_version == prediction.model_version
        )
    ).first() or PredictionRow(
        post_id=id_of(post), model_version=prediction.model_version, complaint=0.0, is_complaint=False, created_at=now
    )
    row.complaint = prediction.complaint
    row.is_complaint = prediction.is_complaint
    row.reasons = {reason.value: round(share, 4) for reason, share in prediction.reasons.items()}
    row.severity = int(prediction.severity)
    row.parties = [party.value for party in prediction.parties]
    row.praise = prediction.praise
    row.language = prediction.language
    row.unsure = prediction.unsure
    row.created_at = now
    session.add(row)


def unclassified_count(session: Session) -> int:
    """Return how many posts no model has read yet."""
    return session.exec(select(func.count()).select_from(PostRow).where(PostRow.classified_with == "")).one()
