"""E-mails: putting one together and handing it to a server or, by default, to a folder."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy, Policy
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

import idna

from alerts.rendering import Wording
from alerts.smtp import SmtpSender
from core.errors import ConfigError, DeliveryError

LONGEST_LINK: Final = 900  # letters: a line of a message has 998 at most, RFC 5322, 2.1.1
_log = logging.getLogger(__name__)


class Sender(Protocol):
    """Takes messages out of the house."""

    def send(self, message: EmailMessage, stopping: Callable[[], bool] = lambda: False) -> None:
        """Hand the message over; raises DeliveryError, `permanent` where another try cannot help.

        Soon after `stopping` says so it is not waited for any more.
        """


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands on the outside of a message."""

    message_id: str
    sender: str
    recipient: str
    sent_at: datetime


class _Unfolded(UnstructuredHeader, BaseHeader):
    """A header of addresses and ids, on one line: folding one that is too long would turn it into encoded words."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


def _policy() -> "EmailPolicy[EmailMessage]":
    headers = HeaderRegistry()
    for name in ("List-Unsubscribe", "List-Id", "References", "In-Reply-To"):
        headers.map_to_type(name, _Unfolded)
    return SMTP.clone(header_factory=headers)


_POLICY: Final = _policy()


def compose(envelope: Envelope, wording: Wording) -> EmailMessage:
    """Return the e-mail; raises DeliveryError (permanent) where an address cannot stand in a header."""
    message = EmailMessage(policy=_POLICY)
    try:
        for name, value in _headers(envelope, wording):
            message[name] = value
    except ValueError as error:
        raise DeliveryError(f"{envelope.recipient!r} cannot be written to: {error}", permanent=True) from error
    if len(message["To"].addresses) != 1:  # a server's refusal of one of several would go unheard
        raise DeliveryError(f"{envelope.recipient!r} is not one address", permanent=True)
    message.set_content(wording.text, cte="quoted-printable")
    message.add_alternative(wording.html, subtype="html", cte="quoted-printable")
    _, html = message.iter_parts()
    for image in wording.images:
        html.add_related(
            image.png, "image", "png", cid=f"<{image.cid}>", disposition="inline", filename=f"{image.name}.png"
        )
    return message


def _headers(envelope: Envelope, wording: Wording) -> Iterator[tuple[str, str]]:
    yield "From", envelope.sender
    yield "To", _spelt_for_machines(envelope.recipient)
    yield "Subject", wording.subject
    yield "Message-ID", envelope.message_id
    yield "Date", format_datetime(envelope.sent_at)
    if wording.thread_id and wording.thread_id != envelope.message_id:
        yield "In-Reply-To", wording.thread_id
        yield "References", wording.thread_id
    if wording.reply_to:
        yield "Reply-To", wording.reply_to
    else:
        yield "Auto-Submitted", "auto-generated"  # https://www.rfc-editor.org/rfc/rfc3834#section-5
        yield "X-Auto-Response-Suppress", "All"
    if wording.list_name:
        host = envelope.message_id.rpartition("@")[2].rstrip(">")
        yield "List-Id", f"<{wording.list_name}.afterclick.{host}>"  # https://www.rfc-editor.org/rfc/rfc2919
    if wording.unsubscribe_link and len(wording.unsubscribe_link) <= LONGEST_LINK:
        # https://www.rfc-editor.org/rfc/rfc8058: programs that insist on https show no button for a board without it.
        yield "List-Unsubscribe", f"<{wording.unsubscribe_link}>"
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"


def _spelt_for_machines(address: str) -> str:
    """Return the address with its domain in letters that every server takes; raises ValueError where it has none."""
    mailbox, at, domain = address.rpartition("@")
    return address if domain.isascii() else f"{mailbox}{at}{idna.encode(domain, uts46=True).decode()}"


def open_sender(url: str) -> Sender:
    """Return the sender for AFTERCLICK_SMTP_URL; raises ConfigError for an address of another kind."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FolderSender(Path(unquote(parts.netloc + parts.path)))
    if parts.scheme in ("smtp", "smtps") and parts.hostname:
        return SmtpSender(parts)
    raise ConfigError("AFTERCLICK_SMTP_URL must be smtp://USER:PW@HOST:PORT, smtps://… or file:FOLDER")


class FolderSender:
    """Writes each message as an .eml file, named by its Message-ID, so that a repeat replaces the first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._told = False

    def send(self, message: EmailMessage, stopping: Callable[[], bool] = lambda: False) -> None:  # noqa: ARG002
        """Write the message; raises DeliveryError where the folder cannot be written to."""
        name = sha256(message["Message-ID"].encode()).hexdigest()[:20]
        target = self._folder / f"{name}.eml"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part = target.with_suffix(".part")
            part.write_bytes(message.as_bytes())
            part.replace(target)
        except OSError as error:
            raise DeliveryError(f"The mail folder {self._folder} cannot be written to: {error}") from error
        if not self._told:
            _log.info("No mail server is set (AFTERCLICK_SMTP_URL): mails are written to %s", self._folder.absolute())
            self._told = True
