"""The Sources page: how each source is doing, what may have been missed, what it costs."""

import streamlit as st

from board.sources.pane import sources_pane


def sources_page() -> None:
    """Show the sources."""
    with st.container(key="sources"):
        sources_pane()
