"""What became of posts of Mastodon, asked by their uris."""

import re
import socket
from collections.abc import Sequence
from typing import Any, Final

import httpx
import mastodon

from collectors.mastodon.lists import is_missing, our_errors
from collectors.mastodon.statuses import to_post
from collectors.pages import PublicTransport
from collectors.web import get_json, http_client
from core.addresses import is_public as is_public_address
from core.errors import CollectError, NotPermittedError, UnreachableError
from core.types import LookedUp, Post

BATCH: Final = 20  # the most ids that one request takes: https://docs.joinmastodon.org/methods/statuses/#index
ORIGIN_TIMEOUT: Final = (3.0, 5.0)  # seconds to connect, without a byte; one dead server must not hold up the others
ORIGIN_LIMIT: Final = 8.0  # seconds for the whole answer
STATUS: Final = re.compile(r"https://([^/?#@\s]+)/(?:ap/)?(?:users/|@)[^/?#\s]+/(?:statuses/)?(\d{1,20})")


class Lookup:
    """Asks a server of its own statuses, and the server where a status was written of all others.

    A status of elsewhere has another number on each server and search does not tell "deleted" from "its server is
    down", so only the server of its author can say. Its address comes from a stranger: it is asked by https, for one
    number, where its name stands for public addresses, and whatever it answers but a status or 404 says nothing.
    """

    def __init__(self, client: mastodon.Mastodon, host: str, *, base_url: str, ask_origins: bool) -> None:
        self.client, self.host, self.base_url, self.ask_origins = client, host, base_url, ask_origins
        # What is connected to is looked at once more: a name may stand for something else a moment later.
        transport = None if base_url else PublicTransport()
        self._http = http_client(base_url=base_url, timeout=ORIGIN_TIMEOUT, transport=transport)
        self._http.follow_redirects = False
        self._silent: set[str] = set()  # hosts that did not answer: the rest of a look-up does not wait for them

    def __call__(self, uris: Sequence[str]) -> LookedUp:
        """Return what became of them; a uri of another make than Mastodon's is in neither part of the answer."""
        posts: list[Post] = []
        gone: dict[str, str] = {}
        own: dict[str, str] = {}
        self._silent.clear()
        for uri in uris:
            host, number = (found[1].lower(), found[2]) if (found := STATUS.fullmatch(uri)) else ("", "")
            if host == self.host:
                own[number] = uri
            elif host and self.ask_origins:
                self._sort(uri, host, self._ask_origin(host, number), posts, gone)
        for number, status in self._ask_own(list(own)).items():
            self._sort(own[number], self.host, status, posts, gone)
        return LookedUp(tuple(posts), gone)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _sort(self, uri: str, host: str, status: Any, posts: list[Post], gone: dict[str, str]) -> None:
        """Put a status where it belongs: `GONE`, None for "no word of it", or what the server sent."""
        if status is GONE:
            gone[uri] = f"{host} no longer shows it"
            return
        try:
            post = to_post(status, host)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            return
        if post is None:
            gone[uri] = "it is no longer public"
        elif post.platform_id == uri:
            posts.append(post)

    def _ask_own(self, numbers: list[str]) -> dict[str, Any]:
        """Return the server's statuses; those that a list of them leaves out are asked for one by one.

        Servers before Mastodon 4.3 have no list, and others leave out what they do not understand.
        """
        found: dict[str, Any] = {}
        try:
            with our_errors():
                listed: Any = self.client.statuses(numbers) if len(numbers) > 1 else []
                found = {str(status["id"]): status for status in listed}
        except NotPermittedError as error:
            if not is_missing(error):
                raise
        for number in numbers:
            if number not in found:
                found[number] = self._ask_for_one(number)
        return {number: found[number] for number in numbers}

    def _ask_for_one(self, number: str) -> Any:
        try:
            with our_errors():
                return self.client.status(number)
        except NotPermittedError as error:
            if not is_missing(error):
                raise
            return GONE

    def _ask_origin(self, host: str, number: str) -> Any:
        if host in self._silent or (not self.base_url and not is_public(host)):
            return None
        try:
            url = httpx.URL(f"{self.base_url.rstrip('/') or f'https://{host}'}/api/v1/statuses/{number}")
            return get_json(host, self._http, url, {}, limit=ORIGIN_LIMIT)[1]
        except httpx.InvalidURL:
            return None
        except NotPermittedError as error:
            return GONE if is_missing(error) else None
        except UnreachableError:
            self._silent.add(host)
            return None
        except CollectError:
            return None


GONE: Final = object()


def is_public(host: str) -> bool:
    """Return whether the host's name stands for public addresses only, none of this machine or its network."""
    name, _, port = host.partition(":")
    try:
        found = socket.getaddrinfo(name, int(port or 443), type=socket.SOCK_STREAM)
    except (OSError, OverflowError, UnicodeError, ValueError):
        return False
    return bool(found) and all(is_public_address(str(each[4][0])) for each in found)
