"""The board's own routes: sign in, sign out, a password of one's own, who am I, am I alive."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

import streamlit
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from board import parts
from board.gate import Visitor, cookie_name, is_own_page, visitor_of
from board.limits import Failures
from board.own_pages import HERE, own_page
from core.errors import InputError
from storage.members import (
    SESSION_LENGTH,
    SHORTEST_PASSWORD,
    browser_name,
    check_password,
    end_session,
    is_known_browser,
    renew_hash,
    set_password,
    signed_in_from,
    start_session,
)
from storage.tables import Member

KNOWN_FOR: Final = timedelta(days=30)
LARGEST_FORM: Final = 16_384
# Each check takes about 64 MiB for its short while.
CHECKS_AT_ONCE: Final = 4
_WRONG: Final = "That e-mail address and password do not go together. Check both and try again."
_WRONG_PRESENT: Final = "The present password is not right: type it again."
_TOO_MANY: Final = "Too many failed attempts. Wait 15 minutes and try again, or ask an admin for a new password."


@dataclass(slots=True)
class SignIn:
    """The routes, with the count of failed attempts that they share."""

    failures: Failures = field(default_factory=Failures)
    _checks: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CHECKS_AT_ONCE))

    def routes(self) -> list[Route]:
        """Return the routes for the application; the gate lets nobody unknown past /login, /logout and /healthz."""
        return [
            Route("/login", self.login, methods=["GET", "POST"]),
            Route("/logout", self.logout, methods=["GET", "POST"]),
            Route("/password", self.password, methods=["GET", "POST"]),
            Route("/api/me", self.me, methods=["GET"]),
            Route("/healthz", self.healthz, methods=["GET"]),
            Route("/favicon.svg", self.favicon, methods=["GET"]),
            Route("/sign_in.css", self.style, methods=["GET"]),
        ]

    async def login(self, request: Request) -> Response:
        """Show the form; on POST start a session, or say what is wrong."""
        target = safe_next(request.query_params.get("next"))
        if request.method != "POST":
            return RedirectResponse(target, 303) if await visitor_of(request) else _login_page(target)
        if (refusal := await refuse_foreign(request)) is not None:
            return refusal
        form = await request.form(max_files=0, max_fields=8)
        email, password = str(form.get("email", "")).strip().lower()[:254], str(form.get("password", ""))[:512]
        address = request.client.host if request.client else ""
        place = await asyncio.to_thread(_place_of, email, address, request.cookies.get(browser_cookie_name(), ""))
        try:
            member = await self._checked(place, email, password)
        except _TooManyError:
            return _login_page(target, _TOO_MANY, email, 429)
        if member is None:
            return _login_page(target, _WRONG, email, 401)
        agent = request.headers.get("user-agent", "")
        token = await asyncio.to_thread(_start, member, password, address, agent)
        return _with_cookies(RedirectResponse(target, 303), token)

    async def logout(self, request: Request) -> Response:
        """End the session of this browser; its other tabs notice within seconds. A mere link ends nothing."""
        if request.method != "POST":
            return RedirectResponse("/", 303)
        if (refusal := await refuse_foreign(request)) is not None:
            return refusal
        if token := request.cookies.get(cookie_name()):
            await asyncio.to_thread(_end, token)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(cookie_name(), path="/", secure=parts.installed().is_https, httponly=True, samesite="lax")
        return answer

    async def password(self, request: Request) -> Response:
        """Let a member choose a password; a one-time password leads here before anything else."""
        visitor = await visitor_of(request)
        target = safe_next(request.query_params.get("next"))
        if visitor is None:  # signed out between the gate and here
            return RedirectResponse("/login", 303)
        if request.method != "POST":
            return _password_page(visitor, target)
        if (refusal := await refuse_foreign(request)) is not None:
            return refusal
        form = await request.form(max_files=0, max_fields=8)
        old, new, again = (str(form.get(name, ""))[:512] for name in ("old", "new", "again"))
        if new != again:
            return _password_page(visitor, target, "The two new passwords differ: type the same one twice.", 422)
        try:
            if await self._checked(_browser_place(visitor.token), visitor.member.email, old) is None:
                return _password_page(visitor, target, _WRONG_PRESENT, 422)
            async with self._checks:
                await asyncio.to_thread(_change, visitor, new)
        except _TooManyError:
            return _password_page(visitor, target, _TOO_MANY, 429)
        except InputError as error:
            return _password_page(visitor, target, str(error), 422)
        return RedirectResponse(target, 303)

    async def me(self, request: Request) -> Response:
        """Say who is signed in; pages ask this every few seconds to notice that they no longer are."""
        visitor = await visitor_of(request)
        if visitor is None:
            return JSONResponse({"error": "Sign in first."}, 401)
        member = visitor.member
        body = {"id": member.id, "name": member.name, "email": member.email, "role": member.role.value}
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    async def healthz(self, _request: Request) -> Response:
        """Say that the board is up."""
        return PlainTextResponse("ok", headers={"Cache-Control": "no-store"})

    async def favicon(self, _request: Request) -> Response:
        """Return the icon of the sign-in pages."""
        return FileResponse(HERE / "favicon.svg", media_type="image/svg+xml")

    async def style(self, _request: Request) -> Response:
        """Return the style of the sign-in pages."""
        return Response(_style(), media_type="text/css")

    async def _checked(self, place: str, email: str, password: str) -> Member | None:
        """Return the member whose password this is.

        The attempt counts as failed before the password is looked at, so that many at once are no more than many one
        after another. Raises _TooManyError.
        """
        async with self._checks:
            now = parts.installed().clock()
            if self.failures.place_is_blocked(place, now) and not await asyncio.to_thread(_is_known, email, place, now):
                raise _TooManyError
            if self.failures.member_is_blocked(place, email, now):
                raise _TooManyError
            self.failures.add(place, email, now)
            member = await asyncio.to_thread(_check, email, password)
        if member is not None:
            self.failures.forget(place, email, now)
        return member


class _TooManyError(Exception):
    """All tries of a place are used up."""


async def refuse_foreign(request: Request) -> Response | None:
    """Return a refusal for a request that another site's page has sent, or one that is too large to be a form."""
    if not is_same_origin(request):
        return PlainTextResponse("This request came from another site and was refused.", 403)
    return refuse_large(request)


