"""What has to be read of cases before they are worked out: the authors' posts, our last answers; of many at once."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from storage.judging import Judged, judged, last_labels
from storage.rows import id_of
from storage.tables import Case, Courier, Label, PostRow, PredictionRow, Reply, ReplyState


class Read(NamedTuple):
    """A post, what the model and a person last said of it, and what it counts as: the person's word goes first."""

    post: PostRow
    said: PredictionRow
    counts: Judged
    label: Label | None

    @classmethod
    def of(cls, post: PostRow, said: PredictionRow, label: Label | None) -> "Read":
        """Return the post with what it counts as by these words."""
        return cls(post, said, judged(post, said, label), label)


Rows = list[Read]


@dataclass(frozen=True, slots=True)
class Known:
    """What working some cases out takes, by case, and the couriers that posts may name."""

    rows: Mapping[int, Rows]
    answered_at: Mapping[int, datetime]
    couriers: Sequence[Courier]


def known_of(session: Session, cases: Collection[Case]) -> Known:
    """Return what working these cases out takes; it holds until one of their posts, labels or answers changes."""
    ids = [id_of(case) for case in cases]
    answered = [id_of(case) for case in cases if case.first_reply_at is not None]
    couriers = session.exec(select(Courier)).all() if ids else ()
    return Known(posts_of_cases(session, ids), last_answers(session, answered), couriers)


def posts_of(session: Session, case: Case) -> Rows:
    """Return the author's posts of the case, as `posts_of_cases` does."""
    return posts_of_cases(session, [id_of(case)])[id_of(case)]


def posts_of_cases(session: Session, case_ids: Collection[int]) -> dict[int, Rows]:
    """Return the authors' posts of each of the cases, oldest first, each with what the model last said of it.

    A post that was edited and not read again yet stands with what was said of it before.
    """
    found: dict[int, Rows] = {case_id: [] for case_id in case_ids}
    if not found:
        return found
    session.flush()
    rows = session.exec(
        select(PostRow, PredictionRow, col(PostRow.case_id))
        .join(PredictionRow, col(PredictionRow.post_id) == PostRow.id)
        .where(col(PostRow.case_id).in_(case_ids), col(PostRow.is_own).is_(False))
        .order_by(col(PostRow.posted_at), col(PostRow.id), col(PredictionRow.id))
    ).all()
    last: dict[int, tuple[PostRow, PredictionRow, int]] = {}
    for post, said, case_id in rows:
        if case_id is not None and (
            said.post_id not in last or last[said.post_id][1].model_version != post.classified_with
        ):
            last[said.post_id] = (post, said, case_id)
    labels = last_labels(session, case_ids)
    for post_id, (post, said, case_id) in last.items():
        found[case_id].append(Read.of(post, said, labels.get(post_id)))
    return found


def last_answers(session: Session, case_ids: Collection[int]) -> dict[int, datetime]:
    """Return when the brand last answered in each case: by a post that was collected or a reply from the board."""
    if not case_ids:
        return {}
    own_post = select(PostRow.case_id, func.max(PostRow.posted_at)).where(col(PostRow.is_own))
    sent = select(Reply.case_id, func.max(Reply.sent_at)).where(Reply.state == ReplyState.SENT)
    answers: dict[int, list[datetime]] = defaultdict(list)
    for query, key in ((own_post, col(PostRow.case_id)), (sent, col(Reply.case_id))):
        for case_id, at in session.exec(query.where(key.in_(case_ids)).group_by(key)):
            if case_id is not None and at is not None:
                answers[case_id].append(at)
    return {case_id: max(times) for case_id, times in answers.items()}
