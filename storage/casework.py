"""What Afterclick itself does to cases: open, join, reopen, note the brand's own reply, keep them up to date."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import CompoundSelect, union_all
from sqlmodel import Session, col, select

from core.cases import JOIN_WINDOW, REOPEN_WINDOW, Candidate, Mention
from core.entities.naming import courier_named
from core.masking import excerpt
from core.priority import priority, reply_due_at
from core.types import CaseStatus
from storage.judging import Judged
from storage.known import Known, Read, Rows, last_answers, posts_of
from storage.rows import id_of
from storage.tables import Brand, Case, CaseEvent, Courier, EventKind, PostRow, PredictionRow

WIDEST_WINDOW = max(JOIN_WINDOW, REOPEN_WINDOW)
GONE_WORDS = "(deleted on the platform)"  # stands where a case has no words left to show


def lock_brands(session: Session, brand_ids: Iterable[int]) -> dict[int, Brand]:
    """Return the brands, locked until the transaction ends, so that one author's case is opened once.

    Posts that name a brand may be stored meanwhile: a foreign key takes the weaker lock that this one lets in.
    """
    ids = sorted(set(brand_ids))
    query = select(Brand).where(col(Brand.id).in_(ids)).order_by(col(Brand.id)).with_for_update(key_share=True)
    return {brand.id: brand for brand in session.exec(query) if brand.id is not None}


def mention_of(post: PostRow, prediction: PredictionRow) -> Mention:
    """Return what the rule of core.cases needs to know of a post."""
    return Mention(
        author=post.author.casefold(),
        posted_at=post.posted_at,
        answers=frozenset({post.parent_id or post.conversation_id}) - {"", post.platform_id},
        threads=frozenset({post.platform_id, post.parent_id, post.conversation_id}) - {""},
        is_own=post.is_own,
        is_complaint=prediction.is_complaint,
        unsure=prediction.unsure,
    )


def candidates_for(session: Session, post: PostRow, mention: Mention) -> list[Candidate]:
    """Return the cases of the same brand and platform that the post may belong to."""
    ids: set[int | None] = set()
    if mention.author:
        by_author = select(col(Case.id)).where(
            Case.brand_id == post.brand_id,
            Case.platform == post.platform,
            Case.author_key == mention.author,
            Case.first_posted_at <= post.posted_at + WIDEST_WINDOW,
            Case.last_posted_at >= post.posted_at - WIDEST_WINDOW,
        )
        ids.update(session.exec(by_author))
    others = mention.threads - {post.platform_id}
    if others:
        in_thread = _ids_of(post, others, PostRow.platform_id, PostRow.conversation_id)
        with_case = select(col(PostRow.case_id)).where(col(PostRow.id).in_(in_thread))
        ids.update(session.exec(with_case.where(col(PostRow.case_id).is_not(None))))
    if not ids:
        return []
    cases = session.exec(select(Case).where(col(Case.id).in_(ids)).order_by(col(Case.id))).all()
    return [_candidate(session, case) for case in cases]


def standing_case(session: Session, case: Case) -> Case:
    """Return the case that has what was this one's: the one it was merged into, and so on, else itself."""
    while case.merged_into_id is not None:
        case = session.get_one(Case, case.merged_into_id)
    return case


def _candidate(session: Session, case: Case) -> Candidate:
    """Return the case for the rule; in the place of one that was merged, for its author, the one that has its posts."""
    author, case = case.author_key, standing_case(session, case)
    ids = select(PostRow.platform_id, PostRow.parent_id, PostRow.conversation_id).where(PostRow.case_id == case.id)
    rows = session.exec(ids).all()
    return Candidate(
        id=id_of(case),
        status=case.status,
        author=author,
        first_posted_at=case.first_posted_at,
        last_posted_at=case.last_posted_at,
        posts=frozenset(row[0] for row in rows),
        threads=frozenset(part for row in rows for part in row) - {""},
    )


