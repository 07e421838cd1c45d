"""Mails leave at least once, under one Message-ID, and nothing that goes wrong loses one."""

import random
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest

from alerts.mail import open_sender
from alerts.smtp import PATIENCE
from core.errors import DeliveryError
from jobs.classify import classify
from jobs.deliver import LEASE, MAX_ATTEMPTS, deliver
from jobs.parts import Parts
from storage.outbox import claim_messages, mark_sent, queue_mail
from storage.rows import id_of
from storage.tables import OutboxState
from tests.fakes import Clock, FakeClassifier, FakeSender, post
from tests.jobs.conftest import alert_at_once, other, outbox, store
from tests.smtp import MailServer


@pytest.fixture
def queued(parts: Parts) -> Parts:
    """Two mails wait: one severe case, two managers."""
    store(parts, post(1, "late 4"))
    classify(parts, FakeClassifier())
    alert_at_once(parts)
    assert len(outbox(parts)) == 2
    return parts


def test_each_mail_is_sent_once(queued: Parts) -> None:
    sender = FakeSender()
    assert deliver(queued, sender) == 2
    assert deliver(queued, sender) == 0
    assert [message["To"] for message in sender.sent] == ["ops@parcelo.example", "eve@parcelo.example"]
    assert {(mail.state, mail.attempts, mail.claimed_by) for mail in outbox(queued)} == {(OutboxState.SENT, 1, "")}


def test_a_passing_failure_is_tried_again_later_with_the_same_id(queued: Parts, clock: Clock) -> None:
    sender = FakeSender(DeliveryError("451 later"))
    deliver(queued, sender)
    waiting = outbox(queued)[0]
    assert (waiting.state, waiting.last_error) == (OutboxState.QUEUED, "451 later")
    assert deliver(queued, sender) == 0
    clock.move(timedelta(minutes=1))
    assert deliver(queued, sender) == 1
    assert sender.sent[-1]["Message-ID"] == waiting.message_id


def test_a_permanent_failure_is_given_up_and_says_why(queued: Parts) -> None:
    deliver(queued, FakeSender(DeliveryError("550 no such user", permanent=True)))
    assert [(mail.state, mail.last_error) for mail in outbox(queued)] == [
        (OutboxState.FAILED, "550 no such user"),
        (OutboxState.SENT, ""),
    ]


def test_a_server_that_stays_away_is_given_up_in_the_end(queued: Parts, clock: Clock) -> None:
    for _ in range(MAX_ATTEMPTS):
        deliver(queued, FakeSender(*[DeliveryError("down")] * 2))
        clock.move(timedelta(days=1))
    assert {mail.state for mail in outbox(queued)} == {OutboxState.FAILED}


def test_a_mail_that_cannot_be_written_holds_up_no_other(queued: Parts) -> None:
    with queued.database.write() as session:
        broken = outbox(queued)[0]
        broken.content = {"brand": "Parcelo"}
        session.add(broken)
    sender = FakeSender()
    deliver(queued, sender)
    assert len(sender.sent) == 1
    assert "could not be put together" in outbox(queued)[0].last_error


def test_a_claim_of_another_worker_is_respected_until_it_ends(queued: Parts, clock: Clock) -> None:
    with queued.database.write() as session:
        claim_messages(session, other(queued).worker, clock(), LEASE, 10)
    sender = FakeSender()
    assert deliver(queued, sender) == 0
    clock.move(LEASE + timedelta(seconds=1))
    assert deliver(queued, sender) == 2


def test_through_a_server_that_fails_in_every_way_nothing_is_lost(parts: Parts, clock: Clock) -> None:
    store(parts, post(1, "late 4"))
    classify(parts, FakeClassifier())
    alert_at_once(parts)
    (written, _) = outbox(parts)
    with parts.database.write() as session:
        for number in range(98):
            queue_mail(session, written.kind, f"m{number}@parcelo.example", written.content, "board.example", clock())
    chance = random.Random(7)
    answers = ["250 OK"] * 6 + ["451 4.3.0 later", "drop", "lost", "421 busy"]
    with MailServer(lambda _: chance.choice(answers)) as server:
        sender = open_sender(server.url)
        for _ in range(MAX_ATTEMPTS):
            while deliver(parts, sender):
                pass
            clock.move(timedelta(hours=8))
    arrived = [message["Message-ID"] for message in server.mails]
    sent = {mail.message_id for mail in outbox(parts) if mail.state is OutboxState.SENT}
    assert {mail.state for mail in outbox(parts)} == {OutboxState.SENT}
    assert sent == set(arrived)
    assert server.tried > 100, "the server did not misbehave at all"


