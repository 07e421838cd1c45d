"""Pages of strangers: only public addresses, only what robots.txt allows, only HTML.

https://www.rfc-editor.org/rfc/rfc9309 (robots.txt)
"""

import re
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode
from urllib.robotparser import RobotFileParser

import httpcore
import httpx

from collectors.encodings import decoded
from collectors.web import get, http_client
from core.addresses import is_public
from core.errors import (
    AuthError,
    BadResponseError,
    NotPermittedError,
    RateLimitedError,
    UnreachableError,
)

TIMEOUT: Final = (5.0, 10.0)  # seconds to connect, and without a byte: there are many sites
LIMIT: Final = 30.0  # seconds for one page, redirects included
MAX_ADDRESSES: Final = 4  # of one name that are tried
ROBOT: Final = "afterclick"  # the word that robots.txt may name us by
MAX_ROBOTS: Final = 500 * 1024  # bytes that are read of it: RFC 9309, 2.5
HTML: Final = ("text/html", "application/xhtml+xml")
CHARSET: Final = re.compile(
    rb"<(?:meta\s[^<>]{0,300}?charset|\?xml[^<>]{0,100}?encoding)\s*=\s*[\"']?([\w:.-]{1,40})", re.IGNORECASE
)
# What says where a reader came from and nothing of what is shown.
TRACKING: Final = re.compile(r"utm_|fbclid$|gclid$|mc_[ce]id$|igshid$|msclkid$|ref$|ref_src$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page: its HTML, and the address that it came from in the end."""

    html: str
    url: str


class PrivateAddressError(NotPermittedError):
    """An address leads into a network that is not the public one."""


class PublicOnly(httpcore.NetworkBackend):
    """Connections to public addresses: what a name stands for is looked up here, and that is what is connected to.

    A check of its own before the request could be led astray by a name that stands for something else a moment later,
    and would not see redirects.
    """

    def __init__(self) -> None:
        self._inner: Any = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Return the connection; raises `NotPermittedError` where the name stands for nothing public."""
        try:
            found = [each[4][0] for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} has no address") from error
        public = list(dict.fromkeys(str(each) for each in found if is_public(str(each))))[:MAX_ADDRESSES]
        if not public:
            raise PrivateAddressError(f"{host} is no public address; it was not asked.")
        for address in public:
            try:
                stream: httpcore.NetworkStream = self._inner.connect_tcp(
                    address, port, timeout=timeout, local_address=local_address, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if address == public[-1]:
                    raise
            else:
                return stream
        raise AssertionError("public is not empty")


class PublicTransport(httpx.HTTPTransport):
    """A transport of httpx that connects to public addresses only, and goes by no proxy, which would look names up."""

    def __init__(self) -> None:
        super().__init__(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(), max_keepalive_connections=0, network_backend=PublicOnly()
        )


def page_client(*, allow_private: bool, timeout: tuple[float, float] | None = None) -> httpx.Client:
    """Return a client for the pages of strangers; with `allow_private` it goes anywhere, as a test wants it to."""
    timeout = timeout or TIMEOUT
    if allow_private:
        return http_client(timeout=timeout, transport=httpx.HTTPTransport(trust_env=False))
    return http_client(timeout=timeout, transport=PublicTransport())


@dataclass(slots=True)
class Robots:
    """What the robots.txt of each site allows, asked once for as long as this lives."""

    client: httpx.Client
    _known: dict[str, RobotFileParser] = field(default_factory=dict)

    def allows(self, url: httpx.URL) -> bool:
        """Return whether the page may be read; raises `UnreachableError` where the site cannot say so now."""
        try:
            return self._of(url).can_fetch(ROBOT, str(url))
        except ValueError:  # Python takes the address apart once more, and may not be able to
            return False

    def wants_pauses(self, url: httpx.URL) -> bool:
        """Return whether the site asks for a pause between two pages, as far as it was asked yet."""
        rules = self._known.get(_origin(url))
        return rules is not None and bool(rules.crawl_delay(ROBOT) or rules.request_rate(ROBOT))

    def _of(self, url: httpx.URL) -> RobotFileParser:
        site = _origin(url)
        if site not in self._known:
            self._known[site] = self._read(url.copy_with(raw_path=b"/robots.txt", fragment=None))
        return self._known[site]

    def _read(self, url: httpx.URL) -> RobotFileParser:
        """Return the rules; without any (4xx, or what is no text of rules) all is allowed: RFC 9309, 2.3.1.3."""
        rules = RobotFileParser()
        try:
            _, body = get(f"The robots.txt of {url.host}", self.client, url, {}, limit=LIMIT)
        except RateLimitedError as error:
            raise UnreachableError(str(error), error.retry_after) from error
        except PrivateAddressError:
            raise
        except (AuthError, BadResponseError, NotPermittedError):
            body = b""
        rules.parse(_parsable(body[:MAX_ROBOTS].decode("utf-8", "replace").splitlines()))
        return rules


def fetch_page(client: httpx.Client, robots: Robots, url: httpx.URL) -> Fetched:
    """Return the page; raises `CollectError`: `NotPermittedError` where it is not to be read, or holds no HTML."""
    if not robots.allows(url):
        raise NotPermittedError(f"The robots.txt of {url.host} does not allow it.")
    client.cookies.clear()
    response, body = get(f"The page {shown(url)}", client, url, {"Accept": ", ".join(HTML)}, limit=LIMIT)
    if response.url != url and not robots.allows(response.url):
        raise NotPermittedError(f"It leads on to a place that the robots.txt of {response.url.host} does not allow.")
    kind = response.headers.get("content-type", HTML[0])
    if kind.partition(";")[0].strip().lower() not in HTML or b"<" not in body:
        raise NotPermittedError(f"It is no HTML but {kind.partition(';')[0][:50] or 'something else'}.")
    declared = CHARSET.search(body[:4096])
    html = decoded(body, kind, declared[1].decode("ascii") if declared else "")
    if html is None:
        raise NotPermittedError("It is written in no encoding that can be told.")
    return Fetched(html, str(response.url))


def _parsable(lines: list[str]) -> list[str]:
    """Return the lines that Python's parser does not fail at: one "Crawl-delay: ²" would cost all of the rules."""
    kept = []
    for line in lines:
        with suppress(ValueError):
            RobotFileParser().parse(["User-agent: *", line])
            kept.append(line)
    return kept


def shown(url: httpx.URL) -> str:
    """Return the address as it may stand in a log: without a login, and not for pages."""
    return f"{url.scheme}://{url.host}{url.path}"[:200]


def page_id(url: str, canonical: str = "") -> str:
    """Return the address that stands for a page wherever it is linked from.

    What the page calls its own address counts where it is one of the same site: any page may claim another's.
    """
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL:
        return url
    try:
        own = httpx.URL(canonical)
        if own.scheme in ("http", "https") and _site(own) == _site(found):
            found = own
    except httpx.InvalidURL:
        pass
    kept = [pair for pair in parse_qsl(found.query.decode("ascii", "ignore"), True) if not TRACKING.match(pair[0])]
    try:
        return str(found.copy_with(query=urlencode(kept).encode() or None, fragment=None))
    except httpx.InvalidURL:  # written anew it may be longer than an address can be
        return str(found)


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _site(url: httpx.URL) -> str:
    return url.host.removeprefix("www.").removeprefix("m.").removeprefix("amp.")
