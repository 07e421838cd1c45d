"""The bar above every page: the product, the pages, who is signed in, and the way out."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from board.components import mount
from storage.tables import Member

STYLE = Path(__file__).with_name("pages.css")
_MARK = (
    '<p class="ac-mark"><img src="/favicon.svg" width="24" height="24" alt="Afterclick">'
    '<span aria-hidden="true">Afterclick</span></p>'
)


def top_bar(member: Member, pages: Sequence[Page]) -> None:
    """Show the bar; the browser leaves for the sign-in page as soon as its session has ended."""
    st.html(STYLE)
    with st.container(key="top_bar", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(_MARK, width="content")
        for page in pages:
            st.page_link(page, width="content")
        st.space("stretch")
        st.html(
            f'<form class="ac-out" method="post" action="/logout"><span>{escape(member.name)}</span>'
            '<button type="submit">Sign out</button></form>',
            width="content",
        )
        mount("pages/session_watch", {"every_ms": 4000}, key="session_watch")
