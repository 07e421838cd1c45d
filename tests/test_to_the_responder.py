"""A post's whole way without a hand in between: collected, read, opened as a case, sent, mailed, on the screen."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlmodel import select

from storage.database import open_database
from storage.members import set_password
from storage.tables import Case, CaseEvent, Member, Notice
from tests.board.conftest import Visitors, browser, visitors  # noqa: F401  (fixtures)
from tests.conftest import environment_for, run_afterclick
from tests.smtp import MailServer, free_port

PASSWORD = "a long enough password"
CONFIGURATION = """
[[brands]]
name = "Parcelo"
handles = ["parcelo"]

[[sources]]
name = "posts"
brand = "Parcelo"
platform = "files"
path = "posts"
every = "1s"

[[members]]
email = "ann@team.example"
name = "Ann"
timezone = "Europe/London"

[[members]]
email = "bob@team.example"
name = "Bob"
most_cases = 0

[[teams]]
name = "Couriers"
members = ["bob@team.example", "ann@team.example"]

[[routing]]
name = "Swift Vole's"
courier = "Swift Vole"
team = "Couriers"

[[couriers]]
name = "Swift Vole"
aliases = ["swiftvole"]
"""
WORDS = "Three weeks late and @parcelo never answers. Swiftvole lost my parcel and nobody rings back. Awful service!"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a configuration file and one for posts that is watched."""
    (tmp_path / "posts").mkdir()
    (tmp_path / "afterclick.toml").write_text(CONFIGURATION)
    return tmp_path


def write_post(folder: Path) -> None:
    row = {"id": "1", "platform": "x", "text": WORDS, "author": "zoe", "posted_at": "2026-11-20T10:00:00Z"}
    part = folder / "posts" / ".new"
    part.write_text(json.dumps(row))
    part.rename(folder / "posts" / "new.jsonl")


def wait_for(happened: Callable[[], object], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 240
    while not happened():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


@pytest.fixture
def inbox() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


def link_in(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    [link] = re.findall(r"Open the case: (\S+)", body.get_content())
    return str(link)


@pytest.mark.model
@pytest.mark.browser
@pytest.mark.timeout(300)
def test_a_post_reaches_the_responders_inbox_and_screen(
    folder: Path,
    inbox: MailServer,
    visitors: Visitors,  # noqa: F811
) -> None:
    url, port = f"sqlite:///{folder}/afterclick.db", free_port()
    settings = {"AFTERCLICK_DATABASE_URL": url, "AFTERCLICK_SMTP_URL": inbox.url}
    applied = run_afterclick(["config", "apply", "afterclick.toml"], settings, folder)
    assert applied.returncode == 0, applied.stderr
    database = open_database(url)
    with database.write() as session:
        ann = session.exec(select(Member).where(Member.email == "ann@team.example")).one()
        set_password(session, ann.id or 0, PASSWORD, ann.created_at)
    database.close()
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "run", "--port", str(port)],
            cwd=folder,
            env=environment_for(settings | {"AFTERCLICK_CONFIG": str(folder / "afterclick.toml")}),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(lambda: "Afterclick is ready" in log.read_text(), process, log)
        write_post(folder)
        wait_for(lambda: inbox.mails, process, log)
        [mail] = inbox.mails
        assert (mail["To"], mail["Subject"]) == ("ann@team.example", "Afterclick: cases for you")
        link = link_in(mail)
        assert link == f"http://127.0.0.1:{port}/?case=1&view=mine"

        page = visitors.page(visitors.context())
        page.goto(link)
        page.get_by_label("E-mail address").fill("ann@team.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("tab", name="Mine", selected=True).wait_for()
        page.get_by_role("option").filter(has_text="Three weeks late").wait_for()
        page.get_by_text("Swiftvole lost my parcel and nobody rings back.").last.wait_for()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(40)
    assert "Traceback" not in log.read_text()


@pytest.mark.model
@pytest.mark.timeout(300)
@pytest.mark.parametrize("any_url", [pytest.param("sqlite", marks=pytest.mark.slow), "postgresql"], indirect=True)
def test_once_does_the_same_and_a_second_time_nothing(folder: Path, inbox: MailServer, any_url: str) -> None:
    settings = {"AFTERCLICK_DATABASE_URL": any_url, "AFTERCLICK_SMTP_URL": inbox.url}
    write_post(folder)
    for words in (["config", "apply", "afterclick.toml"], *(2 * (["collect", "--once"], ["work", "--once"]))):
        done = run_afterclick(words, settings, folder)
        assert done.returncode == 0, done.stderr
    [mail] = inbox.mails
    assert mail["To"] == "ann@team.example"
    database = open_database(any_url)
    with database.read() as session:
        case = session.exec(select(Case)).one()
        assert (case.courier, case.team_id) == ("Swift Vole", 1)
        assert session.get_one(Member, case.assignee_id).name == "Ann"  # Bob takes none
        assert session.exec(select(Notice.member_id)).all() == [case.assignee_id]
        assert session.exec(select(CaseEvent.kind).order_by(CaseEvent.id)).all()[:2] == ["opened", "assigned"]
    database.close()
