"""What managers and admins do to sources: one command of the store each, and one sentence about what came of it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from board import parts
from board.notices import tell
from board.sources.overview import forget
from board.who import acting, signed_in_id
from core.errors import AfterclickError, InputError
from core.types import Role
from storage.database import Session
from storage.members import member_by_id
from storage.relevance import bring_back
from storage.source_health import ask_fill, retry_source
from storage.tables import Member, Source

LOGGER: Final = logging.getLogger(__name__)


def may_act(member: Member) -> bool:
    """Tell whether the member may do more than look."""
    return member.role in (Role.MANAGER, Role.ADMIN)


def fill_gap(gap_id: int) -> None:
    """Ask that a gap be filled; the worker does it."""
    board, me = parts.installed(), signed_in_id()
    try:
        with _managing(me) as (session, name):
            ask_fill(session, gap_id, me, board.clock())
    except AfterclickError as error:
        tell(str(error), long=True)
        return
    LOGGER.info("%s (member %d) asked that gap %d be filled", name, me, gap_id)
    tell("Asked. The gap is filled as soon as the source is free.")


def retry(source_id: int) -> None:
    """Make a source that was stopped, or that waits after a failure, due now."""
    board, me = parts.installed(), signed_in_id()
    try:
        with _managing(me) as (session, name):
            retry_source(session, source_id, board.clock())
            source = session.get_one(Source, source_id).name
    except AfterclickError as error:
        tell(str(error), long=True)
        return
    LOGGER.info("%s (member %d) asked that the source %s be tried again", name, me, source)
    tell(f"{source} is read as soon as a reader is free.")


def bring_post_back(post_id: int) -> None:
    """Say that a post that was left out is about the brand."""
    board, me = parts.installed(), signed_in_id()
    try:
        with _managing(me) as (session, _name):
            bring_back(session, post_id, me, board.clock())
    except AfterclickError as error:
        tell(str(error), long=True)
        return
    tell("Brought back. It is read again, and if it complains, its case opens within seconds.")


@contextmanager
def _managing(member_id: int) -> Iterator[tuple[Session, str]]:
    """Yield a session to act in as this member, and the member's name; raises InputError where they may only look."""
    with acting(member_id) as session:
        member = member_by_id(session, member_id)
        if member is None or not may_act(member):
            raise InputError("Only managers and admins may do this, and nothing was done.")
        yield session, member.name
    forget()
