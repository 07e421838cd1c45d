"""Open cases: what was classified opens a case, joins one, reopens one or answers one."""

from collections.abc import Sequence

from core.cases import Action, decide
from jobs.parts import Parts
from storage.casework import (
    candidates_for,
    join_case,
    lock_brands,
    mention_of,
    note_brand_reply,
    open_case,
    reopen_case,
    take_edit,
)
from storage.database import Session
from storage.tables import Case, PostRow, PredictionRow


def open_cases(session: Session, read: Sequence[tuple[PostRow, PredictionRow]], parts: Parts) -> None:
    """Carry out, oldest first, what each classified post means for the cases; all in the session's transaction."""
    lock_brands(session, (post.brand_id for post, _ in read))
    for post, prediction in sorted(read, key=lambda row: (row[0].posted_at, row[0].platform_id)):
        _carry_out(session, post, prediction, parts)


def _carry_out(session: Session, post: PostRow, prediction: PredictionRow, parts: Parts) -> None:
    now = parts.now()
    if post.case_id is not None:  # an edit of a post that has its case already
        case = session.get_one(Case, post.case_id)
        if not post.is_own:
            take_edit(session, case, post, now)
        return
    mention = mention_of(post, prediction)
    candidates = candidates_for(session, post, mention) if mention.may_matter else []
    if post.left_out and not post.is_own:  # in a case's thread it is part of that story, whatever its words
        candidates = [case for case in candidates if case.threads & (mention.threads - {post.platform_id})]
        if not candidates:
            return
        post.left_out = ""
    decision = decide(mention, candidates)
    if decision.action is Action.OPEN:
        open_case(session, post, now)
        return
    if decision.case_id is None:
        return
    case = session.get_one(Case, decision.case_id)
    carry_out = {Action.JOIN: join_case, Action.REOPEN: reopen_case, Action.BRAND_REPLY: note_brand_reply}
    carry_out[decision.action](session, case, post, now)
