"""What is chosen on the queue page. The session holds the choice and nothing else; the store holds the cases."""

from collections.abc import Sequence

import streamlit as st

from storage.queue import Filter, Position, View

CASE, PANE = "case_pane", "queue_pane"
_ADDRESS = "case"


def chosen_case() -> int | None:
    """Return the case that is open, if one is."""
    case_id: int | None = st.session_state.get("chosen_case")
    return case_id


def choose(case_id: int | None) -> None:
    """Open a case, or none."""
    st.session_state.chosen_case = case_id


def follow_address() -> None:
    """Open the case that a link, or the browser's back button, asks for."""
    asked = st.query_params.get(_ADDRESS, "")
    if asked == st.session_state.get("case_in_address"):
        return
    st.session_state.case_in_address = asked
    choose(int(asked) if asked.isdecimal() and len(asked) < 19 else None)


def show_in_address() -> None:
    """Make the address of the page lead to the open case."""
    case_id = chosen_case()
    wanted = "" if case_id is None else str(case_id)
    if st.session_state.get("case_in_address", "") == wanted:
        return
    st.session_state.case_in_address = wanted
    if wanted:
        st.query_params[_ADDRESS] = wanted
    else:
        st.query_params.pop(_ADDRESS, None)


def last_click() -> int:
    """Return the number of the list's last click that was heard; the list ignores answers to earlier ones."""
    number: int = st.session_state.get("last_click", 0)
    return number


def hear_click(number: int) -> None:
    """Remember the number of a click."""
    st.session_state.last_click = number


def view() -> View:
    """Return the tab that is open."""
    chosen: View = st.session_state.get("view", View.UNASSIGNED)
    return chosen


def show_view(wanted: View) -> None:
    """Open a tab at its beginning."""
    st.session_state.view = wanted


def pages_before(wanted: Filter) -> list[Position]:
    """Return where each page up to the present one begins; another filter begins at the first page."""
    if st.session_state.get("paged_filter") != wanted:
        st.session_state.paged_filter = wanted
        st.session_state.pages = []
        st.session_state.newest_shown = None
    found: list[Position] = st.session_state.pages
    return found


def newest_shown() -> int | None:
    """Return up to which case the list goes while somebody reads; later ones wait behind the "new" button."""
    case_id: int | None = st.session_state.get("newest_shown")
    return case_id


def hold_at(case_id: int | None) -> None:
    """Let later cases wait, or, with none, let them in."""
    st.session_state.newest_shown = case_id


def rows_shown() -> list[int]:
    """Return the ids in the list as it was last shown."""
    found: list[int] = st.session_state.get("rows_shown", [])
    return found


def keep_rows_shown(case_ids: Sequence[int]) -> None:
    """Remember what the list shows, to know which case comes next."""
    st.session_state.rows_shown = list(case_ids)


def choose_next(done: Sequence[int]) -> None:
    """Go on to the case below the ones that were just finished, or above where there is none below."""
    if chosen_case() not in done:
        return
    ids = rows_shown()
    rest = [case_id for case_id in ids if case_id not in done]
    if chosen_case() not in ids or not rest:
        choose(None)
        return
    below = [case_id for case_id in ids[ids.index(chosen_case() or 0) :] if case_id not in done]
    choose(below[0] if below else rest[-1])
