"""The script that Streamlit runs for every page: who is here, the top bar, then the page."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import streamlit as st

from board.alerts.no_mail import no_mail_line
from board.pages.account import account_page
from board.pages.alerts import alerts_page
from board.pages.couriers import couriers_page
from board.pages.model import model_page
from board.pages.query_test import query_test_page
from board.pages.queue import queue_page
from board.pages.refused import refused_page
from board.pages.reply_templates import reply_templates_page
from board.pages.reports import reports_page
from board.pages.rules import rules_page
from board.pages.sources import sources_page
from board.pages.team import team_page
from board.pages.top_bar import Place, top_bar
from board.who import signed_in_member
from core.types import Role

BOARD = Path(__file__).parent.parent


class Entry(NamedTuple):
    """A page, who may see it, and where the top bar leads to it; nowhere for a page that other pages lead to."""

    show: Callable[[], None]
    title: str
    path: str
    for_role: Role = Role.RESPONDER
    in_bar: bool = True
    is_setting_up: bool = False

    def run(self) -> None:
        """Show the page, or to whom it is open."""
        if member is not None and member.role.includes(self.for_role):
            self.show()
        else:
            refused_page(self.title, self.for_role)


ENTRIES: Final = (
    Entry(queue_page, "Queue", ""),
    Entry(alerts_page, "Alerts", "alerts"),
    Entry(reports_page, "Reports", "reports"),
    Entry(sources_page, "Sources", "sources"),
    Entry(team_page, "Team", "team", is_setting_up=True),
    Entry(rules_page, "Rules", "rules", Role.MANAGER, is_setting_up=True),
    Entry(reply_templates_page, "Templates", "templates", is_setting_up=True),
    Entry(couriers_page, "Couriers", "couriers", is_setting_up=True),
    Entry(model_page, "Model", "model", Role.MANAGER, is_setting_up=True),
    Entry(query_test_page, "Test a query", "query", in_bar=False),
    Entry(account_page, "Account", "account", in_bar=False),
)

st.set_page_config(page_title="Afterclick", page_icon=str(BOARD / "favicon.svg"), layout="wide")
member = signed_in_member()
if member is None:  # the gate lets no such visitor come here; nothing is shown if it ever does
    st.stop()

pages = [
    st.Page(entry.run, title=entry.title, url_path=entry.path or None, default=not entry.path) for entry in ENTRIES
]
page = st.navigation(pages, position="hidden")
st.set_page_config(page_title=f"{page.title} · Afterclick")
places = [
    Place(entry.title, entry.path, entry.is_setting_up)
    for entry in ENTRIES
    if entry.in_bar and member.role.includes(entry.for_role)
]
top_bar(member, places, pages, page)
no_mail_line()
page.run()
