"""What helps a member to write in a case, asked for by the page when it is needed: templates, colleagues, a check."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from board import parts
from board.asked import Asked, answered, asked_by_member, refused
from board.case.shown import safe_link
from board.told import as_number
from core.errors import InputError
from core.platforms import platform_words
from core.reply_checks import LOOKED_AT, check_reply
from core.reply_templates import render
from storage.database import Session
from storage.members import member_by_id
from storage.reply_templates import templates_for
from storage.rows import existing_case, id_of
from storage.tables import Brand, Case, Member, PostRow
from storage.teams import responders

MOST_BYTES: Final = 6 * LOOKED_AT + 1000
_TOO_LONG: Final = "That is too long to be looked at."


def aid_routes() -> list[Route]:
    """Return the routes that fill templates, name colleagues and look at a reply, each for one case."""
    return [
        Route("/api/cases/{case_id:int}/templates", templates, methods=["POST"]),
        Route("/api/cases/{case_id:int}/check", check, methods=["POST"]),
        Route("/api/colleagues", colleagues, methods=["POST"]),
    ]


async def templates(request: Request) -> Response:
    """Answer {"post": id} with every template for the case's brand: filled in, or why it cannot be."""
    return await _told(request, _templates)


async def check(request: Request) -> Response:
    """Answer {"text": reply} with what to say of the reply before everybody can read it."""
    return await _told(request, _check)


async def colleagues(request: Request) -> Response:
    """Answer with the members that a note can name."""
    return await _told(request, lambda session, _case_id, asked: {"colleagues": _colleagues(session, asked)})


async def _told(request: Request, answer: Any) -> Response:
    asked = await asked_by_member(request, MOST_BYTES, _TOO_LONG)
    if not isinstance(asked, Asked):
        return asked
    case_id = as_number(request.path_params.get("case_id", 0))
    if case_id is None:
        return refused("There is no such case.", 404)

    def look_up() -> dict[str, object]:
        with parts.installed().database.read() as session:
            found: dict[str, object] = answer(session, case_id, asked)
            return found

    try:
        return answered(**await asyncio.to_thread(look_up))
    except InputError as error:
        return refused(str(error), 404)


def _templates(session: Session, case_id: int, asked: Asked) -> dict[str, object]:
    case = existing_case(session, case_id)
    brand = session.get_one(Brand, case.brand_id)
    member = member_by_id(session, asked.member_id)
    post = session.get(PostRow, as_number(asked.told.get("post")) or 0)
    values = template_values(case, brand, member, post if post is not None and post.case_id == case_id else None)
    return {"templates": [_filled(each, values, brand) for each in templates_for(session, case.brand_id)]}


def _filled(template: Any, values: Mapping[str, str], brand: Brand) -> dict[str, object]:
    shown = {"id": template.id, "name": template.name, "brand": brand.name if template.brand_id else ""}
    try:
        return {**shown, "text": render(template.text, values), "problem": ""}
    except InputError as error:
        return {**shown, "text": "", "problem": str(error)}


def template_values(case: Case, brand: Brand, member: Member | None, post: PostRow | None) -> dict[str, str]:
    """Return what the variables of core.reply_templates stand for in this case; empty where it does not say."""
    return {
        "author": case.author_name or case.author,
        "handle": _handle(case),
        "brand": brand.name,
        "platform": platform_words(case.platform),
        "courier": case.courier,
        "case": str(id_of(case)),
        "link": safe_link(post.url) if post is not None and post.deleted_at is None else "",
        "member": member.name if member else "",
    }


def _handle(case: Case) -> str:
    if not case.author or case.author.startswith(("@", "u/", "/u/")):
        return case.author
    return f"u/{case.author}" if case.platform == "reddit" else f"@{case.author}"


def _check(session: Session, case_id: int, asked: Asked) -> dict[str, object]:
    case = existing_case(session, case_id)
    zone = session.get_one(Brand, case.brand_id).timezone
    checked = check_reply(str(asked.told.get("text", "")), parts.installed().clock(), zone)
    return {
        "warnings": checked.warnings,
        "promises": [{"text": each.text, "due": each.due_at.timestamp()} for each in checked.promises],
    }


def _colleagues(session: Session, asked: Asked) -> list[dict[str, object]]:
    """Return the members but the one who asks, each with the words that name nobody else."""
    found = responders(session, parts.installed().clock())
    names = [each.name.casefold() for each in found]
    return [
        {
            "name": each.name,
            "email": each.email,
            "on_shift": each.on_shift,
            "mention": each.name if names.count(each.name.casefold()) == 1 else each.email,
        }
        for each in found
        if each.id != asked.member_id
    ]
