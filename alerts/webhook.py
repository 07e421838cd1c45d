"""Alerts for machines: what a webhook is sent, how it is signed and how it is handed over.

Each message is a POST of JSON. `Afterclick-Timestamp` is when it was sent, in seconds since 1970, and
`Afterclick-Signature` is `v1=` and HMAC-SHA-256 (RFC 2104) in hexadecimal digits, keyed with AFTERCLICK_WEBHOOK_SECRET,
of the timestamp, a full stop and the body as it came. A receiver works out the same, compares in constant time, and
refuses what is older than some minutes. `Afterclick-Id`, which is `id` in the body too, is the same for each try.
"""

import asyncio
import hmac
import json
import logging
import socket
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import httpcore
import httpx

from alerts.cleaning import cleaned
from alerts.telling import ToldIncident, ToldItem, from_content
from alerts.words import own_words
from core.addresses import is_public
from core.errors import DeliveryError

VERSION: Final = 1  # of the payload: a field may be added to it, none goes or changes without a new one
WITHIN_S = 10.0  # for all of it: a limit for each step lets whoever answers by drips hold the line for ever
CONNECT_S, WORDS_S = 5.0, 1.0
# What may be answered otherwise in a while: asked too early or too often, or at odds with another request.
PASSING: Final = frozenset({408, 409, 421, 423, 425, 429})
MOST_ADDRESSES: Final = 4  # of one name that are tried
MOST_READ: Final = 200  # bytes of an answer that are read to say what went wrong
logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs addresses, which may be secrets


