"""Alerts for machines: what they are sent, signed as documented, over real lines."""

import hmac
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from alerts import slack, webhook
from alerts.webhook import HookSender, payload
from core.errors import DeliveryError
from tests.alerts import samples
from tests.alerts.samples import incident, item, message, spike
from tests.conftest import ROOT
from tests.smtp import free_port

SECRET = "only-we-know"
NOW = datetime(2026, 11, 26, 14, tzinfo=UTC)
ID = "<incident-5.1.abc@board.example>"


@dataclass
class Hook:
    """A server that takes what is posted to it and answers as it was told."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    url: str = ""
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Somebody hung up, as some tests want it."""


@contextmanager
def hook(**answer: object) -> Iterator[Hook]:
    told = Hook(**answer)  # type: ignore[arg-type]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = _Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}/hooks/afterclick"
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def sender(secret: str = SECRET) -> HookSender:
    return HookSender(secret, reaches_private=True, now=lambda: NOW)


def test_a_message_comes_as_json_that_says_all_of_it() -> None:
    with hook() as told:
        sender().send(told.url, ID, payload(message(spike(), incident())))
    [(headers, body)] = told.came
    said = json.loads(body)
    assert headers["content-type"] == "application/json"
    assert (said["id"], said["version"], said["type"]) == (ID, 1, "incidents")
    rise, severe = said["incidents"]
    assert (rise["event"], rise["kind"], rise["title"], rise["total"]) == (
        "opened",
        "spike",
        "Spike: late delivery",
        41,
    )
    assert rise["counts"]["by_hour"][-3:] == [9, 14, 18]
    assert rise["counts"]["window_hours"] == 3
    assert severe["counts"] is None
    [case] = severe["items"]
    assert (case["case_id"], case["severity"], case["reasons"]) == (17, 4, ["late", "missed"])
    assert severe["acknowledge_link"].startswith("https://board.example/alerts/acknowledge?")


def test_a_receiver_can_check_the_signature_as_documented() -> None:
    with hook() as told:
        sender().send(told.url, ID, payload(message()))
    [(headers, body)] = told.came
    stamp = headers["afterclick-timestamp"]
    wanted = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, sha256).hexdigest()
    assert headers["afterclick-signature"] == f"v1={wanted}"
    assert stamp == str(int(NOW.timestamp()))
    assert headers["afterclick-id"] == ID


def test_slack_gets_its_own_json_and_nothing_more() -> None:
    told_slack = slack.payload(message())
    with hook() as told:
        sender().send(told.url, ID, told_slack)
    assert json.loads(told.came[0][1]) == told_slack


def test_a_proxy_is_used_where_private_networks_may_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    with hook() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.rpartition("/hooks")[0])
        sender().send("http://chat.inside.example/hook", ID, payload(message()))
    assert [headers["host"] for headers, _ in proxy.came] == ["chat.inside.example"]


def test_a_secret_address_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    with hook() as told:
        sender().send(f"{told.url}/s3cret", ID, payload(message()))
    assert "s3cret" not in caplog.text


def test_without_a_secret_nothing_is_signed() -> None:
    with hook() as told:
        sender("").send(told.url, ID, payload(message()))
    assert "afterclick-signature" not in told.came[0][0]


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(400, True), (401, True), (404, True), (410, True), (408, False), (429, False), (500, False), (503, False)],
)
def test_what_the_other_side_answers_tells_whether_to_try_again(status: int, permanent: bool) -> None:
    with hook(status=status, body=b"channel_is_\x1barchived\n") as told, pytest.raises(DeliveryError) as failed:
        sender().send(told.url, ID, payload(message()))
    assert failed.value.permanent is permanent
    assert not failed.value.concerns_all
    assert str(failed.value) == f"127.0.0.1 answered {status}: channel_is_archived"


def test_a_redirect_is_not_followed() -> None:
    with (
        hook() as elsewhere,
        hook(status=307, headers={"Location": elsewhere.url}) as told,
        pytest.raises(DeliveryError, match="not followed") as failed,
    ):
        sender().send(told.url, ID, payload(message()))
    assert failed.value.permanent
    assert elsewhere.came == []


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    with hook(status=500, body=b"x" * 20_000_000) as told, pytest.raises(DeliveryError) as failed:
        sender().send(told.url, ID, payload(message()))
    assert len(str(failed.value)) < 300


def test_nobody_there_is_tried_again_and_the_secret_way_is_not_told() -> None:
    with pytest.raises(DeliveryError, match=r"127\.0\.0\.1 could not be reached") as failed:
        sender().send(f"http://127.0.0.1:{free_port()}/services/T0/B0/s3cret", ID, payload(message()))
    assert not failed.value.permanent
    assert "s3cret" not in str(failed.value)


def test_one_who_never_answers_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "WITHIN_S", 0.2)
    waits = threading.Event()

    with hook() as told:
        told.headers = _Slow(waits)  # type: ignore[assignment]
        with pytest.raises(DeliveryError, match=r"127\.0\.0\.1 did not answer within 0\.2 seconds") as failed:
            sender().send(told.url, ID, payload(message()))
        waits.set()
    assert not failed.value.permanent


