"""The bar above every page: the product, the pages, who is signed in, and the way out."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import streamlit as st
from streamlit.navigation.page import Page

from board.components import mount
from storage.queue.filters import View
from storage.tables import Member

STYLE = Path(__file__).with_name("pages.css")


class Place(NamedTuple):
    """A page that the bar leads to; those for setting things up stand together in a menu."""

    title: str
    path: str
    is_setting_up: bool


def top_bar(member: Member, places: Sequence[Place], pages: Sequence[Page], present: Page) -> None:
    """Show the bar above the page `present`; the browser leaves for the sign-in page as soon as its session has ended.

    The bar's links press those of Streamlit, which go to a page without loading everything anew and stand unseen
    beside it. (`st.switch_page` would leave a page without its address's words behind for the back button.)
    """
    st.html(STYLE)
    with st.container(key="top_bar_row"):
        mount(
            "pages/top_bar",
            {
                "places": [place._asdict() for place in places],
                "title": present.title,
                "path": present.url_path,
                "name": member.name,
                "email": member.email,
                "role": member.role.value.capitalize(),
            },
            key="top_bar",
        )
        mount("pages/session_watch", {"every_ms": 4000}, key="session_watch")
        with st.container(key="page_links"):
            for page in pages:
                st.page_link(page)
            st.page_link(pages[0], label="Mine", query_params={"view": View.MINE.value})
