"""The list of cases. It selects by id: rows that move never change what is open.

The list asks board.watching whether anything has changed, and only then to be drawn anew.
"""

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from board import parts
from board.components import mount, redraw
from board.queue import asks, selection, shown
from board.queue.filters import OPERATORS, fields_shown, present_filter, search_error
from board.queue.offered import offered
from board.queue.saved import can_save, views_shown
from board.told import as_number
from board.turns import in_turn
from board.undo import bar_data
from board.watching import version_of_list
from board.who import signed_in_id
from storage.database import Session
from storage.queue import listing as store
from storage.queue.filters import Filter
from storage.queue.listing import QueuePage

MOST_ASKS: Final = 50  # keys that can be pressed before the first of them is heard
KEY: Final = "queue_list"
_PIECES: Final = (
    "times",
    "watching",
    *(f"queue/{name}" for name in ("popups", "rows", "tabs", "search", "views", "marked", "keys", "bar", "foot")),
)


@st.fragment(key=selection.PANE)
@in_turn
def queue_pane() -> None:
    """Show the list."""
    selection.show_in_address()
    with parts.installed().database.read() as session:
        data = _data(session, signed_in_id(), present_filter())
    mount(
        "queue/queue_list",
        data,
        key=KEY,
        pieces=_PIECES,
        on_open_change=_on_open,
        on_ask_change=_on_ask,
        on_redraw_change=redraw,
    )


def _data(session: Session, me: int, wanted: Filter) -> dict[str, Any]:
    now = parts.installed().clock()
    version = version_of_list(session)  # before anything is read: what changes meanwhile is newer
    selection.pages_before(wanted)  # another filter begins with what is newest now
    if selection.newest_shown() is None:
        selection.hold_at(store.newest_case_id(session))
    up_to = selection.newest_shown() or 0
    page = _page(session, wanted, me, up_to)
    selection.keep_rows_shown([row.id for row in page.rows])
    st.session_state.next_page = page.next
    can_choose = offered(session, now)
    title, hint = shown.empty_words(wanted)
    return {
        "version": version,
        "rows": _rows(page, me, wanted, len(can_choose.choices.brands)),
        "views": shown.views_shown(store.counts(session, wanted, me, now)),
        "view": wanted.view.value,
        "count_cap": store.count_cap_of(wanted),
        "filter": selection.filter_words(),
        "narrows": wanted.narrows,
        "fields": fields_shown(can_choose.choices, me),
        "error": search_error(),
        "operators": OPERATORS,
        "sorts": shown.sorts_shown(),
        "saved": views_shown(session, me, wanted),
        "can_save": can_save(wanted),
        "everything": _everything(),
        "undo": bar_data(),
        **shown.receivers_shown(can_choose.responders, can_choose.choices, me),
        **shown.labels_shown(),
        "session": selection.session_name(),
        "selected": selection.chosen_case(),
        "click": selection.last_click(),
        "acted": selection.last_act(),
        "newer": store.newer(session, wanted, me, now, up_to),
        "newer_cap": store.NEWER_CAP,
        "page": len(selection.pages_before(wanted)) + 1,
        "has_next": page.next is not None,
        "empty_title": title,
        "empty_hint": hint,
    }


def _page(session: Session, wanted: Filter, me: int, up_to: int) -> QueuePage:
    """Return the present page, or the last one before it that is not empty: cases leave pages while somebody reads."""
    before, now = selection.pages_before(wanted), parts.installed().clock()
    while True:
        page = store.rows(session, wanted, me, now, after=before[-1] if before else None, up_to=up_to)
        if page.rows or not before:
            return page
        before.pop()


def _rows(page: QueuePage, me: int, wanted: Filter, brands: int) -> list[dict[str, Any]]:
    found = asks.counted()
    counted = frozenset(found.ids) if found else frozenset()
    return [shown.row_shown(row, me, view=wanted.view, brands=brands, counted=row.id in counted) for row in page.rows]


def _everything() -> dict[str, Any] | None:
    found = asks.counted()
    return {"token": found.token, "count": len(found.ids), "is_cut": found.is_cut} if found else None


def _told(trigger: str) -> object:
    """Return what the list said; it comes from a browser, so anything may be in it."""
    return st.session_state[KEY].get(trigger)


def _on_open() -> None:
    """Open a case before its pane is there to hear of it (board.case.pane)."""
    selection.hear_opened(_told("open"))
    st.rerun(selection.CASE)


def _on_ask() -> None:
    said, is_case_touched = _told("ask"), False
    for told in said[:MOST_ASKS] if isinstance(said, list) else []:
        if isinstance(told, Mapping) and selection.hear_act(as_number(told.get("number")) or 0):
            before = selection.chosen_case()
            selection.hear_opened(told.get("opened"))
            selection.hear_click(as_number(told.get("click")) or 0)
            is_case_touched |= asks.hear(told) or selection.chosen_case() != before
    st.rerun([selection.PANE, selection.CASE] if is_case_touched else selection.PANE)
