"""Servers that never stop sending, a little at a time: no time-out between two bytes ever ends them."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest
import requests

from collectors.web import Edge, get, http_client
from core.errors import UnreachableError

LIMIT = 0.3  # seconds
HEAD = b"HTTP/1.1 200 OK\r\n"
Drip = Callable[[bytes, bytes], str]
pytestmark = pytest.mark.timeout(30)


@pytest.fixture
def drip() -> Iterator[Drip]:
    """A maker of servers that send `start` at once and then `piece` again and again for ever; gives the address."""
    stop = threading.Event()
    listening: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(server: socket.socket, start: bytes, piece: bytes) -> None:
        connection, _ = server.accept()
        with connection:
            try:
                connection.recv(65536)
                connection.sendall(start)
                while not stop.wait(0.02):
                    connection.sendall(piece)
            except OSError:
                return

    def start_server(start: bytes, piece: bytes) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        listening.append(server)
        threads.append(threading.Thread(target=serve, args=(server, start, piece), daemon=True))
        threads[-1].start()
        return f"http://127.0.0.1:{server.getsockname()[1]}"

    yield start_server
    stop.set()
    for thread in threads:
        thread.join(5)
    for server in listening:
        server.close()


BODIES = {
    "counted": (HEAD + b"Content-Length: 9000\r\n\r\n", b" "),
    "until the end": (HEAD + b"Connection: close\r\n\r\n", b" "),
    "in chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "inside a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n", b" "),
    # packed blocks without content: nothing ever comes out of the unpacking
    "packed": (HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10], b"\0\0\0\xff\xff"),
}


ANSWERS = BODIES | {"headers": (HEAD + b"X-Long: ", b"x"), "status line": (b"HTTP/1.1 200 O", b"K")}


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_feed_that_drips_for_ever_is_given_up(drip: Drip, kind: str) -> None:
    url = drip(*ANSWERS[kind])
    with http_client(base_url=url) as client, pytest.raises(UnreachableError, match="Feed sent its answer so slowly"):
        get("Feed", client, httpx.URL(url), {}, limit=LIMIT)


def test_a_feed_that_moves_on_to_one_that_drips_is_given_up(drip: Drip) -> None:
    url = drip(*BODIES["counted"])
    moved = drip(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + url.encode() + b"\r\n\r\n", b"")
    with http_client(base_url=url) as client, pytest.raises(UnreachableError, match="so slowly"):
        get("Feed", client, httpx.URL(moved), {}, limit=LIMIT)


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_platform_that_drips_for_ever_is_given_up(drip: Drip, kind: str) -> None:
    with requests.Session() as session:
        session.mount("https://", Edge("X", "X_BEARER_TOKEN", base_url=drip(*ANSWERS[kind]), limit=LIMIT))
        with pytest.raises(UnreachableError, match="X sent its answer so slowly"):
            session.get("https://api.x.example/2/tweets")
