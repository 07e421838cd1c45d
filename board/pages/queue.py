"""The queue page: the list of cases at the left, the chosen case at the right."""

import streamlit as st

from board.case.pane import case_pane
from board.queue import selection
from board.queue.pane import queue_pane


def queue_page() -> None:
    """Show the queue and the chosen case."""
    selection.follow_address()
    left, right = st.columns([9, 13], gap="medium")
    with left, st.container(key="list_pane"):
        queue_pane()
    with right, st.container(key="case_pane"):
        case_pane()