def open_case(session: Session, post: PostRow, now: datetime) -> Case:
    """Open a case for the post and take in what the author and the brand already said in its thread."""
    case = Case(
        brand_id=post.brand_id,
        platform=post.platform,
        author=post.author,
        author_key=post.author.casefold(),
        author_name=post.author_name,
        language=post.language,
        first_posted_at=post.posted_at,
        last_posted_at=post.posted_at,
        opened_at=now,
        updated_at=now,
    )
    session.add(case)
    session.flush()
    if post.brought_back_by is None:
        record(session, case, EventKind.OPENED, now, post_id=post.id)
    else:
        record(session, case, EventKind.OPENED, now, post.brought_back_by, post_id=post.id, brought_back=True)
    attach(session, case, post, now)
    return case


def attach(session: Session, case: Case, post: PostRow, now: datetime) -> None:
    """Make the post one of the case's, with the answers to it that were stored before it, and those to these."""
    post.case_id = case.id
    session.add(post)
    arrived = [post]
    while arrived:
        for reply in _answers_stored_before(session, arrived.pop()):
            if reply.is_own:
                _keep_brand_reply(session, case, reply, now)
            else:
                reply.case_id = case.id
                session.add(reply)
                arrived.append(reply)
    rows = refresh(session, case, now)
    if case.snoozed_until is not None:
        wake(session, case, now, author_wrote=True)
    pass_the_turn(session, case, rows, now)


def _answers_stored_before(session: Session, post: PostRow) -> list[PostRow]:
    """Return what was read earlier and belongs to the post: the brand's answers, the author's words in its thread."""
    thread = {post.platform_id, post.conversation_id} - {""}
    query = select(PostRow).where(
        col(PostRow.id).in_(_ids_of(post, thread, PostRow.parent_id, PostRow.conversation_id)),
        PostRow.classified_with != "",
        PostRow.id != post.id,
    )
    found = session.exec(query.order_by(col(PostRow.posted_at)))
    return [other for other in found if other.case_id is None and _belongs_to(other, post)]


def _ids_of(post: PostRow, threads: Collection[str], *columns: str) -> CompoundSelect[tuple[int]]:
    """Select the ids of posts of the same place that name one of `threads` in one of the columns.

    One select a column: an OR over columns would keep SQLite from using their indexes.
    """
    return union_all(
        *(
            select(col(PostRow.id)).where(
                PostRow.brand_id == post.brand_id, PostRow.platform == post.platform, col(column).in_(threads)
            )
            for column in columns
        )
    )


def _belongs_to(other: PostRow, post: PostRow) -> bool:
    if other.is_own:
        return post.platform_id == (other.parent_id or other.conversation_id)
    return post.author != "" and other.author.casefold() == post.author.casefold()


def join_case(session: Session, case: Case, post: PostRow, now: datetime) -> None:
    """Add the post to the case."""
    attach(session, case, post, now)
    record(session, case, EventKind.POST_JOINED, now, post_id=post.id)


def reopen_case(session: Session, case: Case, post: PostRow, now: datetime) -> None:
    """Add the post to a resolved case, which needs someone again."""
    _reopen(session, case, post, post.posted_at, now)
    attach(session, case, post, now)


def take_edit(session: Session, case: Case, post: PostRow, now: datetime) -> None:
    """Work the case out again after one of its posts was edited; one that got worse is opened again."""
    before = case.severity
    rows = refresh(session, case, now)
    if case.status.is_closed and case.severity > before:
        _reopen(session, case, post, post.edited_at or now, now)
    if case.snoozed_until is not None:
        wake(session, case, now, author_wrote=True)
    pass_the_turn(session, case, rows, now)


