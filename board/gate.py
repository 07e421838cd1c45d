"""The gate in front of everything: pages, the websocket, media, uploads. Without a valid session nothing passes.

It is plain ASGI, since Starlette's BaseHTTPMiddleware does not see websockets.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from board import parts
from core.alerts import links
from storage.members import member_of_session
from storage.tables import Member

LOGGER: Final = logging.getLogger(__name__)
MEMBER_HEADER: Final = "x-afterclick-member"
SIGNED_OUT: Final = 4401  # what a closed websocket says; the browser then finds /api/me refused and goes to /login
LOOK_AGAIN_S: Final = 2.0
MOST_FAILED_LOOKS: Final = 3
_OPEN_PATHS: Final = frozenset(
    {"/login", "/logout", "/healthz", "/_stcore/health", "/favicon.svg", "/sign_in.css", links.PATH}
)
_OPEN_FOLDERS: Final = ("/static/",)  # Streamlit's own scripts and fonts, the same for everybody
_WITH_ONE_TIME_PASSWORD: Final = frozenset({"/password"})


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is behind a request, and with which token."""

    member: Member
    token: str


def cookie_name() -> str:
    """Return the session cookie's name; with https the browser itself guards the one that begins with __Host-."""
    return "__Host-afterclick_session" if parts.installed().is_https else "afterclick_session"


async def visitor_of(connection: HTTPConnection) -> Visitor | None:
    """Return who is signed in on this connection."""
    token = connection.cookies.get(cookie_name(), "")
    member = await asyncio.to_thread(_look_up, token) if token else None
    return Visitor(member, token) if member else None


def is_own_page(headers: Headers) -> bool:
    """Tell whether a page of the board sent this, or a program that is no browser and names no page.

    The port counts: another program on the same host gets our cookies from the browser, but is not us.
    """
    origin = headers.get("origin")
    if origin is None:
        return True
    own = {headers.get("host", ""), urlsplit(parts.installed().base_url).netloc}
    try:
        return urlsplit(origin).netloc in own - {""}
    except ValueError:
        return False


def _look_up(token: str) -> Member | None:
    board = parts.installed()
    with board.database.read() as session:
        return member_of_session(session, token, board.clock())


class Gate:
    """Lets signed-in members through and tells what lies behind who they are."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a signed-in member on, turn everybody else away."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        header = MEMBER_HEADER.encode()
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name.lower() != header]
        path = scope["path"]
        if scope["type"] == "http" and (path in _OPEN_PATHS or path.startswith(_OPEN_FOLDERS)):
            await self.app(scope, receive, send)
            return
        if scope["type"] == "websocket" and not is_own_page(Headers(scope=scope)):
            await _refuse(scope, receive, send, None)
            return
        visitor = await visitor_of(HTTPConnection(scope))
        refusal = _refusal(scope, visitor)
        if visitor is None or refusal is not None:
            await _refuse(scope, receive, send, refusal)
            return
        scope["headers"].append((header, str(visitor.member.id).encode()))
        if scope["type"] == "http":
            await self.app(scope, receive, send)
        else:
            await self._watched(visitor.token, scope, receive, send)

    async def _watched(self, token: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a websocket until it ends or its session does."""
        ended = asyncio.Event()
        watch = asyncio.create_task(_until_signed_out(token, ended))

        async def receive_while_signed_in() -> Message:
            message = asyncio.ensure_future(receive())
            end = asyncio.ensure_future(ended.wait())
            try:
                await asyncio.wait({message, end}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                end.cancel()
            if not ended.is_set():
                return message.result()
            message.cancel()
            await send({"type": "websocket.close", "code": SIGNED_OUT})
            return {"type": "websocket.disconnect", "code": SIGNED_OUT}

        try:
            await self.app(scope, receive_while_signed_in, send)
        finally:
            watch.cancel()


async def _until_signed_out(token: str, ended: asyncio.Event) -> None:
    """Set `ended` once the session is over, or once nobody can tell any more whether it is."""
    failed = 0
    try:
        while failed < MOST_FAILED_LOOKS:
            await asyncio.sleep(LOOK_AGAIN_S)
            try:
                member = await asyncio.to_thread(_look_up, token)
            except Exception:
                LOGGER.exception("could not look whether a session has ended; its connection ends if this goes on")
                failed += 1
                continue
            failed = 0
            if member is None or member.must_change_password:
                return
    finally:
        ended.set()


def _refusal(scope: Scope, visitor: Visitor | None) -> Response | None:
    """Return what a request that may not pass is told, none where it may."""
    wants_page = scope["type"] == "http" and scope["method"] == "GET" and _accepts_html(scope)
    if visitor is None:
        if not wants_page:
            return PlainTextResponse("Sign in first.", 401)
        return RedirectResponse("/login?next=" + quote(_address(scope), safe=""), 303)
    if visitor.member.must_change_password and scope["path"] not in _WITH_ONE_TIME_PASSWORD:
        if not wants_page:
            return PlainTextResponse("Choose a password of your own first.", 403)
        return RedirectResponse("/password?next=" + quote(_address(scope), safe=""), 303)
    return None


async def _refuse(scope: Scope, receive: Receive, send: Send, refusal: Response | None) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": SIGNED_OUT})  # before it is accepted: the server answers 403
    elif refusal is not None:
        refusal.headers["Cache-Control"] = "no-store"
        await refusal(scope, receive, send)


def _accepts_html(scope: Scope) -> bool:
    return "text/html" in Headers(scope=scope).get("accept", "")


def _address(scope: Scope) -> str:
    query = scope.get("query_string", b"").decode("latin-1")
    return f"{scope['path']}?{query}" if query else str(scope["path"])
