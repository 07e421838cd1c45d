"""The Alerts page: incidents, and the rules that tell of them."""

import streamlit as st

from board.alerts.pane import alerts_pane
from board.who import signed_in_member


def alerts_page() -> None:
    """Show the page."""
    member = signed_in_member()
    if member is not None:
        with st.container(key="alerts"):
            alerts_pane(member)
