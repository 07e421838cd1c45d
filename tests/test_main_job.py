"""The main job, end to end: real clients, the real classifier, a real mail server, and kills in the middle."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import environment_for, run_afterclick
from tests.replaying import archive, replay_server
from tests.smtp import MailServer

pytestmark = [pytest.mark.replay, pytest.mark.model, pytest.mark.timeout(300)]
POSTS = 1500
EVERYTHING = "a OR e OR i OR o OR u OR y OR 1 OR @"
KEYS = {"X_BEARER_TOKEN": "token", "REDDIT_CLIENT_ID": "id", "REDDIT_CLIENT_SECRET": "secret"}
CONFIGURATION = """
[[brands]]
name = "Parcelo"
handles = ["parcelo"]
managers = ["ops@parcelo.example"]
"""
SOURCES = {
    "x": 'platform = "x"\nquery = "parcelo"\nbase_url = "{url}"',
    "reddit": 'platform = "reddit"\nsubreddit = "replay"\nbase_url = "{url}"',
    "feeds": 'platform = "feeds"\nurl = "{url}/feeds/parcelo.rss"',
}


@pytest.fixture
def server(shared: Path, tmp_path: Path) -> Iterator[Any]:
    """A replay server with our own posts, and a folder of feeds of our own."""
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    with replay_server(shared).ReplayServer(archive=archive(POSTS), feeds=str(feeds)) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, server: Any) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def configure(home: Path, url: str, *platforms: str) -> None:
    sources = [
        f'[[sources]]\nname = "{platform}-parcelo"\nbrand = "Parcelo"\n{SOURCES[platform].format(url=url)}\n'
        for platform in platforms
    ]
    (home / "c.toml").write_text(CONFIGURATION + "\n".join(sources), encoding="utf-8")
    done = run_afterclick(["config", "apply", "c.toml"], KEYS, home)
    assert done.returncode == 0, done.stderr


def stats(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run_afterclick(["stats", "--json"], KEYS, home).stdout)
    return found


def begin(home: Path, *words: str, **settings: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "cli", *words],
        cwd=home,
        env=environment_for(KEYS | settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def wait_for_posts(home: Path, least: int) -> None:
    deadline = time.monotonic() + 180
    while stats(home)["posts"] < least:
        assert time.monotonic() < deadline, "the collector does not get on"
        time.sleep(0.1)


@pytest.mark.slow
def test_x_is_stored_exactly_once_though_started_twice_and_killed(home: Path, server: Any) -> None:
    configure(home, server.url, "x")
    server.control({"faults": [{"match": "search/recent", "times": -1, "slow": 1}]})
    both = [begin(home, "collect", "--once"), begin(home, "collect", "--once")]
    wait_for_posts(home, 200)
    for process in both:
        kill(process)
    assert stats(home)["posts"] < POSTS, "it was done before it was killed"
    server.control({"reset": True})
    done = run_afterclick(["collect", "--once", "x-parcelo"], KEYS, home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert stats(home)["posts"] == POSTS
    again = run_afterclick(["collect", "--once", "x-parcelo", "--json"], KEYS, home)
    assert json.loads(again.stdout)["added"] == 0


def test_what_x_said_becomes_cases_and_one_mail_each_though_the_worker_is_killed(home: Path, server: Any) -> None:
    configure(home, server.url, "x")
    run_afterclick(["collect", "--once"], KEYS, home)
    with MailServer() as mail:
        smtp = {"AFTERCLICK_SMTP_URL": mail.url}
        worker = begin(home, "work", "--once", **smtp)
        deadline = time.monotonic() + 240
        while not 0 < stats(home)["predictions"] < POSTS and time.monotonic() < deadline:
            time.sleep(0.2)
        kill(worker)
        done = run_afterclick(["work", "--once"], KEYS | smtp, home, timeout=600)
        assert done.returncode == 0, done.stderr
    found = stats(home)
    assert (found["posts"], found["predictions"]) == (POSTS, POSTS)
    assert found["complaints"] > POSTS / 4
    assert sum(found["cases"].values()) > 100
    assert found["outbox"] == {"queued": 0, "sent": found["outbox"]["sent"], "failed": 0, "cancelled": 0}
    arrived = Counter(message["Message-ID"] for message in mail.mails)
    assert len(arrived) == found["outbox"]["sent"] > 0
    # A kill between the server's answer and the mark may repeat one mail, under the same Message-ID.
    assert sum(arrived.values()) <= len(arrived) + 1


def test_reddit_through_praw(home: Path, server: Any) -> None:
    configure(home, server.url, "reddit")
    first = run_afterclick(["collect", "--once"], KEYS, home)
    assert first.returncode == 0, first.stdout + first.stderr
    assert stats(home)["posts"] == 2 * POSTS, "the server shows each post as a submission and as a comment"
    again = run_afterclick(["collect", "--once", "reddit-parcelo", "--json"], KEYS, home)
    assert json.loads(again.stdout)["added"] == 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the replay server leaves files open
def test_a_feed(home: Path, server: Any, tmp_path: Path) -> None:
    items = "".join(
        f"<item><guid>g{number}</guid><title>Post {number}</title><link>https://blog.example/{number}</link>"
        f"<description>{entry['text']}</description><pubDate>{format_datetime(datetime.fromisoformat(entry['created_at']))}</pubDate></item>"
        for number, entry in enumerate(archive(40))
    )
    feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Blog</title>{items}</channel></rss>'
    (tmp_path / "feeds" / "parcelo.rss").write_text(feed, encoding="utf-8")
    configure(home, server.url, "feeds")
    first = run_afterclick(["collect", "--once"], KEYS, home)
    assert first.returncode == 0, first.stdout + first.stderr
    assert stats(home)["posts"] == 40
    again = run_afterclick(["collect", "--once", "feeds-parcelo", "--json"], KEYS, home)
    assert json.loads(again.stdout)["added"] == 0


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_the_whole_archive_with_kills_at_every_step(shared: Path, tmp_path: Path) -> None:
    archive_file, home = tmp_path / "archive.jsonl", tmp_path / "home"
    home.mkdir()
    make = [sys.executable, str(shared / "replay" / "make_archive.py"), str(archive_file)]
    total = int(subprocess.run(make, check=True, capture_output=True, text=True).stdout.split()[0])
    posts = [json.loads(line) for line in archive_file.read_text(encoding="utf-8").splitlines()]
    with replay_server(shared).ReplayServer(archive=posts) as server, MailServer() as mail:
        configure(home, server.url, "x")
        configuration = (
            (home / "c.toml").read_text(encoding="utf-8").replace('query = "parcelo"', f'query = "{EVERYTHING}"')
        )
        (home / "c.toml").write_text(configuration, encoding="utf-8")
        assert run_afterclick(["config", "apply", "c.toml"], KEYS, home).returncode == 0
        for least in (1000, 4000, 8000):
            both = [begin(home, "collect", "--once", "x-parcelo") for _ in range(2)]
            wait_for_posts(home, least)
            for process in both:
                kill(process)
        done = run_afterclick(["collect", "--once", "x-parcelo"], KEYS, home)
        assert done.returncode == 0, done.stdout + done.stderr
        assert stats(home)["posts"] == total == len(posts)
        smtp = {"AFTERCLICK_SMTP_URL": mail.url}
        for seconds in (8, 15, 25):
            workers = [begin(home, "work", "--once", **smtp) for _ in range(2)]
            time.sleep(seconds)
            for process in workers:
                kill(process)
        done = run_afterclick(["work", "--once"], KEYS | smtp, home, timeout=1200)
        assert done.returncode == 0, done.stderr
    found = stats(home)
    assert (found["posts"], found["predictions"]) == (total, total)
    arrived = Counter(message["Message-ID"] for message in mail.mails)
    assert found["outbox"] == {"queued": 0, "sent": len(arrived), "failed": 0, "cancelled": 0}
    assert sum(arrived.values()) - len(arrived) <= 6, "more mails were repeated than workers were killed"
