"""The account page: who I am here, when I work, how I hear of cases, and my password."""

import streamlit as st

from board.manage.own_settings import own_settings
from board.notices import show_notices
from board.who import signed_in_member
from storage.tables import Member

_ROLES = {
    "responder": "Responder: works cases",
    "manager": "Manager: works cases, sets rules and sees the team's reports",
    "admin": "Admin: also manages members and their roles",
}


def account_page() -> None:
    """Show the member's account."""
    member = signed_in_member()
    if member is None:
        return
    show_notices()
    with st.container(key="account"):
        who, settings = st.columns([2, 3], gap="large")
        with who:
            _who(member)
        with settings:
            own_settings(member)


def _who(member: Member) -> None:
    st.subheader("Your account", anchor=False)
    for label, value in (("Name", member.name), ("E-mail address", member.email), ("Role", _ROLES[member.role.value])):
        with st.container(gap=None):
            st.caption(label)
            st.text(value)
    st.caption("An admin can change these three.")
    st.html('<a class="ac-button" href="/password?next=/account" target="_self">Change password</a>')
    st.caption("A new password signs you out in every other browser.")
