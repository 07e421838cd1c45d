"""One parent over several processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.supervisor import Child, Supervisor
from jobs.worker_id import is_gone, new_worker_id
from tests.conftest import ROOT, environment_for

SLEEPER = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def wait_for(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_a_dead_child_is_started_again_and_both_end_together() -> None:
    children = [Child("one", python(SLEEPER)), Child("two", python(SLEEPER))]
    supervisor = Supervisor(children)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        wait_for(lambda: all(child.process for child in children))
        first = children[0].process
        assert first is not None
        os.kill(first.pid, signal.SIGKILL)
        wait_for(lambda: children[0].process and children[0].process.pid != first.pid)
        assert children[0].failures == 1
    finally:
        supervisor.stop.set()
        thread.join(30)
    for child in children:
        assert child.process is not None
        assert child.process.poll() is not None


def test_a_child_that_dies_at_once_is_started_ever_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.supervisor.backoff", lambda failures, **_: timedelta(days=9))
    child = Child("dying", python("raise SystemExit(3)"))
    supervisor = Supervisor([child])
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    wait_for(lambda: child.failures == 1)
    time.sleep(0.6)
    supervisor.stop.set()
    thread.join(20)
    assert (child.process, child.failures) == (None, 1)


def test_a_child_that_ignores_sigterm_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.supervisor.GRACE_S", 0.5)
    child = Child("stubborn", python(STUBBORN))
    supervisor = Supervisor([child])
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    wait_for(lambda: child.process)
    time.sleep(0.5)
    supervisor.stop.set()
    thread.join(20)
    assert child.process is not None
    assert child.process.returncode == -signal.SIGKILL


def test_a_child_of_a_killed_parent_ends_by_itself(tmp_path: Path) -> None:
    code = (
        "import os, sys, time; from jobs.parent import when_parent_ends; "
        "when_parent_ends(int(sys.argv[1]), lambda: os._exit(0)); time.sleep(60)"
    )
    parent = subprocess.Popen(
        python(
            "import os, subprocess, sys, time; "
            f"p = subprocess.Popen([sys.executable, '-c', {code!r}, str(os.getpid())]); print(p.pid, flush=True); "
            "time.sleep(60)"
        ),
        cwd=ROOT,
        env=environment_for({}),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(0.5)
    parent.kill()
    parent.communicate()
    wait_for(lambda: not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split()[2])


def test_a_process_is_gone_when_it_has_ended_and_not_before() -> None:
    assert not is_gone(new_worker_id())
    code = "from jobs.worker_id import new_worker_id; print(new_worker_id())"
    ended = subprocess.run(
        python(code), cwd=ROOT, env=environment_for({}), capture_output=True, text=True, check=True
    ).stdout.strip()
    assert is_gone(ended)


def test_a_reused_process_id_is_not_taken_for_the_old_process() -> None:
    host, pid, _, mark = new_worker_id().split(":")
    assert is_gone(f"{host}:{pid}:1:{mark}")


def test_nothing_is_known_of_other_machines_or_odd_names() -> None:
    for name in ("elsewhere:1:1:a", "odd", ""):
        assert not is_gone(name)
