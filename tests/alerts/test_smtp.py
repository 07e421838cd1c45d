"""Sessions with a mail server: none takes longer than it may, and one that is slow to take a mail is waited for."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest

from alerts.mail import Envelope, compose, open_sender
from alerts.rendering import Wording
from alerts.smtp import PATIENCE, Patience, SmtpSender
from core.errors import DeliveryError
from tests.smtp import TalkingServer

HURRIED = Patience(answer=0.5, opening=1, taking=3, ending=0.5)
SOON_S = 10  # far beyond what is allowed, and far from for ever


def mail(to: str = "ops@parcelo.example") -> EmailMessage:
    envelope = Envelope("<a.1@board.example>", "afterclick@board.example", to, datetime(2026, 11, 21, tzinfo=UTC))
    return compose(envelope, Wording("Severe case", "Late.\n", "<p>Late.</p>"))


@contextmanager
def fails(**said: bool) -> Iterator[pytest.ExceptionInfo[DeliveryError]]:
    """The block fails soon, with an error that says this and nothing else."""
    began = time.monotonic()
    with pytest.raises(DeliveryError) as failed:
        yield failed
    assert time.monotonic() - began < SOON_S
    names = ("permanent", "concerns_all", "refuses_address", "may_have_arrived")
    assert {name: getattr(failed.value, name) for name in names} == dict.fromkeys(names, False) | said


def sender(server: TalkingServer, patience: Patience = HURRIED) -> SmtpSender:
    return SmtpSender(urlsplit(server.url), patience)


def taking(final: Callable[[Any], object]) -> Callable[[Any], object]:
    """Talk politely until a mail has come, then answer it like this."""
    return lambda call: call.take_mail(lambda: final(call))


def test_a_server_that_takes_its_time_after_the_mail_is_waited_for() -> None:
    def late(call: Any) -> None:
        time.sleep(HURRIED.answer * 3)
        call.say("250 at last\r\n")

    with TalkingServer(taking(late)) as server:
        sender(server).send(mail())
    assert server.taken == 1
    assert PATIENCE.taking >= 600, "RFC 5321, 4.5.3.2.6"


def test_a_greeting_that_never_ends_is_cut_off() -> None:
    with TalkingServer(lambda call: call.drip("220-still here\r\n")) as server, fails(concerns_all=True) as failed:
        sender(server).send(mail())
    assert "did not let us in within 1 seconds" in str(failed.value)


def test_an_answer_to_the_mail_that_never_ends_is_cut_off_and_may_have_been_a_yes() -> None:
    talk = taking(lambda call: call.drip("250-still at it\r\n"))
    with TalkingServer(talk) as server, fails(may_have_arrived=True) as failed:
        sender(server).send(mail())
    assert "did not take the message within 3 seconds" in str(failed.value)


def test_a_handshake_that_hangs_is_cut_off() -> None:
    def talk(call: Any) -> None:
        call.say("220 hello\r\n")
        call.rfile.readline()
        call.say("250-fine\r\n250 STARTTLS\r\n")
        call.rfile.readline()
        call.say("220 go on\r\n")
        call.drip("\x16")

    with TalkingServer(talk) as server, fails(concerns_all=True):
        sender(server).send(mail())
    with TalkingServer(lambda call: call.drip("\x16")) as server, fails(concerns_all=True):
        SmtpSender(urlsplit(server.url.replace("smtp:", "smtps:")), HURRIED).send(mail())


def test_a_worker_that_ends_waits_for_no_server() -> None:
    patience = Patience(ending=0.5)
    began = time.monotonic()
    talk = taking(lambda call: call.drip("250-still at it\r\n"))
    with TalkingServer(talk) as server, fails(may_have_arrived=True) as failed:
        sender(server, patience).send(mail(), lambda: time.monotonic() - began > 1)
    assert "the worker ends" in str(failed.value)


def test_nobody_waits_for_a_goodbye() -> None:
    with TalkingServer(taking(lambda call: call.say("250 fine\r\n"))) as server:
        server.hangs_at_quit_s = SOON_S
        began = time.monotonic()
        sender(server, PATIENCE).send(mail())
        assert time.monotonic() - began < SOON_S / 2
        while "QUIT" not in server.heard:
            time.sleep(0.01)


@pytest.mark.parametrize(
    ("answer", "is_final"),
    [("554 5.7.1 rejected by policy", False), ("554 5.6.0 not taken", True), ("554 no", True), ("451 4.7.1 no", False)],
)  # fmt: skip
def test_what_a_server_thinks_of_us_may_change(answer: str, is_final: bool) -> None:
    with TalkingServer(taking(lambda call: call.say(f"{answer}\r\n"))) as server, fails(permanent=is_final) as failed:
        sender(server).send(mail())
    assert answer in str(failed.value)


def test_an_address_that_the_server_cannot_even_read_is_given_up() -> None:
    talk = taking(lambda call: call.say("250 fine\r\n"))
    with TalkingServer(talk) as server, fails(permanent=True, refuses_address=True) as failed:
        open_sender(server.url).send(mail("übel@parcelo.example"))
    assert "übel@parcelo.example" in str(failed.value)
