"""A PostgreSQL server for one test run, in a folder and on a socket of its own."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path


class PostgresqlMissingError(Exception):
    """Says why no server can be started here."""


class TemporaryServer:
    """`with TemporaryServer() as folder:` runs a server that listens on a socket in that folder, on no port.

    A lasting one waits for the disk, as a server does that must keep what it said it wrote. `within` is where its own
    folder is made.
    """

    def __init__(self, *, lasting: bool = False, within: Path | None = None) -> None:
        self._hurry = "" if lasting else " -c fsync=off -c full_page_writes=off"
        self._programs = _programs()
        self._user = _user()
        self._folder = Path(tempfile.mkdtemp(prefix="afterclick-pg-", dir=within))
        if self._user:
            shutil.chown(self._folder, self._user)

    def __enter__(self) -> str:
        data, socket = self._folder / "data", self._folder
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", "-D", str(data))
        options = f"-c listen_addresses='' -c unix_socket_directories='{socket}'{self._hurry}"
        self._run("pg_ctl", "-D", str(data), "-o", options, "-l", str(self._folder / "log"), "-w", "start")
        return str(socket)

    def __exit__(self, *_: object) -> None:
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *words: str) -> None:
        subprocess.run(
            [str(self._programs / program), *words],
            user=self._user,
            cwd=self._folder,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _programs() -> Path:
    found = shutil.which("pg_ctl")
    places = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for place in places:
        if (place / "initdb").exists() and (place / "pg_ctl").exists():
            return place
    raise PostgresqlMissingError("PostgreSQL's server programs are not installed (Debian: apt-get install postgresql)")


def _user() -> str | None:
    """Return whom to run the server as: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise PostgresqlMissingError("PostgreSQL does not run as root, and there is no user postgres here") from None
