"""Deliver: messages that wait are claimed, sent and marked, at least once and always under the same Message-ID."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from alerts import severe
from alerts.mail import Envelope, Sender, compose
from alerts.rendering import Wording
from core.backoff import backoff
from core.errors import DeliveryError
from jobs.parts import Parts
from storage.outbox import claim_messages, mark_failed, mark_sent, still_mine
from storage.rows import id_of
from storage.tables import Outbox

BATCH = 20
LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 12  # the waits between them add up to about two days
WORDINGS: Mapping[str, Callable[[dict[str, object]], Wording]] = {severe.KIND: severe.wording}
_log = logging.getLogger(__name__)


def deliver(parts: Parts, sender: Sender, batch: int = BATCH) -> int:
    """Try to send up to `batch` messages that are due and return how many were tried.

    A crash between the server's answer and the mark sends the message again, with the same Message-ID.
    """
    with parts.database.write() as session:
        messages = claim_messages(session, parts.worker, parts.now(), LEASE, batch)
    for message in messages:
        with parts.database.write() as session:
            if not still_mine(session, id_of(message), parts.worker, parts.now(), LEASE):
                continue
        _send(parts, sender, message)
    return len(messages)


def _send(parts: Parts, sender: Sender, message: Outbox) -> None:
    envelope = Envelope(
        message_id=message.message_id,
        sender=parts.mail_from,
        recipient=message.recipient,
        sent_at=message.created_at,
        thread_id=message.message_id,
    )
    try:
        sender.send(compose(envelope, WORDINGS[message.kind](dict(message.content))))
    except DeliveryError as error:
        _keep_for_later(parts, message, error)
        return
    except Exception as error:  # one message that cannot be written must not hold up the others
        _log.exception("Mail to %s could not be put together", message.recipient)
        _keep_for_later(parts, message, DeliveryError(f"could not be put together: {error!r}"))
        return
    with parts.database.write() as session:
        mark_sent(session, id_of(message), parts.now())


def _keep_for_later(parts: Parts, message: Outbox, error: DeliveryError) -> None:
    given_up = error.permanent or message.attempts + 1 >= MAX_ATTEMPTS
    next_attempt_at = None if given_up else parts.now() + backoff(message.attempts)
    _log.warning("Mail to %s was not sent: %s%s", message.recipient, error, " (given up)" if given_up else "")
    with parts.database.write() as session:
        mark_failed(session, id_of(message), str(error), next_attempt_at)
