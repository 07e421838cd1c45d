"""Handing an e-mail to a mail server, in a time that no server can stretch."""

import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from math import inf
from re import compile as pattern
from threading import Event, Thread
from time import monotonic
from typing import Final, Self
from urllib.parse import SplitResult, unquote

from core.errors import ConfigError, DeliveryError

# "5.7.1 relaying denied" says something of us, not of the address or the text: https://www.rfc-editor.org/rfc/rfc3463#section-3.8
_POLICY_ANSWER: Final = pattern(r"5\.7\.\d")
LOGIN_ANSWERS: Final = (530, 534, 535, 538)  # https://www.rfc-editor.org/rfc/rfc4954#section-6
TICK_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds a server may take: for one answer, until it lets us write, and from DATA until it has the mail.

    A server that looks through a message before it says 250 needs long, and one that is not waited for gets the same
    message again: https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.2.6 asks for ten minutes. `ending` is how long a
    session may go on once the worker is told to stop.
    """

    answer: float = 30
    opening: float = 120
    taking: float = 600
    ending: float = 5

    @property
    def session(self) -> float:
        """How long all of it may take together."""
        return self.opening + self.taking


PATIENCE: Final = Patience()


class _Watch:
    """Cuts a connection when its time is over or the worker is to end; what waits for the server then fails at once.

    The timeout of a socket does not do that: it begins anew with each byte, and a server may send one now and then.
    """

    def __init__(self, patience: Patience, stopping: Callable[[], bool]) -> None:
        self.why = ""
        self._patience = patience
        self._stopping = stopping
        self._line: socket.socket | None = None
        self._until, self._what = inf, ""
        self._is_over = Event()
        self._thread = Thread(target=self._watch, name="mail-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        if self._line is not None:
            self._line.close()

    def hold(self, line: socket.socket) -> None:
        self._line = line.dup()  # `line` itself is taken apart where TLS is put around it

    def allow(self, seconds: float, what: str) -> None:
        """Give the server so long from now on for `what` it has to do."""
        self._until, self._what = monotonic() + seconds, f"did not {what} within {seconds:g} seconds"

    def _watch(self) -> None:
        ends_at = inf
        while not self._is_over.wait(TICK_S):
            now = monotonic()
            if ends_at == inf and self._stopping():
                ends_at = now + self._patience.ending
            if now > self._until:
                self._cut(self._what)
            elif now > ends_at:
                self._cut("was not waited for, as the worker ends")

    def _cut(self, why: str) -> None:
        self.why = self.why or why
        if self._line is not None:
            with suppress(OSError):  # the server was faster
                self._line.shutdown(socket.SHUT_RDWR)


class _Session(smtplib.SMTP):
    """A session that is watched, with TLS from its first byte where there is a `context`."""

    def __init__(self, host: str, port: int, patience: Patience, watch: _Watch, context: ssl.SSLContext | None) -> None:
        self._patience, self._watch, self._context = patience, watch, context
        self.is_taking = False
        watch.allow(patience.opening, "let us in")
        super().__init__(host, port, timeout=patience.answer)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        line: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]  # as SMTP_SSL does
        self._watch.hold(line)
        return self._context.wrap_socket(line, server_hostname=host) if self._context else line

    def data(self, msg: object) -> tuple[int, bytes]:
        """Send the text; whatever goes wrong from here on may be the answer to a message that arrived."""
        self.is_taking = True
        self._watch.allow(self._patience.taking, "take the message")
        if self.sock is not None:
            self.sock.settimeout(self._patience.taking)
        return super().data(msg)  # type: ignore[arg-type]

    def leave(self) -> None:
        """Say goodbye and go: until we have gone, nobody notes that the message was taken."""
        with suppress(smtplib.SMTPException, OSError):
            self.putcmd("quit")
        self.close()


class SmtpSender:
    """Hands messages to a mail server, each over a connection of its own."""

    def __init__(self, url: SplitResult, patience: Patience = PATIENCE) -> None:
        self._host = url.hostname or "localhost"
        self._tls = url.scheme == "smtps"
        self._port = _port_of(url) or (465 if self._tls else 25)
        self._user = unquote(url.username or "")
        self._password = unquote(url.password or "")
        self._patience = patience

    def send(self, message: EmailMessage, stopping: Callable[[], bool] = lambda: False) -> None:
        """Hand the message over; a 5xx answer about it or its recipient is permanent, all else may pass."""
        with _Watch(self._patience, stopping) as watch:
            server = self._opened(watch)
            try:
                server.send_message(message)
            except (smtplib.SMTPException, OSError) as error:
                raise self._failed(error, message, server, watch) from error
            finally:
                server.leave()

    def _failed(
        self, error: smtplib.SMTPException | OSError, message: EmailMessage, server: _Session, watch: _Watch
    ) -> DeliveryError:
        """Return what an error after the greeting means for the message, its address and all others."""
        match error:
            case smtplib.SMTPRecipientsRefused():
                code, words = next(iter(error.recipients.values()))
                is_gone = _is_final(code, words)
                said = f"{self._host} refused {message['To']}: {code} {_plain(words)}"
                return DeliveryError(said, is_gone, refuses_address=is_gone)
            case smtplib.SMTPSenderRefused():
                return self._shut_out(error.smtp_code, error.smtp_error)
            case smtplib.SMTPResponseException(smtp_code=code, smtp_error=words):
                if code in LOGIN_ANSWERS:
                    return self._shut_out(code, words)
                return DeliveryError(f"{self._host} answered {code} {_plain(words)}", _is_final(code, words))
            case smtplib.SMTPNotSupportedError():
                said = f"{self._host} takes only addresses of plain letters, which {message['To']} is not"
                return DeliveryError(said, permanent=True, refuses_address=True)
        said = f"{self._host}:{self._port} {watch.why or f'cut the line: {error}'}"
        return DeliveryError(said, may_have_arrived=server.is_taking)

    def _opened(self, watch: _Watch) -> _Session:
        """Return a session that takes messages; what fails here concerns every message."""
        server = None
        try:
            context = ssl.create_default_context() if self._tls else None
            server = _Session(self._host, self._port, self._patience, watch, context)
            self._greet(server)
        except smtplib.SMTPResponseException as error:
            if server:
                server.close()
            raise self._shut_out(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            if server:
                server.close()
            said = f"{self._host}:{self._port} {watch.why or f'could not be reached: {error}'}"
            raise DeliveryError(said, concerns_all=True) from error
        return server

    def _shut_out(self, code: int, words: bytes | str) -> DeliveryError:
        """Return the error for what concerns every message: keep them until the server or the setting is mended."""
        return DeliveryError(
            f"{self._host} does not let us in (AFTERCLICK_SMTP_URL, AFTERCLICK_MAIL_FROM): {code} {_plain(words)}",
            concerns_all=True,
        )

    def _greet(self, server: _Session) -> None:
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


def _is_final(code: int, words: bytes | str) -> bool:
    """Tell whether an answer holds for good, and is not about what the server thinks of us today."""
    return 500 <= code < 600 and not _POLICY_ANSWER.match(_plain(words))


def _plain(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words
