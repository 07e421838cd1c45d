"""The Team page: who works here, in which teams, and when."""

import streamlit as st

from board.manage.team import team_panes
from board.who import signed_in_member


def team_page() -> None:
    """Show the page; responders may look."""
    member = signed_in_member()
    if member is not None:
        with st.container(key="team"):
            team_panes(member)
