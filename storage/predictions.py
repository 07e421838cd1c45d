"""What the model said lately, counted."""

from datetime import datetime

from sqlalchemy import ColumnElement, case, func
from sqlmodel import Session, col, select

from core.drift import BINS, WINDOW, Seen
from storage.tables import PredictionRow


def last_model(session: Session) -> str:
    """Return the version of the model that read the last post, empty where none has read any."""
    query = select(PredictionRow.model_version).order_by(col(PredictionRow.id).desc()).limit(1)
    return session.exec(query).first() or ""


def seen_lately(session: Session, version: str, now: datetime) -> Seen:
    """Return the predictions that one model version made in the last seven days."""
    tenths = [func.count(case((_in_tenth(number), 1))) for number in range(BINS)]
    counts = select(func.count(), func.count(case((col(PredictionRow.unsure), 1))), *tenths)
    lately = counts.where(PredictionRow.model_version == version, col(PredictionRow.created_at) >= now - WINDOW)
    posts, unsure, *histogram = map(int, session.exec(lately).one())
    return Seen(posts, unsure, tuple(histogram))


def _in_tenth(number: int) -> ColumnElement[bool]:
    # Not by a cast to a whole number: SQLite cuts and PostgreSQL rounds.
    complaint = col(PredictionRow.complaint)
    above = complaint >= number / BINS
    return above if number == BINS - 1 else above & (complaint < (number + 1) / BINS)
