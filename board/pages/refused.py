"""What a member sees where their role does not reach: whom it is for, and whom to ask."""

from collections.abc import Sequence

import streamlit as st

from board import parts
from board.notices import as_text
from core.types import Role
from storage.members import all_members
from storage.tables import Member

MOST_NAMED = 3
_WHOM = {
    Role.RESPONDER: "members of the board",
    Role.MANAGER: "managers and admins",
    Role.ADMIN: "admins",
}


def refused_page(title: str, needed: Role) -> None:
    """Show instead of a page that it is for others. It says nothing of what stands there."""
    with st.container(key="refused", width=560):
        st.subheader(title, anchor=False)
        st.markdown(f"This page is for {_WHOM[needed]}. {_advice(needed)}")
        st.html('<a class="ac-button" href="/" target="_self">Go to the queue</a>')


def read_only_note(what: str, needed: Role = Role.MANAGER) -> None:
    """Say above something that may be looked at that only others change it: `what` as in "The rules"."""
    st.caption(f"{as_text(what)} can be changed by {_WHOM[needed]}. {_advice(needed)}")


def _advice(needed: Role) -> str:
    with parts.installed().database.read() as session:
        able = [member for member in all_members(session) if not member.disabled_at and member.role.includes(needed)]
    return f"Ask {_names(able)} if you need it." if able else ""


def _names(members: Sequence[Member]) -> str:
    named = [as_text(member.name) for member in members[:MOST_NAMED]]
    if len(members) > MOST_NAMED:
        named.append("another of them")
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} or {named[-1]}"
