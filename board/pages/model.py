"""The Model page: what reads the posts, and how far it can be trusted."""

import streamlit as st

from board.manage.model import model_panes
from board.who import signed_in_member


def model_page() -> None:
    """Show the page, to managers and admins."""
    member = signed_in_member()
    if member is not None:
        with st.container(key="model"):
            model_panes(member)
