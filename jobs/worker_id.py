"""Names for processes that hold claims, by which another process can tell that one is gone."""

import os
import secrets
import socket
from pathlib import Path


def new_worker_id() -> str:
    """Return a name for this process: host, process id, its start time and something unique."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_started(pid)}:{secrets.token_hex(4)}"


def is_gone(worker: str) -> bool:
    """Tell whether the process of that name ran on this machine and has ended; False where that cannot be known."""
    host, pid, started, _ = (*worker.split(":"), "", "", "", "")[:4]
    if host != socket.gethostname() or not pid.isdigit():
        return False
    return not _is_running(int(pid)) or _started(int(pid)) != started


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _started(pid: int) -> str:
    """Return the process's start time in clock ticks, so that a reused id is not taken for the old process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
