"""What people say of posts in the model's place."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from core.errors import InputError
from core.policies import may_train
from core.taxonomy import Party, Reason, Severity
from core.types import CaseStatus, Correction
from storage.casework import pass_the_turn, record, refresh, words_of
from storage.judging import Judged, is_outdated, judged, last_labels
from storage.known import Known, Read, known_of, posts_of
from storage.rows import existing_case, id_of
from storage.tables import Case, EventKind, Label, Member, PostRow, PredictionRow, Source


class LeftOut(StrEnum):
    """Why a correction adapts no model."""

    TAKEN_BACK = "taken_back"
    DELETED = "deleted"
    EDITED = "edited"
    MAY_NOT_TRAIN = "may_not_train"


def correct(
    session: Session,
    post_id: int,
    member_id: int,
    now: datetime,
    *,
    complaint: bool | None = None,
    reasons: Collection[Reason] | None = None,
    severity: Severity | None = None,
    parties: Collection[Party] | None = None,
) -> Label:
    """Keep what the member says of a post; what the member says nothing of stays as it was said before.

    Whoever names reasons, a severity or parties says by it that the post is a complaint. Its case follows at once: in
    what it shows and how urgent it is, and it is dismissed where no complaint is left in it. Raises InputError where
    there is no such post, for reasons, severity or parties of what is no complaint, and where nothing is said.
    """
    details = (reasons, severity, parties)
    if complaint is None and all(detail is None for detail in details):
        raise InputError("The correction says nothing: say what is wrong.")
    if severity is Severity.NONE or (complaint is False and any(detail is not None for detail in details)):
        raise InputError("What is no complaint has no reasons, severity or party.")
    post = session.get(PostRow, post_id)
    if post is None:
        raise InputError(f"There is no post {post_id}; it may have been erased. Go back to the queue.")
    said = Said(complaint is not False, reasons, severity, parties)
    label = _labelled(_next_label(session, post, member_id, now), said)
    session.add(label)
    session.flush()
    case = session.get(Case, post.case_id) if post.case_id is not None else None
    if case is not None:
        record(session, case, EventKind.CORRECTED, now, member_id, post_id=post_id, **said.as_detail())
        _follow(session, case, said, member_id, now)
    return label


@dataclass(frozen=True, slots=True)
class Said:
    """What a member says of posts; None leaves that as it was."""

    complaint: bool = True
    reasons: Collection[Reason] | None = None
    severity: Severity | None = None
    parties: Collection[Party] | None = None

    def as_detail(self) -> dict[str, object]:
        """Return it for the case's history."""
        named = {
            "reasons": None if self.reasons is None else [reason.value for reason in self.reasons],
            "severity": None if self.severity is None else int(self.severity),
            "parties": None if self.parties is None else [party.value for party in self.parties],
        }
        return {"complaint": self.complaint} | {name: value for name, value in named.items() if value is not None}


def correct_case(session: Session, case: Case, said: Said, member_id: int, now: datetime) -> bool:
    """Say of a case as a whole what it is, as `correct_cases` does; tell whether there was a post to say it of."""
    return bool(correct_cases(session, [case], said, member_id, now))


def correct_cases(session: Session, cases: Sequence[Case], said: Said, member_id: int, now: datetime) -> list[int]:
    """Say of cases what each of them is as a whole; return those in which there was a post to say it of.

    Each complaint of a case keeps what fits; what none of them has goes to the one that goes furthest. Raises
    InputError where `said` calls them no complaints: such cases are dismissed.
    """
    if not said.complaint:
        raise InputError("Dismiss the case to say that it is no complaint.")
    known = known_of(session, cases)
    told, rows = [], dict(known.rows)
    for case in cases:
        counting = [row for row in rows[id_of(case)] if row.counts.is_complaint or row.counts.unsure]
        if not counting:
            continue
        labels = {
            id_of(row.post): _labelled(_after(row.label, row.post, member_id, now), part)
            for row, part in _parts_of(said, counting)
        }
        rows[id_of(case)] = [
            Read.of(row.post, row.said, labels.get(id_of(row.post), row.label)) for row in rows[id_of(case)]
        ]
        session.add_all(labels.values())
        record(session, case, EventKind.CORRECTED, now, member_id, **said.as_detail())
        told.append(case)
    for case in told:
        _follow(session, case, said, member_id, now, replace(known, rows=rows))
    return [id_of(case) for case in told]


def _parts_of(said: Said, counting: Sequence[Read]) -> Iterator[tuple[Read, Said]]:
    """Yield the posts of a case of which something else is said than they count as, with what is said of each."""
    worst = max(
        counting, key=lambda row: (row.counts.is_complaint, row.counts.severity, row.post.posted_at), default=None
    )
    for row in counting:
        part = _part_of(said, row, [other.counts for other in counting], is_worst=row is worst)
        if row is worst or _is_news(part, row.counts):
            yield row, part


