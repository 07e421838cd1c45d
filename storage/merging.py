"""Making one case of several, and several of one, as a person sees that they belong together or apart."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import inspect, update
from sqlmodel import Session, SQLModel, col, select

from core.errors import InputError
from core.types import CaseStatus
from storage.casework import pass_the_turn, record, refresh
from storage.rows import id_of
from storage.tables import Case, EventKind, NoteDraft, PostRow, Reply, ReplyState
from storage.undo import MOVABLE, Snapshot, keep, lock_with_posts, locked_cases, move_note_drafts, snapshot

MOST_AT_ONCE: Final = 50
SPLIT: Final = "split the case"
_STANDS_STILL: Final = (CaseStatus.RESOLVED, CaseStatus.DISMISSED, CaseStatus.WAITING)


def merge_cases(
    session: Session, case_ids: Collection[int], into: int, member_id: int, now: datetime, *, act: str
) -> Case:
    """Put everything of the cases into the one with the id `into`; the others are closed and lead there.

    What is kept of it can be undone as a step of `act`. It needs somebody again where one of the others did. Raises
    InputError where there are fewer than two, one is missing or was merged before, or they are of several brands.
    """
    ids = sorted({*case_ids, into})
    if not 2 <= len(ids) <= MOST_AT_ONCE:
        raise InputError(f"Nothing was done: choose from 2 to {MOST_AT_ONCE} cases to be merged.")
    before = _begin(session, ids)
    cases = {id_of(case): case for case in locked_cases(session, ids)}
    _check(cases, ids)
    target = cases.pop(into)
    for other in cases.values():
        _move(session, before, other, target, _rows_of(session, other, target))
        before.note_drafts += move_note_drafts(session, id_of(other), into, _who_notes(session, other))
        _take_over(target, other)
        _close(other, into, now)
        record(session, other, EventKind.MERGED, now, member_id, into=into)
    record(session, target, EventKind.MERGED, now, member_id, cases=sorted(cases))
    _work_out(session, [target], now)
    keep(session, before, act, f"merged {len(ids)} cases", member_id, now)
    return target


def split_case(
    session: Session, case_id: int, post_ids: Collection[int], member_id: int, now: datetime, *, act: str
) -> Case:
    """Make a case of its own of some posts, with the brand's answers to them; return it.

    It has the same people, and needs somebody. What is kept of it can be undone as a step of `act`. Raises InputError
    where the posts are not of the case, or nothing would be left of it.
    """
    lock_with_posts(session, [case_id])
    case = next(iter(locked_cases(session, [case_id])), None)
    if case is None:
        raise InputError(f"There is no case {case_id}; it may have been erased. Go back to the queue.")
    chosen = _chosen(session, case, post_ids)
    part = _empty_part(session, case, chosen[0], now)
    before = _begin(session, [case_id, id_of(part)])
    part.merged_into_id, part.closed_at = None, None
    part.status = CaseStatus.OPEN if part.assignee_id else CaseStatus.NEW
    _move(session, before, case, part, {PostRow.__name__: [id_of(post) for post in chosen]})
    record(session, part, EventKind.SPLIT, now, member_id, of=case_id, posts=len(chosen))
    record(session, case, EventKind.SPLIT, now, member_id, into=id_of(part), posts=len(chosen))
    _work_out(session, [case, part], now)
    keep(session, before, act, SPLIT, member_id, now)
    return part


def _begin(session: Session, case_ids: Sequence[int]) -> Snapshot:
    lock_with_posts(session, case_ids)
    return snapshot(session, case_ids)


def _check(cases: Mapping[int, Case], ids: Sequence[int]) -> None:
    missing = [case_id for case_id in ids if case_id not in cases]
    if missing:
        raise InputError(f"Nothing was done: there is no case {missing[0]}; it may have been erased.")
    merged = [case for case in cases.values() if case.merged_into_id is not None]
    if merged:
        raise InputError(
            f"Nothing was done: case {merged[0].id} was merged into case {merged[0].merged_into_id} before."
        )
    if len({case.brand_id for case in cases.values()}) > 1:
        raise InputError("Nothing was done: the cases are about several brands. Merge those of one brand.")


def _rows_of(session: Session, case: Case, target: Case) -> dict[str, list[int]]:
    """Return what is to be moved out of the case, by table. A draft stays where its writer has one in `target`."""
    found = {}
    for name, table in MOVABLE.items():
        columns = inspect(table).columns
        query = select(columns["id"]).where(columns["case_id"] == case.id)
        if table is Reply:
            writers = select(Reply.member_id).where(Reply.case_id == target.id, Reply.state == ReplyState.DRAFT)
            stays = (col(Reply.state) == ReplyState.DRAFT) & col(Reply.member_id).in_(writers)
            query = query.where(~stays)
        found[name] = list(session.exec(query))
    return found


def _who_notes(session: Session, case: Case) -> Sequence[int]:
    return session.exec(select(NoteDraft.member_id).where(NoteDraft.case_id == case.id)).all()


def _move(session: Session, before: Snapshot, case: Case, target: Case, rows: Mapping[str, Sequence[int]]) -> None:
    """Give rows of the case to another one, and note where they came from."""
    session.flush()
    for name, ids in rows.items():
        table: type[SQLModel] = MOVABLE[name]
        if not ids:
            continue
        columns = inspect(table).columns
        session.execute(update(table).where(columns["id"].in_(ids)).values(case_id=target.id))
        before.moved.setdefault(name, {}).update(dict.fromkeys(ids, id_of(case)))


def _take_over(target: Case, other: Case) -> None:
    """Let the target need somebody where the other did, and keep whoever had either."""
    if target.status in _STANDS_STILL and other.status not in _STANDS_STILL:
        target.status, target.closed_at, target.snoozed_until = other.status, None, None
    if target.assignee_id is None and other.assignee_id is not None:
        target.assignee_id, target.assigned_at = other.assignee_id, other.assigned_at
        if target.status is CaseStatus.NEW:
            target.status = CaseStatus.OPEN
    target.team_id = target.team_id or other.team_id
    answers = [at for at in (target.first_reply_at, other.first_reply_at) if at is not None]
    target.first_reply_at = min(answers, default=None)


def _close(case: Case, into: int, now: datetime) -> None:
    case.status, case.closed_at, case.merged_into_id, case.updated_at = CaseStatus.RESOLVED, now, into, now
    case.due_at = case.take_up_by = case.snoozed_until = case.route_again_at = None
    case.routed_at = case.routed_at or now


def _chosen(session: Session, case: Case, post_ids: Collection[int]) -> list[PostRow]:
    """Return the posts to be split off, the author's before the brand's, with the brand's answers to them."""
    posts = session.exec(select(PostRow).where(PostRow.case_id == case.id).order_by(col(PostRow.posted_at))).all()
    strange = set(post_ids) - {post.id for post in posts}
    if strange:
        raise InputError("Nothing was split: some of these posts belong to another case by now. Look at it again.")
    chosen = [post for post in posts if post.id in set(post_ids)]
    written = [post for post in chosen if not post.is_own]
    if not written:
        raise InputError("Nothing was split: choose posts of the author.")
    if len(written) == sum(not post.is_own for post in posts):
        raise InputError("Nothing was split: something must be left of the case. Choose fewer posts.")
    answered = {post.platform_id for post in written}
    answers = [post for post in posts if post.is_own and (post in chosen or post.parent_id in answered)]
    return [*written, *answers]


