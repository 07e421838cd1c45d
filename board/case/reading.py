"""What was read of the open case. It is drawn often, and read again only once something happened to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import streamlit as st

from board import parts
from storage.database import Session
from storage.queue.pulses import CasePulse, pulse_of

KEPT_FOR: Final = timedelta(
    seconds=20
)  # for what changes without leaving a trace in the case: its author's other posts
_KEY: Final = "case_read"
T = TypeVar("T")


@dataclass(slots=True)
class _Reading:
    case_id: int
    pulse: CasePulse | None
    read_at: datetime
    found: dict[str, Any] = field(default_factory=dict)


def look(case_id: int) -> CasePulse | None:
    """Forget what was read, if it was of another case, before something happened to this one, or too long ago.

    Returns how far the case has come, none where there is no such case.
    """
    board = parts.installed()
    now = board.clock()
    with board.database.read() as session:
        pulse = pulse_of(session, case_id)
    known: _Reading | None = st.session_state.get(_KEY)
    if known and (known.case_id, known.pulse) == (case_id, pulse) and now - known.read_at < KEPT_FOR:
        return pulse
    st.session_state[_KEY] = _Reading(case_id, pulse, now)
    return pulse


def kept(name: str, read: Callable[[Session], T]) -> T:
    """Return what `read` finds, or what it found under this `name` since `look` last forgot it."""
    known: _Reading = st.session_state[_KEY]
    if name not in known.found:
        with parts.installed().database.read() as session:
            known.found[name] = read(session)
    found: T = known.found[name]
    return found