def refuse_large(request: Request) -> Response | None:
    """Return a refusal for a request that is too large to be a form."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length[:12]) > LARGEST_FORM:
        return PlainTextResponse("This request is too large or does not say its size.", 413)
    return None


def is_same_origin(request: Request) -> bool:
    """Tell whether the board's own pages sent this request, or a program that is no browser."""
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return False
    return is_own_page(request.headers)


def safe_next(target: str | None) -> str:
    """Return where to go after signing in: a path of the board, whatever the address bar said."""
    if not target or not target.startswith("/") or target.startswith(("//", "/login", "/logout", "/password")):
        return "/"
    return "/" if "\\" in target or any(ord(sign) < 32 for sign in target) else target


def browser_cookie_name() -> str:
    """Return the name of the cookie that tells a browser in which somebody has signed in before."""
    return "__Host-afterclick_browser" if parts.installed().is_https else "afterclick_browser"


def _browser_place(token: str) -> str:
    return f"browser {browser_name(token)}"


def _place_of(email: str, address: str, browser: str) -> str:
    """Return where the member's tries are counted: the browser, where they signed in with it lately, or the address."""
    board = parts.installed()
    with board.database.read() as session:
        known = is_known_browser(session, email, browser, board.clock() - KNOWN_FOR)
    return f"browser {browser}" if known else address


def _is_known(email: str, address: str, now: datetime) -> bool:
    with parts.installed().database.read() as session:
        return signed_in_from(session, email, address, now - KNOWN_FOR)


def _check(email: str, password: str) -> Member | None:
    with parts.installed().database.read() as session:
        return check_password(session, email, password)


def _start(member: Member, password: str, address: str, agent: str) -> str:
    board = parts.installed()
    if member.id is None:
        raise ValueError("a member that signs in was stored")
    with board.database.write() as session:
        renew_hash(session, member.id, password)
        return start_session(session, member.id, board.clock(), address, agent)


def _end(token: str) -> None:
    board = parts.installed()
    with board.database.write() as session:
        end_session(session, token, board.clock())


def _change(visitor: Visitor, new: str) -> None:
    if visitor.member.id is None:
        raise ValueError("a member that signed in was stored")
    board = parts.installed()
    with board.database.write() as session:
        set_password(session, visitor.member.id, new, board.clock(), keep_token=visitor.token)


def _with_cookies(answer: Response, token: str) -> Response:
    """Give the browser its session, and a name by which it is known after that; the name opens nothing."""
    kept = ((cookie_name(), token, SESSION_LENGTH), (browser_cookie_name(), browser_name(token), KNOWN_FOR))
    for name, value, lasts in kept:
        answer.set_cookie(
            name,
            value,
            max_age=int(lasts.total_seconds()),
            path="/",
            secure=parts.installed().is_https,
            httponly=True,
            samesite="lax",
        )
    return answer


@cache
def _style() -> str:
    """Return the style with the font that Streamlit brings for the board; its file has a new name in each release."""
    style = (HERE / "templates" / "sign_in.css").read_text(encoding="utf-8")
    served = Path(streamlit.__file__).parent / "static"
    fonts = sorted(served.rglob("SourceSansVF-Upright*.woff2"))
    if not fonts:
        return style
    address = fonts[0].relative_to(served).as_posix()
    face = f'font-family: "Source Sans"; src: url("/{address}") format("woff2"); font-weight: 200 900;'
    return f"@font-face {{ {face} }}\n{style}"


def _login_page(target: str, error: str = "", email: str = "", status: int = 200) -> Response:
    return own_page("sign_in.html.j2", status, action="/login?next=" + quote(target, safe=""), error=error, email=email)


def _password_page(visitor: Visitor, target: str, error: str = "", status: int = 200) -> Response:
    return own_page(
        "password.html.j2",
        status,
        action="/password?next=" + quote(target, safe=""),
        error=error,
        email=visitor.member.email,
        forced=visitor.member.must_change_password,
        shortest=SHORTEST_PASSWORD,
        target=target,
    )
