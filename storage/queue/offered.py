"""What the filters of the queue can be set to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.sql import Select
from sqlmodel import Session, col

from storage.rows import values_of
from storage.tables import Brand, Case, Member, Team


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters can be set to."""

    brands: Mapping[int, str] = field(default_factory=dict)
    platforms: tuple[str, ...] = ()
    couriers: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    members: Mapping[int, str] = field(default_factory=dict)  # those that may have cases
    teams: Mapping[int, str] = field(default_factory=dict)


def choices(session: Session) -> Choices:
    """Return what there are cases of, and who may have them; cheap enough to be read for each run of a page."""
    return Choices(
        brands=_names(session, select(col(Brand.id), col(Brand.name)).order_by(col(Brand.name))),
        platforms=values_of(session, Case.platform),
        couriers=values_of(session, Case.courier),
        languages=values_of(session, Case.language),
        members=_names(
            session,
            select(col(Member.id), col(Member.name))
            .where(col(Member.disabled_at).is_(None))
            .order_by(col(Member.name), col(Member.id)),
        ),
        teams=_names(session, select(col(Team.id), col(Team.name)).order_by(col(Team.name))),
    )


def _names(session: Session, query: Select[Any, Any]) -> dict[int, str]:
    return dict(session.execute(query).all())