@contextmanager
def dripping(head: bytes, drop: bytes) -> Iterator[str]:
    """A server that answers with `head` and then without end with `drop`, each long before any wait is over."""
    is_over = threading.Event()

    def answer(listener: socket.socket) -> None:
        try:
            line, _ = listener.accept()
        except TimeoutError:
            return  # whoever wanted to ask had no time left for it, on a busy machine
        with line:
            line.recv(65_536)
            try:
                line.sendall(head)
                while not is_over.wait(0.02):
                    line.sendall(drop)
            except OSError:
                pass  # hung up, as it should be

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            is_over.set()
            thread.join()


@pytest.mark.parametrize("drop", [b"X-More: a\r\n", b"x"])
@pytest.mark.parametrize("reaches_private", [True, False])
def test_one_who_answers_by_drips_is_given_up_as_soon(
    drop: bytes, reaches_private: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "WITHIN_S", 0.3)
    monkeypatch.setattr(webhook, "is_public", lambda address: address == "127.0.0.1")
    began = time.monotonic()
    with (
        dripping(b"HTTP/1.1 200 OK\r\n", drop) as url,
        pytest.raises(DeliveryError, match="did not answer within") as failed,
    ):
        HookSender(SECRET, reaches_private=reaches_private).send(url, ID, payload(message()))
    assert not failed.value.permanent
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(("status", "words"), [("200 OK", ""), ("410 Gone", "127.0.0.1 answered 410")])
def test_of_an_answer_whose_words_come_by_drips_the_status_counts(
    status: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "WORDS_S", 0.1)
    head = f"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n"
    said = ""
    with dripping(head.encode(), b"0") as url:
        try:
            sender().send(url, ID, payload(message()))
        except DeliveryError as error:
            said = str(error)
    assert said == words


class _Slow(dict[str, str]):
    """Headers that nobody gets before the test lets them go."""

    def __init__(self, waits: threading.Event) -> None:
        super().__init__()
        self._waits = waits

    def items(self) -> list[tuple[str, str]]:  # type: ignore[override]
        self._waits.wait(60)
        return []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.1.2.3", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_private_addresses_are_refused_without_being_asked(host: str) -> None:
    with hook() as told, pytest.raises(DeliveryError, match="private network") as failed:
        HookSender(SECRET).send(told.url.replace("127.0.0.1", host), ID, payload(message()))
    assert (failed.value.permanent, failed.value.refuses_address) == (True, False)
    assert "AFTERCLICK_WEBHOOK_PRIVATE" in str(failed.value)
    assert told.came == []


@pytest.mark.parametrize("url", ["http://[::1", "nonsense", "ftp://hooks.example/a", "https://"])
def test_what_is_no_web_address_is_refused_for_good(url: str) -> None:
    with pytest.raises(DeliveryError) as failed:
        sender().send(url, ID, payload(message()))
    assert failed.value.permanent


def test_a_public_name_is_connected_to_at_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    real = socket.getaddrinfo

    def found(host: str, port: int, *rest: Any, **more: Any) -> Any:
        looked.append(host)
        # What a stranger's name may stand for: something private, and what this test takes for public.
        names = ["10.0.0.1", "127.0.0.1"] if host == "hooks.example" else [host]
        return [each for name in names for each in real(name, port, *rest, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    monkeypatch.setattr(webhook, "is_public", lambda address: address == "127.0.0.1")
    with hook() as told:
        url = told.url.replace("127.0.0.1", "hooks.example")
        HookSender(SECRET, now=lambda: NOW).send(url, ID, payload(message()))
    assert [headers["host"] for headers, _ in told.came] == [url.split("/")[2]]
    assert looked.count("hooks.example") == 1


def test_strangers_words_hold_nothing_unseen_and_no_link() -> None:
    [told] = payload(
        message(incident(items=(item(excerpt="see\u202e http://evil.example/x \u200bnow\x00", author="\u202ea"),)))
    )["incidents"]
    assert told["items"][0]["excerpt"] == "see [link] now"
    assert told["items"][0]["author"] == "a"


def test_a_storm_of_incidents_is_one_message() -> None:
    with hook() as told:
        sender().send(told.url, ID, payload(samples.many(400)))
    assert len(json.loads(told.came[0][1])["incidents"]) == 400


DOCS = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")


def test_the_check_in_the_docs_takes_what_we_send_and_nothing_else() -> None:
    [code] = re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    check = names["is_from_afterclick"]
    with hook() as told:
        HookSender(SECRET, reaches_private=True).send(told.url, ID, payload(message()))
    [(lower, body)] = told.came
    headers = {name.title(): value for name, value in lower.items()}
    assert check(SECRET, headers, body)
    assert not check("another", headers, body)
    assert not check(SECRET, headers, body + b" ")
    assert not check(SECRET, headers | {"Afterclick-Timestamp": "1764165600"}, body)


def test_every_field_stands_in_the_docs() -> None:
    told = payload(message(spike()))
    [whole] = told["incidents"]
    for name in [*told, *whole, *whole["items"][0], *whole["counts"]]:
        assert f"`{name}`" in DOCS, name
