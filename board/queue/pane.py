"""The list of cases, refreshed every few seconds. It selects by id: rows that move never change what is open."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from board import parts
from board.actions import claim_cases, close_cases
from board.components import mount
from board.notices import tell
from board.queue import selection
from board.queue.filters import present_filter
from board.told import as_number, as_numbers
from board.who import signed_in_id
from core.platforms import platform_words
from core.types import CaseStatus
from storage import queue as store
from storage.database import Session
from storage.queue import Filter, QueuePage, QueueRow, Sort, View

REFRESH_EVERY_S = 4
MOST_AT_ONCE = 100
KEY = "queue_list"
_VIEWS = {
    View.UNASSIGNED: "Unassigned",
    View.MINE: "Mine",
    View.OPEN: "All open",
    View.UNSURE: "Needs a look",
    View.CLOSED: "Closed",
}
_EMPTY = {
    View.UNASSIGNED: (
        "Nothing is waiting",
        "Every complaint has somebody or waits for its author. New ones appear here by themselves.",
    ),
    View.MINE: ("You have no cases", "Take one from Unassigned with “Assign to me”, or press a."),
    View.OPEN: ("No open cases", "New complaints appear here by themselves, within seconds of being read."),
    View.UNSURE: ("Nothing to check", "Posts that the model is not sure about come here for a person’s look."),
    View.CLOSED: ("Nothing closed yet", "Resolved cases, and those that were no complaints, are kept here."),
}


@st.fragment(run_every=REFRESH_EVERY_S, key=selection.PANE)
def queue_pane() -> None:
    """Show the list."""
    board, member_id, wanted = parts.installed(), signed_in_id(), present_filter()
    selection.show_in_address()
    before = selection.pages_before(wanted)
    with board.database.read() as session:
        if selection.newest_shown() is None or (selection.chosen_case() is None and not before):
            selection.hold_at(store.newest_case_id(session))
        up_to = selection.newest_shown() or 0
        page = _page(session, wanted, member_id, up_to)
        counts = store.counts(session, wanted, member_id)
        newer = store.newer(session, wanted, member_id, up_to)
    selection.keep_rows_shown([row.id for row in page.rows])
    st.session_state.next_page = page.next
    title, hint = _empty_words(wanted)
    mount(
        "queue/queue_list",
        {
            "rows": [_shown(row, member_id) for row in page.rows],
            "views": [{"name": view.value, "label": label, "count": counts[view]} for view, label in _VIEWS.items()],
            "view": wanted.view.value,
            "count_cap": store.COUNT_CAP,
            "sort": "most urgent first" if wanted.sort is Sort.URGENT else "newest first",
            "session": selection.session_name(),
            "selected": selection.chosen_case(),
            "click": selection.last_click(),
            "newer": newer,
            "newer_cap": store.NEWER_CAP,
            "page": len(before) + 1,
            "has_next": page.next is not None,
            "refreshed_at": board.clock().timestamp(),
            "empty_title": title,
            "empty_hint": hint,
        },
        key=KEY,
        on_open_change=_on_open,
        on_view_change=_on_view,
        on_page_change=_on_page,
        on_act_change=_on_act,
    )


def _page(session: Session, wanted: Filter, member_id: int, up_to: int) -> QueuePage:
    """Return the present page, or the last one before it that is not empty: cases leave pages while somebody reads."""
    before = selection.pages_before(wanted)
    while True:
        page = store.rows(session, wanted, member_id, after=before[-1] if before else None, up_to=up_to)
        if page.rows or not before:
            return page
        before.pop()


def _shown(row: QueueRow, member_id: int) -> dict[str, Any]:
    return {
        "id": row.id,
        "author": row.author_name or row.author or "Unknown author",
        "platform": platform_words(row.platform),
        "brand": row.brand,
        "excerpt": row.excerpt,
        "severity": int(row.severity),
        "severity_words": row.severity.words,
        "reasons": [reason.words for reason in row.reasons],
        "unsure": row.unsure,
        "is_new": row.status is CaseStatus.NEW,
        "status": row.status.value,
        "posts": row.post_count,
        "assignee": "You" if row.assignee_id == member_id else row.assignee,
        "posted_at": row.last_posted_at.timestamp(),
        "due_at": row.due_at.timestamp() if row.due_at else None,
        "why": row.priority_why,
    }


def _empty_words(wanted: Filter) -> tuple[str, str]:
    if wanted.narrows:
        return "Nothing matches", "No case in this tab matches the search and the filters above. Take one of them away."
    return _EMPTY[wanted.view]


def _told(trigger: str) -> Mapping[str, Any]:
    """Return what the list said; it comes from a browser, so anything may be in it."""
    value = st.session_state[KEY].get(trigger)
    return value if isinstance(value, Mapping) else {}


def _on_open() -> None:
    told = _told("open")
    if _is_heard(told):
        selection.choose(as_number(told.get("id")))
        selection.settled()
    st.rerun(selection.CASE)


def _on_view() -> None:
    told = _told("view")
    _is_heard(told)
    name = told.get("name")
    if isinstance(name, str) and name in set(View):
        selection.show_view(View(name))
    st.rerun(selection.PANE)


def _on_page() -> None:
    told = _told("page")
    _is_heard(told)
    step, pages = told.get("step"), selection.pages_before(present_filter())
    if step == "next" and st.session_state.next_page is not None:
        pages.append(st.session_state.next_page)
    elif step == "back" and pages:
        pages.pop()
    elif step == "newest":
        pages.clear()
        selection.hold_at(None)
    st.rerun(selection.PANE)


def _on_act() -> None:
    told = _told("act")
    _is_heard(told)
    ids = as_numbers(told.get("ids"), MOST_AT_ONCE)
    if _is_meant(ids, marked=told.get("marked") is True):
        if told.get("name") == "claim":
            claim_cases(ids)
        elif told.get("name") == "resolve" and close_cases(ids, CaseStatus.RESOLVED):
            selection.choose_next(ids, parts.installed().clock())
    st.rerun([selection.PANE, selection.CASE])


def _is_meant(ids: list[int], *, marked: bool) -> bool:
    """Tell whether a key may act on the cases: those that were marked, else only the one that is shown."""
    if marked:
        return True
    if ids != [selection.chosen_case()]:
        tell("Another case was open by then, and nothing was done. Look at it and press the key again.", long=True)
        return False
    if selection.is_settling("", parts.installed().clock()):
        tell("This case had only just opened, and nothing was done. Press the key again if you mean it.")
        return False
    return True


def _is_heard(told: Mapping[str, Any]) -> bool:
    """Remember the click; tell whether it is later than those that were heard before."""
    return selection.hear_click(as_number(told.get("click")) or 0)
