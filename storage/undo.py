"""Taking back what a member did to cases: how these stood before is kept with each act, and put back on demand."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, inspect, update
from sqlmodel import Session, SQLModel, col, select

from core.errors import InputError
from core.types import CaseStatus
from storage.casework import lock_brands, prioritise, record, refresh
from storage.known import known_of
from storage.rows import id_of
from storage.tables import (
    Case,
    CaseEvent,
    EventKind,
    Handover,
    Label,
    Note,
    NoteDraft,
    Notice,
    PostRow,
    Promise,
    Reply,
    UndoStep,
)
from storage.unsaying import can_be_unsaid, unsay
from storage.writing import write

KEPT_FOR: Final = timedelta(days=1)
# What the posts count as. A dismissed case goes on to show what it was taken for.
COUNTED: Final = ("severity", "confidence", "unsure", "reasons", "parties")
# What a person's act sets, also by saying what the posts are; all else of a case follows from its posts.
STANDING: Final = (
    "status",
    "assignee_id",
    "team_id",
    "assigned_at",
    "routed_at",
    "take_up_by",
    "returned_at",
    "route_again_at",
    "snoozed_until",
    "merged_into_id",
    "due_at",
    "first_reply_at",
    "closed_at",
    "reopened_at",
    *COUNTED,
)
# Where one of these is not as the act left it, somebody has done something else with the case since.
TELLING: Final = ("status", "assignee_id", "team_id", "take_up_by", "snoozed_until", "merged_into_id", "closed_at")
# What moves from case to case when these are merged and split.
MOVABLE: Final[Mapping[str, type[SQLModel]]] = {
    table.__name__: table for table in (PostRow, Note, Reply, Promise, Handover, CaseEvent)
}
Standing = dict[str, Any]
MovedDraft = tuple[int, int, int]  # whose note, from which case, to which


@dataclass(slots=True)
class Snapshot:
    """How cases stood before an act, and behind which rows it began."""

    cases: dict[int, Standing]
    last_label: int
    last_notice: int
    last_event: int
    moved: dict[str, dict[int, int]] = field(default_factory=dict)  # table -> row -> the case it belonged to
    written: dict[str, list[int]] = field(default_factory=dict)  # the ids of what the act wrote to its one case
    note_drafts: list[MovedDraft] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Undone:
    """The cases that stand as before, and those that were left alone as somebody has changed them since."""

    done: tuple[int, ...] = ()
    left: tuple[int, ...] = ()


def locked_cases(session: Session, case_ids: Iterable[int]) -> list[Case]:
    """Return those of the cases that there are, by id, kept from changes by others until the transaction ends."""
    query = select(Case).where(col(Case.id).in_(set(case_ids))).order_by(col(Case.id)).with_for_update(key_share=True)
    return list(session.exec(query.execution_options(populate_existing=True)))


def lock_with_posts(session: Session, case_ids: Iterable[int]) -> None:
    """Lock the cases' posts, then their brands, as the worker does: else the two might wait for each other."""
    ids = set(case_ids)
    posts = select(PostRow.id).where(col(PostRow.case_id).in_(ids)).order_by(col(PostRow.id))
    session.exec(posts.with_for_update(key_share=True)).all()
    lock_brands(session, session.exec(select(Case.brand_id).where(col(Case.id).in_(ids))).all())


def snapshot(session: Session, case_ids: Iterable[int]) -> Snapshot:
    """Return how the cases stand, to be handed to `keep` after the act, in the same transaction."""
    return Snapshot(
        cases={id_of(case): _standing(case) for case in locked_cases(session, case_ids)},
        last_label=session.exec(select(func.max(Label.id))).one() or 0,
        last_notice=session.exec(select(func.max(Notice.id))).one() or 0,
        last_event=_last_event(session),
    )


def keep(session: Session, before: Snapshot, act: str, what: str, member_id: int, now: datetime) -> int:
    """Keep what was changed since `before` as a step of the member's act; return how many cases were."""
    write(session)
    session.execute(
        delete(UndoStep).where(col(UndoStep.member_id) == member_id, col(UndoStep.done_at) < now - KEPT_FOR)
    )
    present = session.exec(select(Case).where(col(Case.id).in_(before.cases)))  # not one by one
    after = {id_of(case): _standing(case) for case in present}
    labels = _new_labels(session, before, member_id)
    changed = {
        case_id: _difference(before.cases[case_id], after[case_id], COUNTED if case_id in labels else ())
        for case_id in before.cases
    }
    moved = {name: rows for name, rows in before.moved.items() if rows}
    wrote = moved or before.written
    touched = [case_id for case_id in before.cases if changed[case_id] or case_id in labels or wrote]
    if touched:
        changes = {
            "cases": {str(case_id): changed[case_id] for case_id in touched},
            "labels": {str(case_id): ids for case_id, ids in labels.items()},
            "notices": _new_notices(session, before),
            "moved": {name: {str(row): case_id for row, case_id in rows.items()} for name, rows in moved.items()},
            "note_drafts": before.note_drafts,
            "written": before.written,
            "events": [before.last_event, _last_event(session)],
        }
        session.add(UndoStep(act=act, member_id=member_id, what=what, changes=changes, done_at=now))
    return len(touched)


