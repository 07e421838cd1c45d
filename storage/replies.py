"""Answers to a case: drafts while they are written, and what was posted. Who answers has the case."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import update
from sqlmodel import Session, col, select

from core.errors import InputError
from core.reply_templates import left_over
from core.text import written
from core.types import CaseStatus
from storage.answers import conflict_with, post_to_answer
from storage.cases import Claim, claim_case
from storage.casework import record, take_answer
from storage.presence import stop_typing
from storage.rows import id_of
from storage.tables import Case, EventKind, Member, Reply, ReplyState
from storage.teams import locked_case, take_up

CLOCKS_DIFFER: Final = timedelta(minutes=2)  # so much a platform's clock and ours may be apart


@dataclass(frozen=True, slots=True)
class Draft:
    """What a member has written so far, and which post it answers where that was chosen."""

    text: str = ""
    post_id: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of keeping a draft: whether the case became the writer's by it, and who has it, if anybody."""

    taken: bool
    holder_id: int | None
    holder: str


@dataclass(frozen=True, slots=True)
class Posted:
    """How a reply was posted: to which post, and when (now, where nothing is said).

    `seen` is the last event of the case that its writer had before them, None where there was no page. `anyway` says
    that it was posted whatever else was answered until then, and whoever has the case.
    """

    post_id: int | None = None
    sent_at: datetime | None = None
    seen: int | None = None
    anyway: bool = False


def draft_of(session: Session, case_id: int, member_id: int) -> str:
    """Return what the member has written so far, or nothing."""
    return whole_draft_of(session, case_id, member_id).text


def whole_draft_of(session: Session, case_id: int, member_id: int) -> Draft:
    """Return what the member has written so far with the post it answers, an empty draft where that is nothing."""
    draft = _draft(session, case_id, member_id)
    return Draft(draft.text, draft.post_id) if draft else Draft()


def save_draft(
    session: Session, case_id: int, member_id: int, text: str, now: datetime, *, post_id: int | None = None
) -> Kept:
    """Keep what the member has written so far; a text in which nothing is seen takes the draft away.

    Who writes an answer in a case that nobody has takes it: one conditional update decides, so of two who begin at once
    one has the case. In a case of somebody else the draft is kept all the same. Raises InputError for a text that is
    too long, and where there is no such case.
    """
    words = written(text, strip=False)
    case = locked_case(session, case_id)
    draft = _draft(session, case_id, member_id)
    was_free = case.assignee_id is None and case.merged_into_id is None
    if not words:
        if draft:
            session.delete(draft)
        return _kept(session, case, taken=False)
    if was_free:
        claim_case(session, case_id, member_id, now)
        session.refresh(case)
    take_up(session, case_id, member_id, now)
    if draft is None:
        draft = Reply(case_id=case_id, member_id=member_id, created_at=now, updated_at=now)
        record(session, case, EventKind.DRAFTED, now, member_id)
    draft.text, draft.updated_at = words, now
    draft.post_id = post_to_answer(session, case_id, post_id).id if post_id is not None else draft.post_id
    session.add(draft)
    return _kept(session, case, taken=was_free and case.assignee_id == member_id)


def _kept(session: Session, case: Case, *, taken: bool) -> Kept:
    holder = session.get(Member, case.assignee_id) if case.assignee_id is not None else None
    return Kept(taken, case.assignee_id, holder.name if holder else "")


def take_over(session: Session, case_id: int, member_id: int, from_member: int, now: datetime) -> Claim:
    """Give a case that `from_member` has to the member; where somebody else has it by now, say who.

    One conditional update decides. Whoever had the case keeps the draft. Raises InputError where there is no such case.
    """
    case = locked_case(session, case_id)
    if case.assignee_id is None:
        return claim_case(session, case_id, member_id, now)
    taken = session.execute(
        update(Case)
        .where(col(Case.id) == case_id, col(Case.assignee_id) == from_member, col(Case.assignee_id) != member_id)
        .values(assignee_id=member_id, assigned_at=now, take_up_by=None, returned_at=None, updated_at=now)
    )
    session.refresh(case)
    if taken.rowcount == 1:  # type: ignore[attr-defined]
        if case.status is CaseStatus.NEW:
            case.status = CaseStatus.OPEN
            session.add(case)
        had_it = session.get_one(Member, from_member)
        record(session, case, EventKind.TAKEN_OVER, now, member_id, before=from_member, member=had_it.name)
    holder = session.get_one(Member, case.assignee_id)
    return Claim(won=holder.id == member_id, holder=holder)


