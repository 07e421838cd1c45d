"""Deliver: messages that wait are claimed, sent and marked, at least once and always under the same Message-ID."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from alerts import assignment, digest, handover, incident, severe, slack, webhook
from alerts.mail import Envelope, Sender, compose
from alerts.rendering import Wording
from alerts.smtp import PATIENCE
from core.alerts.kinds import Channel
from core.backoff import backoff
from core.errors import DeliveryError
from jobs.parts import Parts
from jobs.wanted import is_wanted
from storage.alerting.addresses import bury, dead_among
from storage.alerting.taking_back import take_back
from storage.outbox import claim_messages, give_back, mark_failed, mark_sent, put_off_others, still_mine
from storage.rows import id_of
from storage.tables import Outbox

BATCH = 5  # few, as lanes share what is due
LEASE: Final = timedelta(seconds=PATIENCE.session) + timedelta(minutes=3)  # and looking names up, and this machine
MAX_ATTEMPTS = 12  # the waits between them add up to about two days
LONGEST_SHUT_OUT = timedelta(minutes=5)  # a server that lets nobody in is asked again by one message
# The first wait where only the answer may be missing: who has the mail by now would get a second one.
AFTER_LOST_ANSWER: Final = timedelta(minutes=5)
WORDINGS: Mapping[str, Callable[[dict[str, object]], Wording]] = {
    module.KIND: module.wording for module in (severe, assignment, digest, handover, incident)
}
PAYLOADS: Final[Mapping[tuple[str, Channel], Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    (incident.KIND, Channel.WEBHOOK): webhook.payload,
    (incident.KIND, Channel.SLACK): slack.payload,
}
UNSIGNED: Final = webhook.HookSender()
_log = logging.getLogger(__name__)


class Hooks(Protocol):
    """Takes messages to web addresses."""

    def send(self, url: str, message_id: str, payload: Mapping[str, Any]) -> None:
        """Hand the message over; raises DeliveryError, `permanent` where another try cannot help."""


def deliver(
    parts: Parts,
    sender: Sender,
    hooks: Hooks = UNSIGNED,
    channels: Collection[Channel] = tuple(Channel),
    batch: int = BATCH,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Try to send up to `batch` messages of these channels that are due and return how many were tried.

    A crash between the server's answer and the mark sends the message again, with the same Message-ID. Where the
    server lets nobody in, the rest of the batch waits as long as the first message. `stopping` is asked in between.
    """
    with parts.database.write() as session:
        messages = claim_messages(session, parts.worker, parts.now(), LEASE, batch, channels)
    for done, message in enumerate(messages):
        if stopping():
            _give_back(parts, messages[done:], parts.now())
            return done
        if not _is_to_be_sent(parts, message):
            continue
        retry_at = _send(parts, sender, hooks, message, stopping)
        if retry_at is not None:
            # The others come first next time: this one may be what the server cannot take.
            _give_back(parts, messages[done + 1 :], retry_at - timedelta(seconds=1))
            return done + 1
    return len(messages)


def _give_back(parts: Parts, messages: Sequence[Outbox], next_attempt_at: datetime) -> None:
    with parts.database.write() as session:
        if messages:
            give_back(session, messages, next_attempt_at)


def _is_to_be_sent(parts: Parts, message: Outbox) -> bool:
    """Renew the claim; false where another took the message, or its recipient is not to have it or cannot any more."""
    with parts.database.write() as session:
        if not still_mine(session, message, parts.now(), LEASE):
            return False
        if dead_among(session, [message.recipient]):
            why = "The address was refused before: nothing is sent there any more"
            mark_failed(session, id_of(message), why, None, parts.now())
            return False
        if not is_wanted(session, message, parts.now()):
            take_back(session, message, "By now the rule is gone, tells somebody else, or nobody at this hour")
            _log.info("Message %s was taken back: its rule does not tell its recipient now", message.message_id)
            return False
        return True


def _send(parts: Parts, sender: Sender, hooks: Hooks, message: Outbox, stopping: Callable[[], bool]) -> datetime | None:
    """Send the message and note what came of it; return until when no other needs to be tried, where that is so."""
    try:
        if message.channel is Channel.EMAIL:
            mail = compose(_envelope(parts, message), WORDINGS[message.kind](dict(message.content)))
            sender.send(mail, stopping)
        else:
            payload = PAYLOADS[message.kind, message.channel](message.content)
            hooks.send(message.recipient, message.message_id, payload)
    except DeliveryError as error:
        retry_at = _keep_for_later(parts, message, error)
        return retry_at if error.concerns_all else None
    except Exception as error:  # one message that cannot be written must not hold up the others
        _log.exception("Message %s could not be put together", message.message_id)
        _keep_for_later(parts, message, DeliveryError(f"could not be put together: {error!r}"))
        return None
    with parts.database.write() as session:
        mark_sent(session, id_of(message), parts.now())
    return None


def _envelope(parts: Parts, message: Outbox) -> Envelope:
    return Envelope(
        message_id=message.message_id,
        sender=parts.mail_from,
        recipient=message.recipient,
        sent_at=message.created_at,
    )


def _keep_for_later(parts: Parts, message: Outbox, error: DeliveryError) -> datetime | None:
    """Note the failure and when the next try is, None where there is none; an address that is refused is put aside."""
    if error.concerns_all:  # not the message's fault, so it is never given up for that
        next_attempt_at = parts.now() + min(backoff(message.attempts), LONGEST_SHUT_OUT)
    elif error.permanent or message.attempts + 1 >= MAX_ATTEMPTS:
        next_attempt_at = None
    elif error.may_have_arrived:
        next_attempt_at = parts.now() + backoff(message.attempts, first=AFTER_LOST_ANSWER)
    else:
        next_attempt_at = parts.now() + backoff(message.attempts)
    end = "" if next_attempt_at else " (given up)"
    _log.warning("Message %s (%s) was not sent: %s%s", message.message_id, message.channel.value, error, end)
    with parts.database.write() as session:
        mark_failed(session, id_of(message), str(error), next_attempt_at, parts.now())
        if next_attempt_at and message.channel is not Channel.EMAIL:
            # Its others would each hold up the lane as long; they go first next time, as this one may be at fault.
            until = min(next_attempt_at, parts.now() + LONGEST_SHUT_OUT) - timedelta(seconds=1)
            put_off_others(session, message, until, parts.now())
        if error.refuses_address:
            bury(session, message.recipient, str(error), parts.now())
    return next_attempt_at
