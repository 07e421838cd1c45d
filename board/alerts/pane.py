"""The Alerts page's two sides: what is so now, and the rules that keep watch."""

from typing import Final

import streamlit as st

from board.alerts.incidents import incidents_pane
from board.alerts.rules import RULE, rules_panes
from board.manage.acting import may_manage
from board.manage.layout import Adding, close, head
from storage.tables import Member

_SHOW, _RULES = "show", "rules"
_SIDES: Final = {"incidents": "Incidents", _RULES: "Rules"}
_KEY: Final = "alerts_side"


def alerts_pane(member: Member) -> None:
    """Show the side that the address asks for."""
    side = _side()
    adds = [Adding("Add a rule", RULE)] if side == _RULES and may_manage(member) else []
    head("Alerts", _words(side), adds)
    with st.container(key="alerts_sides"):
        st.segmented_control(
            "What to show",
            list(_SIDES),
            default=side,
            format_func=_SIDES.__getitem__,
            key=f"{_KEY}_{side}",
            label_visibility="collapsed",
            on_change=_choose,
            args=(side,),
        )
    if side == _RULES:
        rules_panes(member)
    else:
        incidents_pane()


def _words(side: str) -> str:
    if side == _RULES:
        return "Who is told of what, how, and when."
    return "What somebody was told of: first what nobody has acknowledged."


def _side() -> str:
    asked = st.query_params.get(_SHOW, "")
    is_rules = asked == _RULES or str(st.query_params.get("open", "")).startswith(f"{RULE}-")
    return _RULES if is_rules else "incidents"


def _choose(present: str) -> None:
    """Show the other side; a second press on the same one, which Streamlit takes as none, changes nothing."""
    chosen = st.session_state.get(f"{_KEY}_{present}")
    close()
    if chosen == _RULES or (chosen is None and present == _RULES):
        st.query_params[_SHOW] = _RULES
    elif _SHOW in st.query_params:
        del st.query_params[_SHOW]
