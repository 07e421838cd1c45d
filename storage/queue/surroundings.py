"""What stands around a case: its author's other cases and posts, what was promised, who was told, who was asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlmodel import Session, col

from core.masking import excerpt
from core.types import CaseStatus
from storage.casework import shown_words
from storage.tables import (
    Brand,
    Case,
    Handover,
    Member,
    Notice,
    NoticeKind,
    Outbox,
    OutboxState,
    PostRow,
    Promise,
    PromiseState,
)

MOST_OTHERS: Final = 20


@dataclass(frozen=True, slots=True)
class Told:
    """That a member was told of the case, and when the e-mail left, if it has."""

    kind: NoticeKind
    member: str
    created_at: datetime
    mailed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pledge:
    """Something that was promised in the case."""

    id: int
    text: str
    member: str
    due_at: datetime | None
    state: PromiseState
    created_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """That the case was put to a courier or supplier; `state` is where the e-mail stands, `trouble` what it met."""

    id: int
    name: str
    recipient: str
    text: str
    member: str
    created_at: datetime
    state: OutboxState | None
    sent_at: datetime | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class OtherCase:
    """Another case of the same author on the same platform, of whatever brand."""

    id: int
    status: CaseStatus
    brand: str
    opened_at: datetime
    last_posted_at: datetime
    excerpt: str


@dataclass(frozen=True, slots=True)
class OtherPost:
    """An earlier post of the same author that belongs to no case."""

    id: int
    posted_at: datetime
    text: str
    url: str


def other_cases(session: Session, case: Case, most: int = MOST_OTHERS) -> tuple[OtherCase, ...]:
    """Return the other cases of the case's author, the newest first."""
    if not case.author_key:
        return ()
    found = session.execute(
        select(Case, col(Brand.name))
        .join(Brand, col(Brand.id) == Case.brand_id)
        .where(col(Case.author_key) == case.author_key, col(Case.platform) == case.platform, col(Case.id) != case.id)
        .order_by(col(Case.last_posted_at).desc(), col(Case.id).desc())
        .limit(most)
    )
    return tuple(
        OtherCase(other.id, other.status, brand, other.opened_at, other.last_posted_at, other.excerpt)
        for other, brand in found
    )


def other_posts(session: Session, case: Case, most: int = MOST_OTHERS) -> tuple[OtherPost, ...]:
    """Return the author's posts that belong to no case, the newest first."""
    if not case.author:
        return ()
    found = session.execute(
        select(PostRow)
        .where(
            col(PostRow.platform) == case.platform, col(PostRow.author) == case.author, col(PostRow.case_id).is_(None)
        )
        .order_by(col(PostRow.posted_at).desc(), col(PostRow.id).desc())
        .limit(most)
    ).scalars()
    return tuple(OtherPost(post.id, post.posted_at, excerpt(shown_words(post)), post.url) for post in found)


def merged_into(session: Session, case_id: int) -> tuple[int, ...]:
    """Return the cases whose posts this one took."""
    query = select(col(Case.id)).where(col(Case.merged_into_id) == case_id).order_by(col(Case.id))
    return tuple(key for key in session.execute(query).scalars() if key is not None)


def promises_of(session: Session, case_id: int) -> tuple[Pledge, ...]:
    """Return what was promised, in the order in which it was."""
    found = session.execute(
        select(Promise, col(Member.name))
        .outerjoin(Member, col(Member.id) == Promise.member_id)
        .where(col(Promise.case_id) == case_id)
        .order_by(col(Promise.id))
    )
    return tuple(
        Pledge(each.id, each.text, name or "", each.due_at, each.state, each.created_at, each.settled_at)
        for each, name in found
    )


def handovers_of(session: Session, case_id: int) -> tuple[HandedOver, ...]:
    """Return to whom the case was put, in the order in which it was; not what was taken back before it left."""
    found = session.execute(
        select(Handover, col(Member.name), Outbox)
        .join(Member, col(Member.id) == Handover.member_id)
        .outerjoin(Outbox, col(Outbox.id) == Handover.outbox_id)
        .where(col(Handover.case_id) == case_id)
        .where(or_(col(Outbox.id).is_(None), col(Outbox.state) != OutboxState.CANCELLED))
        .order_by(col(Handover.id))
    )
    return tuple(
        HandedOver(
            *(each.id, each.name, each.recipient, each.text, name, each.created_at),
            *((mail.state, mail.sent_at, mail.last_error) if mail else (None,)),
        )
        for each, name, mail in found
    )


def notices_of(session: Session, case_id: int) -> tuple[Told, ...]:
    """Return who was told of the case, in the order in which they were."""
    found = session.execute(
        select(Notice, col(Member.name))
        .join(Member, col(Member.id) == Notice.member_id)
        .where(col(Notice.case_id) == case_id)
        .order_by(col(Notice.id))
    )
    return tuple(Told(each.kind, name, each.created_at, each.mailed_at) for each, name in found)
