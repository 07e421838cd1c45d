"""What was promised in a case: what is still to be kept, a click that settles it, and a way to note one."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from board.case import answering
from board.components import mount
from board.queue import selection
from board.told import as_number
from storage.promises import LONGEST, KeptPromise
from storage.tables import PromiseState

KEY: Final = "promises"


def promise_list(case_id: int, promises: Sequence[KeptPromise]) -> None:
    """Show the promises of a case."""
    mount(
        "case/promises",
        {"case": case_id, "promises": [_shown(each) for each in promises], "longest": LONGEST, "added": _added()},
        key=KEY,
        on_settle_change=_on_settle,
        on_add_change=_on_add,
    )


def _shown(promise: KeptPromise) -> dict[str, Any]:
    return {
        "id": promise.id,
        "text": promise.text,
        "by": promise.by,
        "due": promise.due_at.timestamp() if promise.due_at else None,
        "state": promise.state.value,
        "settled": promise.settled_at.timestamp() if promise.settled_at else None,
    }


def _on_settle() -> None:
    told = _told("settle")
    promise_id, state = as_number(told.get("id")), told.get("state")
    if promise_id is not None and isinstance(state, str) and state in set(PromiseState):
        answering.settle(promise_id, PromiseState(state))
    st.rerun([selection.PANE, selection.CASE])


def _on_add() -> None:
    told = _told("add")
    case_id, number, promised = as_number(told.get("case")), as_number(told.get("number")), answering.promised_of(told)
    is_news = number is not None and number > _added()
    if case_id is not None and promised is not None and is_news and answering.promise(case_id, promised):
        st.session_state.promise_added = number
    st.rerun(selection.CASE)


def _added() -> int:
    """Return the number of the last promise that the page sent and that was kept: its field may be emptied."""
    number: int = st.session_state.get("promise_added", 0)
    return number


def _told(trigger: str) -> Mapping[str, Any]:
    """Return what the list said; it comes from a browser, so anything may be in it."""
    value = st.session_state[KEY].get(trigger)
    return value if isinstance(value, Mapping) else {}
