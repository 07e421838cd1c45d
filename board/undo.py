"""Taking back what was done last, from this page: the page remembers which acts were its own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from board import parts

SHOWN_FOR = timedelta(seconds=60)
MOST_REMEMBERED = 20
_KEY = "acts"


@dataclass(frozen=True, slots=True)
class Done:
    """An act that can be taken back: its name in the store, what it did in words, and when."""

    act: str
    words: str
    at: datetime


def remember(act: str, words: str) -> None:
    """Keep an act of this page, to be offered for taking back."""
    kept = [*_acts(), Done(act, words, parts.installed().clock())]
    st.session_state[_KEY] = kept[-MOST_REMEMBERED:]


def take_last() -> Done | None:
    """Return the last act that was not taken back, and forget it."""
    acts = _acts()
    if not acts:
        return None
    st.session_state[_KEY] = acts[:-1]
    return acts[-1]


def put_back(done: Done) -> None:
    """Offer an act again that could not be taken back just now."""
    st.session_state[_KEY] = [*_acts(), done]


def bar_data() -> dict[str, Any] | None:
    """Return what the undo bar says, none where nothing was done lately."""
    acts = _acts()
    if not acts or parts.installed().clock() - acts[-1].at > SHOWN_FOR:
        return None
    return {"words": acts[-1].words, "number": len(acts)}


def _acts() -> list[Done]:
    found: list[Done] = st.session_state.get(_KEY, [])
    return found