def _empty_part(session: Session, case: Case, first: PostRow, now: datetime) -> Case:
    """Return a new case that has nothing yet and leads to the old one, as it will again if the split is undone."""
    part = Case(
        brand_id=case.brand_id,
        platform=first.platform,
        author=first.author,
        author_key=first.author.casefold(),
        author_name=first.author_name,
        language=first.language,
        status=CaseStatus.RESOLVED,
        merged_into_id=case.id,
        assignee_id=case.assignee_id,
        assigned_at=case.assigned_at,
        team_id=case.team_id,
        routed_at=now,
        first_posted_at=first.posted_at,
        last_posted_at=first.posted_at,
        opened_at=now,
        closed_at=now,
        updated_at=now,
    )
    session.add(part)
    session.flush()
    return part


def _work_out(session: Session, cases: Sequence[Case], now: datetime) -> None:
    """Work the cases out again from the posts that they have now, answers of the brand included."""
    session.flush()
    session.expire_all()
    for case in cases:
        if len(cases) > 1:
            case.first_reply_at = _first_answer_at(session, case)
        pass_the_turn(session, case, refresh(session, case, now), now)


def _first_answer_at(session: Session, case: Case) -> datetime | None:
    posted = select(PostRow.posted_at).where(PostRow.case_id == case.id, col(PostRow.is_own))
    sent = select(Reply.sent_at).where(Reply.case_id == case.id, Reply.state == ReplyState.SENT)
    times = [at for at in (*session.exec(posted), *session.exec(sent)) if at is not None]
    return min(times, default=None)
