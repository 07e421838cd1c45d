"""The one place where HTTP answers and faults become our errors, for requests (tweepy, praw) and for httpx."""

import json
import logging
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from contextvars import ContextVar
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache, partial
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx
import requests
from requests.adapters import HTTPAdapter

from collectors.alarm import Alarm
from collectors.dates import within_bounds
from core.errors import (
    AuthError,
    BadResponseError,
    CollectError,
    NotPermittedError,
    RateLimitedError,
    UnreachableError,
)
from core.text import storable

CONNECT_TIMEOUT: Final = 10.0  # seconds
READ_TIMEOUT: Final = 30.0  # seconds without a byte
LONGEST_ANSWER: Final = 90.0  # seconds from the first packet to the last, redirects included
MAX_BODY: Final = 10 * 2**20  # bytes of one answer of a stranger's server
# Each packs a thousandfold at most; zstd and brotli, or one inside the other, make gigabytes of a few kilobytes.
PACKED: Final = "gzip, deflate"
PACKINGS: Final = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
MAX_LINE: Final = 2**20  # bytes of one line of an answer without an end
LONGEST_PAUSE: Final = timedelta(hours=24)  # a server that asks for more has a broken clock
DETAIL_LENGTH: Final = 300
LOOK_AT: Final = {
    400: " Look at the source's query and options.",
    402: " Look at the plan and the credit of the account.",
    403: " Look at what the key is allowed to read, and whether the place is public.",
    404: " Look whether the address or the place that the source names is right.",
    410: " It is gone for good: give the source another address.",
}

# tweepy writes the bearer token into its debug log, httpx whole addresses (with passwords) into its info log.
logging.getLogger("tweepy").setLevel(logging.INFO)
logging.getLogger("httpx").setLevel(logging.WARNING)

Headers = Mapping[str, str]


_alarm = Alarm()


class Watch:
    """Ends an exchange that takes longer than `seconds` in all, by shutting its connection under the reader.

    Time-outs count from the last byte, so a server that sends one every few seconds would hold us for good. A look at
    the clock between two reads does not help either: one read may wait for all of the headers or a whole block.
    """

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._shut: Callable[[], None] = lambda: None
        self._seconds = seconds
        self._number = 0

    def __enter__(self) -> Self:
        self._number = _alarm.set(self._seconds, self._end)
        return self

    def __exit__(self, *_: object) -> None:
        _alarm.cancel(self._number)

    def follow(self, shut: Callable[[], None]) -> None:
        """Take `shut` for what ends the exchange from now on."""
        self._shut = shut
        if self.expired:
            self._end()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Follow httpx from connection to connection: https://www.encode.io/httpcore/extensions/#trace ."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self.follow_socket(info["return_value"].get_extra_info("socket"))

    def follow_socket(self, connection: Any) -> None:
        """Take the end of this socket for what ends the exchange from now on."""
        # not connection.shutdown: that of a TLS socket takes its state away while another thread reads from it
        self.follow(partial(socket.socket.shutdown, connection, socket.SHUT_RDWR))

    def _end(self) -> None:
        self.expired = True
        with suppress(OSError, RuntimeError, TypeError, ValueError):  # already closed, back in its pool, or no socket
            self._shut()


_watching: ContextVar[Watch | None] = ContextVar("the watch of the exchange under way", default=None)


@cache
def _watched(kind: Any) -> Any:
    """Return a kind of urllib3 connection that shows its socket to the watch before it waits for the headers."""

    def getresponse(self: Any) -> Any:
        watch = _watching.get()
        if watch:
            watch.follow_socket(self.sock)
        return kind.getresponse(self)

    return type("Watched", (kind,), {"getresponse": getresponse, "is_watched": True})


