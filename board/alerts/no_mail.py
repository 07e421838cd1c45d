"""The red line above every page while no mail leaves."""

import logging
from typing import Final

import streamlit as st

from board import parts
from board.alerts.overview import no_mail_words
from core.errors import StorageError

LOGGER: Final = logging.getLogger(__name__)
LOOKED_EVERY_S: Final = 30


@st.fragment(run_every=LOOKED_EVERY_S)
def no_mail_line() -> None:
    """Show it, also on a page that somebody leaves open.

    A page that has more to say than this is not kept from it by a database that does not answer.
    """
    try:
        words = no_mail_words(parts.installed())
    except StorageError:
        LOGGER.warning("Nobody knows whether mails leave: the database does not answer", exc_info=True)
        return
    if words:
        with st.container(key="no_mail"):
            st.text(words)
