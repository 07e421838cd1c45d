"""A worker that is killed with -9 at any moment loses nothing and doubles nothing."""

import email
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlmodel import func, select

from core.alerts.kinds import AlertKind
from core.configuration import parse_configuration
from storage.brands import apply_configuration
from storage.database import Database, Session, open_database
from storage.rows import id_of
from storage.stats import stats
from storage.tables import (
    AlertRule,
    Case,
    CaseEvent,
    EventKind,
    Incident,
    IncidentItem,
    Member,
    Notice,
    Outbox,
    PostRow,
    PredictionRow,
    Source,
    SourceUsage,
    Telling,
)
from storage.windows import open_gaps_of
from tests.conftest import ROOT, environment_for
from tests.fakes import START
from tests.jobs.conftest import CONFIGURATION
from tests.jobs.kill_target import AUTHORS, PAGE, PAGE_COST, WITHHELD

STAFF = {
    "members": [{"email": f"{name}@team.example", "name": name} for name in ("ann", "bob")],
    "teams": [{"name": "Evening", "members": ["ann@team.example", "bob@team.example"]}],
    "routing": [{"name": "All", "team": "Evening"}],
}


def start(url: str, mails: Path, total: int) -> subprocess.Popen[bytes]:
    """Start a worker whose log, of all that ran, stands beside its mails."""
    with mails.with_suffix(".log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tests.jobs.kill_target", url, str(mails), str(total)],
            cwd=ROOT,
            env=environment_for({}),
            stdout=subprocess.PIPE,
            stderr=log,
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
    deadline = time.monotonic() + 240
    database = open_database(url)
    while time.monotonic() < deadline and not is_done(database, total):
        time.sleep(0.2)
    finished = is_done(database, total)
    database.close()
    for process in running:
        process.send_signal(signal.SIGTERM)
        process.communicate()
    assert finished, mails.with_suffix(".log").read_text()[-8000:]


def is_done(database: Database, total: int) -> bool:
    with database.read() as session:
        counts = stats(session)
        waiting = session.exec(select(Case.id).where(Case.routed_at.is_(None))).all()  # type: ignore[union-attr]
        untold = session.exec(select(Notice.id).where(Notice.mailed_at.is_(None))).all()  # type: ignore[union-attr]
        untold += session.exec(select(Telling.id).where(Telling.sent_on_at.is_(None))).all()  # type: ignore[union-attr]
        has_told = session.exec(select(Telling.id).limit(1)).first() is not None
        held = len(severe_cases(session))
    done = counts["posts"] == counts["predictions"] == total and counts["outbox"]["queued"] == 0
    return bool(done and not waiting and not untold and has_told and held == len(severe_authors(total)))


def severe_authors(total: int) -> set[str]:
    return {f"author{number % AUTHORS}" for number in range(0, total, 9)}


def severe_cases(session: Session) -> Sequence[str]:
    """Return the authors of the cases that incidents of severe cases hold, one for each time they are held."""
    return session.exec(
        select(Case.author)
        .join(IncidentItem, IncidentItem.case_id == Case.id)
        .join(Incident, Incident.id == IncidentItem.incident_id)
        .join(AlertRule, AlertRule.id == Incident.rule_id)
        .where(AlertRule.kind == AlertKind.SEVERE)
    ).all()


def check(url: str, mails: Path, total: int) -> None:
    complained = {number % AUTHORS for number in range(0, total, 3)}
    database = open_database(url)
    with database.read() as session:
        assert session.exec(select(func.count()).select_from(PostRow)).one() == total
        assert session.exec(select(func.count()).select_from(PredictionRow)).one() == total
        authors = session.exec(select(Case.author)).all()
        assert Counter(authors) == Counter(f"author{number}" for number in complained)
        assert sorted(severe_cases(session)) == sorted(severe_authors(total))
        expected = set(session.exec(select(Outbox.message_id)))
        joined = session.exec(select(func.count()).where(PostRow.case_id.is_not(None))).one()  # type: ignore[union-attr]
        assert joined == len(range(0, total, 3))
        check_account(session, total)
        check_sent(session)
        check_told(session)
    database.close()
    found = [email.message_from_bytes(file.read_bytes())["Message-ID"] for file in mails.glob("*.eml")]
    assert sorted(found) == sorted(expected)


def check_told(session: Session) -> None:
    """Each manager was told once of each news of an incident, in a message that is there."""
    told = session.exec(select(Telling.incident_id, Telling.recipient, Telling.created_at)).all()
    assert len(told) == len(set(told))
    assert {recipient for _, recipient, _ in told} == {"ops@parcelo.example", "eve@parcelo.example"}
    per_manager = Counter(session.exec(select(Outbox.recipient).where(Outbox.kind == "incidents")))
    assert set(per_manager) == {"ops@parcelo.example", "eve@parcelo.example"}
    assert max(per_manager.values()) <= 3


def check_sent(session: Session) -> None:
    """Every case was sent once, to Ann and Bob in turn, and stands in one mail to whoever has it."""
    holders = {case.id: case.assignee_id for case in session.exec(select(Case))}
    shares = Counter(holders.values())
    assert set(shares) == {1, 2}
    assert abs(shares[1] - shares[2]) <= 1
    sent = session.exec(select(CaseEvent.case_id).where(CaseEvent.kind == EventKind.ASSIGNED)).all()
    assert sorted(sent) == sorted(holders)
    members = {member.email: member.id for member in session.exec(select(Member))}
    mails = session.exec(select(Outbox).where(Outbox.kind == "assignment")).all()
    told = [(members[mail.recipient], number) for mail in mails for number in told_of(session, mail)]
    assert sorted(told) == sorted((holder, number) for number, holder in holders.items())


def told_of(session: Session, mail: Outbox) -> Sequence[int]:
    """Return the cases that a mail tells of, those that it only counts too."""
    told = session.exec(select(Notice.case_id).where(Notice.outbox_id == mail.id)).all()
    assert len(told) == len(mail.content["cases"]) + mail.content["more"]
    return told


def check_account(session: Session, total: int) -> None:
    """Every page is paid for once, however often it was asked for; one gap was told of, and no other is there."""
    used = session.exec(select(func.sum(SourceUsage.posts), func.sum(SourceUsage.cost))).one()
    assert tuple(map(int, used)) == (total, -(-total // PAGE) * PAGE_COST)
    source = session.exec(select(Source)).one()
    assert source.cursor == str(total)
    gaps = open_gaps_of(session, id_of(source), START)
    assert [(row.detail, gap.from_at, gap.until_at) for row, gap in gaps] == [
        (WITHHELD.why, WITHHELD.from_at, WITHHELD.until_at)
    ]


def prepared(url: str) -> str:
    database = open_database(url)
    with database.write() as session:
        apply_configuration(session, parse_configuration(CONFIGURATION | STAFF), START)
    database.close()
    return url


@pytest.mark.parametrize("any_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True)
def test_a_worker_killed_a_few_times(any_url: str, tmp_path: Path) -> None:
    kill_over_and_over(prepared(any_url), tmp_path / "mail", total=1500, kills=6, workers=2)
    check(any_url, tmp_path / "mail", 1500)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_workers_killed_many_times(any_url: str, tmp_path: Path) -> None:
    kill_over_and_over(prepared(any_url), tmp_path / "mail", total=9000, kills=60, workers=2)
    check(any_url, tmp_path / "mail", 9000)