def wake(
    session: Session,
    case: Case,
    now: datetime,
    member_id: int | None = None,
    *,
    author_wrote: bool = False,
    known: Known | None = None,
) -> None:
    """Bring a case back that was put off: it needs somebody again, also where the author has been answered.

    `known` has what is known of the case, where it was read with others.
    """
    case.snoozed_until = None
    record(session, case, EventKind.WOKE, now, member_id, **({"why": "author"} if author_wrote else {}))
    if not case.status.is_closed:
        rows = posts_of(session, case) if known is None else known.rows[id_of(case)]
        pass_the_turn(session, case, rows, now, known)
        case.status = CaseStatus.OPEN if case.assignee_id else CaseStatus.NEW
        if case.assignee_id is None:
            case.routed_at = None
    case.updated_at = now
    session.add(case)


def _reopen(session: Session, case: Case, post: PostRow, waiting_since: datetime, now: datetime) -> None:
    case.status = CaseStatus.OPEN if case.assignee_id else CaseStatus.NEW
    case.closed_at = None
    case.reopened_at = waiting_since
    if case.assignee_id is None:
        case.routed_at = None
    record(session, case, EventKind.REOPENED, now, post_id=post.id)


def note_brand_reply(session: Session, case: Case, post: PostRow, now: datetime) -> None:
    """Keep the brand's own public reply with the case; where it answers the last complaint, the clock stops."""
    if post.case_id == case.id:
        return
    _keep_brand_reply(session, case, post, now)
    pass_the_turn(session, case, posts_of(session, case), now)


def take_answer(session: Session, case: Case, answered_at: datetime, now: datetime) -> None:
    """Note that a member answered at that time; where this answers the last complaint, the clock stops."""
    case.first_reply_at = min(case.first_reply_at or answered_at, answered_at)
    case.updated_at = now
    session.add(case)
    pass_the_turn(session, case, posts_of(session, case), now)


def _keep_brand_reply(session: Session, case: Case, post: PostRow, now: datetime) -> None:
    post.case_id = case.id
    case.first_reply_at = min(case.first_reply_at or post.posted_at, post.posted_at)
    case.updated_at = now
    session.add_all((post, case))
    record(session, case, EventKind.BRAND_REPLIED, now, post_id=post.id)


def pass_the_turn(session: Session, case: Case, rows: Rows, now: datetime, known: Known | None = None) -> None:
    """Say whose turn it is in an open case: ours while a complaint is newer than our last answer, else the author's.

    Called when a post arrives or is edited, in whatever order; what a member sets in between holds until then. A case
    that was put off stays so. `known` has what is known of the case, where it was read with others.
    """
    if case.status.is_closed or case.snoozed_until is not None:
        return
    answered_at = None
    if case.first_reply_at:
        answers = last_answers(session, [id_of(case)]) if known is None else known.answered_at
        answered_at = answers.get(id_of(case))
    complaints = [
        row.post.edited_at or row.post.posted_at for row in rows if row.counts.is_complaint or row.counts.unsure
    ]
    unanswered = [at for at in complaints if answered_at is None or at > answered_at]
    if unanswered:
        if case.status is CaseStatus.WAITING and case.assignee_id is None:
            case.routed_at = None
        case.status = CaseStatus.OPEN if case.assignee_id else CaseStatus.NEW
        if answered_at is not None:
            case.reopened_at = min(unanswered)
        case.due_at = reply_due_at(case.severity, waiting_since(case))
    else:
        case.status, case.due_at = CaseStatus.WAITING, None
    prioritise(case, now)
    session.add(case)


