"""The complaints that a rule counts."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.alerts.spiking import Complaint
from core.configuration.alerting import RuleSettings
from core.types import CaseStatus
from storage.tables import REASON_BITS, Case

_COLUMNS: Final[tuple[Any, ...]] = (
    *(Case.id, Case.first_posted_at, Case.reason_bits, Case.courier, Case.platform, Case.severity),
)


def complaints(
    session: Session, brand_id: int, settings: RuleSettings, since: datetime, until: datetime
) -> Sequence[Complaint]:
    """Return the brand's cases that began in that time and that the rule does not leave out, the oldest first.

    One that a person dismissed was no complaint; one that was merged is part of another.
    """
    query = select(*_COLUMNS).where(
        Case.brand_id == brand_id,
        col(Case.first_posted_at) >= since,
        col(Case.first_posted_at) < until,
        col(Case.merged_into_id).is_(None),
        Case.status != CaseStatus.DISMISSED,
    )
    if settings.reason:
        query = query.where(col(Case.reason_bits).bitwise_and(REASON_BITS[settings.reason]) != 0)
    if settings.courier:
        query = query.where(Case.courier == settings.courier)
    if settings.platform:
        query = query.where(Case.platform == settings.platform)
    rows = session.execute(query.order_by(col(Case.first_posted_at), col(Case.id)))
    return [
        Complaint(case_id, at, _reasons(bits), courier, platform, severity)
        for case_id, at, bits, courier, platform, severity in rows
    ]


def first_complaint_at(session: Session, brand_id: int) -> datetime | None:
    """Return when the brand's first complaint was written, None where there is none."""
    return session.exec(select(func.min(Case.first_posted_at)).where(Case.brand_id == brand_id)).one()


@lru_cache(maxsize=4096)
def _reasons(bits: int) -> tuple[str, ...]:
    return tuple(name for name, bit in REASON_BITS.items() if bits & bit)
