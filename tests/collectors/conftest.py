"""A loopback server that is scripted by the test, and the replay server where it is kept beside the project."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from collectors import Collector, SourceConfig, class_of
from tests.collectors.archive import SECRETS
from tests.replaying import replay_server

REPLAY = Path(__file__).resolve().parents[3] / "shared" / "replay"
SHORT = (2.0, 2.0)  # seconds; long enough for a loopback server on a busy machine


@dataclass
class Answer:
    """What the scripted server says to one request."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    cut: bool = False


@dataclass
class Script:
    """A server's answers, in turn (the last one again and again), and the requests it got.

    `respond` takes the place of the answers where it is set: it is given the path with its query.
    """

    url: str = ""
    respond: Callable[[str], Answer] | None = None
    answers: list[Answer] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)  # the bodies of what was posted

    def say(self, body: bytes | str | dict[str, Any] = b"", status: int = 200, **headers: str) -> "Script":
        raw = json.dumps(body) if isinstance(body, dict) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append(Answer(raw.encode() if isinstance(raw, str) else raw, status, named))
        return self


@pytest.fixture
def server() -> Iterator[Script]:
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            if script.respond:
                answer = script.respond(self.path)
            else:
                answer = script.answers.pop(0) if len(script.answers) > 1 else script.answers[0]
            time.sleep(answer.wait)
            self.send_response_only(answer.status)
            sent = {"Date": self.date_time_string(), "Content-Length": str(len(answer.body)), **answer.headers}
            for name, value in sent.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body[: len(answer.body) // 2] if answer.cut else answer.body)

        def do_POST(self) -> None:
            script.sent.append(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True).start()
    script.url = f"http://127.0.0.1:{httpd.server_port}"
    yield script
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture
def replay() -> Callable[..., AbstractContextManager[Any]]:
    """The ReplayServer class, to be used as `with replay(archive=[...]) as served:`."""
    if not (REPLAY / "replay_server.py").is_file():
        pytest.skip("needs the replay server, which is kept beside the project under ../shared/replay")
    return replay_server(REPLAY.parent).ReplayServer


@pytest.fixture
def open_source() -> Iterator[Callable[..., Collector]]:
    """A maker of collectors with short timeouts, which are closed after the test."""
    opened: list[Collector] = []

    def open_one(
        platform: str, base_url: str, *, more: dict[str, SecretStr] | None = None, **settings: Any
    ) -> Collector:
        defaults = {"x": {"query": "parcel"}, "reddit": {"options": {"subreddit": "shopping", "listings": "new"}}}
        config = SourceConfig(
            name="test", platform=platform, base_url=base_url, **(defaults.get(platform, {}) | settings)
        )
        collector: Any = class_of(platform).build(config, SECRETS | (more or {}), timeout=SHORT)  # type: ignore[call-arg]
        opened.append(collector)
        return collector

    yield open_one
    for collector in opened:
        collector.close()
