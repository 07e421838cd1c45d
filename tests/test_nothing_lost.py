"""Real clients, the replay server, a database: nothing is lost, nothing doubles, and what is missing is said."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlmodel import col, select

from collectors import make
from core.configuration import parse_configuration
from jobs.collect import Collected, collect
from jobs.parts import Parts
from jobs.recheck import Sweep, recheck
from storage.brands import apply_configuration
from storage.database import Database, open_database
from storage.source_health import SourceHealth, sources_health
from storage.tables import PostEdit, PostRow, Source, SourceState
from tests.collectors.archive import SECRETS
from tests.conftest import environment_for
from tests.replaying import EPOCH_MS, replay_server

pytestmark = [pytest.mark.replay, pytest.mark.timeout(120)]
START = datetime(2026, 11, 24, tzinfo=UTC)
EVERY_S = 20
PLATFORMS = {
    "x": {"query": "parcel"},
    "reddit": {"subreddit": "shopping", "options": {"listings": "new"}},
    "mastodon": {"query": "#parcel", "options": {"reach_back_days": "30"}},
}
PAGE = {"x": 100, "reddit": 100, "mastodon": 40}
all_platforms = pytest.mark.parametrize("platform", PLATFORMS)
with_pages_of_100 = pytest.mark.parametrize("platform", ["x", "reddit"])


def archived(number: int, words: str = "", at: datetime | None = None, author: str = "") -> dict[str, Any]:
    """Return an invented post for the replay server; its id says when it was written, as those of X and Mastodon do."""
    at = at or START + timedelta(seconds=EVERY_S * number)
    return {
        "id": str((int(at.timestamp() * 1000) - EPOCH_MS) << 22 | number),
        "text": f"{words or 'where is my #parcel'} number {number}",
        "created_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "author": author or f"author{number % 7}",
    }


def posts(count: int, first: int = 0) -> list[dict[str, Any]]:
    return [archived(number) for number in range(first, first + count)]


@dataclass
class World:
    """A replay server, a source that reads it, and the database that it is read into."""

    server: Any
    database: Database
    platform: str
    url: str
    at: datetime = START + timedelta(days=1)
    parts: Parts = field(init=False)

    def __post_init__(self) -> None:
        self.parts = Parts(self.database, now=lambda: self.at)
        self.set_up()

    def set_up(self, **settings: Any) -> None:
        source = {"name": "watched", "brand": "Parcelo", "platform": self.platform, **PLATFORMS[self.platform]}
        source |= {"base_url": self.server.url, "every": "1m", **settings}
        brand = {"name": "Parcelo", "handles": ["parcelo"]}
        with self.database.write() as session:
            apply_configuration(session, parse_configuration({"brands": [brand], "sources": [source]}), START)

    def read(self, stopping: Callable[[], bool] = lambda: False) -> Collected:
        """Read the source once, a minute after the last time."""
        self.at += timedelta(minutes=1)
        with self.database.read() as session:
            source = session.exec(select(Source)).one()
        return collect(self.parts, source, lambda config: make(config, SECRETS), stopping)

    def read_until_well(self) -> None:
        for _ in range(12):
            if not self.read().error:
                return
        raise AssertionError(self.health.last_error)

    def fault(self, match: str = "search|/new|timelines", **fault: Any) -> None:
        self.server.control({"faults": [{"match": match, **fault}]})

    @property
    def rows(self) -> list[PostRow]:
        with self.database.read() as session:
            return list(session.exec(select(PostRow).order_by(col(PostRow.id))))

    @property
    def numbers(self) -> list[int]:
        """Which posts are stored, each as often as it is."""
        return sorted(int(row.text.rsplit(" ", 1)[1]) for row in self.rows if not row.deleted_at)

    @property
    def health(self) -> SourceHealth:
        with self.database.read() as session:
            return sources_health(session, self.at)[0]

    def asked(self) -> int:
        """Return how many pages were asked for since the last time, and forget them."""
        count = sum(any(part in line["path"] for part in ("search", "/new", "timelines")) for line in self.server.log)
        self.server.log.clear()
        return count


Worlds = Callable[..., World]


@pytest.fixture
def worlds(shared: Path, tmp_path: Path) -> Iterator[Worlds]:
    """A maker of worlds, each with posts on the server."""
    module, opened = replay_server(shared), []

    def begin(platform: str, count: int = 0, **options: Any) -> World:
        url = f"sqlite:///{tmp_path}/{platform}.db"
        server = module.ReplayServer(archive=posts(count), x_limit=0, **options)
        server.__enter__()
        world = World(server, open_database(url), platform, url)
        opened.append(world)
        return world

    yield begin
    for world in opened:
        world.server.__exit__()
        world.database.close()


@all_platforms
def test_a_thousand_posts_are_stored_exactly_and_a_second_run_asks_once(worlds: Worlds, platform: str) -> None:
    world = worlds(platform, 1000)
    assert world.read().added == 1000
    assert world.numbers == list(range(1000))
    assert world.asked() >= 1000 // PAGE[platform]
    again = world.read()
    assert (again.added, again.edited) == (0, 0)
    assert world.asked() <= (1 if platform != "mastodon" else 6)  # Mastodon's overlap is an hour, 180 posts here
    assert world.health.gaps == []


@with_pages_of_100
@pytest.mark.parametrize("fault", [{"overlap": 30}, {"shuffle": True}], ids=["overlapping", "shuffled"])
def test_pages_that_overlap_or_come_out_of_order_lose_nothing(
    worlds: Worlds, platform: str, fault: dict[str, Any]
) -> None:
    world = worlds(platform, 550)
    world.fault(times=-1, **fault)
    world.read_until_well()
    assert world.numbers == list(range(550))


@all_platforms
def test_a_post_that_appears_late_below_the_watermark_is_found_by_the_overlap(worlds: Worlds, platform: str) -> None:
    world = worlds(platform, 300)
    late = archived(295)
    world.server.control({"hide": [late["id"]]})
    world.read()
    assert 295 not in world.numbers
    world.server.control({"show": [late["id"]]})
    world.read()
    assert world.numbers == list(range(300))


@all_platforms
def test_posts_that_vanish_between_pages_stop_nothing(worlds: Worlds, platform: str) -> None:
    world = worlds(platform, 400)
    size = PAGE[platform]
    gone = [archived(400 - size - n)["id"] for n in (0, 1, 2)] + [archived(399 - size)["id"]]
    world.fault(skip=1, hide=gone)
    world.read_until_well()
    hidden = set(map(int, gone))
    assert set(world.numbers) >= {n for n in range(400) if int(archived(n)["id"]) not in hidden}
    assert len(world.numbers) == len(set(world.numbers))


@all_platforms
@pytest.mark.parametrize(
    "fault",
    [
        {"rate_limit": 5},
        {"status": 429, "body": "Rate limit exceeded", "headers": {"Content-Type": "text/plain"}},
        {"status": 503, "times": 2},
        {"truncate": 0.5},
        {"garbage": True},
        {"drop": 0.5},
        {"reset_conn": True},
    ],
    ids=["429", "429 in plain text", "503 twice", "truncated JSON", "HTML with 200", "cut off", "connection reset"],
)
def test_a_fault_in_the_middle_is_said_and_made_good(worlds: Worlds, platform: str, fault: dict[str, Any]) -> None:
    world = worlds(platform, 350)
    world.fault(skip=2, **fault)
    first = world.read()
    assert first.error
    assert world.health.state is SourceState.RETRYING
    assert world.health.next_attempt_at > world.at
    assert [gap.sentence for gap in world.health.gaps] != []
    world.read_until_well()
    assert world.numbers == list(range(350))
    assert world.health.gaps == []


@all_platforms
@pytest.mark.parametrize("headers", [{"WWW-Authenticate": "Bearer"}, {}], ids=["with its header", "bare"])
def test_a_revoked_key_stops_the_source_says_which_and_does_not_hammer(
    worlds: Worlds, platform: str, headers: dict[str, str]
) -> None:
    world = worlds(platform, 50)
    world.fault(match="", times=-1, status=401, headers=headers, body={"error": "revoked"})
    said = world.read().error
    assert {"x": "X_BEARER_TOKEN", "reddit": "REDDIT_CLIENT", "mastodon": "MASTODON_ACCESS_TOKEN"}[platform] in said
    assert world.health.state is SourceState.STOPPED
    assert world.health.next_attempt_at is None
    assert len(world.server.log) <= 2


@all_platforms
def test_an_empty_answer_is_no_trouble(worlds: Worlds, platform: str) -> None:
    world = worlds(platform)
    assert world.read().error == ""
    assert world.health.state is SourceState.OK
    world.server.control({"add": posts(3)})
    world.read()
    assert world.numbers == [0, 1, 2]


@all_platforms
def test_a_future_dated_post_moves_no_cursor(worlds: Worlds, platform: str) -> None:
    """Its date is a claim; its id, by which the platform orders, is not."""
    world = worlds(platform, 100)
    world.read()
    world.server.control({"add": [archived(100) | {"created_at": "2031-01-01T00:00:00.000Z"}]})
    world.read()
    world.server.control({"add": posts(20, first=101)})
    world.read()
    assert world.numbers == list(range(121))
    assert max(row.posted_at for row in world.rows) <= world.at + timedelta(days=1)


def test_a_burst_beyond_what_reddit_lists_is_said_with_its_times(worlds: Worlds) -> None:
    world = worlds("reddit", 100, reddit_cap=250)
    world.read()
    assert world.health.gaps == []
    world.server.control({"add": posts(700, first=100)})
    world.read()
    assert set(range(800 - 250, 800)) <= set(world.numbers)
    [gap] = world.health.gaps
    assert gap.from_at <= START + timedelta(seconds=EVERY_S * 101)
    assert gap.until_at >= START + timedelta(seconds=EVERY_S * 548)
    assert gap.until_at <= START + timedelta(seconds=EVERY_S * 560)
    assert not gap.can_fill


def test_what_lies_behind_the_seven_days_of_x_is_said(worlds: Worlds) -> None:
    world = worlds("x", 120)
    world.read()
    world.at += timedelta(days=9)
    bound = datetime.now(UTC) + timedelta(days=2)  # the server's clock, by which the walk began, is the real one
    said = f"'since_id' must be a tweet id created after {bound:%Y-%m-%dT%H:%MZ}. Please use a newer one."
    expired = {"errors": [{"message": said}], "title": "Invalid Request"}
    world.fault(status=400, body=expired)
    world.read()
    assert world.health.gaps != []


@all_platforms
@pytest.mark.parametrize("after", [1, 3])
def test_a_process_that_is_killed_in_the_middle_leaves_no_gap(worlds: Worlds, platform: str, after: int) -> None:
    world = worlds(platform, 420)
    program = (
        "import sys, os, signal; from tests.test_nothing_lost import killed; "
        f"killed({world.url!r}, {after}, {world.at.isoformat()!r})"
    )
    process = subprocess.run([sys.executable, "-c", program], env=environment_for({}), check=False, timeout=240)
    assert process.returncode == -signal.SIGKILL
    assert 0 < len(world.rows) < 420
    world.server.control({"add": posts(30, first=420)})
    world.at += timedelta(minutes=5)  # the dead one's claim ends
    world.read_until_well()
    world.read()
    assert world.numbers == list(range(450))
    assert world.health.gaps == []
    assert world.health.posts_this_month == 450


def killed(url: str, pages: int, at: str) -> None:
    """Read the source of a database and die by signal after so many pages."""
    database, left = open_database(url), pages

    def stopping() -> bool:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return False

    with database.read() as session:
        source = session.exec(select(Source)).one()
    parts = Parts(database, now=lambda: datetime.fromisoformat(at))
    collect(
        parts,
        source,
        lambda config: make(config, {n: SecretStr(s.get_secret_value()) for n, s in SECRETS.items()}),
        stopping,
    )


@all_platforms
def test_a_budget_stops_the_walk_says_so_and_the_rest_comes_when_it_is_raised(worlds: Worlds, platform: str) -> None:
    world = worlds(platform, 500)
    world.set_up(budget_posts_per_month=150)
    world.read()
    read = len(world.numbers)
    assert 150 <= read < 150 + PAGE[platform]
    assert world.health.state is SourceState.OVER_BUDGET
    assert world.health.next_attempt_at == datetime(2026, 12, 1, tzinfo=UTC)
    [gap] = world.health.gaps
    assert "budget" in gap.sentence
    world.set_up(budget_posts_per_month=5000)
    world.read_until_well()
    assert world.numbers == list(range(500))
    assert world.health.gaps == []


def test_money_counts_as_x_charges_it_and_stops_the_source(worlds: Worlds) -> None:
    world = worlds("x", 400)
    world.set_up(budget_usd_per_month=1.0)
    world.read()
    assert world.health.cost_this_month == len(world.numbers) * 5_000
    assert 200 <= len(world.numbers) <= 300
    assert world.health.state is SourceState.OVER_BUDGET


@with_pages_of_100  # the replay server has no look-up of Mastodon; tests/collectors holds that
def test_an_edited_post_keeps_what_it_said_and_a_deleted_one_becomes_a_tombstone(worlds: Worlds, platform: str) -> None:
    world = worlds(platform, 3)
    world.read()
    edited, gone = archived(0), archived(1)
    world.server.control({"edit": {edited["id"]: "the #parcel came after all number 0"}, "hide": [gone["id"]]})
    world.at += timedelta(days=40)
    with world.database.read() as session:
        source = session.exec(select(Source)).one()
    done = recheck(world.parts, source, lambda config: make(config, SECRETS), Sweep())
    assert (done.asked, done.edited, done.gone, done.error) == (3, 1, 1, "")
    by_number = {row.platform_id: row for row in world.rows}
    texts = sorted(row.text for row in by_number.values())
    assert "the #parcel came after all number 0" in texts
    [tombstone] = [row for row in by_number.values() if row.deleted_at]
    assert (tombstone.text, tombstone.title) == ("", "")
    assert tombstone.gone_why
    with world.database.read() as session:
        [edit] = session.exec(select(PostEdit)).all()
    assert edit.text == "where is my #parcel number 0"
