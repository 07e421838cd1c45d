"""The one place where HTTP answers and faults become our errors, for requests (tweepy, praw) and for httpx."""

import json
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, Final, Self

import httpx
import requests
from requests.adapters import HTTPAdapter

from collectors.dates import within_bounds
from core.errors import (
    AuthError,
    BadResponseError,
    CollectError,
    NotPermittedError,
    RateLimitedError,
    UnreachableError,
)

CONNECT_TIMEOUT: Final = 10.0  # seconds
READ_TIMEOUT: Final = 30.0  # seconds without a byte
LONGEST_ANSWER: Final = 90.0  # seconds from the first packet to the last, redirects included
MAX_BODY: Final = 10 * 2**20  # bytes of one answer of a stranger's server
LONGEST_PAUSE: Final = timedelta(hours=24)  # a server that asks for more has a broken clock
DETAIL_LENGTH: Final = 300

# tweepy writes the bearer token into its debug log, httpx whole addresses (with passwords) into its info log.
logging.getLogger("tweepy").setLevel(logging.INFO)
logging.getLogger("httpx").setLevel(logging.WARNING)

Headers = Mapping[str, str]


class Watch:
    """Ends an exchange that takes longer than `seconds` in all, by shutting its connection under the reader.

    Time-outs count from the last byte, so a server that sends one every few seconds would hold us for good. A look at
    the clock between two reads does not help either: one read may wait for all of the headers or a whole block.
    """

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._shut: Callable[[], None] = lambda: None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def follow(self, shut: Callable[[], None]) -> None:
        """Take `shut` for what ends the exchange from now on."""
        self._shut = shut
        if self.expired:
            self._end()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Follow httpx from connection to connection: https://www.encode.io/httpcore/extensions/#trace ."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            connection = info["return_value"].get_extra_info("socket")
            # not connection.shutdown: that of a TLS socket takes its state away while another thread reads from it
            self.follow(partial(socket.socket.shutdown, connection, socket.SHUT_RDWR))

    def _end(self) -> None:
        self.expired = True
        with suppress(OSError, RuntimeError, ValueError):  # already closed, or back in its pool
            self._shut()


class Edge(HTTPAdapter):
    """A requests transport that always has a timeout, may go to another host, and raises our errors.

    Mounted on the session of a client library, it acts before the library sees the answer. That spares us what each
    library makes of a fault: tweepy has no timeout and reads the reset header with a bare int(); praw sleeps and sends
    again after a 5xx and dies of a KeyError after a 401 without its header.
    """

    def __init__(
        self,
        service: str,
        keys: str,
        *,
        base_url: str = "",
        timeout: tuple[float, float] | None = None,
        limit: float = LONGEST_ANSWER,
    ) -> None:
        super().__init__()
        self.limit = limit
        self.service, self.keys = service, keys
        self.base_url = base_url.rstrip("/")
        self.timeout = timeout or (CONNECT_TIMEOUT, READ_TIMEOUT)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002  (the answer is read here, under the watch)
        timeout: Any = None,  # noqa: ARG002  (ours holds, whatever the library asks for)
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Return a whole answer of status 2xx; raises `CollectError` for everything else."""
        if self.base_url:
            request.url = self.base_url + request.path_url
            proxies = {}  # they were chosen for the platform's own host
        watch = Watch(self.limit)
        try:
            with watch:
                response = super().send(request, True, self.timeout, verify, cert, proxies)
                watch.follow(response.raw.shutdown)
                body = response.content  # read here, so that a body cut off in the middle is ours too
        except requests.Timeout as error:
            raise UnreachableError(f"{self.service} did not answer in time.") from error
        except (requests.RequestException, ValueError) as error:  # ValueError: shut while TLS was being read
            raise _cut_off(self.service, watch) from error
        if watch.expired:
            raise _cut_off(self.service, watch)
        if not 200 <= response.status_code < 300:
            raise error_for(self.service, response.status_code, response.headers, body, keys=self.keys)
        return response


def http_client(*, base_url: str = "", timeout: tuple[float, float] | None = None) -> httpx.Client:
    """Return a client with timeouts; it goes straight to `base_url`, else by the machine's proxy where one is set."""
    connect, read = timeout or (CONNECT_TIMEOUT, READ_TIMEOUT)
    return httpx.Client(
        timeout=httpx.Timeout(read, connect=connect),
        follow_redirects=True,
        max_redirects=5,
        limits=httpx.Limits(max_keepalive_connections=0),  # a connection that is used again escapes the watch
        trust_env=not base_url,
        headers={"User-Agent": "afterclick (reads public feeds for complaints)"},
    )