def _part_of(said: Said, row: Read, all_counts: Sequence[Judged], *, is_worst: bool) -> Said:
    """Return what is said of a case, as far as it is about one of its posts."""

    def share(wanted: Collection[str], own: Collection[str], known: Collection[str]) -> list[str]:
        kept = [name for name in wanted if name in own or (is_worst and name not in known)]
        return kept or list(wanted)

    reasons, parties, severity = said.reasons, said.parties, said.severity
    if reasons is not None:
        known = {name for counts in all_counts for name in counts.reasons}
        reasons = [Reason(name) for name in share(reasons, row.counts.reasons, known)]
    if parties is not None:
        known = {name for counts in all_counts for name in counts.parties}
        parties = [Party(name) for name in share(parties, row.counts.parties, known)]
    if severity is not None and not is_worst and 0 < row.counts.severity <= severity:
        severity = None
    return Said(True, reasons, severity, parties)


def _is_news(said: Said, counts: Judged) -> bool:
    """Tell whether a post counts as something else than what is said of it."""
    return (
        not counts.is_complaint
        or said.severity is not None
        or (said.reasons is not None and set(said.reasons) != set(counts.reasons))
        or (said.parties is not None and set(said.parties) != set(counts.parties))
    )


def _labelled(label: Label, said: Said) -> Label:
    """Return the label, which says this too now."""
    label.complaint = said.complaint
    label.reasons = label.reasons if said.reasons is None else [reason.value for reason in said.reasons]
    label.severity = label.severity if said.severity is None else int(said.severity)
    label.parties = label.parties if said.parties is None else [party.value for party in said.parties]
    return label


def _follow(
    session: Session, case: Case, said: Said, member_id: int, now: datetime, known: Known | None = None
) -> None:
    """Let the case be what its posts count as now."""
    had = case.severity > 0
    rows = refresh(session, case, now, known)
    is_complaint = any(row.counts.is_complaint or row.counts.unsure for row in rows)
    if case.status is CaseStatus.DISMISSED and said.complaint:
        _move(session, case, CaseStatus.OPEN if case.assignee_id else CaseStatus.NEW, member_id, now)
        pass_the_turn(session, case, rows, now, known)
    elif not case.status.is_closed and not is_complaint:
        _move(session, case, CaseStatus.DISMISSED, member_id, now)
    elif not case.status.is_closed and (not said.complaint or not had):
        pass_the_turn(session, case, rows, now, known)


def _move(session: Session, case: Case, status: CaseStatus, member_id: int, now: datetime) -> None:
    record(session, case, EventKind.STATUS, now, member_id, before=case.status.value, after=status.value)
    case.status, case.snoozed_until = status, None
    case.closed_at = now if status.is_closed else None
    if status.is_closed:
        case.due_at = None
    session.add(case)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a post counts as, and who said so in the model's place; nobody, where it is the model's word."""

    judged: Judged
    by: str
    said_at: datetime | None


def what_counts(session: Session, case_id: int) -> dict[int, Counted]:
    """Return what each of the author's posts that was read counts as, by the post's id."""
    rows = posts_of(session, existing_case(session, case_id))
    query = select(Member.id, Member.name).where(
        col(Member.id).in_({row.label.member_id for row in rows if row.label is not None})
    )
    names = dict(session.exec(query).all())
    found = {}
    for post, _, counts, last in rows:
        label = last if counts.by_person else None
        found[id_of(post)] = Counted(
            counts, names.get(label.member_id, "") if label else "", label.created_at if label else None
        )
    return found


def dismiss_posts(session: Session, case_ids: Collection[int], member_id: int, now: datetime) -> None:
    """Note of the cases' posts that count as complaints, or that the model was unsure of, that they are none."""
    posts = _counting_posts(session, case_ids)
    last = last_labels(session, case_ids)
    for post in posts:
        label = _after(last.get(id_of(post)), post, member_id, now)
        label.complaint = False
        session.add(label)


def take_back_dismissals(session: Session, case_ids: Collection[int], member_id: int, now: datetime) -> None:
    """Take back what `dismiss_posts` noted of cases; whether their posts are complaints is open again.

    All posts of the cases are looked at: since then another model may have read them, and let them pass.
    """
    if not case_ids:
        return
    last = last_labels(session, case_ids)
    dismissed = [post_id for post_id, label in last.items() if label.complaint is False]
    for post in session.exec(select(PostRow).where(col(PostRow.id).in_(dismissed)).order_by(col(PostRow.id))).all():
        label = _after(last[id_of(post)], post, member_id, now)
        label.complaint = None
        session.add(label)