def mark_answered(
    session: Session, case_id: int, member_id: int, text: str, now: datetime, posted: Posted | None = None
) -> Reply:
    """Note that the member posted this reply by hand: where it answers the last complaint, the clock stops.

    A case that nobody has becomes the member's. Raises InputError, and keeps the draft, where the reply is empty, too
    long or not filled in, where its time cannot be, where somebody else has the case, and where the same post was
    answered by somebody else, the brand's own account included, or the case by anybody since the page was shown.
    """
    how = posted or Posted()
    words = _whole(text)
    case = locked_case(session, case_id)
    if case.merged_into_id is not None:
        raise InputError(f"Case {case_id} is part of case {case.merged_into_id} now: answer there. Your draft is kept.")
    _refuse_others(session, case, member_id, words, how, now)
    post_id, at = _place_and_time(session, case_id, how, now)
    if case.assignee_id is None:
        claim_case(session, case_id, member_id, now)
        session.refresh(case)
    take_up(session, case_id, member_id, now)
    reply = _draft(session, case_id, member_id)
    if reply is None:
        reply = Reply(case_id=case_id, member_id=member_id, created_at=now, updated_at=now)
    reply.text, reply.state, reply.post_id = words, ReplyState.SENT, post_id
    reply.sent_at, reply.updated_at = at, now
    session.add(reply)
    session.flush()
    record(session, case, EventKind.REPLIED, now, member_id, reply=id_of(reply), post_id=post_id, anyway=how.anyway)
    stop_typing(session, case_id, member_id)
    take_answer(session, case, at, now)
    session.flush()
    return reply


def _whole(text: str) -> str:
    words = written(text)
    if not words:
        raise InputError("The reply is empty: write what you posted first.")
    unfilled = left_over(words)
    if unfilled:
        listed = ", ".join(f"{{{name}}}" for name in unfilled)
        raise InputError(f"The reply still holds {listed}: fill it in, or take it out. Nothing was marked.")
    return words


def _refuse_others(session: Session, case: Case, member_id: int, words: str, how: Posted, now: datetime) -> None:
    found = conflict_with(session, id_of(case), member_id, words, how.post_id, seen=how.seen, anyway=how.anyway)
    if found is not None:
        raise InputError(found.refusal(now))
    if case.assignee_id not in (None, member_id) and not how.anyway:
        holder = session.get_one(Member, case.assignee_id)
        raise InputError(
            f"{holder.name} has this case, and nothing was marked. Take it over to answer it, or say that you posted "
            "your reply anyway. Your draft is kept."
        )


def _place_and_time(session: Session, case_id: int, how: Posted, now: datetime) -> tuple[int | None, datetime]:
    """Return the post that a reply answers and when it was posted; raises InputError for what cannot be."""
    post = post_to_answer(session, case_id, how.post_id)
    at = how.sent_at or now
    if at > now + CLOCKS_DIFFER:
        raise InputError("The time of the reply lies ahead, and nothing was marked. Give the time when you posted it.")
    if post.posted_at is not None and at < post.posted_at - CLOCKS_DIFFER:
        raise InputError(
            "The reply cannot be older than the post it answers, and nothing was marked. Give the time when you "
            "posted it."
        )
    return post.id, min(at, now)


def _draft(session: Session, case_id: int, member_id: int) -> Reply | None:
    return session.exec(
        select(Reply).where(Reply.case_id == case_id, Reply.member_id == member_id, Reply.state == ReplyState.DRAFT)
    ).first()
