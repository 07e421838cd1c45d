"""Where each brand's complaints begin, and what another border would have flagged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import case, func, select
from sqlmodel import Session, col

from core.errors import FormError, InputError
from core.thresholds import Threshold, parse_threshold
from storage.editing import check_unchanged
from storage.tables import Brand, PostRow, PredictionRow

LOOKED_BACK: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Flagged:
    """Of how many posts of a brand each border would have made a complaint."""

    posts: int
    by_border: Sequence[int]


def flagged_lately(session: Session, brand_id: int, borders: Sequence[float], version: str, now: datetime) -> Flagged:
    """Return what each border would have flagged among the brand's posts of the last 30 days that this model read.

    A post whose text is none that was read, as it was edited since, is left out, and so are the brand's own.
    """
    counts = [func.count(case((col(PredictionRow.complaint) >= border, 1))) for border in borders]
    query = (
        select(func.count(), *counts)
        .select_from(PostRow)
        .join(PredictionRow, col(PredictionRow.post_id) == PostRow.id)
        .where(
            col(PostRow.brand_id) == brand_id,
            col(PostRow.posted_at) >= now - LOOKED_BACK,
            col(PostRow.is_own).is_(False),
            col(PostRow.left_out) == "",
            col(PredictionRow.model_version) == version,
            col(PostRow.classified_with) == version,
        )
    )
    posts, *found = (int(number) for number in session.execute(query).one())
    return Flagged(posts, found)


def set_threshold(session: Session, brand_id: int, value: Threshold, seen: Mapping[str, object] | None = None) -> str:
    """Let a brand's complaints begin elsewhere, for posts that are read from now on; return the brand's name.

    Raises FormError for what is no border, ChangedError where it is another one than `seen`.
    """
    brand = session.get(Brand, brand_id)
    if brand is None:
        raise InputError("Nothing was done: there is no such brand any more.")
    if seen:
        check_unchanged(brand.name, {"threshold": parse_threshold(brand.threshold)}, seen)
    try:
        brand.threshold = str(parse_threshold(value))
    except ValueError as error:
        raise FormError({"threshold": f"{str(error).capitalize()}."}) from error
    session.add(brand)
    session.flush()
    return brand.name