def get(
    service: str, client: httpx.Client, url: httpx.URL, headers: Headers, limit: float = LONGEST_ANSWER
) -> tuple[httpx.Response, bytes]:
    """Return the answer and its body; status 304 gives an empty one. Raises `CollectError` for everything else."""
    watch = Watch(limit)
    try:
        with watch, client.stream("GET", url, headers=dict(headers), extensions={"trace": watch.trace}) as response:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MAX_BODY:
                    raise BadResponseError(f"{service} sent more than {MAX_BODY // 2**20} MB; it was not read.")
    except httpx.TimeoutException as error:
        raise UnreachableError(f"{service} did not answer in time.") from error
    except (httpx.TooManyRedirects, httpx.DecodingError, httpx.InvalidURL) as error:
        raise BadResponseError(f"{service} sent an answer that leads nowhere or cannot be unpacked.") from error
    except httpx.HTTPError as error:
        raise _cut_off(service, watch) from error
    if watch.expired:
        raise _cut_off(service, watch)
    if response.status_code != 304 and not 200 <= response.status_code < 300:
        raise error_for(service, response.status_code, response.headers, bytes(body))
    return response, bytes(body)


def _cut_off(service: str, watch: Watch) -> UnreachableError:
    if watch.expired:
        return UnreachableError(f"{service} sent its answer so slowly that it was not waited for.")
    return UnreachableError(f"The connection to {service} failed or was cut off.")


def error_for(service: str, status: int, headers: Headers, body: bytes, *, keys: str = "") -> CollectError:
    """Return the error that an answer with this status means; `keys` names the credentials to look at."""
    detail = _detail(body)
    said = f": {detail}" if detail else ""
    if status == 401:
        return AuthError(f"{service} refused the credentials (401){said}. Check {keys or 'the login in the address'}.")
    if status == 429 and "usage-capped" not in body.decode("utf-8", "replace"):
        return RateLimitedError(f"{service} asked for a pause (429){said}.", pause_asked(headers))
    if status >= 500 or status in (408, 425):
        return UnreachableError(f"{service} has a fault of its own ({status}){said}.", pause_asked(headers))
    if 300 <= status < 400:
        return NotPermittedError(f"{service} points elsewhere ({status}): there is nothing at the address asked for.")
    return NotPermittedError(f"{service} refused the request ({status}){said}.")


def pause_asked(headers: Headers) -> timedelta | None:
    """Return how long the platform asked to wait, None where it does not say or makes no sense.

    Moments are compared with the answer's own Date header: the clock of this machine may be wrong.
    """
    sent_at = http_date(headers.get("date", ""))
    found = [
        _pause(headers.get("retry-after", ""), sent_at),
        _pause(headers.get("x-rate-limit-reset", ""), sent_at),  # X: a moment, in seconds since 1970
        _pause(headers.get("x-ratelimit-reset", ""), sent_at),  # Reddit: seconds from now
    ]
    return next((pause for pause in found if pause is not None), None)


def _pause(value: str, sent_at: datetime | None) -> timedelta | None:
    try:
        seconds = float(value)
    except ValueError:
        moment = http_date(value)
        seconds = (moment - sent_at).total_seconds() if moment and sent_at else -1.0
    else:
        if seconds > LONGEST_PAUSE.total_seconds() and sent_at:
            seconds -= sent_at.timestamp()
    # not "x < 0 or x > longest": a NaN must fall out as well
    return timedelta(seconds=seconds) if 0 <= seconds <= LONGEST_PAUSE.total_seconds() else None


def http_date(value: str) -> datetime | None:
    """Return the moment in a header, in UTC; None for anything else."""
    try:
        moment = parsedate_to_datetime(value)
        return within_bounds(moment) if moment.tzinfo else None
    except (ValueError, TypeError, OverflowError):
        return None


def _detail(body: bytes) -> str:
    """Return what a JSON error says; a page of HTML or anything else says nothing worth repeating."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(answer, dict):
        return ""
    errors = answer.get("errors")
    parts = [error.get("message") for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    parts += [answer.get(name) for name in ("detail", "message", "error_description", "title", "error")]
    words = [" ".join(part.split()) for part in parts if isinstance(part, str) and part.strip()]
    return next(iter(words), "")[:DETAIL_LENGTH].rstrip(". ")
