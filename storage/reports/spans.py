"""Which cases a report's days hold, as a condition for the queue."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlmodel import Session, col

from core.reporting import Span, bounds, weekly_bounds
from storage.tables import Brand, Case


def began_in(session: Session, span: Span, weekday: int | None = None, hour: int | None = None) -> ColumnElement[bool]:
    """Return the condition that the case's first post came on one of these days, by the calendar of its brand.

    With a `weekday` (0 is Monday), on those days of the week alone, and with an `hour` in that hour of them.
    """
    by_zone: dict[str, list[int]] = {}
    for brand_id, zone in session.execute(select(col(Brand.id), col(Brand.timezone))):
        by_zone.setdefault(zone, []).append(brand_id)
    conditions = []
    for zone, brand_ids in by_zone.items():
        within = [col(Case.brand_id).in_(brand_ids), _between(*bounds(span, zone))]
        if weekday is not None:
            weekly = (_between(*stretch) for stretch in weekly_bounds(span, zone, weekday, hour))
            within.append(or_(false(), *weekly))
        conditions.append(and_(*within))
    return or_(false(), *conditions)


def _between(start: datetime, end: datetime) -> ColumnElement[bool]:
    first = col(Case.first_posted_at)
    return (first >= start) & (first < end)
