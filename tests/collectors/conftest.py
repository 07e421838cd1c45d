"""A loopback server that is scripted by the test, and the replay server where it is kept beside the project."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from collectors import Collector, SourceConfig
from collectors.feeds import Feeds
from collectors.reddit import Reddit
from collectors.x import X
from tests.collectors.archive import SECRETS

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
    """A server's answers, in turn (the last one again and again), and the requests it got."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

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
            answer = script.answers.pop(0) if len(script.answers) > 1 else script.answers[0]
            time.sleep(answer.wait)
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body[: len(answer.body) // 2] if answer.cut else answer.body)

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
    if str(REPLAY) not in sys.path:
        sys.path.insert(0, str(REPLAY))
    from replay_server import ReplayServer

    class QuickServer(ReplayServer):  # type: ignore[misc]  (untyped)
        """Polls its end a hundred times a second; the original's half second, test for test, takes a minute."""

        def __enter__(self) -> Any:
            threading.Thread(target=self.httpd.serve_forever, args=(0.01,), daemon=True).start()
            return self

    return QuickServer


@pytest.fixture
def open_source() -> Iterator[Callable[..., Collector]]:
    """A maker of collectors with short timeouts, which are closed after the test."""
    opened: list[Collector] = []
    classes = {"x": X, "reddit": Reddit, "feeds": Feeds}

    def open_one(platform: str, base_url: str, **settings: Any) -> Collector:
        defaults = {"x": {"query": "parcel"}, "reddit": {"options": {"subreddit": "shopping", "listings": "new"}}}
        config = SourceConfig(
            name="test", platform=platform, base_url=base_url, **(defaults.get(platform, {}) | settings)
        )
        collector = classes[platform].build(config, SECRETS, timeout=SHORT)
        opened.append(collector)
        return collector

    yield open_one
    for collector in opened:
        collector.close()
