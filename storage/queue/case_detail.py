"""One case with everything in it, as the board shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, and_, bindparam, select
from sqlmodel import Session, col

from core.taxonomy import Party, Reason, Severity
from core.types import Passage
from storage.answers import SENT_REPLIES
from storage.casework import words_of
from storage.queue.listing import QueueRow, parties_of, reasons_of, row_of, severity_of
from storage.queue.surroundings import (
    HandedOver,
    OtherCase,
    OtherPost,
    Pledge,
    Told,
    handovers_of,
    merged_into,
    notices_of,
    other_cases,
    other_posts,
    promises_of,
)
from storage.replies import draft_of
from storage.rows import id_of
from storage.tables import (
    Brand,
    Case,
    CaseEvent,
    EventKind,
    Member,
    Note,
    PostRow,
    PredictionRow,
    Team,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the model said of a post."""

    complaint: float
    is_complaint: bool
    reasons: tuple[tuple[Reason, float], ...]
    severity: Severity
    parties: tuple[Party, ...]
    praise: float
    language: str
    unsure: bool
    model_version: str


@dataclass(frozen=True, slots=True)
class CasePost:
    """A post of a case; `verdict` is missing for the brand's own words and where no model has read it yet.

    `passages` are stretches of `text` that made it a complaint; only long posts have some.
    """

    id: int
    title: str
    text: str
    author: str
    author_name: str
    url: str
    language: str
    reach: int
    is_own: bool
    is_deleted: bool
    posted_at: datetime
    edited_at: datetime | None
    verdict: Verdict | None
    passages: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a case's history; without a member it was Afterclick itself."""

    kind: EventKind
    happened_at: datetime
    member: str
    detail: Mapping[str, Any]
    text: str = ""


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """A case with its posts in order, its history (notes and replies included) and the reader's own draft.

    `merged_into_id` is the case that took this one's posts, `merged_ids` are those whose posts this one took.
    """

    head: QueueRow
    confidence: float
    reach: int
    opened_at: datetime
    first_posted_at: datetime
    first_reply_at: datetime | None
    closed_at: datetime | None
    posts: tuple[CasePost, ...]
    history: tuple[Happening, ...]
    draft: str
    brand_id: int
    author_key: str
    take_up_by: datetime | None
    merged_into_id: int | None
    merged_ids: tuple[int, ...]
    author_cases: tuple[OtherCase, ...]
    author_posts: tuple[OtherPost, ...]
    promises: tuple[Pledge, ...]
    handovers: tuple[HandedOver, ...]
    notices: tuple[Told, ...]


# Statements are made once: making them takes as long as asking them, and a case is opened with a dozen.
_CASE: Final[BindParameter[int]] = bindparam("case_id")
_HEAD: Final = (
    select(Case, col(Brand.name), col(Member.name), col(Team.name))
    .join(Brand, col(Brand.id) == Case.brand_id)
    .outerjoin(Member, col(Member.id) == Case.assignee_id)
    .outerjoin(Team, col(Team.id) == Case.team_id)
    .where(col(Case.id) == _CASE)
)
_POSTS: Final = (
    select(PostRow, PredictionRow)
    .outerjoin(
        PredictionRow,
        and_(col(PredictionRow.post_id) == PostRow.id, col(PredictionRow.model_version) == PostRow.classified_with),
    )
    .where(col(PostRow.case_id) == _CASE)
    .order_by(col(PostRow.posted_at), col(PostRow.id))
)
_EVENTS: Final = (
    select(CaseEvent, col(Member.name))
    .outerjoin(Member, col(Member.id) == CaseEvent.member_id)
    .where(col(CaseEvent.case_id) == _CASE, col(CaseEvent.kind).not_in((EventKind.NOTED, EventKind.REPLIED)))
    .order_by(col(CaseEvent.id))
)
_NOTES: Final = (
    select(Note, col(Member.name)).join(Member, col(Member.id) == Note.member_id).where(col(Note.case_id) == _CASE)
)


def case_detail(session: Session, case_id: int, member_id: int) -> CaseDetail | None:
    """Return the case with all that the board shows of it, none where there is no such case."""
    found = session.execute(_HEAD, {"case_id": case_id}).first()
    if found is None:
        return None
    case: Case = found[0]
    return CaseDetail(
        head=row_of(*found),
        confidence=case.confidence,
        reach=case.reach,
        opened_at=case.opened_at,
        first_posted_at=case.first_posted_at,
        first_reply_at=case.first_reply_at,
        closed_at=case.closed_at,
        posts=_posts(session, case_id),
        history=_history(session, case_id),
        draft=draft_of(session, case_id, member_id),
        brand_id=case.brand_id,
        author_key=case.author_key,
        take_up_by=case.take_up_by,
        merged_into_id=case.merged_into_id,
        merged_ids=merged_into(session, case_id),
        author_cases=other_cases(session, case),
        author_posts=other_posts(session, case),
        promises=promises_of(session, case_id),
        handovers=handovers_of(session, case_id),
        notices=notices_of(session, case_id),
    )


def _posts(session: Session, case_id: int) -> tuple[CasePost, ...]:
    return tuple(_post(post, said) for post, said in session.execute(_POSTS, {"case_id": case_id}))


def _post(post: PostRow, said: PredictionRow | None) -> CasePost:
    is_deleted = post.deleted_at is not None
    return CasePost(
        id=id_of(post),
        title="" if is_deleted else post.title,
        text="" if is_deleted else post.text,
        author=post.author,
        author_name=post.author_name,
        url=post.url,
        language=post.language,
        reach=post.reach,
        is_own=post.is_own,
        is_deleted=is_deleted,
        posted_at=post.posted_at,
        edited_at=post.edited_at,
        verdict=None if said is None or post.is_own else _verdict(said),
        passages=() if said is None or post.is_own or is_deleted else _passages(post, said),
    )


def _passages(post: PostRow, said: PredictionRow) -> tuple[Passage, ...]:
    """Return the passages as places in the text alone; the model read the title before it."""
    title = len(words_of(post)) - len(post.text)
    found = (Passage(max(each["start"] - title, 0), each["end"] - title, each["complaint"]) for each in said.passages)
    return tuple(passage for passage in found if passage.start < passage.end)


def _verdict(said: PredictionRow) -> Verdict:
    shares = {reason: float(said.reasons[reason]) for reason in reasons_of(said.reasons)}
    return Verdict(
        complaint=said.complaint,
        is_complaint=said.is_complaint,
        reasons=tuple(sorted(shares.items(), key=lambda item: -item[1])),
        severity=severity_of(said.severity),
        parties=parties_of(said.parties),
        praise=said.praise,
        language=said.language,
        unsure=said.unsure,
        model_version=said.model_version,
    )


def _history(session: Session, case_id: int) -> tuple[Happening, ...]:
    """Return events, notes and sent replies in one order; the events that only point to a text give way to it."""
    events, notes, replies = (session.execute(each, {"case_id": case_id}) for each in (_EVENTS, _NOTES, SENT_REPLIES))
    lines = [Happening(event.kind, event.happened_at, name or "", event.detail) for event, name in events]
    lines += [Happening(EventKind.NOTED, note.created_at, name, {}, note.text) for note, name in notes]
    lines += [
        Happening(EventKind.REPLIED, reply.sent_at or reply.updated_at, name, {}, reply.text) for reply, name in replies
    ]
    return tuple(sorted(lines, key=lambda line: line.happened_at))
