"""Jetstream: every post of Bluesky as it is written, changed and deleted.

https://github.com/bluesky-social/jetstream/blob/main/docs/README.md (5.1, "Legacy v1 JSON Payload")

That form stays as it is on the public servers. atproto's own client knows the newer one only, waits and connects again
inside a call; so it is the library under it, websockets, that is used here. The last 36 hours are kept; an older cursor
is moved up without a word.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI, WebSocketException
from websockets.sync.client import connect

from collectors.base import plain
from collectors.dates import moment_at
from collectors.web import CONNECT_TIMEOUT, READ_TIMEOUT, error_for
from core.errors import BadResponseError, UnreachableError

SERVER: Final = "wss://jetstream2.us-east.bsky.network"
COLLECTION: Final = "app.bsky.feed.post"
MAX_FRAME: Final = 2**20  # bytes; the server leaves out what is larger
TICK: Final = 1.0  # seconds of silence after which the caller may look around
UNREADABLE: Final = 100  # frames in a row that are no events: then this is no Jetstream
USER_AGENT: Final = "afterclick (finds public complaints for the brand concerned)"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `operation` is "" where it is about no post but still moves the time on.

    `time_us` is when the server saw it, in microseconds since 1970. `record` is {} for a deletion.
    """

    time_us: int
    operation: str = ""
    did: str = ""
    rkey: str = ""
    record: Any = None

    @property
    def uri(self) -> str:
        """The post's id everywhere."""
        return f"at://{self.did}/{COLLECTION}/{self.rkey}"

    @property
    def arrived_at(self) -> datetime:
        """When the server saw it."""
        return moment_at(self.time_us / 1_000_000)


class Jetstream:
    """Connections to one server."""

    def __init__(self, base_url: str = "", timeout: tuple[float, float] | None = None) -> None:
        self._address = base_url.rstrip("/").replace("http", "ws", 1) or SERVER
        self._has_own_address = bool(base_url)
        self._connect_timeout, self._silence = timeout or (CONNECT_TIMEOUT, READ_TIMEOUT)

    def events(self, cursor: int = 0) -> Iterator[Event | None]:
        """Yield what happened since `cursor` (microseconds; 0 is now), and None after each second without news.

        Never ends by itself: raises `UnreachableError` where the connection breaks or stays silent, or what the
        server's refusal means.
        """
        asked = {"wantedCollections": COLLECTION, "maxMessageSizeBytes": MAX_FRAME}
        query = urlencode(asked | ({"cursor": cursor} if cursor else {}))
        try:
            with connect(
                f"{self._address}/subscribe?{query}",
                open_timeout=self._connect_timeout,
                close_timeout=0.3,
                max_size=2 * MAX_FRAME,
                user_agent_header=USER_AGENT,
                proxy=None if self._has_own_address else True,
            ) as connection:
                yield from self._read(connection)
        except InvalidStatus as error:
            answer = error.response
            raise error_for("Jetstream", answer.status_code, answer.headers, bytes(answer.body or b"")) from error
        except TimeoutError as error:
            raise UnreachableError("Jetstream did not answer in time.") from error
        except (ConnectionClosed, OSError) as error:
            raise UnreachableError("The connection to Jetstream failed or was cut off.") from error
        except (InvalidHandshake, InvalidURI, WebSocketException) as error:
            raise BadResponseError("The server at Jetstream's address speaks no websocket.") from error

    def _read(self, connection: Any) -> Iterator[Event | None]:
        silent, unreadable = 0.0, 0
        while True:
            try:
                frame = connection.recv(timeout=min(TICK, self._silence))
            except TimeoutError:
                silent += TICK
                if silent >= self._silence:
                    raise
                yield None
                continue
            event, silent = read_event(frame), 0.0
            unreadable = 0 if event else unreadable + 1
            if unreadable >= UNREADABLE:
                raise BadResponseError("Jetstream sent something else than events.")
            if event:
                yield event


def read_event(frame: str | bytes) -> Event | None:
    """Return the event, None where the frame holds none; never fails, whatever was sent."""
    try:
        raw = json.loads(frame)
        time_us = int(raw["time_us"])
        Event(time_us).arrived_at  # noqa: B018  (raises where no event is from then)
        if raw.get("kind") != "commit" or raw["commit"]["collection"] != COLLECTION:
            return Event(time_us)
        commit = raw["commit"]
        return Event(
            time_us, str(commit["operation"]), plain(raw["did"]), plain(commit["rkey"]), commit.get("record") or {}
        )
    except (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError):
        return None
