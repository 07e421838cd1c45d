"""What an open page asks every few seconds: whether anything has changed, and who else is there.

It is asked with small routes, as drawing a page anew to find it as it was costs the server twenty times as much.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from board import parts
from board.asked import answered, refused
from board.gate import MEMBER_HEADER
from board.kept import Kept
from board.parts import Parts
from board.signin import is_same_origin
from board.told import LARGEST_NUMBER
from board.words import initials
from core.errors import StorageError
from storage.database import Session
from storage.presence import Present, is_due, look, lookers
from storage.queue.filters import LARGEST_ID
from storage.queue.pulses import CasePulse, ListPulse, pulse_of, pulse_of_list

KEPT_FOR_S: Final = 1.0
Version = list[int]  # a page is to be drawn anew once one of these has grown


@dataclass(frozen=True, slots=True)
class _State:
    """How far the cases have come, and who looks at each."""

    pulse: ListPulse
    looking: Mapping[int, Sequence[Present]]


def _read(board: Parts) -> _State:
    with board.database.read() as session:
        return _State(pulse_of_list(session), lookers(session, board.clock()))


_state: Final = Kept(_read, KEPT_FOR_S)


def watching_routes() -> list[Route]:
    """Return the routes that pages ask: one for the list, one for the open case, which also hears who looks at it."""
    return [
        Route("/api/cases/changes", _changes, methods=["GET"]),
        Route("/api/cases/{case_id:int}/looking", _looking, methods=["POST"]),
    ]


def version_of_list(session: Session) -> Version:
    """Return how far all cases have come."""
    return _numbers(pulse_of_list(session))


def version_of_case(pulse: CasePulse | None) -> Version:
    """Return how far a case has come; one that was erased has come further than any."""
    return _numbers(pulse) if pulse else [LARGEST_NUMBER]


def others_at(case_id: int, member_id: int) -> list[dict[str, Any]]:
    """Return who else was at the case a second ago, those who type first."""
    return _shown(_state.get(parts.installed()).looking.get(case_id, ()), member_id)


def forget() -> None:
    """Let the next look see what somebody has just done."""
    _state.forget()


async def _changes(request: Request) -> Response:
    return await _told(request, _news)


async def _looking(request: Request) -> Response:
    if not is_same_origin(request):
        return refused("This request came from another site and was refused.", 403)
    case_id = request.path_params["case_id"]
    if case_id > LARGEST_ID:
        return refused(f"There is no case {str(case_id)[:20]}.", 404)
    return await _told(request, partial(_look, case_id))


async def _told(request: Request, find: Callable[[int], dict[str, Any]]) -> Response:
    """Answer with what is found for the member who asks."""
    try:
        return answered(**await asyncio.to_thread(find, int(request.headers[MEMBER_HEADER])))
    except StorageError as error:
        return refused(str(error), 503)


def _news(me: int) -> dict[str, Any]:
    state = _state.get(parts.installed())
    looking = {case_id: others for case_id, each in state.looking.items() if (others := _shown(each, me))}
    return {"version": _numbers(state.pulse), "looking": looking}


def _look(case_id: int, me: int) -> dict[str, Any]:
    with parts.installed().database.read() as session:
        pulse = pulse_of(session, case_id)
    if pulse is not None:
        _note_look(case_id, me)
    return {"version": version_of_case(pulse), "others": others_at(case_id, me)}


def _note_look(case_id: int, member_id: int) -> None:
    """Keep that the member looks at the case. It is written every few seconds only, and nobody waits for it.

    A database that is busy for a moment is no reason to show no case.
    """
    board = parts.installed()
    now = board.clock()
    if is_due(_state.get(board).looking.get(case_id, ()), member_id, now):
        with suppress(StorageError), board.database.write() as session:
            look(session, case_id, member_id, now)


def _numbers(pulse: ListPulse | CasePulse) -> Version:
    updated_at, *counters = pulse
    return [int(updated_at.timestamp() * 1e6) if updated_at else 0, *counters]


def _shown(looking: Sequence[Present], me: int) -> list[dict[str, Any]]:
    return [
        {"name": each.name, "initials": initials(each.name), "typing": each.typing}
        for each in looking
        if each.member_id != me
    ]
