"""What is shown when a page fails."""

import logging
import secrets

import streamlit as st

LOGGER = logging.getLogger(__name__)


def show_failure(error: Exception) -> bool:
    """Log the error with its trace and say on the page what to do; nothing of the error itself is shown.

    The number on the page stands in the log too, so that an admin finds which failure somebody means.
    """
    number = secrets.token_hex(3).upper()
    LOGGER.error("a page failed, shown as failure %s", number, exc_info=error)
    with st.container(key=f"failure_{number}", width=640):
        st.error(
            "Something went wrong while showing this page, and nothing was changed by it. "
            f"Load the page again; if it stays, tell an admin the number {number}: the board's log has it.",
            icon=None,
        )
        st.html('<a class="ac-button" href="" target="_self">Load the page again</a>')
    return True
