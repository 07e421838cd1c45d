"""Bluesky's services through atproto's client, with our time-outs and errors, and as few logins as possible."""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from atproto_client import Client
from atproto_client.client.session import Session, SessionEvent
from atproto_client.models.dot_dict import DotDict
from atproto_client.request import Request, RequestBase
from atproto_core.exceptions import AtProtocolError

from collectors.base import fingerprint
from collectors.web import error_for, exchange, http_client
from core.errors import AuthError, BadResponseError, CollectError

ENTRANCE: Final = "https://bsky.social"  # sends on to the server that holds the account
PUBLIC: Final = "https://public.api.bsky.app"  # answers without an account, but for search
KEYS: Final = "BLUESKY_HANDLE and BLUESKY_APP_PASSWORD"
STALE: Final = ("ExpiredToken", "InvalidToken")
USER_AGENT: Final = "afterclick (finds public complaints for the brand concerned)"

# An account may log in 30 times in 5 minutes and 300 times a day (https://docs.bsky.app/docs/advanced-guides/rate-limits)
# and every run has a collector of its own, so sessions live as long as the process: in memory, nowhere else.
_sessions: dict[tuple[str, ...], str] = {}


class StaleSessionError(AuthError):
    """The session has ended; a new login may help."""


class Exchange(Request):  # type: ignore[misc]
    """The transport of atproto's client: every fault is one of ours before the library sees it, and nothing redirects.

    With `base_url` every request goes there, also once the client has moved to the account's own server.
    """

    def __init__(self, base_url: str = "", timeout: tuple[float, float] | None = None) -> None:
        RequestBase.__init__(self)  # not that of Request, which makes a client of its own
        self._client: httpx.Client = http_client(base_url=base_url, timeout=timeout)
        self._client.follow_redirects = False
        self._base_url = base_url.rstrip("/")
        self.add_additional_header("User-Agent", USER_AGENT)

    def _send_request(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        headers = self.get_headers(kwargs.get("headers"))
        address = self._base_url + urlsplit(url).path if self._base_url else url
        request = self._client.build_request(
            method, address, headers=headers, params=kwargs.get("params"), content=kwargs.get("content")
        )
        answer, body = exchange("Bluesky", self._client, request)
        if not 200 <= answer.status_code < 300:
            if answer.status_code in (400, 401) and _error_name(body) in STALE:
                raise StaleSessionError(f"Bluesky ended the session. Check {KEYS}.")
            raise error_for("Bluesky", answer.status_code, answer.headers, body, keys=KEYS)
        return httpx.Response(answer.status_code, headers={"content-type": "application/json"}, content=body)


class Service:
    """Questions to Bluesky, as the account `login` where one is given."""

    def __init__(self, login: tuple[str, str] | None, base_url: str, timeout: tuple[float, float] | None) -> None:
        self._login, self._base_url, self._timeout = login, base_url, timeout
        self._key = (base_url, login[0], fingerprint(login[1])) if login else ()
        self._start()

    def ask(self, name: str, **params: Any) -> Mapping[str, Any]:
        """Return the answer to a query of the lexicon; raises `CollectError`.

        The answer is as it was sent: atproto's models refuse a whole page for one post that is not by the book.
        """
        asked = DotDict({key: value for key, value in params.items() if value})
        try:
            try:
                answer = self._query(name, asked)
            except StaleSessionError:  # a kept session may be older than its tokens
                _sessions.pop(self._key, None)
                self.close()
                self._start()
                answer = self._query(name, asked)
        except CollectError:
            raise
        except (AtProtocolError, AttributeError, KeyError, RecursionError, TypeError, ValueError):
            # without the cause: what pydantic says of a session that is not by the book holds its tokens
            raise BadResponseError("Bluesky sent something else than JSON.") from None
        if not isinstance(answer, dict):
            raise BadResponseError("Bluesky sent an answer of another shape.")
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._exchange.close()

    def _start(self) -> None:
        """Make a client without a session."""
        self._exchange, self._is_in = Exchange(self._base_url, self._timeout), self._login is None
        self._client = Client(base_url=ENTRANCE if self._login else PUBLIC, request=self._exchange)
        self._client.on_session_change(self._keep)

    def _query(self, name: str, asked: DotDict) -> Any:
        if not self._is_in and self._login:
            kept = _sessions.get(self._key)
            said = {"session_string": kept} if kept else dict(zip(("login", "password"), self._login, strict=True))
            self._client.login(**said, fetch_bsky_profile=False)
            self._is_in = True
        return self._client.invoke_query(name, params=asked, output_encoding="application/json").content

    def _keep(self, _: SessionEvent, session: Session) -> None:
        _sessions[self._key] = session.export()


def _error_name(body: bytes) -> str:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return str(answer.get("error")) if isinstance(answer, dict) else ""
