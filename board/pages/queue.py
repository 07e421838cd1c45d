"""The queue page: filters above, the list of cases at the left, the chosen case at the right."""

import streamlit as st

from board import parts
from board.case.pane import case_pane
from board.queue import selection
from board.queue.filters import filter_bar
from board.queue.pane import queue_pane
from storage import queue as store


def queue_page() -> None:
    """Show the queue and the chosen case."""
    selection.follow_address()
    with parts.installed().database.read() as session:
        choices = store.choices(session)
    with st.container(key="filters", horizontal=True, vertical_alignment="center", gap="small"):
        filter_bar(choices)
    left, right = st.columns([9, 13], gap="medium")
    with left, st.container(key="list_pane"):
        queue_pane()
    with right, st.container(key="case_pane"):
        case_pane()