def corrections(session: Session) -> list[Correction]:
    """Return the last word on each post that may adapt a model, oldest first.

    A post is left out where its source or its platform does not let it train, where it was deleted, and where it was
    edited since: the correction is about other words.
    """
    return [_correction(label, post) for label, post, source in _last(session) if _why_not(label, post, source) is None]


def left_out(session: Session) -> dict[LeftOut, int]:
    """Return how many last words on a post `corrections` leaves out, by reason; a reason without any is not named."""
    whys = Counter(_why_not(label, post, source) for label, post, source in _last(session))
    return {why: whys[why] for why in LeftOut if whys[why]}


def confirmed(session: Session) -> list[Correction]:
    """Return the posts that the model called complaints and the team resolved without correcting them, oldest first.

    What may not train is left out as in `corrections`. All that they say is that they are complaints.
    """
    corrected = select(Label.post_id)
    query = (
        select(PostRow, Source, Case.closed_at)
        .join(Case, col(Case.id) == PostRow.case_id)
        .join(PredictionRow, _present())
        .outerjoin(Source, col(Source.id) == PostRow.source_id)
        .where(
            Case.status == CaseStatus.RESOLVED,
            col(PredictionRow.is_complaint),
            col(PostRow.is_own).is_(False),
            col(PostRow.deleted_at).is_(None),
            col(PostRow.id).not_in(corrected),
        )
        .order_by(col(PostRow.id))
    )
    return [
        Correction(words_of(post), complaint=True)
        for post, source, closed_at in session.exec(query)
        if _may_train(post, source) and not (post.edited_at and closed_at and post.edited_at > closed_at)
    ]


def _last(session: Session) -> Iterable[tuple[Label, PostRow, Source | None]]:
    """Return the last label of each post, oldest first, with the post and the source that brought it."""
    last = select(func.max(Label.id)).group_by(col(Label.post_id))
    query = (
        select(Label, PostRow, Source)
        .join(PostRow, col(PostRow.id) == Label.post_id)
        .outerjoin(Source, col(Source.id) == PostRow.source_id)
        .where(col(Label.id).in_(last))
        .order_by(col(Label.id))
    )
    return session.exec(query)


def _why_not(label: Label, post: PostRow, source: Source | None) -> LeftOut | None:
    if not _says_something(label):
        return LeftOut.TAKEN_BACK
    if post.deleted_at is not None:
        return LeftOut.DELETED
    if is_outdated(label, post):
        return LeftOut.EDITED
    return None if _may_train(post, source) else LeftOut.MAY_NOT_TRAIN


def _may_train(post: PostRow, source: Source | None) -> bool:
    """Whether the post may train; a file of a platform's posts is under that platform's terms."""
    return may_train(post.platform, source.settings.get("may_train") if source else None)


def _says_something(label: Label) -> bool:
    return any(said is not None for said in (label.complaint, label.reasons, label.severity, label.parties))


def _correction(label: Label, post: PostRow) -> Correction:
    if label.complaint is False:
        return Correction(words_of(post), complaint=False)
    return Correction(
        text=words_of(post),
        complaint=label.complaint,
        reasons=None if label.reasons is None else frozenset(map(Reason, label.reasons)),
        severity=None if label.severity is None else Severity(label.severity),
        parties=None if label.parties is None else frozenset(map(Party, label.parties)),
    )


def _counting_posts(session: Session, case_ids: Collection[int]) -> list[PostRow]:
    """Return the authors' posts of the cases that count as complaints or that the model was unsure of."""
    query = (
        select(PostRow, PredictionRow)
        .join(PredictionRow, _present())
        .where(col(PostRow.case_id).in_(case_ids), col(PostRow.is_own).is_(False))
        .order_by(col(PostRow.id))
    )
    labels = last_labels(session, case_ids)
    read = ((post, judged(post, said, labels.get(id_of(post)))) for post, said in session.exec(query))
    return [post for post, counts in read if counts.is_complaint or counts.unsure]


def _present() -> ColumnElement[bool]:
    """Return the condition that a prediction is the last one of its post's present text."""
    is_of_post = col(PredictionRow.post_id) == PostRow.id
    return is_of_post & (col(PredictionRow.model_version) == PostRow.classified_with)


def _next_label(session: Session, post: PostRow, member_id: int, now: datetime) -> Label:
    """Return a new label that says what the last one of the post does."""
    query = select(Label).where(Label.post_id == post.id).order_by(col(Label.id).desc()).limit(1)
    return _after(session.exec(query).first(), post, member_id, now)


def _after(before: Label | None, post: PostRow, member_id: int, now: datetime) -> Label:
    return Label(
        post_id=id_of(post),
        member_id=member_id,
        complaint=before.complaint if before else None,
        reasons=before.reasons if before else None,
        severity=before.severity if before else None,
        parties=before.parties if before else None,
        model_version=post.classified_with,
        created_at=now,
    )
