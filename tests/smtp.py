"""Real SMTP servers on a free port, that can refuse, drop and be slow."""

import socket
import socketserver
import threading
from collections.abc import Callable
from contextlib import suppress
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


class _Call(socketserver.StreamRequestHandler):
    """One connection to a `TalkingServer`."""

    server: "TalkingServer"

    def handle(self) -> None:
        self.server.calls += 1
        with suppress(OSError):  # the other side has gone
            self.server.talk(self)

    def say(self, words: str) -> None:
        self.wfile.write(words.encode())

    def drip(self, words: str) -> None:
        """Send this again and again, without an end."""
        while not self.server.is_over.wait(0.05):
            self.say(words)

    def take_mail(self, final: Callable[[], object]) -> None:
        """Be polite up to the dot that ends a message, then answer as `final` does."""
        self.say("220 hello\r\n")
        while line := self.rfile.readline():
            if line.upper().startswith(b"DATA"):
                self.say("354 go on\r\n")
                while self.rfile.readline().rstrip() != b".":
                    pass
                self.server.taken += 1
                final()
            else:
                self.server.heard.append(line.split()[0].decode().upper())
                if line.upper().startswith(b"QUIT"):
                    self.server.is_over.wait(self.server.hangs_at_quit_s)
                self.say("250 fine\r\n")


class TalkingServer(socketserver.ThreadingTCPServer):
    """A server of bare lines: `talk` does all the talking, so that it can be as slow and as odd as a test needs."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, talk: Callable[[_Call], object]) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.talk = talk
        self.calls = self.taken = 0
        self.heard: list[str] = []
        self.hangs_at_quit_s = 0.0
        self.is_over = threading.Event()

    def __enter__(self) -> "TalkingServer":
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        """The address for AFTERCLICK_SMTP_URL."""
        return f"smtp://127.0.0.1:{self.server_address[1]}"