def steps_of(session: Session, act: str, member_id: int) -> list[int]:
    """Return the steps of the member's act that were not taken back, the last first; each is undone by itself."""
    query = select(UndoStep.id).where(
        UndoStep.act == act, UndoStep.member_id == member_id, col(UndoStep.undone_at).is_(None)
    )
    return [step_id for step_id in session.exec(query.order_by(col(UndoStep.id).desc())) if step_id is not None]


def undo(session: Session, step_id: int, member_id: int, now: datetime) -> Undone:
    """Put the cases of a step back as they stood, where nobody has changed them since.

    What was moved between cases goes back only if all of them still stand as the act left them, and nothing has come
    since to a case that would be closed by it. Raises InputError where the step was taken back already, or its e-mail
    has left.
    """
    taken = session.execute(
        update(UndoStep)
        .where(col(UndoStep.id) == step_id, col(UndoStep.member_id) == member_id, col(UndoStep.undone_at).is_(None))
        .values(undone_at=now)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise InputError("Nothing was done: this was taken back before.")
    step = session.get_one(UndoStep, step_id)
    changes = step.changes
    if changes["moved"]:
        lock_with_posts(session, map(int, changes["cases"]))
    cases = {id_of(case): case for case in locked_cases(session, map(int, changes["cases"]))}
    left = _changed_since(session, cases, changes)
    if changes["moved"] and (left or _went_on(session, changes)):
        return Undone(left=tuple(sorted(cases)))
    _move_back(session, changes["moved"])
    for member, case_id, to in changes.get("note_drafts", ()):
        move_note_drafts(session, to, case_id, [member])
    if not left and changes["written"]:
        unsay(session, changes["written"], member_id, now)
    done = [case for case_id, case in cases.items() if case_id not in left]
    _put_back(session, done, changes, now)
    for case in done:
        record(session, case, EventKind.UNDONE, now, member_id, what=step.what, events=changes["events"])
    write(session)
    ids = [id_of(case) for case in done]
    _forget_notices(session, changes["notices"], ids)
    return Undone(tuple(ids), tuple(left))


def _standing(case: Case) -> Standing:
    return {name: _plain(getattr(case, name)) for name in STANDING}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, CaseStatus) else value


def _difference(before: Standing, after: Standing, always: Collection[str]) -> dict[str, list[Any]]:
    """Return what was changed and what is `always` kept, as it was before and after."""
    return {name: [before[name], after[name]] for name in STANDING if name in always or before[name] != after[name]}


def _new_labels(session: Session, before: Snapshot, member_id: int) -> dict[int, list[int]]:
    """Return the labels that the act added, by case."""
    query = (
        select(PostRow.case_id, Label.id)
        .join(Label, col(Label.post_id) == PostRow.id)
        .where(col(Label.id) > before.last_label, Label.member_id == member_id)
        .where(col(PostRow.case_id).in_(before.cases))
    )
    found: dict[int, list[int]] = {}
    for case_id, label_id in session.exec(query):
        if case_id is not None and label_id is not None:
            found.setdefault(case_id, []).append(label_id)
    return found


def _last_event(session: Session) -> int:
    return session.exec(select(func.max(CaseEvent.id))).one() or 0


def _new_notices(session: Session, before: Snapshot) -> list[int]:
    query = select(Notice.id).where(col(Notice.id) > before.last_notice, col(Notice.case_id).in_(before.cases))
    return [notice_id for notice_id in session.exec(query) if notice_id is not None]


def _changed_since(session: Session, cases: Mapping[int, Case], changes: Mapping[str, Any]) -> list[int]:
    """Return the cases of a step that are not as the act left them, those that are gone among them."""
    corrected = _corrected_since(session, changes["labels"])
    ids = list(map(int, changes["cases"]))
    return [each for each in ids if each in corrected or not _stands(session, cases.get(each), changes)]


def _stands(session: Session, case: Case | None, changes: Mapping[str, Any]) -> bool:
    """Tell whether the case is as the act left it, what was said of its posts aside."""
    if case is None:
        return False
    standing, key = _standing(case), str(case.id)
    if any(standing[name] != after for name, (_, after) in changes["cases"][key].items() if name in TELLING):
        return False
    written = changes["written"]
    return not written or can_be_unsaid(session, id_of(case), written, changes["events"][1])


