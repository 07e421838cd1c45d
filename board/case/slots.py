"""A name for the open case's buttons that no other case has had for long.

A click that comes late must not reach the case that follows, so each case has buttons of its own. But Streamlit keeps
what it knows of every button for as long as a session lasts, so the cases take turns with a few names.
"""

from typing import Final

import streamlit as st

MANY: Final = 10  # cases that are opened before a name comes again: more than anybody opens while a click is on its way
_KEY: Final = "case_slots"


def slot_of(case_id: int) -> int:
    """Return the case's number among the last `MANY` that were opened; it stays while the case is one of them."""
    slots: dict[int, int] = st.session_state.setdefault(_KEY, {})
    slot = slots.pop(case_id, None)
    if slot is None:
        slot = len(slots) if len(slots) < MANY else slots.pop(next(iter(slots)))
    slots[case_id] = slot  # last: the one that was open longest ago is the first to give its name away
    return slot
