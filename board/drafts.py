"""Keeping what a member is writing: a small route, so that it works while the page's own connection is down.

A page numbers what it sends. A draft that was overtaken on its way by a later one, or by the reply that it became, is
not kept.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from secrets import token_hex
from threading import Lock
from typing import Any, Final, Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from board import parts, watching
from board.asked import Asked, answered, asked_by_member, refused
from board.told import as_number
from core.errors import InputError
from core.text import MAX_TEXT_LENGTH, has_words
from storage.database import Session
from storage.members import member_by_id
from storage.notes import save_note_draft
from storage.presence import look, stop_typing
from storage.replies import Kept, save_draft
from storage.undo import keep, snapshot
from storage.unsaying import BEGAN

LARGEST_DRAFT: Final = 6 * MAX_TEXT_LENGTH + 1000  # JSON may spell a character with six
MOST_WRITERS: Final = 5000
_TOO_LONG: Final = f"The text is too long to be kept: shorten it to {MAX_TEXT_LENGTH:,} characters."
_Writer = tuple[int, int, str, str]
_What = Literal["reply", "note"]


@dataclass(slots=True)
class _LastNumbers:
    """The last number that each page sent for a case. Memory is bounded: whoever wrote longest ago goes first."""

    numbers: OrderedDict[_Writer, int] = field(default_factory=OrderedDict)

    def is_latest(self, writer: _Writer, number: int) -> bool:
        """Tell whether nothing later came from this page, and remember the number."""
        last = self.numbers.pop(writer, -1)
        self.numbers[writer] = max(last, number)
        if len(self.numbers) > MOST_WRITERS:
            self.numbers.popitem(last=False)
        return number > last


_LAST: Final = _LastNumbers()
_IN_ORDER: Final = Lock()


@dataclass(frozen=True, slots=True)
class _Draft:
    what: _What
    text: str
    post_id: int | None
    page: str
    number: int


def draft_route() -> Route:
    """Return the route that takes {"what": "reply" or "note", "text", "post", "page", "number"} and keeps the text."""
    return Route("/api/cases/{case_id:int}/draft", keep_draft, methods=["POST"])


def refuse_older(case_id: int, member_id: int, what: _What, page: str, number: int) -> None:
    """Keep no draft any more that the page sent before this number."""
    with _IN_ORDER:
        _LAST.is_latest((case_id, member_id, what, page[:64]), number)


async def keep_draft(request: Request) -> Response:
    """Keep the member's draft for the case; say who has the case now, and by which act the member took it, if so."""
    asked = await asked_by_member(request, LARGEST_DRAFT, _TOO_LONG)
    if not isinstance(asked, Asked):
        return asked
    draft = _draft_in(asked.told)
    if draft is None:
        return refused("The draft could not be read.", 400)
    if len(draft.text) > MAX_TEXT_LENGTH:
        return refused(_TOO_LONG, 413)
    try:
        said = await asyncio.to_thread(_keep, request.path_params["case_id"], asked.member_id, draft)
    except InputError as error:
        return refused(str(error), 404)
    watching.forget()  # colleagues see at once who writes
    return answered(**said)


def _draft_in(told: dict[str, Any]) -> _Draft | None:
    text, what = told.get("text"), told.get("what", "reply")
    if not isinstance(text, str) or what not in ("reply", "note"):
        return None
    page, number = str(told.get("page", ""))[:64], as_number(told.get("number")) or 0
    return _Draft(what, text, as_number(told.get("post")), page, number)


def _keep(case_id: int, member_id: int, draft: _Draft) -> dict[str, object]:
    """Keep the draft unless it was overtaken."""
    board = parts.installed()
    if as_number(case_id) is None:
        raise InputError(f"There is no case {str(case_id)[:20]}.")
    with _IN_ORDER, board.database.write() as session:
        writer = (case_id, member_id, draft.what, draft.page)
        if draft.number and not _LAST.is_latest(writer, draft.number):
            return {"kept": False}
        if member_by_id(session, member_id) is None:
            raise InputError("You are signed out: sign in again.")
        return {"kept": True, **_store(session, case_id, member_id, draft)}


def _store(session: Session, case_id: int, member_id: int, draft: _Draft) -> dict[str, object]:
    now = parts.installed().clock()
    said: dict[str, object] = {}
    if draft.what == "note":
        save_note_draft(session, case_id, member_id, draft.text, now)
    else:
        before, act = snapshot(session, [case_id]), token_hex(8)
        kept = save_draft(session, case_id, member_id, draft.text, now, post_id=draft.post_id)
        if kept.taken:
            keep(session, before, act, BEGAN, member_id, now)
        said = {"taken": act if kept.taken else "", "holder": _other(kept, member_id)}
    if has_words(draft.text):
        look(session, case_id, member_id, now, typing=True)
    else:
        stop_typing(session, case_id, member_id)
    return said


def _other(kept: Kept, member_id: int) -> str:
    """Return who has the case where that is somebody else."""
    return "" if kept.holder_id == member_id else kept.holder
