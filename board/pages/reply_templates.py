"""The Templates page: the texts that replies begin with."""

import streamlit as st

from board.manage.reply_templates import reply_templates_panes
from board.who import signed_in_member


def reply_templates_page() -> None:
    """Show the page; responders may look."""
    member = signed_in_member()
    if member is not None:
        with st.container(key="reply_templates"):
            reply_templates_panes(member)
