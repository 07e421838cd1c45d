"""Who is looking at the page."""

import streamlit as st

from board import parts
from storage.members import member_by_id
from storage.tables import Member


def signed_in_member() -> Member | None:
    """Return the member that the gate has named, none where it has named nobody or the account was closed."""
    named = st.user.get("member_id")
    if not isinstance(named, str) or not named.isdecimal():
        return None
    with parts.installed().database.read() as session:
        return member_by_id(session, int(named))


def signed_in_id() -> int:
    """Return the member's key; the gate has made sure that there is one."""
    return int(str(st.user["member_id"]))
