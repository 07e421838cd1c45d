"""Which posts are about the brand: what is known of that, and what follows from it."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, select

from core.errors import InputError
from core.relevance import Relevance
from core.types import CaseStatus
from storage.casework import words_of
from storage.rows import id_of
from storage.tables import Brand, Case, PostRow, Source

SPARE = 2  # times as many cases are looked into as posts are wanted: some have none left
_MEANT = (CaseStatus.WAITING, CaseStatus.RESOLVED)


def places_of(session: Session, source_ids: Collection[int]) -> dict[int, tuple[Source, Brand]]:
    """Return each source with its brand."""
    query = select(Source, Brand).join(Brand, col(Brand.id) == Source.brand_id).where(col(Source.id).in_(source_ids))
    return {source.id: (source, brand) for source, brand in session.exec(query) if source.id is not None}


def confirmed_texts(session: Session, brand_id: int, most: int) -> list[str]:
    """Return the newest posts that the team treated as meant for the brand, newest first.

    These are posts of cases that somebody has, answered or resolved, and posts that were brought back. They are found
    by their cases, the newest of those first: most brands have many more posts than cases, and fewer that count.
    """
    counts = (
        col(PostRow.is_own).is_(False),
        col(PostRow.deleted_at).is_(None),
        PostRow.left_out == "",
    )
    newest = (col(PostRow.posted_at).desc(), col(PostRow.id).desc())
    # Not by the brand as well: SQLite would look through all of its posts.
    of_cases = select(PostRow).where(col(PostRow.case_id).in_(_confirmed_cases(session, brand_id, most)), *counts)
    brought_back = select(PostRow).where(
        PostRow.brand_id == brand_id, col(PostRow.brought_back_at).is_not(None), *counts
    )
    found = {
        id_of(post): post
        for query in (of_cases, brought_back)
        for post in session.exec(query.order_by(*newest).limit(most))
    }
    posts = sorted(found.values(), key=lambda post: (post.posted_at, id_of(post)), reverse=True)
    return [words_of(post) for post in posts[:most]]


def _confirmed_cases(session: Session, brand_id: int, most: int) -> list[int]:
    """Return the cases in which the newest `most` confirmed posts are; some more, as posts may be gone."""
    ids: list[int] = []
    for status in (*_MEANT, CaseStatus.OPEN):
        query = select(Case.id).where(Case.brand_id == brand_id, Case.status == status)
        if status is CaseStatus.OPEN:
            query = query.where(col(Case.assignee_id).is_not(None))
        cases = session.exec(query.order_by(col(Case.last_posted_at).desc(), col(Case.id).desc()).limit(SPARE * most))
        ids += [case_id for case_id in cases if case_id is not None]
    return ids


def keep_relevance(post: PostRow, said: Relevance) -> None:
    """Note how much the post is about its brand; one that is not is left out, and says why.

    One that belongs to a case is part of that story, whatever it says since it was edited.
    """
    post.relevance = round(said.score, 4)
    post.left_out = said.why if said.is_left_out and post.case_id is None else ""


def bring_back(session: Session, post_id: int, member_id: int, now: datetime) -> PostRow:
    """Say for good that a post that was left out is about the brand: it is read again, and opens its case.

    Raises InputError where there is no such post, or it was not left out.
    """
    post = session.get(PostRow, post_id, with_for_update=True)
    if post is None or not post.left_out:
        raise InputError(f"Post {post_id} is not among those that were left out; somebody may have brought it back.")
    post.left_out, post.relevance = "", 1.0
    post.brought_back_at, post.brought_back_by = now, member_id
    post.classified_with, post.claimed_until, post.claimed_by = "", None, ""
    session.add(post)
    return post
