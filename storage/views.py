"""Views that members keep: a filter with its sort order under a name, for one member or for all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import case, func, or_
from sqlmodel import Session, col, select

from core.errors import InputError
from core.text import has_words, storable
from core.types import Role
from storage.queue.filters import Filter
from storage.rows import id_of
from storage.tables import Member, SavedView

LONGEST_NAME: Final = 60
MOST_VIEWS: Final = 50  # of a member, and as many shared ones


@dataclass(frozen=True, slots=True)
class ViewRow:
    """A saved view as one member sees it; `may_change` tells whether this member may rename or delete it."""

    id: int
    name: str
    filter: Filter
    is_shared: bool
    owner: str
    is_mine: bool
    may_change: bool


def views_of(session: Session, member_id: int) -> list[ViewRow]:
    """Return the member's own views and all shared ones: the own ones first, each part by name."""
    me = session.get_one(Member, member_id)
    found = session.exec(
        select(SavedView, Member.name)
        .join(Member, col(Member.id) == SavedView.member_id)
        .where(or_(col(SavedView.member_id) == member_id, col(SavedView.is_shared).is_(True)))
        .order_by(
            case((col(SavedView.member_id) == member_id, 0), else_=1), func.lower(SavedView.name), col(SavedView.id)
        )
    )
    return [
        ViewRow(
            id=id_of(view),
            name=view.name,
            filter=Filter.from_dict(view.filters),
            is_shared=view.is_shared,
            owner=owner,
            is_mine=view.member_id == member_id,
            may_change=_may_change(view, me),
        )
        for view, owner in found
    ]


def save_view(
    session: Session, member_id: int, name: str, filters: Mapping[str, Any], is_shared: bool, now: datetime
) -> int:
    """Keep the filters (of `Filter.to_dict`) under a name; return the view's id.

    Raises InputError for a name that is empty, too long or taken, and where the member has too many views.
    """
    clean = _free_name(session, member_id, name)
    theirs = col(SavedView.member_id) == member_id
    count = session.exec(select(func.count()).select_from(SavedView).where(theirs)).one()
    if count >= MOST_VIEWS:
        raise InputError(
            f"You have {MOST_VIEWS} views, which is as many as can be kept. Delete one that you do not use."
        )
    kept = Filter.from_dict(filters).to_dict()
    view = SavedView(member_id=member_id, name=clean, filters=kept, is_shared=is_shared, created_at=now)
    session.add(view)
    session.flush()
    return id_of(view)


def rename_view(session: Session, view_id: int, member_id: int, name: str) -> None:
    """Give the view another name; raises InputError where this member may not, and for a name that will not do."""
    view = _changeable(session, view_id, member_id)
    view.name = _free_name(session, view.member_id, name, but=view_id)
    session.add(view)


def change_view(session: Session, view_id: int, member_id: int, filters: Mapping[str, Any], *, is_shared: bool) -> None:
    """Keep other filters under the view's name; raises InputError where this member may not."""
    view = _changeable(session, view_id, member_id)
    view.filters, view.is_shared = dict(Filter.from_dict(filters).to_dict()), is_shared
    session.add(view)


def delete_view(session: Session, view_id: int, member_id: int) -> None:
    """Forget the view; raises InputError where this member may not."""
    session.delete(_changeable(session, view_id, member_id))


def _changeable(session: Session, view_id: int, member_id: int) -> SavedView:
    view, me = session.get(SavedView, view_id), session.get_one(Member, member_id)
    if view is None or not (view.is_shared or view.member_id == member_id):
        raise InputError("This view is gone: somebody deleted it. Nothing was done.")
    if not _may_change(view, me):
        owner = session.get_one(Member, view.member_id).name
        raise InputError(f"“{view.name}” is a view of {owner}: ask {owner} or a manager to change it.")
    return view


def _may_change(view: SavedView, member: Member) -> bool:
    return view.member_id == member.id or (view.is_shared and member.role.includes(Role.MANAGER))


def _free_name(session: Session, owner_id: int, name: str, but: int | None = None) -> str:
    clean = " ".join(storable(name).split())
    if not has_words(clean):
        raise InputError("The view needs a name.")
    if len(clean) > LONGEST_NAME:
        raise InputError(f"The name is too long: shorten it from {len(clean)} to {LONGEST_NAME} characters.")
    names = session.exec(select(SavedView.id, SavedView.name).where(col(SavedView.member_id) == owner_id))
    if any(key != but and taken.casefold() == clean.casefold() for key, taken in names):
        raise InputError(f"There is already a view called “{clean}”. Choose another name, or delete that one.")
    return clean
