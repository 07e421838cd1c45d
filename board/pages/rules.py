"""The Rules page: who is sent which cases."""

import streamlit as st

from board.manage.rules import rules_panes
from board.who import signed_in_member


def rules_page() -> None:
    """Show the page, to managers and admins."""
    member = signed_in_member()
    if member is not None:
        with st.container(key="rules"):
            rules_panes(member)
