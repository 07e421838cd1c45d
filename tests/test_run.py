"""`afterclick run`: both processes under one parent, the demo, and a clean end."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.database import open_database
from storage.stats import stats
from tests.conftest import environment_for, run_afterclick
from tests.smtp import free_port

pytestmark = [pytest.mark.model, pytest.mark.timeout(240)]


class Running:
    """An `afterclick run` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.output = (folder / "output").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli", "run", "--port", str(self.port)],
            cwd=folder,
            env=environment_for({"COLUMNS": "200"}),
            stdout=self.output,
            stderr=subprocess.STDOUT,
        )

    @property
    def said(self) -> str:
        return (self.folder / "output").read_text(encoding="utf-8")

    def children(self) -> dict[str, int]:
        """Return the process ids of board and worker."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if f"--parent={self.process.pid}" in words:
                found["board" if "board" in words else "worker"] = int(folder.name)
        return found

    def wait_for(self, happened: Callable[[], object], within: float = 90) -> None:
        deadline = time.monotonic() + within
        while not happened():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.1)

    def counts(self) -> dict[str, int]:
        database = open_database(f"sqlite:///{self.folder}/var/afterclick.db")
        with database.read() as session:
            found = stats(session)
        database.close()
        return {"posts": found["posts"], "cases": sum(found["cases"].values())}

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait(40)
        self.output.close()
        return code


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    started = Running(tmp_path)
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.process.wait()
    started.output.close()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="finds the processes by /proc")
def test_the_demo_runs_survives_the_death_of_both_and_ends_on_sigterm(running: Running) -> None:
    running.wait_for(lambda: "Afterclick is ready" in running.said)
    assert f"http://127.0.0.1:{running.port}" in running.said
    assert "one-time password" in running.said
    running.wait_for(lambda: running.counts()["cases"] > 50)
    before = running.children()
    assert set(before) == {"board", "worker"}
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    running.wait_for(lambda: len(set(running.children().values()) - set(before.values())) == 2)
    running.wait_for(lambda: answers(running.port))
    posts = running.counts()["posts"]
    running.wait_for(lambda: running.counts()["posts"] > posts)
    after = running.children()
    assert running.end(signal.SIGTERM) == 0
    assert "Afterclick has stopped." in running.said
    assert "Traceback" not in running.said
    assert not any(Path(f"/proc/{pid}").exists() for pid in after.values())


def test_ctrl_c_ends_it_and_the_password_is_told_once(running: Running) -> None:
    running.wait_for(lambda: "Afterclick is ready" in running.said)
    assert running.end(signal.SIGINT) == 0
    again = Running(running.folder)
    again.wait_for(lambda: "Afterclick is ready" in again.said)
    assert "one-time password" not in again.said
    assert again.end(signal.SIGINT) == 0


def test_a_port_that_is_taken_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_afterclick(["run", "--port", str(port)], {}, tmp_path)
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in done.stderr
    assert not (tmp_path / "var").exists()
