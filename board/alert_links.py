"""The pages behind the links in alert mails: they act without signing in, and say as little as they can.

Mail scanners open links, so opening one does nothing: its page says what would happen, and its button does it. A POST
that is neither that button nor a mail program's one-click unsubscribing (RFC 8058) does nothing either. Whoever has
the link may be anybody, so a page names no recipient and nobody who acted: of an incident it says the brand, the title
and the number that stand in the mail, no post. Why a link does not work it does not say. A link that was made up is
found out before the database is asked.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from board import parts
from board.alerts.shown import things_words
from board.gate import visitor_of
from board.limits import Uses
from board.own_pages import own_page
from board.signin import is_same_origin, refuse_large
from core.alerts.kinds import KINDS
from core.alerts.links import PATH, Act, Link, read_link
from storage.alerting.answering import acknowledge, mute, snooze_incident, unmute
from storage.alerting.keys import known_key
from storage.alerting.linked import LinkedIncident, LinkedRules, linked_incident, linked_rules

SNOOZE: Final = timedelta(hours=4)
LONGEST_QUERY: Final = 4_000  # bytes, as they come
LOOKS, ACTS = 120, 20  # of one link in a quarter of an hour
YES, BACK = "yes", "back"


@dataclass(frozen=True, slots=True)
class _Page:
    """What a page says, and its one button with the answer it gives, where there is something to do."""

    title: str
    lines: tuple[str, ...]
    button: str = ""
    answer: str = YES
    status: int = 200


_NOT_OURS: Final = _Page(
    "This link does not work",
    (
        "Nothing was done: the address is not complete, or it is of no use any more.",
        "Open it from the mail once more, or sign in to the board.",
    ),
    status=404,
)
_OVER: Final = _Page("This alert is over", ("Nothing was done: nobody is told of it any more.",))
_TOO_OFTEN: Final = _Page(
    "Too often", ("Nothing was done: this link was used too often. Wait 15 minutes, or use the board.",), status=429
)


@dataclass(slots=True)
class AlertLinks:
    """The route, with the key that the links are signed with and the count of how often each was used."""

    _key: bytes | None = None
    _looks: Uses = field(default_factory=lambda: Uses(LOOKS))
    _acts: Uses = field(default_factory=lambda: Uses(ACTS))

    def routes(self) -> list[Route]:
        """Return the route for the application; the gate lets everybody through to it."""
        return [Route(PATH, self.answer, methods=["GET", "POST"])]

    async def answer(self, request: Request) -> Response:
        """Show what the link would do; on POST do it."""
        link = await self._link_of(request)
        if link is None:
            return _shown(_NOT_OURS)
        if request.method != "POST":
            return await self._page(link)
        if (refusal := refuse_large(request)) is not None:
            return refusal
        form = await request.form(max_files=0, max_fields=8)
        is_one_click = link.act is Act.STOP and form.get("List-Unsubscribe") == "One-Click"
        said = form.get("sure")
        if not is_one_click and (said not in (YES, BACK) or not is_same_origin(request)):
            return await self._page(link)
        if not self._acts.takes(_address(link), parts.installed().clock()):
            return _shown(_TOO_OFTEN)
        visitor = None if is_one_click else await visitor_of(request)
        await asyncio.to_thread(_act, link, said == BACK, visitor.member.name if visitor else "")
        if is_one_click:  # RFC 8058, 3.2: no redirect
            return PlainTextResponse("Stopped.", headers={"Cache-Control": "no-store"})
        return RedirectResponse(_own_address(request), 303, {"Cache-Control": "no-store"})

    async def _link_of(self, request: Request) -> Link | None:
        if len(request.scope.get("query_string", b"")) > LONGEST_QUERY:
            return None
        if self._key is None:
            self._key = await asyncio.to_thread(_known_key)
        return read_link(self._key, request.query_params) if self._key else None

    async def _page(self, link: Link) -> Response:
        now = parts.installed().clock()
        if not self._looks.takes(_address(link), now):
            return _shown(_TOO_OFTEN)
        return _shown(await asyncio.to_thread(_look, link, now), link)


def _known_key() -> bytes | None:
    with parts.installed().database.read() as session:
        return known_key(session)


def _address(link: Link) -> str:
    """Return one name for all forms of the same link."""
    return f"{link.act.value} {link.names} {link.recipient}"


def _own_address(request: Request) -> str:
    """Return the address of the page itself, without what somebody added to it on the way."""
    given = request.query_params
    return f"{PATH}?{urlencode({name: given.get(name, '') for name in ('do', 'of', 'to', 'sig')})}"


def _shown(page: _Page, link: Link | None = None) -> Response:
    """Return the page; without an action a form leads to the address that it stands at."""
    is_of_incident = link is not None and link.act is not Act.STOP
    board = f"/alerts?incident={link.ids[0]}" if link and is_of_incident else "/alerts"
    return own_page("alert_link.html.j2", page.status, page=page, board=board)


def _look(link: Link, now: datetime) -> _Page:
    """Return what the link would do as things stand."""
    with parts.installed().database.read() as session:
        if link.act is Act.STOP:
            return _stop_page(linked_rules(session, link.names, link.recipient))
        incident = linked_incident(session, link.ids[0], link.recipient)
    if incident is None:
        return _NOT_OURS
    if incident.is_over:
        return _OVER
    return _acknowledge_page(incident) if link.act is Act.ACKNOWLEDGE else _snooze_page(incident, now)


def _acknowledge_page(incident: LinkedIncident) -> _Page:
    told = "Nobody is told of it again, unless something new comes up."
    if incident.acknowledged_at is not None:
        return _Page("Acknowledged", (*_about(incident), told))
    if incident.untold:
        are = "is" if incident.untold == 1 else "are"
        newer = f"{incident.untold:,} of them {are} newer than what was told here"
        if not incident.told:
            words = "All that was told here is acknowledged or over."
            return _Page(
                "Nothing left to acknowledge", (*_about(incident), words, f"{newer}, and {are} told all the same.")
            )
        rest = f"{newer}: not acknowledged with it, and told all the same."
        return _Page("Acknowledge this alert?", (*_about(incident), rest), "Acknowledge")
    return _Page("Acknowledge this alert?", (*_about(incident), told), "Acknowledge")


def _snooze_page(incident: LinkedIncident, now: datetime) -> _Page:
    if incident.snoozed_until is not None and incident.snoozed_until > now:
        until = _time(incident.snoozed_until, incident.timezone)
        return _Page("Snoozed", (*_about(incident), f"Nobody is told of it until {until}."))
    until = _time(now + SNOOZE, incident.timezone)
    return _Page(
        "Snooze this alert for 4 hours?",
        (*_about(incident), f"Nobody is told of it until {until}; then again, if it is still so."),
        "Snooze for 4 hours",
    )


def _stop_page(rules: LinkedRules) -> _Page:
    if not rules.ids:
        return _Page("Nothing to stop", ("The rule behind this mail is gone: it sends nothing any more.",))
    kinds = ", ".join(KINDS[kind].title for kind in rules.kinds)
    about = f"Alerts of this kind: {kinds}."
    if rules.is_muted:
        others = "Others still do." if rules.tells_others else "Nobody else is told by it."
        words = f"The address that got this mail gets no more of them by this rule. {others}"
        return _Page("Stopped", (about, words), "Send them again", BACK)
    others = "Others still would." if rules.tells_others else "Nobody else is told by it."
    words = f"The address that got this mail would get no more of them by this rule. {others}"
    return _Page("Stop these mails?", (about, words), "Stop these mails")


def _about(incident: LinkedIncident) -> tuple[str, str]:
    """Return what the mail called it, and how much of it there is: mails that tell of several say so of each."""
    since = _time(incident.opened_at, incident.timezone)
    what = things_words(incident.kind, incident.total) if incident.total else KINDS[incident.kind].title
    return f"{incident.brand} · {incident.title}", f"{what}, since {since}."


def _time(at: datetime, timezone: str) -> str:
    return f"{at.astimezone(ZoneInfo(timezone)):%d %B, %H:%M} ({timezone})"


def _act(link: Link, takes_back: bool, member: str) -> None:
    """Do what the link says; where somebody else was faster, nothing. Only stopping can be taken back here."""
    board = parts.installed()
    now = board.clock()
    with board.database.write() as session:
        if link.act is Act.STOP:
            for rule_id in linked_rules(session, link.names, link.recipient).ids:
                if takes_back:
                    unmute(session, rule_id, link.recipient)
                else:
                    mute(session, rule_id, link.recipient, now)
            return
        incident = linked_incident(session, link.ids[0], link.recipient)
        if incident is None or takes_back:
            return
        if link.act is Act.ACKNOWLEDGE:
            by = member or link.recipient or incident.address.channel.value
            acknowledge(session, link.ids[0], by, now, incident.address)
        elif incident.snoozed_until is None or incident.snoozed_until <= now:
            snooze_incident(session, link.ids[0], now + SNOOZE, now)
