"""The page on which a query is tried out before it is written into the configuration file."""

import streamlit as st

from board.sources.query_pane import query_pane


def query_test_page() -> None:
    """Show the field for a query and what it would find."""
    with st.container(key="query_test"):
        query_pane()