def _corrected_since(session: Session, labels: Mapping[str, Sequence[int]]) -> set[int]:
    """Return the cases in which something else was said of a post since; `labels` are those of the step, by case."""
    ids = [label_id for of_case in labels.values() for label_id in of_case]
    if not ids:
        return set()
    of_step = select(Label.post_id, Label.id).where(col(Label.id).in_(ids))
    posts = {label_id: post_id for post_id, label_id in session.exec(of_step)}
    newest = select(Label.post_id, func.max(Label.id)).where(col(Label.post_id).in_(set(posts.values())))
    last = {post_id: label_id or 0 for post_id, label_id in session.exec(newest.group_by(col(Label.post_id)))}
    return {
        int(key)
        for key, of_case in labels.items()
        if any(last[posts[each]] > max(of_case) for each in of_case if each in posts)
    }


def _went_on(session: Session, changes: Mapping[str, Any]) -> bool:
    """Tell whether what was moved has gone elsewhere since, or more has come to a case that is to be closed again."""
    ids = list(map(int, changes["cases"]))
    closing = [int(key) for key, of in changes["cases"].items() if of.get("merged_into_id", [None])[0] is not None]
    for name, table in MOVABLE.items():
        if table is CaseEvent:
            continue
        columns, rows = inspect(table).columns, list(map(int, changes["moved"].get(name, ())))
        has_gone = columns["id"].in_(rows) & columns["case_id"].not_in(ids)
        has_come = columns["case_id"].in_(closing) & columns["id"].not_in(rows)
        if session.exec(select(columns["id"]).where(has_gone | has_come).limit(1)).first() is not None:
            return True
    drafts = select(NoteDraft.case_id).where(col(NoteDraft.case_id).in_(closing))
    return session.exec(drafts.limit(1)).first() is not None


def move_note_drafts(session: Session, case_id: int, to: int, member_ids: Collection[int]) -> list[MovedDraft]:
    """Move what these members have begun to note about a case to another; who has begun a note there keeps both."""
    there = select(NoteDraft.member_id).where(NoteDraft.case_id == to)
    query = select(NoteDraft.member_id).where(NoteDraft.case_id == case_id, col(NoteDraft.member_id).in_(member_ids))
    session.flush()
    moving = list(session.exec(query.where(col(NoteDraft.member_id).not_in(there))))
    if not moving:
        return []
    of_case = (col(NoteDraft.case_id) == case_id) & col(NoteDraft.member_id).in_(moving)
    session.execute(update(NoteDraft).where(of_case).values(case_id=to).execution_options(synchronize_session=False))
    session.expire_all()
    return [(member_id, case_id, to) for member_id in moving]


def _put_back(session: Session, cases: Sequence[Case], changes: Mapping[str, Any], now: datetime) -> None:
    """Let the cases stand as before the act; the last word on each of their posts is again what it was."""
    labels = {id_of(case): changes["labels"].get(str(case.id), ()) for case in cases}
    ids = [label_id for of_case in labels.values() for label_id in of_case]
    if ids:
        session.execute(delete(Label).where(col(Label.id).in_(ids)))
    differ = {
        id_of(case): case for case in cases if changes["moved"] or (labels[id_of(case)] and _counts_else(case, changes))
    }
    known = known_of(session, differ.values())
    for case in cases:
        standing = _standing(case)
        if id_of(case) in differ:
            refresh(session, case, now, known)
        for name, (before, after) in changes["cases"][str(case.id)].items():
            if standing[name] == after:
                setattr(case, name, _value(name, before))
        case.updated_at = now
        prioritise(case, now)
        session.add(case)


def _counts_else(case: Case, changes: Mapping[str, Any]) -> bool:
    """Tell whether the case counts as something else than before the act, or did so meanwhile."""
    standing, differences = _standing(case), changes["cases"][str(case.id)]
    return any(
        not before == after == standing[name] for name, (before, after) in differences.items() if name in COUNTED
    )


def _value(name: str, plain: Any) -> Any:
    if plain is None:
        return None
    if name == "status":
        return CaseStatus(plain)
    is_time = name.endswith(("_at", "_by", "_until"))
    return datetime.fromisoformat(plain) if is_time else plain


def _move_back(session: Session, moved: Mapping[str, Mapping[str, int]]) -> None:
    if not moved:
        return
    for name, rows in moved.items():
        table = MOVABLE[name]
        key, case_key = (inspect(table).columns[column] for column in ("id", "case_id"))
        by_case: dict[int, list[int]] = {}
        for row_id, case_id in rows.items():
            by_case.setdefault(case_id, []).append(int(row_id))
        for case_id, ids in by_case.items():
            session.execute(update(table).where(key.in_(ids)).values({case_key.name: case_id}))
    session.expire_all()


def _forget_notices(session: Session, ids: Sequence[int], done: Sequence[int]) -> None:
    """Take back what nobody was told of yet."""
    session.execute(
        delete(Notice).where(col(Notice.id).in_(ids), col(Notice.case_id).in_(done), col(Notice.mailed_at).is_(None))
    )