class Edge(HTTPAdapter):
    """A requests transport that always has a timeout, may go to another host, and raises our errors.

    Mounted on the session of a client library, it acts before the library sees the answer. That spares us what each
    library makes of a fault: tweepy has no timeout and reads the reset header with a bare int(); praw sleeps and sends
    again after a 5xx and dies of a KeyError after a 401 without its header.

    With `live`, the body of a good answer is left unread, for `live_lines`.
    """

    def __init__(
        self,
        service: str,
        keys: str,
        *,
        base_url: str = "",
        timeout: tuple[float, float] | None = None,
        limit: float = LONGEST_ANSWER,
        live: bool = False,
    ) -> None:
        super().__init__()
        self.limit, self.live = limit, live
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
        request.headers["Accept-Encoding"] = PACKED
        watch = Watch(self.limit)
        watching = _watching.set(watch)
        try:
            with watch:
                response = super().send(request, True, self.timeout, verify, cert, proxies)
                good = 200 <= response.status_code < 300
                watch.follow(response.raw.shutdown)
                # read here, so that a body cut off in the middle is ours too
                body = b"" if good and self.live else self._whole(response)
        except requests.Timeout as error:
            raise UnreachableError(f"{self.service} did not answer in time.") from error
        except (requests.RequestException, ValueError) as error:  # ValueError: shut while TLS was being read
            raise _cut_off(self.service, watch, str(request.url)) from error
        finally:
            _watching.reset(watching)
        if watch.expired:
            raise _cut_off(self.service, watch, str(request.url))
        if not good:
            raise error_for(self.service, response.status_code, response.headers, body, keys=self.keys)
        return response

    def _whole(self, response: requests.Response) -> bytes:
        """Read the body, up to `MAX_BODY` bytes of it unpacked; the library then finds it in the answer."""
        body = bytearray()
        try:
            _check_packing(self.service, response.headers)
            for chunk in response.iter_content(2**16):
                body += chunk
                if len(body) > MAX_BODY:
                    raise _too_much(self.service)
        except BadResponseError:
            response.close()
            raise
        response._content = bytes(body)
        return bytes(body)

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """Return the pool for a request, whose new connections are watched from their first byte on."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        if not hasattr(pool.ConnectionCls, "is_watched"):
            pool.ConnectionCls = _watched(pool.ConnectionCls)
        return pool


def live_lines(service: str, response: requests.Response, seconds: float) -> Iterator[bytes]:
    """Yield the lines of an answer without an end as they come, b"" for an empty one, for so many seconds.

    Ends early where the server ends it well; half a line is dropped when the time is over. Raises `UnreachableError`
    where the connection breaks or is silent for longer than its time-out, `BadResponseError` for a line above 1 MB.
    """
    watch, pending = Watch(seconds), b""
    watch.follow(response.raw.shutdown)
    try:
        with watch, closing(response):
            for chunk in response.iter_content(512):
                *whole, pending = (pending + chunk).split(b"\n")
                yield from (line.strip() for line in whole)
                if len(pending) > MAX_LINE:
                    raise BadResponseError(f"{service} sent a line of more than {MAX_LINE // 2**20} MB.")
            if pending.strip() and not watch.expired:
                yield pending.strip()
    except (requests.RequestException, ValueError) as error:
        if not watch.expired:
            raise UnreachableError(f"The stream of {service} broke off.") from error


def http_client(
    *,
    base_url: str = "",
    timeout: tuple[float, float] | None = None,
    transport: httpx.BaseTransport | None = None,
) -> httpx.Client:
    """Return a client with timeouts; it goes straight to `base_url`, else by the machine's proxy where one is set.

    A `transport` of the caller's own takes the place of both.
    """
    connect, read = timeout or (CONNECT_TIMEOUT, READ_TIMEOUT)
    return httpx.Client(
        timeout=httpx.Timeout(read, connect=connect),
        follow_redirects=True,
        max_redirects=5,
        limits=httpx.Limits(max_keepalive_connections=0),  # a connection that is used again escapes the watch
        trust_env=not base_url and transport is None,
        transport=transport,
        headers={
            "User-Agent": "afterclick (reads public feeds for complaints)",
            "Accept-Encoding": PACKED,
        },
    )


def get(
    service: str,
    client: httpx.Client,
    url: httpx.URL,
    headers: Headers,
    limit: float = LONGEST_ANSWER,
    *,
    keys: str = "",
) -> tuple[httpx.Response, bytes]:
    """Return the answer and its body; status 304 gives an empty one. Raises `CollectError` for everything else.

    `keys` names the credentials that the error of a 401 tells to look at.
    """
    response, body = exchange(service, client, client.build_request("GET", url, headers=dict(headers)), limit)
    if response.status_code != 304 and not 200 <= response.status_code < 300:
        raise error_for(service, response.status_code, response.headers, body, keys=keys)
    return response, body


def exchange(
    service: str, client: httpx.Client, request: httpx.Request, limit: float = LONGEST_ANSWER
) -> tuple[httpx.Response, bytes]:
    """Return the answer, whatever its status, and its body; raises `CollectError` where none came whole."""
    watch = Watch(limit)
    request.extensions = {**request.extensions, "trace": watch.trace}
    try:
        with watch, closing(client.send(request, stream=True)) as response:
            _check_packing(service, response.headers)
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MAX_BODY:
                    raise _too_much(service)
    except httpx.TimeoutException as error:
        raise UnreachableError(f"{service} did not answer in time.") from error
    except (httpx.TooManyRedirects, httpx.DecodingError, httpx.InvalidURL) as error:
        raise BadResponseError(f"{service} sent an answer that leads nowhere or cannot be unpacked.") from error
    except httpx.HTTPError as error:
        raise _cut_off(service, watch, str(request.url)) from error
    if watch.expired:
        raise _cut_off(service, watch, str(request.url))
    return response, bytes(body)


def _check_packing(service: str, headers: Headers) -> None:
    if headers.get("content-encoding", "").strip().lower() not in PACKINGS:
        raise BadResponseError(f"{service} sent an answer that is packed in a way that was not asked for.")


def _too_much(service: str) -> BadResponseError:
    return BadResponseError(f"{service} sent more than {MAX_BODY // 2**20} MB; it was not read.")


def get_json(
    service: str,
    client: httpx.Client,
    url: httpx.URL,
    headers: Headers,
    limit: float = LONGEST_ANSWER,
    *,
    keys: str = "",
) -> tuple[httpx.Response, Any]:
    """Return the answer and the JSON in it; raises what `get` raises, and `BadResponseError` where it holds none."""
    response, body = get(service, client, url, headers, limit, keys=keys)
    try:
        return response, json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadResponseError(f"{service} sent something else than JSON.") from error


def _cut_off(service: str, watch: Watch, address: str) -> UnreachableError:
    if watch.expired:
        return UnreachableError(f"{service} sent its answer so slowly that it was not waited for.")
    place = urlsplit(address).netloc.rpartition("@")[2]  # without a login
    return UnreachableError(f"The connection to {service} ({place}) failed or was cut off.")


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
    return NotPermittedError(f"{service} refused the request ({status}){said}.{LOOK_AT.get(status, '')}")


def pause_asked(headers: Headers) -> timedelta | None:
    """Return how long the platform asked to wait, None where it does not say or makes no sense.

    Moments are compared with the answer's own Date header: the clock of this machine may be wrong.
    """
    sent_at = http_date(headers.get("date", ""))
    found = [
        _pause(headers.get("retry-after", ""), sent_at),
        _pause(headers.get("x-rate-limit-reset", ""), sent_at),  # X: a moment, in seconds since 1970
        _pause(headers.get("x-ratelimit-reset", ""), sent_at),  # Reddit: seconds from now; Mastodon: an ISO moment
        _pause(headers.get("ratelimit-reset", ""), sent_at),  # Bluesky: a moment, in seconds since 1970
    ]
    return next((pause for pause in found if pause is not None), None)


def _pause(value: str, sent_at: datetime | None) -> timedelta | None:
    try:
        seconds = float(value)
    except ValueError:
        moment = http_date(value) or _iso_date(value)
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


def _iso_date(value: str) -> datetime | None:
    try:
        return within_bounds(datetime.fromisoformat(value))
    except ValueError:
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
    words = [" ".join(storable(part).split()) for part in parts if isinstance(part, str) and part.strip()]
    return next(iter(words), "")[:DETAIL_LENGTH].rstrip(". ")
