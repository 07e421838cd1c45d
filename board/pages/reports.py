"""The Reports page: volumes, response times and promises."""

import streamlit as st

from board.reports.page import report_page


def reports_page() -> None:
    """Show the page."""
    with st.container(key="reports"):
        report_page()