def payload(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a webhook is sent about the message kept as `content`; docs/alerts.md names the fields."""
    told = cleaned(from_content(content))
    return {
        "id": "",
        "version": VERSION,
        "type": "incidents",
        "timezone": told.timezone,
        "held_back": told.held_back,
        "alerts_link": told.alerts_link,
        "incidents": [_incident(incident) for incident in told.incidents],
    }


def _incident(told: ToldIncident) -> dict[str, Any]:
    chart = told.chart
    return {
        "id": told.incident_id,
        "event": told.news,
        "kind": told.kind,
        "brand": told.brand,
        "rule": told.rule,
        "title": told.title,
        "summary": told.summary,
        "details": list(told.details),
        "opened_at": told.opened_at,
        "total": told.total,
        "new": told.new,
        "is_masked": told.is_masked,
        "items": [_item(item) for item in told.items],
        "counts": {
            "began_at": chart.began_at,
            "by_hour": list(chart.counts),
            "usual": list(chart.expected),
            "window_hours": chart.window,
        }
        if chart
        else None,
        "link": told.link,
        "acknowledge_link": told.acknowledge_link,
        "snooze_link": told.snooze_link,
        "stop_link": told.stop_link,
    }


def _item(item: ToldItem) -> dict[str, Any]:
    return {
        "words": item.words,
        "at": item.at,
        "case_id": item.case_id,
        "link": item.link,
        "excerpt": item.excerpt,
        "author": item.author,
        "platform": item.platform,
        "language": item.language,
        "severity": item.severity,
        "reasons": list(item.reasons),
        "courier": item.courier,
        "parties": list(item.parties),
        "reach": item.reach,
        "post_count": item.post_count,
        "confidence": item.confidence,
    }


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the value of `Afterclick-Signature`."""
    return f"v1={hmac.new(secret.encode(), timestamp.encode() + b'.' + body, sha256).hexdigest()}"


def _now() -> datetime:
    return datetime.now(UTC)


class HookSender:
    """Hands messages to web addresses; without a secret they are not signed.

    Addresses inside a private network are refused unless `reaches_private` says otherwise, as Healthchecks does: who
    may edit a rule need not be who may reach each machine behind the firewall. No redirect is followed, as a message is
    for the one address that was asked for.
    """

    def __init__(self, secret: str = "", *, reaches_private: bool = False, now: Callable[[], datetime] = _now) -> None:
        self._secret = secret
        self._now = now
        self._reaches_private = reaches_private

    def send(self, url: str, message_id: str, payload: Mapping[str, Any]) -> None:
        """Hand the message over; an answer that says it will never be taken is permanent, all else may pass.

        A payload that has a place for the message's `id` says it.
        """
        told = {**payload, "id": message_id} if "id" in payload else payload
        body = json.dumps(told, separators=(",", ":")).encode()
        try:
            asyncio.run(self._post(url, body, self._headers(message_id, body)))
        except TimeoutError as error:
            raise DeliveryError(f"{_host(url)} did not answer within {WITHIN_S:g} seconds") from error
        except _PrivateError as error:
            raise DeliveryError(
                f"{_host(url)} leads into a private network and was not asked: AFTERCLICK_WEBHOOK_PRIVATE is not set",
                permanent=True,  # but not the address's fault: once the setting says otherwise, it is asked
            ) from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise DeliveryError(f"This is no web address: {error}", permanent=True, refuses_address=True) from error
        except httpx.HTTPError as error:
            raise DeliveryError(f"{_host(url)} could not be reached: {error or type(error).__name__}") from error

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Post the body; raises TimeoutError. A name that is being looked up is waited for: that ends by itself."""
        # A client for each message: they are few, and one that waited would meet a closed line.
        async with (
            asyncio.timeout(WITHIN_S),
            self._client() as client,
            client.stream("POST", url, content=body, headers=headers) as answer,
        ):
            if not answer.is_success:
                raise await _refused(url, answer)

    def _headers(self, message_id: str, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Afterclick",
            "Afterclick-Id": message_id,
            "Afterclick-Timestamp": timestamp,
        }
        return headers | ({"Afterclick-Signature": signature(self._secret, timestamp, body)} if self._secret else {})

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=None if self._reaches_private else _PublicTransport(),  # with none, httpx may take a proxy
            timeout=httpx.Timeout(WITHIN_S, connect=CONNECT_S),
            follow_redirects=False,
            trust_env=self._reaches_private,
        )


def _host(url: str) -> str:
    """Return whom an address asks, without what may be secret in it: Slack's addresses are passwords."""
    try:
        return httpx.URL(url).host
    except httpx.InvalidURL:
        return "The web address"


async def _refused(url: str, answer: httpx.Response) -> DeliveryError:
    said = await _said(answer)
    words = f"{_host(url)} answered {answer.status_code}" + (f": {said}" if said else "")
    if answer.is_redirect:
        words = f"{words}. It leads on to another address, which is not followed: set that one"
    is_final = answer.is_redirect or (answer.is_client_error and answer.status_code not in PASSING)
    return DeliveryError(words, permanent=is_final, refuses_address=is_final)


async def _said(answer: httpx.Response) -> str:
    """Return the first words of an answer, none where they do not come: its status says enough."""
    try:
        async with asyncio.timeout(WORDS_S):
            first = await anext(answer.aiter_bytes(MOST_READ), b"")
    except (TimeoutError, httpx.HTTPError):
        return ""
    return own_words(first.decode("utf-8", "replace"))


class _PrivateError(Exception):
    """A name stands for nothing public."""


class _PublicOnly(httpcore.AsyncNetworkBackend):
    """Connects to public addresses: the one that was looked at is the one that is connected to."""

    def __init__(self) -> None:
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} has no address") from error
        addresses = dict.fromkeys(str(each[4][0]) for each in found)
        public = [each for each in addresses if is_public(each)][:MOST_ADDRESSES]
        if not public:
            raise _PrivateError(host)
        for address in public[:-1]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(public[-1], port, timeout, local_address, socket_options)


class _PublicTransport(httpx.AsyncHTTPTransport):
    """A transport of httpx over `_PublicOnly`, by no proxy, which would look names up itself."""

    def __init__(self) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(ssl_context=httpx.create_ssl_context(), network_backend=_PublicOnly())
