"""The script that Streamlit runs for every page: who is here, the top bar, then the page."""

from pathlib import Path

import streamlit as st

from board.pages.account import account_page
from board.pages.queue import queue_page
from board.pages.top_bar import top_bar
from board.who import signed_in_member

BOARD = Path(__file__).parent.parent

st.set_page_config(page_title="Afterclick", page_icon=str(BOARD / "favicon.svg"), layout="wide")
member = signed_in_member()
if member is None:  # the gate lets no such visitor come here; nothing is shown if it ever does
    st.stop()

queue = st.Page(queue_page, title="Queue", default=True)
account = st.Page(account_page, title="Account", url_path="account")
page = st.navigation([queue, account], position="hidden")
top_bar(member, [queue, account])
page.run()
