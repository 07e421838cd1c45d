"""Deliver: messages that wait are claimed, sent and marked, at least once and always under the same Message-ID."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from alerts import severe
from alerts.mail import Envelope, Sender, compose
from alerts.rendering import Wording
from core.backoff import backoff
from core.errors import DeliveryError
from jobs.parts import Parts
from storage.outbox import claim_messages, give_back, mark_failed, mark_sent, still_mine
from storage.rows import id_of
from storage.tables import Outbox

BATCH = 20
LEASE = timedelta(minutes=5)  # longer than every step of one SMTP session may take together
MAX_ATTEMPTS = 12  # the waits between them add up to about two days
WORDINGS: Mapping[str, Callable[[dict[str, object]], Wording]] = {severe.KIND: severe.wording}
_log = logging.getLogger(__name__)


def deliver(parts: Parts, sender: Sender, batch: int = BATCH, stopping: Callable[[], bool] = lambda: False) -> int:
    """Try to send up to `batch` messages that are due and return how many were tried.

    A crash between the server's answer and the mark sends the message again, with the same Message-ID. Where the
    server lets nobody in, the rest of the batch waits as long as the first message. `stopping` is asked in between.
    """
    with parts.database.write() as session:
        messages = claim_messages(session, parts.worker, parts.now(), LEASE, batch)
    for done, message in enumerate(messages):
        if stopping():
            _give_back(parts, messages[done:], parts.now())
            return done
        with parts.database.write() as session:
            if not still_mine(session, id_of(message), parts.worker, parts.now(), LEASE):
                continue
        retry_at = _send(parts, sender, message)
        if retry_at is not None:
            # The others come first next time: this one may be what the server cannot take.
            _give_back(parts, messages[done + 1 :], retry_at - timedelta(seconds=1))
            return done + 1
    return len(messages)


def _give_back(parts: Parts, messages: Sequence[Outbox], next_attempt_at: datetime) -> None:
    with parts.database.write() as session:
        give_back(session, [id_of(message) for message in messages], parts.worker, next_attempt_at)


def _send(parts: Parts, sender: Sender, message: Outbox) -> datetime | None:
    """Send the message and note what came of it; return until when no other needs to be tried, where that is so."""
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
        retry_at = _keep_for_later(parts, message, error)
        return retry_at if error.concerns_all else None
    except Exception as error:  # one message that cannot be written must not hold up the others
        _log.exception("Mail to %s could not be put together", message.recipient)
        _keep_for_later(parts, message, DeliveryError(f"could not be put together: {error!r}"))
        return None
    with parts.database.write() as session:
        mark_sent(session, id_of(message), parts.now())
    return None


def _keep_for_later(parts: Parts, message: Outbox, error: DeliveryError) -> datetime | None:
    given_up = error.permanent or message.attempts + 1 >= MAX_ATTEMPTS
    next_attempt_at = None if given_up else parts.now() + backoff(message.attempts)
    _log.warning("Mail to %s was not sent: %s%s", message.recipient, error, " (given up)" if given_up else "")
    with parts.database.write() as session:
        mark_failed(session, id_of(message), str(error), next_attempt_at)
    return next_attempt_at
