"""What a post counts as in its case: what a person said of it last, else what the model said."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from core.taxonomy import Reason, Severity
from storage.tables import Label, PostRow, PredictionRow


@dataclass(frozen=True, slots=True)
class Judged:
    """What a post counts as; `by_person` where somebody on the team said whether it is a complaint."""

    complaint: float
    is_complaint: bool
    unsure: bool
    severity: int
    reasons: Mapping[str, float]
    parties: tuple[str, ...]
    by_person: bool = False


def judged(post: PostRow, said: PredictionRow, label: Label | None) -> Judged:
    """Return what the post counts as, given what the model said and the last label of the post, if there is one.

    A label about words that were edited since counts no more: the model has read the new ones.
    """
    if label is None or label.complaint is None or is_outdated(label, post):
        return Judged(
            said.complaint, said.is_complaint, said.unsure, said.severity, said.reasons, tuple(said.parties or ())
        )
    if not label.complaint:
        return Judged(0.0, is_complaint=False, unsure=False, severity=0, reasons={}, parties=(), by_person=True)
    by_model = said.reasons or {Reason.OTHER.value: 1.0}  # a complaint has a reason, also where the model saw none
    return Judged(
        complaint=1.0,
        is_complaint=True,
        unsure=False,
        severity=label.severity if label.severity is not None else max(said.severity, int(Severity.NO_REPROACH)),
        reasons=by_model if label.reasons is None else dict.fromkeys(label.reasons, 1.0),
        parties=tuple(said.parties or () if label.parties is None else label.parties),
        by_person=True,
    )


def is_outdated(label: Label, post: PostRow) -> bool:
    """Tell whether the post was edited since the label was written."""
    return post.edited_at is not None and post.edited_at > label.created_at


def last_labels(session: Session, case_ids: Collection[int]) -> dict[int, Label]:
    """Return the last label of each post of the cases that has any, by the post's id."""
    query = (
        select(Label)
        .join(PostRow, col(PostRow.id) == Label.post_id)
        .where(col(PostRow.case_id).in_(case_ids))
        .order_by(col(Label.id))
    )
    return {label.post_id: label for label in session.exec(query)}
