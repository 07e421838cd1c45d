"""Storing pages of posts, and claiming posts for the classifier."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.text import is_storable, storable
from core.types import Post, Prediction
from storage.bulk import NewPost, Origin, StoredWords, insert_new, stored_words
from storage.claims import claim_rows, is_free_for
from storage.edits import Edit, take_edits
from storage.rows import id_of
from storage.tables import PostRow, PredictionRow

CHUNK = 500  # posts a statement; both databases allow at least 32,766 values
HANDLE_LENGTH = 300
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

    An edited post waits for the classifier again, and what it said before is kept. A post that was deleted stays
    deleted. Where a page holds the same post twice the later one counts.
    """
    own = {handle.lower().lstrip("@") for handle in own_handles} - {""}
    latest = now + AHEAD
    # In one order whoever stores them: two who store the same posts at once wait for each other, and not in a circle.
    rows = sorted({row[:2]: row for row in (_row(post, own, latest) for post in posts)}.values())
    origin = Origin(brand_id, source_id, now)
    added = edited = 0
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        known = _known(session, chunk)
        added += insert_new(session, [row for row in chunk if row[:2] not in known], origin)
        edited += take_edits(session, _edits(chunk, known), now)
    return Stored(added, edited)


def _row(post: Post, own: Collection[str], latest: datetime) -> NewPost:
    author = storable(post.author, HANDLE_LENGTH)
    platform, platform_id, url, language, parent_id, conversation_id = _plain(
        (post.platform, post.platform_id, post.url, post.language, post.parent_id, post.conversation_id)
    )
    return NewPost(
        platform=platform,
        platform_id=platform_id,
        kind=post.kind.value,
        author=author,
        author_name=storable(post.author_name, HANDLE_LENGTH),
        title=storable(post.title) if post.title else "",
        text=storable(post.text),
        url=url,
        language=language,
        parent_id=parent_id,
        conversation_id=conversation_id,
        reach=post.reach,
        is_own=author.lower().lstrip("@") in own,
        posted_at=min(max(post.posted_at, EARLIEST), latest),
    )


def _plain(values: tuple[str, ...]) -> Iterable[str]:
    """Return the values fit to be stored; nearly always they are, and one look at all of them tells."""
    together = "".join(values)
    return values if is_storable(together) else map(storable, values)


def _known(session: Session, rows: Sequence[NewPost]) -> dict[tuple[str, str], StoredWords]:
    by_platform: dict[str, list[str]] = {}
    for row in rows:
        by_platform.setdefault(row.platform, []).append(row.platform_id)
    return {
        (platform, words.platform_id): words
        for platform, ids in by_platform.items()
        for words in stored_words(session, platform, ids)
    }


def _edits(rows: Sequence[NewPost], known: Mapping[tuple[str, str], StoredWords]) -> list[Edit]:
    """Return which of the rows say something else than what is stored; a deleted post says nothing any more."""
    pairs = [(row, known[row[:2]]) for row in rows if row[:2] in known]
    return [
        Edit(was.id, before=(was.title, was.text), now=(row.title, row.text))
        for row, was in pairs
        if not was.is_deleted and (was.title, was.text) != (row.title, row.text)
    ]


def claim_unclassified(session: Session, worker: str, now: datetime, lease: timedelta, limit: int) -> list[PostRow]:
    """Return up to `limit` posts that no model has read, reserved for `worker` until the lease ends.

    Those that the worker already holds are among them, so that a batch it could not finish is read again at once.
    """
    waiting = (
        select(col(PostRow.id))
        .where(PostRow.classified_with == "", col(PostRow.deleted_at).is_(None), is_free_for(worker, now))
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
        .with_for_update(key_share=True)  # a reply or correction that names a post need not wait
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
    row.passages = [
        {"start": passage.start, "end": passage.end, "complaint": round(passage.complaint, 4)}
        for passage in prediction.passages
    ]
    row.created_at = now


def unclassified_count(session: Session) -> int:
    """Return how many posts no model has read yet."""
    unread = select(func.count()).select_from(PostRow)
    return session.exec(unread.where(PostRow.classified_with == "", col(PostRow.deleted_at).is_(None))).one()
