"""Messages leave by their channel, side by side; what is refused for good is put aside, what is shut out waits."""

import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
from sqlmodel import select

from alerts.mail import open_sender
from alerts.telling import KIND, Told, ToldIncident, as_content
from alerts.webhook import HookSender, signature
from core.alerts.kinds import Channel
from core.errors import DeliveryError
from jobs.deliver import MAX_ATTEMPTS, deliver
from jobs.lanes import HOOKS, LANES, MAIL, REST_AFTER_TROUBLE, Lanes
from jobs.parts import Parts
from storage.alerting.addresses import revive
from storage.outbox import queue_mail
from storage.tables import DeadAddress, Outbox, OutboxState
from tests.fakes import Clock, FakeSender
from tests.jobs.conftest import outbox
from tests.smtp import MailServer

OPS, NOBODY = "ops@parcelo.example", "nobody@parcelo.example"
SECRET = "a secret of ours"
WAIT_S = 60


def queue(parts: Parts, recipient: str = OPS, channel: Channel = Channel.EMAIL) -> None:
    at = parts.now()
    told = ToldIncident(1, "Parcelo", "Severe", "severe", "opened", "Severe case", "A case.", at.isoformat())
    with parts.database.write() as session:
        content = as_content(Told("UTC", (told,)))
        queue_mail(session, KIND, recipient, content, "board.example", at).channel = channel


def dead(parts: Parts) -> list[str]:
    with parts.database.read() as session:
        return list(session.exec(select(DeadAddress.address)))


def states(parts: Parts) -> list[OutboxState]:
    return [row.state for row in outbox(parts)]


class FakeHooks:
    """Keeps what is sent; `before` is called first."""

    def __init__(self, before: Callable[[], object] = lambda: None) -> None:
        self.before = before
        self.sent: list[tuple[str, str]] = []

    def send(self, url: str, message_id: str, payload: Mapping[str, Any]) -> None:
        assert payload
        self.before()
        self.sent.append((url, message_id))


def test_an_address_that_is_refused_for_good_is_asked_once_and_again_when_somebody_says_so(
    parts: Parts, clock: Clock
) -> None:
    with MailServer() as server:
        sender = open_sender(server.url)
        for _ in range(3):
            queue(parts, NOBODY)
        queue(parts)
        while deliver(parts, sender):
            pass
        assert states(parts) == [OutboxState.FAILED] * 3 + [OutboxState.SENT]
        assert [row.attempts for row in outbox(parts)] == [1] * 4
        assert "550" in outbox(parts)[0].last_error
        assert "refused before" in outbox(parts)[1].last_error
        assert dead(parts) == [NOBODY]
        with parts.database.write() as session:
            assert revive(session, NOBODY)
        queue(parts, NOBODY)
        deliver(parts, sender)
    assert "550" in outbox(parts)[-1].last_error, "it was asked once more"


