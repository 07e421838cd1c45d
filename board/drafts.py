"""Keeping what a member is writing: a small route, so that it works while the page's own connection is down."""

import asyncio
import json
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from board import parts
from board.gate import visitor_of
from board.signin import is_same_origin
from core.errors import InputError
from storage.cases import save_draft

LARGEST_DRAFT: Final = 200_000


def draft_route() -> Route:
    """Return the route that takes {"text": ...} for a case and answers with the time it was kept."""
    return Route("/api/cases/{case_id:int}/draft", keep_draft, methods=["POST"])


async def keep_draft(request: Request) -> Response:
    """Keep the member's draft for the case."""
    if not is_same_origin(request) or request.headers.get("content-type") != "application/json":
        return JSONResponse({"error": "This request came from another site and was refused."}, 403)
    visitor = await visitor_of(request)
    if visitor is None or visitor.member.id is None:
        return JSONResponse({"error": "Sign in first."}, 401)
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > LARGEST_DRAFT:
        return JSONResponse({"error": "The draft is too long to keep."}, 413)
    text = _text_in(await request.body())
    if text is None:
        return JSONResponse({"error": "The draft could not be read."}, 400)
    try:
        await asyncio.to_thread(_keep, request.path_params["case_id"], visitor.member.id, text)
    except InputError as error:
        return JSONResponse({"error": str(error)}, 404)
    return JSONResponse({"kept": True}, headers={"Cache-Control": "no-store"})


def _text_in(body: bytes) -> str | None:
    try:
        told = json.loads(body)
    except ValueError:
        return None
    text = told.get("text") if isinstance(told, dict) else None
    return text if isinstance(text, str) else None


def _keep(case_id: int, member_id: int, text: str) -> None:
    board = parts.installed()
    with board.database.write() as session:
        save_draft(session, case_id, member_id, text, board.clock())
