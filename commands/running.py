"""`run`, `work` and `board`: the processes of Afterclick."""

import logging
import os
import signal
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from commands.parts import JsonFlag, log_to_terminal, opened, print_json, say, worker_of
from commands.setting_up import ADMIN, Ready, set_up
from core.errors import ConfigError
from core.types import Role
from demo import shop
from jobs.parent import when_parent_ends
from jobs.parts import utc_now
from jobs.supervisor import Child, Supervisor, own_command
from settings import DEFAULT_PORT, PREFIX, Settings, load_settings
from storage.members import all_members
from storage.tables import Member

PortOption = Annotated[int, typer.Option(min=1, max=65535, help="Port of the board.")]
HostOption = Annotated[str, typer.Option(help="Address that the board listens on.")]
ParentOption = Annotated[int, typer.Option(hidden=True)]
STARTING_TRIES = 240  # half a second each
ANYWHERE = ("0.0.0.0", "::", "")  # noqa: S104  (compared, not listened on)
_log = logging.getLogger(__name__)


def run(port: PortOption = DEFAULT_PORT, host: HostOption = "127.0.0.1") -> None:
    """Start the board and the worker; with a demo brand when nothing is configured."""
    log_to_terminal()
    settings = load_settings(**({} if f"{PREFIX}BASE_URL" in os.environ else {"base_url": f"http://{host}:{port}"}))
    _check_free(host, port)
    with opened(settings) as parts:
        ready = set_up(parts, settings)
        with parts.database.read() as session:
            somebody = who_may_sign_in(all_members(session))
    parent = f"--parent={os.getpid()}"
    environment = os.environ | {f"{PREFIX}BASE_URL": settings.base_url}
    supervisor = Supervisor(
        [
            Child("board", own_command("board", f"--port={port}", f"--host={host}", parent), environment),
            Child("worker", own_command("work", parent), environment),
        ]
    )
    supervisor.listen()
    if ready.demo_folder:
        threading.Thread(target=_play_demo, args=(ready.demo_folder, supervisor.stop), daemon=True).start()
    about = (host, port, settings, ready, somebody, supervisor.stop)
    greeting = threading.Thread(target=_greet, args=about, daemon=True)
    greeting.start()
    supervisor.run()
    say("Afterclick has stopped.")


def work(
    once: Annotated[bool, typer.Option("--once", help="Do what there is to do, then end; read no source.")] = False,
    json_output: JsonFlag = False,
    parent: ParentOption = 0,
) -> None:
    """Read the sources, classify, open cases, send mails: everything but the board."""
    log_to_terminal()
    settings = load_settings()
    with opened(settings) as parts:
        worker = worker_of(parts, settings)
        stop_on_signals(worker.stop)
        if parent:
            when_parent_ends(parent, worker.stop.set)
        if once:
            done = worker.run_once()
            print_json({"done": done}) if json_output else say(f"Nothing left to do; dealt with {done:,}.")
        else:
            worker.run()


def board(port: PortOption = DEFAULT_PORT, host: HostOption = "127.0.0.1", parent: ParentOption = 0) -> None:
    """Serve the board alone."""
    log_to_terminal()
    if parent:
        when_parent_ends(parent, lambda: os.kill(os.getpid(), signal.SIGTERM))
    from app import serve  # loading it builds the board

    serve(host, port)


def _check_free(host: str, port: int) -> None:
    """Refuse a port that is taken before anything is started."""
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        raise ConfigError(
            f"The board cannot listen on {host} port {port}: {error.strerror}. "
            "Perhaps Afterclick runs already; choose another port with --port."
        ) from error


def stop_on_signals(stop: Event) -> None:
    """Set `stop` on Ctrl-C and SIGTERM."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())


def _play_demo(folder: Path, stop: Event) -> None:
    """Let the demo's posts arrive in the watched folder, each at its time."""
    start = shop.started(folder, utc_now())
    while not stop.is_set():
        try:
            shop.write_due(folder, start, utc_now())
        except OSError as error:
            _log.warning("The demo's posts could not be written to %s: %s", folder, error)
        stop.wait(1)


def who_may_sign_in(members: Sequence[Member]) -> str:
    """Return the e-mail address of a member, of an administrator where there is one; nothing where nobody may."""
    roles = list(Role)
    may = [member for member in members if member.disabled_at is None]
    return max(may, key=lambda member: roles.index(member.role)).email if may else ""


def _greet(host: str, port: int, settings: Settings, ready: Ready, somebody: str, stop: Event) -> None:
    """Say where the board is and how to sign in, once it answers."""
    for _ in range(STARTING_TRIES):
        if stop.wait(0.5):
            return
        if _answers(f"http://{'127.0.0.1' if host in ANYWHERE else host}:{port}/healthz"):
            break
    else:
        _log.error("The board does not answer on port %d; what it said stands above.", port)
        return
    lines = ["", f"  Afterclick is ready: {settings.base_url}"]
    if ready.password:
        lines += [f"  Sign in as {ADMIN} with the one-time password {ready.password}"]
    elif somebody:
        lines += [f"  No password, or forgot it? afterclick users passwd {somebody}"]
    if ready.demo_folder:
        lines += ["  It shows a made-up shop; more posts arrive for the next 25 minutes."]
    say("\n".join([*lines, "  Stop it with Ctrl-C.", ""]))


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310  (our own loopback address)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
