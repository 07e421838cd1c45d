"""What is shown when a page fails."""

import logging

import streamlit as st

LOGGER = logging.getLogger(__name__)


def show_failure(error: Exception) -> bool:
    """Log the error with its trace and say on the page what to do; nothing of the error itself is shown."""
    LOGGER.error("a page failed", exc_info=error)
    st.error(
        "Something went wrong while showing this page, and nothing was changed by it. "
        "Load the page again; if it stays, an admin finds the details in the board's log."
    )
    return True
