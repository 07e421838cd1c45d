"""Whether the model is unsure of more posts than usual."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final

from sqlmodel import Session, case, col, func, select

from core.alerts.episodes import Episode, Group
from core.drift import FEWEST, WINDOW
from storage.alerting.asked import Asked
from storage.tables import PostRow, PredictionRow

_DAY: Final = timedelta(days=1)


def drift(session: Session, asked: Asked) -> Sequence[Episode]:
    """Find days at whose end the share of unsure posts over a week reached the rule's; of few posts nothing is said.

    Days are those of UTC; a run of such days is one thing.
    """
    first = _midnight(asked.since)
    ends = [first + number * _DAY for number in range((asked.until - first) // _DAY + 1)]
    found: list[Episode] = []
    for end in ends:
        posts, unsure = _counts(session, asked.brand_id, end - WINDOW, end)
        share = 100 * unsure / posts if posts else 0
        if posts < FEWEST or share < asked.threshold:
            continue
        words = f"The model is unsure of {share:.0f} % of the {posts:,} posts of a week."
        over = None if end + _DAY > asked.until else end + _DAY
        if found and found[-1].ended_at == end:
            began = found.pop().began_at
            found.append(Episode("drift", Group(), began, over, None, words))
        else:
            found.append(Episode("drift", Group(), max(end, asked.not_before), over, None, words))
    return found


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(UTC).date(), time(), tzinfo=UTC)


def _counts(session: Session, brand_id: int, since: datetime, until: datetime) -> tuple[int, int]:
    unsure = func.sum(case((col(PredictionRow.unsure), 1), else_=0))
    query = (
        select(func.count(), unsure)
        .select_from(PostRow)
        .join(PredictionRow, col(PredictionRow.post_id) == PostRow.id)
        .where(
            PostRow.brand_id == brand_id,
            col(PostRow.posted_at) >= since,
            col(PostRow.posted_at) < until,
            PredictionRow.model_version == PostRow.classified_with,
        )
    )
    posts, found = session.exec(query).one()
    return posts, int(found or 0)
