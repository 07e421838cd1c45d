"""Who may change what on the managers' pages, looked up again in the transaction of each act."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from board.who import acting, signed_in_id
from core.errors import InputError
from core.types import Role
from storage.database import Session
from storage.members import member_by_id
from storage.tables import Member

_WHO: Final = {Role.RESPONDER: "Members", Role.MANAGER: "Only managers and admins", Role.ADMIN: "Only admins"}


def may_manage(member: Member) -> bool:
    """Tell whether the member may change teams, rules, templates, couriers and thresholds."""
    return member.role.includes(Role.MANAGER)


@contextmanager
def managing(needed: Role = Role.MANAGER) -> Iterator[tuple[Session, Member]]:
    """Yield a session to change things in as the member who clicked; raises InputError where they may not."""
    me = signed_in_id()
    with acting(me) as session:
        member = member_by_id(session, me)
        if member is None or not member.role.includes(needed):
            raise InputError(f"{_WHO[needed]} may do this, and nothing was done.")
        yield session, member
