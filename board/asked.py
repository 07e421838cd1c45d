"""What a page asks of a route with JSON, once it is known who asks and that our own page does."""

import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from board.gate import visitor_of
from board.signin import is_same_origin


@dataclass(frozen=True, slots=True)
class Asked:
    """What a member's page says."""

    member_id: int
    told: dict[str, Any]


async def asked_by_member(request: Request, most_bytes: int, too_long: str) -> Asked | JSONResponse:
    """Return what a signed-in member's page says, or the answer that refuses it."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not is_same_origin(request) or kind != "application/json":
        return refused("This request came from another site and was refused.", 403)
    visitor = await visitor_of(request)
    if visitor is None or visitor.member.id is None:
        return refused("Sign in first.", 401)
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length[:12]) > most_bytes:
        return refused(too_long, 413)
    try:
        told = json.loads(await request.body())
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        return refused("What the page sent could not be read.", 400)
    return Asked(visitor.member.id, told)


def refused(words: str, status: int) -> JSONResponse:
    """Return an answer that says why nothing was done."""
    return JSONResponse({"error": words}, status, headers={"Cache-Control": "no-store"})


def answered(**values: object) -> JSONResponse:
    """Return an answer that no browser keeps."""
    return JSONResponse(values, headers={"Cache-Control": "no-store"})
