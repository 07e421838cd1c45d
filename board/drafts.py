"""Keeping what a member is writing: a small route, so that it works while the page's own connection is down.

A page numbers what it sends. A draft that was overtaken on its way by a later one, or by the reply that it became, is
not kept.
"""

import asyncio
import json
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from board import parts
from board.gate import visitor_of
from board.signin import is_same_origin
from board.told import as_number
from core.errors import InputError
from core.text import MAX_TEXT_LENGTH
from storage.cases import save_draft
from storage.members import member_by_id

LARGEST_DRAFT: Final = 6 * MAX_TEXT_LENGTH + 1000  # JSON may spell a character with six
MOST_WRITERS: Final = 5000
_TOO_LONG: Final = f"The reply is too long to be kept: shorten it to {MAX_TEXT_LENGTH:,} characters."
_Writer = tuple[int, int, str]


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
    text: str
    page: str
    number: int


def draft_route() -> Route:
    """Return the route that takes {"text": ..., "page": ..., "number": ...} for a case and keeps the text."""
    return Route("/api/cases/{case_id:int}/draft", keep_draft, methods=["POST"])


def refuse_older(case_id: int, member_id: int, page: str, number: int) -> None:
    """Keep no draft any more that the page sent before this number."""
    with _IN_ORDER:
        _LAST.is_latest((case_id, member_id, page[:64]), number)


async def keep_draft(request: Request) -> Response:
    """Keep the member's draft for the case."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not is_same_origin(request) or kind != "application/json":
        return JSONResponse({"error": "This request came from another site and was refused."}, 403)
    visitor = await visitor_of(request)
    if visitor is None or visitor.member.id is None:
        return JSONResponse({"error": "Sign in first."}, 401)
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length[:12]) > LARGEST_DRAFT:
        return JSONResponse({"error": _TOO_LONG}, 413)
    draft = _draft_in(await request.body())
    if draft is None:
        return JSONResponse({"error": "The draft could not be read."}, 400)
    if len(draft.text) > MAX_TEXT_LENGTH:
        return JSONResponse({"error": _TOO_LONG}, 413)
    try:
        kept = await asyncio.to_thread(_keep, request.path_params["case_id"], visitor.member.id, draft)
    except InputError as error:
        return JSONResponse({"error": str(error)}, 404)
    return JSONResponse({"kept": kept}, headers={"Cache-Control": "no-store"})


def _draft_in(body: bytes) -> _Draft | None:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or not isinstance(told.get("text"), str):
        return None
    return _Draft(told["text"], str(told.get("page", ""))[:64], as_number(told.get("number")) or 0)


def _keep(case_id: int, member_id: int, draft: _Draft) -> bool:
    """Keep the draft unless it was overtaken."""
    board = parts.installed()
    if as_number(case_id) is None:
        raise InputError(f"There is no case {str(case_id)[:20]}.")
    with _IN_ORDER, board.database.write() as session:
        if draft.number and not _LAST.is_latest((case_id, member_id, draft.page), draft.number):
            return False
        if member_by_id(session, member_id) is None:
            raise InputError("You are signed out: sign in again.")
        save_draft(session, case_id, member_id, draft.text, board.clock())
    return True