def test_an_address_that_the_server_refuses_is_given_up(parts: Parts) -> None:
    with MailServer() as server:
        store(parts, post(1, "late 4"))
        classify(parts, FakeClassifier())
        alert_at_once(parts)
        with parts.database.write() as session:
            refused = outbox(parts)[0]
            refused.recipient = "nobody@parcelo.example"
            session.add(refused)
        deliver(parts, open_sender(server.url))
    assert [mail.state for mail in outbox(parts)] == [OutboxState.FAILED, OutboxState.SENT]
    assert "550" in outbox(parts)[0].last_error


def test_a_server_that_lets_nobody_in_is_asked_once_a_batch(queued: Parts, clock: Clock) -> None:
    assert deliver(queued, FakeSender(DeliveryError("530 log in first", concerns_all=True))) == 1
    first, second = outbox(queued)
    assert (first.attempts, second.attempts) == (1, 0)
    assert first.next_attempt_at > second.next_attempt_at > clock()
    assert (second.state, second.claimed_by) == (OutboxState.QUEUED, "")


def test_a_worker_that_stops_gives_back_what_it_did_not_try(queued: Parts) -> None:
    assert deliver(queued, FakeSender(), stopping=lambda: True) == 0
    assert {(mail.claimed_by, mail.attempts) for mail in outbox(queued)} == {("", 0)}
    assert deliver(queued, FakeSender()) == 2


def test_ids_of_messages_differ_between_databases(queued: Parts) -> None:
    assert all(len(mail.message_id) > 40 for mail in outbox(queued))
    assert len({mail.message_id.split(".")[1] for mail in outbox(queued)}) == 2


def test_a_mail_that_the_server_cannot_take_does_not_come_first_again(queued: Parts, clock: Clock) -> None:
    deliver(queued, FakeSender(DeliveryError("552 too big", concerns_all=True)))
    clock.move(timedelta(minutes=1))
    sender = FakeSender()
    deliver(queued, sender)
    assert [message["To"] for message in sender.sent] == ["eve@parcelo.example", "ops@parcelo.example"]


def test_a_lost_answer_is_no_reason_to_send_the_mail_again_in_haste(queued: Parts, clock: Clock) -> None:
    waits = []
    for _ in range(3):
        deliver(queued, FakeSender(*[DeliveryError("cut", may_have_arrived=True)] * 2))
        waits.append(outbox(queued)[0].next_attempt_at - clock())
        clock.move(timedelta(hours=1))
    assert timedelta(minutes=3) < waits[0] < waits[1] < waits[2]


def test_a_lease_lasts_longer_than_any_session() -> None:
    assert timedelta(seconds=PATIENCE.session) < LEASE


def test_a_lane_whose_lease_ran_out_leaves_the_mail_to_the_other_lane(queued: Parts, clock: Clock) -> None:
    class Slow(FakeSender):
        """Takes longer for the first mail than the lease of the second lasts; another lane goes on meanwhile."""

        def send(self, message: EmailMessage, stopping: Callable[[], bool] = lambda: False) -> None:
            if not self.sent:
                clock.move(LEASE + timedelta(seconds=1))
                with queued.database.write() as session:
                    [taken] = claim_messages(session, queued.worker, clock(), LEASE, 10)[1:]
                    held.append(taken.id)
            super().send(message)

    held: list[int | None] = []
    sender = Slow()
    deliver(queued, sender)
    assert [message["To"] for message in sender.sent] == ["ops@parcelo.example"]
    assert [mail.id for mail in outbox(queued) if mail.claimed_by] == held


def test_what_another_lane_has_sent_meanwhile_does_not_fail(queued: Parts, clock: Clock) -> None:
    def sent_by_another() -> None:
        with queued.database.write() as session:
            mark_sent(session, id_of(outbox(queued)[0]), clock())

    class Late(FakeSender):
        def send(self, message: EmailMessage, stopping: Callable[[], bool] = lambda: False) -> None:
            if message["To"] == "ops@parcelo.example":
                sent_by_another()
                raise DeliveryError("554 no", permanent=True)

    deliver(queued, Late())
    assert [(mail.state, mail.last_error) for mail in outbox(queued)] == [(OutboxState.SENT, "")] * 2


def test_what_failed_while_the_clock_was_ahead_is_tried_once_it_is_right_again(queued: Parts, clock: Clock) -> None:
    clock.move(timedelta(days=365))
    deliver(queued, FakeSender(*[DeliveryError("down")] * 2))
    clock.move(-timedelta(days=365))
    assert deliver(queued, FakeSender()) == 2
