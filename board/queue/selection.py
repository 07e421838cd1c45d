"""What is chosen on the queue page. The session holds the choice and nothing else; the store holds the cases."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import streamlit as st

from storage.queue import Filter, Position, View

CASE, PANE = "case_pane", "queue_pane"
SETTLES_WITHIN = timedelta(milliseconds=700)  # the second half of a double click comes sooner
_CASE, _VIEW = "case", "view"


def chosen_case() -> int | None:
    """Return the case that is open, if one is."""
    case_id: int | None = st.session_state.get("chosen_case")
    return case_id


def choose(case_id: int | None) -> None:
    """Open a case, or none."""
    st.session_state.chosen_case = case_id


def follow_address() -> None:
    """Open the case and the tab that a link, or the browser's back button, asks for."""
    if (asked := _newly_asked(_CASE)) is not None:
        choose(int(asked) if asked.isdecimal() and len(asked) < 16 else None)
    if (asked := _newly_asked(_VIEW)) is not None:
        show_view(View(asked) if asked in set(View) else View.UNASSIGNED)


def show_in_address() -> None:
    """Make the address of the page lead to the open case and tab."""
    case_id = chosen_case()
    _put_in_address(_CASE, "" if case_id is None else str(case_id))
    _put_in_address(_VIEW, "" if view() is View.UNASSIGNED else view().value)


def follow_choice(name: str, offered: Sequence[str]) -> None:
    """Set the filter `name` to what the address asks for, to the first of those offered where it asks for no other."""
    if (asked := _newly_asked(name)) is not None or name not in st.session_state:
        st.session_state[name] = asked if asked in offered else offered[0]


def show_choice_in_address(name: str, offered: Sequence[str]) -> None:
    """Make the address lead to the filter as it is set; the first of those offered needs no mention."""
    chosen = st.session_state[name]
    _put_in_address(name, "" if chosen == offered[0] else chosen)


def _newly_asked(name: str) -> str | None:
    """Return what the address asks for under this name, none where that was followed or put there before."""
    asked: str = st.query_params.get(name, "")
    if asked == st.session_state.get(f"{name}_in_address"):
        return None
    st.session_state[f"{name}_in_address"] = asked
    return asked


def _put_in_address(name: str, wanted: str) -> None:
    if st.session_state.get(f"{name}_in_address", "") == wanted:
        return
    st.session_state[f"{name}_in_address"] = wanted
    if wanted:
        st.query_params[name] = wanted
    else:
        st.query_params.pop(name, None)


def session_name() -> str:
    """Return a name for this connection's session: the list begins to count its clicks anew with each."""
    name: str = st.session_state.setdefault("session_name", secrets.token_hex(8))
    return name


def last_click() -> int:
    """Return the number of the list's last click that was heard; the list ignores answers to earlier ones."""
    number: int = st.session_state.get("last_click", 0)
    return number


def hear_click(number: int) -> bool:
    """Remember the number of a click; tell whether it is later than all that were heard."""
    is_later = number > last_click()
    st.session_state.last_click = max(number, last_click())
    return is_later


def settle(place: str, now: datetime) -> None:
    """Remember that something else now stands where a click was made: `place`, or "" for the whole case."""
    st.session_state.settling = (place, now)


def settled() -> None:
    """Take note that a person chose what is shown now: their next click is meant for it."""
    st.session_state.pop("settling", None)


def is_settling(place: str, now: datetime) -> bool:
    """Tell whether a click at this place is too soon after another to have been meant for what now stands there."""
    last_place, since = st.session_state.get("settling", ("", None))
    return since is not None and last_place in ("", place) and now - since < SETTLES_WITHIN


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


def choose_next(done: Sequence[int], now: datetime) -> None:
    """Go on to the case below the ones that were just finished, or above where there is none below."""
    if chosen_case() not in done:
        return
    settle("", now)
    ids = rows_shown()
    rest = [case_id for case_id in ids if case_id not in done]
    if chosen_case() not in ids or not rest:
        choose(None)
        return
    below = [case_id for case_id in ids[ids.index(chosen_case() or 0) :] if case_id not in done]
    choose(below[0] if below else rest[-1])
