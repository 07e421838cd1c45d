"""A real SMTP server on a free port, that can refuse, drop and be slow."""

import socket
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class MailServer:
    """`with MailServer() as server:` keeps what arrives in `server.mails`; `answer` decides on each message."""

    def __init__(self, answer: Callable[[int], str] = lambda _: "250 OK") -> None:
        self.mails: list[EmailMessage] = []
        self.tried = 0
        self._answer = answer
        # The controller cannot be given port 0: it connects to itself by the number it was given.
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())

    def __enter__(self) -> "MailServer":
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        """The address for AFTERCLICK_SMTP_URL."""
        return f"smtp://127.0.0.1:{self._controller.port}"

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse the one address that nobody has."""
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take or refuse a message as the test says; "drop" cuts the line, "lost" cuts it after taking the message."""
        self.tried += 1
        answer = self._answer(self.tried)
        if answer == "drop":
            server.transport.abort()
            return "451 gone"
        if answer == "lost" or answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.mails.append(message_from_bytes(content, policy=policy.default))
        if answer == "lost":
            server.transport.abort()
            return "250 OK"
        return answer
