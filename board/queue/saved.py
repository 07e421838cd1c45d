"""Saved views: the filters, the order and the tab under a name, for oneself or for all."""

from collections.abc import Mapping
from typing import Any

from board import parts
from board.notices import tell
from board.queue import selection
from board.queue.filters import present_filter, words_of
from board.told import as_number
from board.who import acting, signed_in_id
from storage import views as store
from storage.database import Session
from storage.queue.filters import Filter, Sort

LONGEST_TITLE = 200  # looked at; what is too long for a name is refused in words
LARGEST_KEY = 2**31 - 1  # PostgreSQL refuses to look for a larger one


def views_shown(session: Session, me: int, present: Filter) -> list[dict[str, Any]]:
    """Return the member's views and the shared ones; the one that is open is the one whose filters are set."""
    return [
        {
            "id": view.id,
            "title": view.name,
            "is_shared": view.is_shared,
            "is_mine": view.is_mine,
            "owner": view.owner,
            "may_change": view.may_change,
            "is_open": view.filter == present,
        }
        for view in store.views_of(session, me)
    ]


def can_save(present: Filter) -> bool:
    """Tell whether there is anything to save besides a tab."""
    return present.narrows or present.sort is not Sort.URGENT


def open_view(told: Mapping[str, Any]) -> bool:
    """Set the tab and the filters of a view."""
    wanted = as_number(told.get("id"))
    with parts.installed().database.read() as session:
        found = next((view for view in store.views_of(session, signed_in_id()) if view.id == wanted), None)
    if found is None:
        tell("This view is gone: somebody deleted it. Nothing was done.", long=True)
        return True
    selection.show_view(found.filter.view)
    selection.set_filter_words(words_of(found.filter))
    return False


def save_view(told: Mapping[str, Any]) -> bool:
    """Keep the present tab and filters under a name."""
    title, me = _title(told), signed_in_id()
    with acting(me) as session:
        kept = present_filter().to_dict()
        store.save_view(session, me, title, kept, told.get("shared") is True, parts.installed().clock())
    tell(f"“{title}” is among your views.")
    return True


def rename_view(told: Mapping[str, Any]) -> bool:
    """Give a view another name."""
    me = signed_in_id()
    with acting(me) as session:
        store.rename_view(session, _key(told), me, _title(told))
    return False


def delete_view(told: Mapping[str, Any]) -> bool:
    """Forget a view."""
    me = signed_in_id()
    with acting(me) as session:
        store.delete_view(session, _key(told), me)
    tell("The view is deleted. The cases in it are where they were.")
    return True


def _key(told: Mapping[str, Any]) -> int:
    number = as_number(told.get("id"))
    return number if number is not None and number <= LARGEST_KEY else 0


def _title(told: Mapping[str, Any]) -> str:
    title = told.get("title")
    return title[:LONGEST_TITLE].strip() if isinstance(title, str) else ""
