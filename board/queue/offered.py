"""What the filters can be set to and whom cases can be sent to, as of a moment ago.

It changes rarely, and the list and the case are drawn every few seconds.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import streamlit as st

from storage.database import Session
from storage.queue.offered import Choices, choices
from storage.teams import Responder, responders

KEPT_FOR: Final = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Offered:
    """The choices and the people, and when they were read."""

    choices: Choices
    responders: tuple[Responder, ...]
    read_at: datetime


def offered(session: Session, now: datetime) -> Offered:
    """Return what can be chosen; it is read again once it is older than `KEPT_FOR`."""
    known: Offered | None = st.session_state.get("offered")
    if known is None or now - known.read_at > KEPT_FOR:
        known = Offered(choices(session), tuple(responders(session, now)), now)
        st.session_state.offered = known
    return known