def refresh(session: Session, case: Case, now: datetime, known: Known | None = None) -> Rows:
    """Work out the case's severity, reasons, times and priority from its posts; return these.

    `known` has what is known of the case, where it was read with others.
    """
    rows = posts_of(session, case) if known is None else known.rows[id_of(case)]
    if not rows:
        return rows
    complaints = [row.counts for row in rows if row.counts.is_complaint]
    worst, said_of_worst = _worst(rows)[:2]
    case.severity = max((said.severity for said in complaints), default=0)
    case.confidence = max(said.complaint for said in complaints or [row.counts for row in rows])
    case.unsure = _is_unsure([row.counts for row in rows])
    case.reasons = _strongest(said.reasons for said in complaints)
    couriers = session.exec(select(Courier)).all() if known is None else known.couriers
    case.courier = courier_named([words_of(row.post) for row in rows], couriers)
    case.parties = sorted({party for said in complaints for party in said.parties})
    case.excerpt = excerpt(telling_words(worst, said_of_worst))
    case.language = worst.language
    case.reach = max(row.post.reach for row in rows)
    case.post_count = len(rows)
    case.first_posted_at = rows[0].post.posted_at
    case.last_posted_at = rows[-1].post.posted_at
    case.updated_at = now
    if case.due_at is not None:
        case.due_at = reply_due_at(case.severity, waiting_since(case))
    prioritise(case, now)
    session.add(case)
    return rows


def _is_unsure(said: Collection[Judged]) -> bool:
    """Tell whether a person should look: no post is surely a complaint, and the model has the last word of some."""
    complaints = [each for each in said if each.is_complaint]
    if complaints:
        return all(each.unsure for each in complaints)
    return not all(each.by_person for each in said)


def _worst(rows: Rows) -> Read:
    """Return the post that goes furthest; one that was deleted only where nothing else is left."""
    return max(
        rows,
        key=lambda row: (
            row.post.deleted_at is None,
            row.counts.is_complaint,
            row.counts.severity,
            row.post.posted_at,
        ),
    )


def worst_post(session: Session, case: Case) -> tuple[PostRow, PredictionRow] | None:
    """Return the post of the case that goes furthest with what was said of it; of several the latest, of none none."""
    rows = posts_of(session, case)
    return _worst(rows)[:2] if rows else None


def words_of(post: PostRow) -> str:
    """Return what a post says: its text, with its title where that says something else."""
    return f"{post.title}\n{post.text}" if post.title and not post.text.startswith(post.title) else post.text


def shown_words(post: PostRow) -> str:
    """Return what a post says on one line, its title set off."""
    return f"{post.title} · {post.text}" if words_of(post) != post.text else post.text


def telling_words(post: PostRow, said: PredictionRow) -> str:
    """Return what a post says on one line; of a long one, the passages that made it a complaint."""
    if post.deleted_at is not None:
        return GONE_WORDS
    if not said.passages or said.model_version != post.classified_with:  # edited, and not read again yet
        return shown_words(post)
    read = words_of(post)
    return " … ".join(read[passage["start"] : passage["end"]] for passage in said.passages)


def _strongest(reasons: Iterable[Mapping[str, float]]) -> dict[str, float]:
    union: dict[str, float] = {}
    for each in reasons:
        for name, share in each.items():
            union[name] = max(share, union.get(name, 0.0))
    return dict(sorted(union.items(), key=lambda item: -item[1]))


def waiting_since(case: Case) -> datetime:
    """Return since when the author waits: the post that opened the case, or the one that reopened it."""
    return case.reopened_at or case.first_posted_at


def prioritise(case: Case, now: datetime) -> bool:
    """Set the case's priority as of `now`; tell whether it changed."""
    due_in = None if case.due_at is None else case.due_at - now
    waits = now - waiting_since(case)
    urgency = priority(case.severity, case.confidence, case.reach, case.post_count, waits, due_in)
    changed = (case.priority, case.priority_why) != (urgency.points, urgency.why)
    case.priority, case.priority_why = urgency.points, urgency.why
    return changed


def record(
    session: Session, case: Case, kind: EventKind, now: datetime, member_id: int | None = None, **detail: object
) -> None:
    """Add a line to the case's history."""
    session.add(CaseEvent(case_id=id_of(case), member_id=member_id, kind=kind, detail=detail, happened_at=now))
