"""E-mails: putting one together and handing it to a server or, by default, to a folder."""

import logging
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from alerts.rendering import Wording
from core.errors import ConfigError, DeliveryError

TIMEOUT_S = 30
LOGIN_ANSWERS = (530, 534, 535, 538)  # https://www.rfc-editor.org/rfc/rfc4954#section-6
_log = logging.getLogger(__name__)


class Sender(Protocol):
    """Takes messages out of the house."""

    def send(self, message: EmailMessage) -> None:
        """Hand the message over; raises DeliveryError, `permanent` where another try cannot help."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands on the outside of a message; `thread_id` ties the messages of one incident together."""

    message_id: str
    sender: str
    recipient: str
    sent_at: datetime
    thread_id: str = ""


def compose(envelope: Envelope, wording: Wording) -> EmailMessage:
    """Return the e-mail; raises DeliveryError (permanent) where an address cannot stand in a header."""
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = envelope.sender
        message["To"] = envelope.recipient
        message["Subject"] = wording.subject
        message["Message-ID"] = envelope.message_id
        if envelope.thread_id and envelope.thread_id != envelope.message_id:
            message["References"] = envelope.thread_id
    except ValueError as error:
        raise DeliveryError(f"{envelope.recipient!r} cannot be written to: {error}", permanent=True) from error
    message["Date"] = format_datetime(envelope.sent_at)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(wording.text, cte="quoted-printable")
    message.add_alternative(wording.html, subtype="html", cte="quoted-printable")
    return message


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

    def send(self, message: EmailMessage) -> None:
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


class SmtpSender:
    """Hands messages to a mail server, each over a connection of its own."""

    def __init__(self, url: SplitResult) -> None:
        self._host = url.hostname or "localhost"
        self._tls = url.scheme == "smtps"
        self._port = _port_of(url) or (465 if self._tls else 25)
        self._user = unquote(url.username or "")
        self._password = unquote(url.password or "")

    def send(self, message: EmailMessage) -> None:
        """Hand the message over; a 5xx answer about it or its recipient is permanent, all else may pass."""
        server = self._opened()
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            raise DeliveryError(f"{self._host} refused {message['To']}: {code} {_plain(words)}", code >= 500) from error
        except smtplib.SMTPSenderRefused as error:
            raise self._shut_out(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPResponseException as error:
            if error.smtp_code in LOGIN_ANSWERS:
                raise self._shut_out(error.smtp_code, error.smtp_error) from error
            answer = f"{error.smtp_code} {_plain(error.smtp_error)}"
            raise DeliveryError(f"{self._host} answered {answer}", 500 <= error.smtp_code < 600) from error
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryError(f"{self._host}:{self._port} cut the line: {error}") from error
        finally:
            _hang_up(server)

    def _opened(self) -> smtplib.SMTP:
        """Return a connection that takes messages; what fails here concerns every message."""
        server = None
        try:
            server = self._connect()
            self._greet(server)
        except smtplib.SMTPResponseException as error:
            if server:
                server.close()
            raise self._shut_out(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            if server:
                server.close()
            raise DeliveryError(
                f"{self._host}:{self._port} could not be reached: {error}", concerns_all=True
            ) from error
        return server

    def _shut_out(self, code: int, words: bytes | str) -> DeliveryError:
        """Return the error for what concerns every message: keep them until the server or the setting is mended."""
        return DeliveryError(
            f"{self._host} does not let us in (AFTERCLICK_SMTP_URL, AFTERCLICK_MAIL_FROM): {code} {_plain(words)}",
            concerns_all=True,
        )

    def _connect(self) -> smtplib.SMTP:
        if self._tls:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT_S, context=ssl.create_default_context())
        return smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_S)

    def _greet(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        if not self._tls and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        if self._user:
            server.login(self._user, self._password)


def _port_of(url: SplitResult) -> int | None:
    try:
        return url.port
    except ValueError:
        raise ConfigError(
            "AFTERCLICK_SMTP_URL has no valid port; write # / ? @ in the password as %23 %2F %3F %40"
        ) from None  # the cause would print a part of the password


def _hang_up(server: smtplib.SMTP) -> None:
    """Say goodbye; what goes wrong here does not undo that a message was accepted."""
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()


def _plain(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words
