"""Who else looks at the open case, and who types in it."""

from contextlib import suppress

from board import parts
from board.components import mount
from core.errors import StorageError
from storage.presence import is_due, look, others


def presence_line(case_id: int, me: int) -> None:
    """Show who else is at the case, and keep that the member is.

    Looking is written every few seconds only. A database that is busy for a moment is no reason to show no case.
    """
    board = parts.installed()
    now = board.clock()
    with board.database.read() as session:
        is_to_write = is_due(session, case_id, me, now)
        found = others(session, case_id, me, now)
    if is_to_write:
        with suppress(StorageError), board.database.write() as session:
            look(session, case_id, me, now)
    mount("case/presence", {"others": [{"name": each.name, "typing": each.typing} for each in found]}, key="presence")
