"""The incidents, refreshed every few seconds."""

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from board import parts
from board.alerts import acts
from board.alerts.overview import Overview, one_incident, overview
from board.components import mount
from board.manage.acting import may_manage
from board.notices import show_notices
from board.parts import Parts
from board.told import as_number
from board.who import signed_in_member

REFRESH_EVERY_S: Final = 5
PANE, KEY = "incidents_pane", "incident_list"
MOST_ACTS: Final = 50
LARGEST_KEY: Final = 2**31 - 1  # PostgreSQL refuses to look for a larger one
_ACTED: Final = "incident_act"


@st.fragment(run_every=REFRESH_EVERY_S, key=PANE)
def incidents_pane() -> None:
    """Show the list."""
    show_notices()
    board, member = parts.installed(), signed_in_member()
    if member is None:
        return
    known = overview(board)
    mount(
        "alerts/incident_list",
        {
            **known.data,
            **_asked(board, known),
            "may_act": may_manage(member),
            "acted": st.session_state.get(_ACTED, 0),
            "refreshed_at": known.read_at,
        },
        key=KEY,
        pieces=("times", "acts"),
        on_act_change=_on_act,
    )


def _asked(board: Parts, known: Overview) -> dict[str, Any]:
    """Return the incident that a mail's link leads to, which stands above all others."""
    number = st.query_params.get("incident", "")
    if not (number.isascii() and number.isdecimal() and len(number) <= len(str(LARGEST_KEY))):
        return {"asked": None, "is_missing": False}
    found = one_incident(board, known, int(number)) if int(number) <= LARGEST_KEY else None
    return {"asked": found, "is_missing": found is None}


def _on_act() -> None:
    said = st.session_state[KEY].get("act")
    for told in said[:MOST_ACTS] if isinstance(said, list) else []:
        number = as_number(told.get("number")) if isinstance(told, Mapping) else None
        if number is not None and number > st.session_state.get(_ACTED, 0):
            st.session_state[_ACTED] = number
            _act(told)
    st.rerun(PANE)


def _act(told: Mapping[str, object]) -> None:
    name, target = told.get("name"), as_number(told.get("id"))
    if name == "revive":
        key = told.get("key")
        if isinstance(key, str):
            acts.say_it_works(key)
        return
    if target is None or target > LARGEST_KEY:
        return
    if name == "acknowledge":
        acts.acknowledge_incident(target)
    elif name == "wake":
        acts.snooze(target, None)
    elif name == "snooze" and (until := acts.time_said(told.get("until"))) is not None:
        acts.snooze(target, until)