@pytest.mark.parametrize(
    ("answer", "is_put_aside"),
    [("550 5.1.1 no such user", True), ("550 no", True), ("550 5.7.1 relaying denied", False), ("451 later", False)],
)  # fmt: skip
def test_what_the_server_holds_against_us_is_not_the_addresss_fault(
    parts: Parts, answer: str, is_put_aside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> str:
        return answer

    queue(parts)
    monkeypatch.setattr(MailServer, "handle_RCPT", refuse)
    with MailServer() as server:
        deliver(parts, open_sender(server.url))
    assert dead(parts) == ([OPS] if is_put_aside else [])
    assert states(parts) == [OutboxState.FAILED if is_put_aside else OutboxState.QUEUED]


def test_a_refused_text_puts_no_address_aside(parts: Parts) -> None:
    queue(parts)
    with MailServer(lambda _: "554 5.6.0 not taken") as server:
        deliver(parts, open_sender(server.url))
    assert (states(parts), dead(parts)) == ([OutboxState.FAILED], [])


def test_for_a_server_that_lets_nobody_in_nothing_is_given_up(parts: Parts, clock: Clock) -> None:
    queue(parts)
    for _ in range(MAX_ATTEMPTS * 3):
        deliver(parts, FakeSender(DeliveryError("down", concerns_all=True)))
        [row] = outbox(parts)
        assert row.state is OutboxState.QUEUED
        assert row.next_attempt_at - clock() <= timedelta(minutes=5)
        clock.move(timedelta(minutes=6))
    deliver(parts, FakeSender())
    assert states(parts) == [OutboxState.SENT]


def test_each_channel_has_its_own_way_out(parts: Parts) -> None:
    queue(parts)
    queue(parts, "https://hooks.example/a", Channel.WEBHOOK)
    queue(parts, "https://hooks.example/B", Channel.SLACK)
    sender, hooks = FakeSender(), FakeHooks()
    assert deliver(parts, sender, hooks, MAIL) == 1
    assert (len(sender.sent), hooks.sent) == (1, [])
    assert deliver(parts, sender, hooks, HOOKS) == 2
    assert hooks.sent == [(row.recipient, row.message_id) for row in outbox(parts)[1:]]
    assert states(parts) == [OutboxState.SENT] * 3


class SlowHooks(FakeHooks):
    """Takes what goes to other addresses than /slow, where nobody answers before `hangs` is set."""

    def __init__(self, hangs: threading.Event) -> None:
        super().__init__()
        self.hangs = hangs
        self.asked: list[str] = []

    def send(self, url: str, message_id: str, payload: Mapping[str, Any]) -> None:
        self.asked.append(url)
        if url.endswith("/slow"):
            self.hangs.wait(2 * WAIT_S)
            raise DeliveryError("nobody answers")
        super().send(url, message_id, payload)


SLOW, WELL = "https://hooks.example/slow", "https://hooks.example/well"


class _Receiver(BaseHTTPRequestHandler):
    """Keeps what it is posted; its paths say how it answers."""

    got: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((dict(self.headers), body))
        self.send_response(int(self.path.strip("/")))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_webhook_is_signed_and_one_that_refuses_is_put_aside(parts: Parts) -> None:
    _Receiver.got.clear()
    with HTTPServer(("127.0.0.1", 0), _Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        for status in (200, 503, 410):
            queue(parts, f"{address}/{status}", Channel.WEBHOOK)
        deliver(parts, FakeSender(), HookSender(SECRET, reaches_private=True))
        server.shutdown()
    headers, body = _Receiver.got[0]
    assert headers["Afterclick-Signature"] == signature(SECRET, headers["Afterclick-Timestamp"], body)
    assert headers["Afterclick-Id"] == outbox(parts)[0].message_id == json.loads(body)["id"]
    assert states(parts) == [OutboxState.SENT, OutboxState.QUEUED, OutboxState.FAILED]
    assert dead(parts) == [f"{address}/410"]


def run_lanes(lanes: Lanes, pool: ThreadPoolExecutor, until: Callable[[], bool]) -> None:
    for _ in range(WAIT_S * 100):
        lanes.start(pool)
        if until():
            return
        threading.Event().wait(0.01)
    raise AssertionError("the lanes stand still")


def test_a_web_address_that_hangs_holds_up_no_mail(parts: Parts) -> None:
    hangs = threading.Event()
    queue(parts, "https://hooks.example/slow", Channel.WEBHOOK)
    for _ in range(12):
        queue(parts)
    sender = FakeSender()
    lanes = Lanes(parts, sender, FakeHooks(lambda: hangs.wait(WAIT_S)))
    with ThreadPoolExecutor(len(LANES)) as pool:
        try:
            run_lanes(lanes, pool, lambda: len(sender.sent) == 12)
            assert states(parts)[0] is OutboxState.QUEUED
        finally:
            hangs.set()
        run_lanes(lanes, pool, lambda: set(states(parts)) == {OutboxState.SENT})
    assert len({message["Message-ID"] for message in sender.sent}) == 12


def test_a_web_address_that_hangs_holds_up_no_other(parts: Parts) -> None:
    hangs = threading.Event()
    for address in (SLOW, WELL, WELL):
        queue(parts, address, Channel.WEBHOOK)
    hooks = SlowHooks(hangs)
    lanes = Lanes(parts, FakeSender(), hooks)
    with ThreadPoolExecutor(len(LANES)) as pool:
        try:
            run_lanes(lanes, pool, lambda: len(hooks.sent) == 2)
            assert states(parts)[0] is OutboxState.QUEUED
        finally:
            hangs.set()


def test_a_web_address_that_fails_is_asked_by_one_message_and_its_others_wait(parts: Parts, clock: Clock) -> None:
    hangs = threading.Event()
    hangs.set()
    for address in (SLOW, SLOW, SLOW, WELL):
        queue(parts, address, Channel.WEBHOOK)
    hooks = SlowHooks(hangs)
    while deliver(parts, FakeSender(), hooks, HOOKS, batch=1):
        pass
    assert hooks.asked == [SLOW, WELL]
    assert [row.attempts for row in outbox(parts)] == [1, 0, 0, 1]
    clock.move(timedelta(minutes=6))
    deliver(parts, FakeSender(), hooks, HOOKS, batch=1)
    assert [row.attempts for row in outbox(parts)] == [1, 1, 0, 1], "another goes first: that one may be at fault"


def test_messages_wait_for_an_address_that_fails_no_longer_than_five_minutes(parts: Parts, clock: Clock) -> None:
    hangs = threading.Event()
    hangs.set()
    queue(parts, SLOW, Channel.WEBHOOK)
    for _ in range(MAX_ATTEMPTS - 2):
        deliver(parts, FakeSender(), SlowHooks(hangs), HOOKS)
        clock.move(outbox(parts)[0].next_attempt_at - clock())
    queue(parts, SLOW, Channel.WEBHOOK)
    deliver(parts, FakeSender(), SlowHooks(hangs), HOOKS, batch=1)
    old, new = outbox(parts)
    assert old.next_attempt_at - clock() > timedelta(hours=1)
    assert timedelta() < new.next_attempt_at - clock() <= timedelta(minutes=5)


def test_a_lane_that_fails_rests_and_goes_on(parts: Parts, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(parts)
    sender, tried = FakeSender(), threading.Event()
    lanes = Lanes(parts, sender, FakeHooks())

    def fail(*_: object, **__: object) -> int:
        tried.set()
        raise OSError("the disk is full")

    with ThreadPoolExecutor(len(LANES)) as pool:
        with monkeypatch.context() as patched:
            patched.setattr("jobs.lanes.deliver", fail)
            run_lanes(lanes, pool, tried.is_set)
            run_lanes(lanes, pool, lambda: len(lanes._rests_until) == len(LANES))
        lanes.start(pool)
        assert sender.sent == []
        clock.move(REST_AFTER_TROUBLE)
        run_lanes(lanes, pool, lambda: len(sender.sent) == 1)
        run_lanes(lanes, pool, lambda: states(parts) == [OutboxState.SENT])


def test_message_ids_stay_through_all_tries(parts: Parts, clock: Clock) -> None:
    queue(parts)
    [row] = outbox(parts)
    sender = FakeSender(DeliveryError("451"), DeliveryError("cut"))
    for _ in range(3):
        deliver(parts, sender)
        clock.move(timedelta(hours=1))
    assert [message["Message-ID"] for message in sender.sent] == [row.message_id]
    with parts.database.read() as session:
        assert session.get_one(Outbox, row.id).attempts == 3


@pytest.mark.parametrize(
    "recipient", [f"{OPS}\r\nBcc: all@evil.example", f"{OPS}\nX: y", f"{OPS}, all@evil.example", ""]
)  # fmt: skip
def test_a_recipient_that_brings_headers_or_others_along_is_written_to_by_nobody(parts: Parts, recipient: str) -> None:
    queue(parts, recipient)
    with MailServer() as server:
        deliver(parts, open_sender(server.url))
    assert server.mails == []
    assert states(parts) == [OutboxState.FAILED]
