"""The Sources page: how each source is doing, what may be missing, what it costs; for managers, what is read."""

import streamlit as st

from board.manage.acting import may_manage
from board.sources.editing import editing_panes
from board.sources.pane import sources_pane
from board.who import signed_in_member


def sources_page() -> None:
    """Show the sources, or, to managers who open one, what can be changed of it; responders only look."""
    member = signed_in_member()
    with st.container(key="sources"):
        if member is not None and may_manage(member) and "open" in st.query_params:
            editing_panes(member)
        else:
            sources_pane()
