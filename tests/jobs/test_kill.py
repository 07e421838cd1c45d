"""A worker that is killed with -9 at any moment loses nothing and doubles nothing."""

import email
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import func, select

from core.configuration import parse_configuration
from storage.brands import apply_configuration
from storage.database import Database, open_database
from storage.stats import stats
from storage.tables import Case, Incident, Outbox, PostRow, PredictionRow
from tests.conftest import ROOT, environment_for
from tests.fakes import START
from tests.jobs.conftest import CONFIGURATION
from tests.jobs.kill_target import AUTHORS


def start(url: str, mails: Path, total: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.jobs.kill_target", url, str(mails), str(total)],
        cwd=ROOT,
        env=environment_for({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def kill_over_and_over(url: str, mails: Path, total: int, kills: int, workers: int) -> None:
    """Run `workers` at once, kill one of them at a random moment and start it again, `kills` times."""
    chance = random.Random(11)
    running = [start(url, mails, total) for _ in range(workers)]
    for _ in range(kills):
        victim = chance.randrange(workers)
        process = running[victim]
        assert process.stdout is not None
        process.stdout.readline()  # it is past its imports
        time.sleep(chance.uniform(0.0, 0.5))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        running[victim] = start(url, mails, total)
    deadline = time.monotonic() + 90
    database = open_database(url)
    while time.monotonic() < deadline and not is_done(database, total):
        time.sleep(0.2)
    database.close()
    for process in running:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def is_done(database: Database, total: int) -> bool:
    with database.read() as session:
        counts = stats(session)
    return bool(counts["posts"] == counts["predictions"] == total and counts["outbox"]["queued"] == 0)


def check(url: str, mails: Path, total: int) -> None:
    severe = {number % AUTHORS for number in range(0, total, 9)}
    complained = {number % AUTHORS for number in range(0, total, 3)}
    database = open_database(url)
    with database.read() as session:
        assert session.exec(select(func.count()).select_from(PostRow)).one() == total
        assert session.exec(select(func.count()).select_from(PredictionRow)).one() == total
        authors = session.exec(select(Case.author)).all()
        assert Counter(authors) == Counter(f"author{number}" for number in complained)
        assert session.exec(select(func.count()).select_from(Incident)).one() == len(severe)
        expected = set(session.exec(select(Outbox.message_id)))
        joined = session.exec(select(func.count()).where(PostRow.case_id.is_not(None))).one()  # type: ignore[union-attr]
        assert joined == len(range(0, total, 3))
    database.close()
    found = [email.message_from_bytes(file.read_bytes())["Message-ID"] for file in mails.glob("*.eml")]
    assert sorted(found) == sorted(expected)
    assert len(expected) == 2 * len(severe)


def prepared(url: str) -> str:
    database = open_database(url)
    with database.write() as session:
        apply_configuration(session, parse_configuration(CONFIGURATION), START)
    database.close()
    return url


def test_a_worker_killed_a_few_times(any_url: str, tmp_path: Path) -> None:
    kill_over_and_over(prepared(any_url), tmp_path / "mail", total=1500, kills=6, workers=2)
    check(any_url, tmp_path / "mail", 1500)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_workers_killed_many_times(any_url: str, tmp_path: Path) -> None:
    kill_over_and_over(prepared(any_url), tmp_path / "mail", total=9000, kills=60, workers=2)
    check(any_url, tmp_path / "mail", 9000)
