"""Who is looking at the page, and whether they may still act."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from board import parts
from core.errors import InputError
from storage.database import Session
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


@contextmanager
def acting(member_id: int) -> Iterator[Session]:
    """Yield a session to change things in as this member, in one transaction.

    The gate ends the connection of a member whose account was closed within seconds; until then this does not let
    them act. Raises InputError.
    """
    with parts.installed().database.write() as session:
        member = member_by_id(session, member_id)
        if member is None or member.must_change_password:
            raise InputError("You are signed out, and nothing was done. Load the page again to sign in.")
        yield session
