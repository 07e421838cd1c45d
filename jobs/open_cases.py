"""Open cases: what was classified opens a case, joins one, reopens one or answers one; severe cases are told of."""

from collections.abc import Sequence

from alerts.severe import KIND, SevereCase, as_content
from core.alerting import is_severe
from core.cases import Action, decide
from core.masking import excerpt, masked, masked_handle
from jobs.parts import Parts
from storage.casework import (
    candidates_for,
    join_case,
    lock_brands,
    mention_of,
    note_brand_reply,
    open_case,
    record,
    reopen_case,
    shown_words,
    take_edit,
    worst_post,
)
from storage.database import Session
from storage.outbox import is_known, raise_incident
from storage.rows import id_of
from storage.tables import Brand, Case, EventKind, PostRow, PredictionRow


def open_cases(session: Session, read: Sequence[tuple[PostRow, PredictionRow]], parts: Parts) -> None:
    """Carry out, oldest first, what each classified post means for the cases; all in the session's transaction."""
    brands = lock_brands(session, (post.brand_id for post, _ in read))
    for post, prediction in sorted(read, key=lambda row: (row[0].posted_at, row[0].platform_id)):
        case = _carry_out(session, post, prediction, parts)
        if case is not None and is_severe(case.severity, case.confidence):
            _tell_managers(session, case, brands[post.brand_id], parts)


def _carry_out(session: Session, post: PostRow, prediction: PredictionRow, parts: Parts) -> Case | None:
    now = parts.now()
    if post.case_id is not None:  # an edit of a post that has its case already
        case = session.get_one(Case, post.case_id)
        if not post.is_own:
            take_edit(session, case, post, now)
        return case
    mention = mention_of(post, prediction)
    decision = decide(mention, candidates_for(session, post, mention) if mention.may_matter else ())
    if decision.action is Action.OPEN:
        return open_case(session, post, now)
    if decision.case_id is None:
        return None
    case = session.get_one(Case, decision.case_id)
    carry_out = {Action.JOIN: join_case, Action.REOPEN: reopen_case, Action.BRAND_REPLY: note_brand_reply}
    carry_out[decision.action](session, case, post, now)
    return case


def _tell_managers(session: Session, case: Case, brand: Brand, parts: Parts) -> None:
    key = f"case:{case.id}:severe"
    if is_known(session, key):  # asked first: every further post of a severe case comes here
        return
    post = worst_post(session, case)
    if post is None:
        return
    alert = SevereCase(
        brand=brand.name,
        timezone=brand.timezone,
        case_id=id_of(case),
        severity=case.severity,
        confidence=case.confidence,
        reasons=tuple(case.reasons),
        parties=tuple(case.parties),
        platform=case.platform,
        author=masked_handle(case.author),
        excerpt=excerpt(masked(shown_words(post), tuple(brand.handles))),
        language=case.language,
        posted_at=post.posted_at.isoformat(),
        post_count=case.post_count,
        reach=case.reach,
        link=parts.case_link(id_of(case)),
    )
    is_news = raise_incident(
        session,
        key,
        KIND,
        as_content(alert),
        brand.managers,
        parts.mail_host,
        parts.now(),
        brand_id=case.brand_id,
        case_id=case.id,
    )
    if is_news and brand.managers:
        record(session, case, EventKind.ALERTED, parts.now())
