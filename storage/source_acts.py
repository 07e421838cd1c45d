"""Who asked for what about a source, and in whose time zone a source's times are told."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.errors import InputError
from storage.tables import Brand, CollectedWindow, Member, Source


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked that a gap be filled, and when; the name is empty where the command line did."""

    name: str
    at: datetime


def fills_asked(session: Session, gap_ids: Collection[int]) -> dict[int, Asked]:
    """Return by gap who asked for it last; gaps that nobody asked for are left out."""
    rows = session.exec(
        select(CollectedWindow.id, CollectedWindow.fill_asked_at, Member.name)
        .outerjoin(Member, col(Member.id) == CollectedWindow.fill_asked_by)
        .where(col(CollectedWindow.id).in_(gap_ids), col(CollectedWindow.fill_asked_at).is_not(None))
    )
    return {gap_id: Asked(name or "", at) for gap_id, at, name in rows if gap_id is not None and at is not None}


def source_of_gap(session: Session, gap_id: int) -> Source:
    """Return the source that a gap is of; raises InputError where there is no such gap."""
    found = session.exec(
        select(Source)
        .join(CollectedWindow, col(CollectedWindow.source_id) == col(Source.id))
        .where(CollectedWindow.id == gap_id, col(CollectedWindow.is_gap).is_(True))
    ).first()
    if found is None:
        raise InputError(f"There is no gap {gap_id}. `afterclick sources` lists those that are open.")
    return found


def zones(session: Session) -> dict[str, str]:
    """Return each brand's time zone, by the brand's name."""
    return {brand.name: brand.timezone for brand in session.exec(select(Brand))}
