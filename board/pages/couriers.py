"""The Couriers page: carriers and suppliers, and whom to write to there."""

import streamlit as st

from board.manage.couriers import couriers_panes
from board.who import signed_in_member


def couriers_page() -> None:
    """Show the page; responders may look."""
    member = signed_in_member()
    if member is not None:
        with st.container(key="couriers"):
            couriers_panes(member)
