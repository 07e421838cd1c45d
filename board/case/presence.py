"""Who else looks at the open case, and who types in it."""

from board.components import mount, redraw
from board.watching import Version, others_at


def presence_line(case_id: int, me: int, version: Version, *, is_unfinished: bool) -> None:
    """Show who else is at the case. The line tells the board that the member is, and has the case drawn anew.

    It asks for that sooner while something in the case is still being worked out.
    """
    data = {"case": case_id, "version": version, "is_unfinished": is_unfinished, "others": others_at(case_id, me)}
    mount("case/presence", data, key="presence", pieces=("watching",), on_redraw_change=redraw)
