"""The account page: who I am here, and my password."""

import streamlit as st

from board.who import signed_in_member

_ROLES = {
    "responder": "Responder: works cases",
    "manager": "Manager: works cases, sets rules and sees the team's reports",
    "admin": "Admin: also manages sources and members",
}


def account_page() -> None:
    """Show the member's account."""
    member = signed_in_member()
    if member is None:
        return
    lines = (("Name", member.name), ("E-mail address", member.email), ("Role", _ROLES[member.role.value]))
    with st.container(key="account", width=560):
        st.subheader("Your account", anchor=False)
        for label, value in lines:
            with st.container(gap=None):
                st.caption(label)
                st.text(value)
        st.html('<a class="ac-button" href="/password?next=/account" target="_self">Change password</a>')
        st.caption("A new password signs you out in every other browser.")
