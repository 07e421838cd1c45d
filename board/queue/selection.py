"""What is chosen on the queue page. The session holds the choice and nothing else; the store holds the cases."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import streamlit as st

from board.told import as_number
from storage.queue.filters import MOST_VALUES, Filter, Position, View

CASE, PANE = "case_pane", "queue_pane"
SETTLES_WITHIN = timedelta(milliseconds=700)  # the second half of a double click comes sooner
FILTERS: Final = (
    "platform",
    "brand",
    "reason",
    "severity",
    "party",
    "courier",
    "assignee",
    "team",
    "age",
    "language",
    "sort",
    "q",
)
SEVERAL: Final = ("platform", "brand", "reason", "party", "courier", "assignee", "team", "language")
LONGEST_WORDS: Final = 400
Words = str | list[str]  # a list for those of SEVERAL
_CASE, _VIEW = "case", "view"


def chosen_case() -> int | None:
    """Return the case that is open, if one is."""
    case_id: int | None = st.session_state.get("chosen_case")
    return case_id


def choose(case_id: int | None) -> None:
    """Open a case, or none."""
    st.session_state.chosen_case = case_id


def filter_words() -> dict[str, Words]:
    """Return the filters that are set, each by its name in the address and as it stands there."""
    words: dict[str, Words] = st.session_state.get("filter_words", {})
    return words


def search_words() -> str:
    """Return the search as it was typed."""
    words = filter_words().get("q", "")
    return words if isinstance(words, str) else ""


def set_filter_words(words: Mapping[str, Words]) -> None:
    """Set the filters, those that are not given to nothing."""
    st.session_state.filter_words = {name: words[name] for name in FILTERS if words.get(name)}


def _asked_for(name: str) -> Words:
    """Return what the address asks of a filter, cut where it is longer than anybody means.

    Several values repeat the name, as the name of a courier may hold a comma. For the others one may type commas.
    """
    given = [value[:LONGEST_WORDS] for value in st.query_params.get_all(name)[:MOST_VALUES] if value.strip()]
    if name not in SEVERAL:
        return given[-1] if given else ""
    if name != "courier":
        given = [part.strip() for value in given for part in value.split(",") if part.strip()]
    return list(dict.fromkeys(given))[:MOST_VALUES]


def follow_address() -> None:
    """Open the case, the tab and the filters that a link, or the browser's back button, asks for."""
    asked = {name: value for name in (_CASE, _VIEW) if (value := st.query_params.get(name, ""))}
    filters = {name: words for name in FILTERS if (words := _asked_for(name))}
    shown: dict[str, Words] = st.session_state.get("in_address", {})
    st.session_state.in_address = {**asked, **filters}
    if (case := asked.get(_CASE, "")) != shown.get(_CASE, ""):
        choose(int(case) if case.isdecimal() and len(case) < 10 else None)
    if (name := asked.get(_VIEW, "")) != shown.get(_VIEW, ""):
        show_view(View(name) if name in set(View) else View.UNASSIGNED)
    if filters != {name: shown[name] for name in FILTERS if name in shown}:
        set_filter_words(filters)


def show_in_address() -> None:
    """Make the address of the page lead to the open case, the tab and the filters, in one step back and forth."""
    case_id = chosen_case()
    wanted: dict[str, Words] = {
        **({} if case_id is None else {_CASE: str(case_id)}),
        **({} if view() is View.UNASSIGNED else {_VIEW: view().value}),
        **filter_words(),
    }
    if st.session_state.get("in_address", {}) == wanted:
        return
    st.session_state.in_address = wanted
    others = {name: value for name, value in st.query_params.items() if name not in (_CASE, _VIEW, *FILTERS)}
    st.query_params.from_dict({**others, **wanted})


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


def hear_opened(told: object) -> None:
    """Open the case that was chosen, unless a later click was heard; it comes from a browser."""
    if isinstance(told, Mapping) and hear_click(as_number(told.get("click")) or 0):
        choose(as_number(told.get("id")))
        settled()


def last_act() -> int:
    """Return the number of the last thing that the list asked for and was heard; it says the later ones again."""
    number: int = st.session_state.get("last_act", 0)
    return number


def hear_act(number: int) -> bool:
    """Remember the number of what the list asks for; tell whether it was not heard before."""
    is_new = number > last_act()
    st.session_state.last_act = max(number, last_act())
    return is_new


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
    gone = set(done)
    rest = [case_id for case_id in ids if case_id not in gone]
    if chosen_case() not in ids or not rest:
        choose(None)
        return
    below = [case_id for case_id in ids[ids.index(chosen_case() or 0) :] if case_id not in gone]
    choose(below[0] if below else rest[-1])
