"""`sources`, `query test` and `recheck` on the command line."""

import io
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlmodel import select

from collectors import PLATFORMS
from commands import sources
from core.types import LookedUp
from jobs.collect import config_of
from storage.database import Database, open_database
from storage.query_test import query_of_source
from storage.rows import id_of
from storage.tables import CollectedWindow, FillState, PostRow, Source, SourceState
from tests.board.seeding import seed
from tests.board.source_seeding import HOSTILE_ERROR, SOURCES, Gap, SourceSeed, only_brand, seed_sources
from tests.test_cli import Afterclick

NOW = datetime.now(UTC)
Run = Callable[..., Any]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with sources in every state, to be copied."""
    path = tmp_path_factory.mktemp("sources") / "template.db"
    opened = open_database(f"sqlite:///{path}")
    seed(opened, NOW, cases=())
    with opened.write() as session:
        seed_sources(session, only_brand(session), NOW)
    opened.close()
    return path


@pytest.fixture
def database(tmp_path: Path, template: Path) -> Iterator[Database]:
    shutil.copy(template, tmp_path / "a.db")
    opened = open_database(f"sqlite:///{tmp_path}/a.db")
    yield opened
    opened.close()


@pytest.fixture
def afterclick(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    run = Afterclick(tmp_path, capsys, monkeypatch)
    url = f"sqlite:///{tmp_path}/a.db"
    return lambda *words, **settings: run(*words, AFTERCLICK_DATABASE_URL=url, **settings)


def add(database: Database, *more: SourceSeed) -> None:
    with database.write() as session:
        seed_sources(session, only_brand(session), NOW, more)


def source(database: Database, name: str) -> Source:
    with database.read() as session:
        return session.exec(select(Source).where(Source.name == name)).one()


def gap(database: Database, name: str) -> CollectedWindow:
    with database.read() as session:
        query = select(CollectedWindow).where(CollectedWindow.source_id == source(database, name).id)
        return session.exec(query.order_by(CollectedWindow.id)).all()[0]  # type: ignore[arg-type]


def test_a_gaps_sentence_with_a_full_stop_ends_once_behind_the_time_zone(database: Database, afterclick: Run) -> None:
    why = "X asks for a pause (429): Too Many Requests."
    add(database, SourceSeed("x-late", "x", gaps=(Gap(2, 1, why),)))
    said = " ".join(afterclick("sources").stdout.split())

    assert "Too Many Requests (UTC). " in said
    assert "Requests. (UTC)" not in said


def test_sources_lists_each_with_its_state_and_what_may_have_been_missed(database: Database, afterclick: Run) -> None:
    done = afterclick("sources")
    assert done.returncode == 0
    said = " ".join(done.stdout.split())
    for words in ("needs a person", "trying again", "sleeping", "waiting", "reading now", "well", "off", "$42.06"):
        assert words in said
    assert "x-brindle-mentions: X refused the token (401). Renew X_BEARER_TOKEN__X_BRINDLE_MENTIONS" in said
    number = gap(database, "x-brindle").id
    assert f"X asked for a pause of 20 minutes (UTC). Fill it with: afterclick sources fill {number}" in said
    assert "bluesky-brindle: This month's budget is used up: 2,000 of 2,000 posts." in said


def test_sources_in_json_hold_everything_that_the_board_shows(database: Database, afterclick: Run) -> None:
    found = {each["name"]: each for each in json.loads(afterclick("sources", "--json").stdout)}
    assert set(found) == {each.name for each in SOURCES}
    x = found["x-brindle"]
    assert (x["state"], x["cost_this_month"], x["budget_cost"]) == ("ok", 42_060_000, 50_000_000)
    assert len(x["posts_by_day"]) == 14
    assert x["gaps"][0]["sentence"] == "X asked for a pause of 20 minutes"
    assert datetime.fromisoformat(x["gaps"][0]["from_at"]).tzinfo is not None
    assert x["policy"]["may_train"] is False
    assert "may_train" in x["policy"]["why"]


def test_no_source_says_how_to_add_one(tmp_path: Path, afterclick: Run) -> None:
    open_database(f"sqlite:///{tmp_path}/a.db").close()
    assert "afterclick config apply FILE" in afterclick("sources").stdout
    assert json.loads(afterclick("sources", "--json").stdout) == []


def test_hostile_error_steers_no_terminal(database: Database, afterclick: Run) -> None:
    add(
        database, SourceSeed("hostile", "x", SourceState.STOPPED, error=f"\x1b[2J\x07[red]{HOSTILE_ERROR}\nsecond line")
    )
    (line,) = [line for line in afterclick("sources").stdout.splitlines() if line.startswith("hostile: ")]
    assert "\x1b" not in line
    assert line.endswith(f"[2J [red]{HOSTILE_ERROR} second line")


def test_fill_asks_before_it_costs_money(database: Database, afterclick: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    number = str(gap(database, "x-brindle").id)
    for answer in (io.StringIO("n\n"), io.StringIO(""), None):
        monkeypatch.setattr("sys.stdin", answer)
        assert afterclick("sources", "fill", number).returncode == 1
    assert gap(database, "x-brindle").fill_state is FillState.NOT_ASKED
    done = afterclick("sources", "fill", number, "--yes")
    assert done.returncode == 0
    assert f"gap {number} of x-brindle" in done.stdout
    row = gap(database, "x-brindle")
    assert (row.fill_state, row.fill_asked_by) == (FillState.WANTED, None)
    assert row.fill_asked_at is not None


def test_fill_says_what_cannot_be_filled(database: Database, afterclick: Run) -> None:
    missing = afterclick("sources", "fill", "99999")
    assert missing.returncode == 1
    assert "There is no gap 99999" in missing.stderr
    reddit = afterclick("sources", "fill", str(gap(database, "reddit-homeware").id))
    assert reddit.returncode == 1
    assert "hands over only what is new" in reddit.stderr
    pending = afterclick("sources", "fill", str(gap(database, "x-brindle-mentions").id), "--yes")
    assert pending.returncode == 1


def test_retry_makes_a_stopped_source_due(database: Database, afterclick: Run) -> None:
    assert afterclick("sources", "retry", "x-brindle-mentions").returncode == 0
    row = source(database, "x-brindle-mentions")
    assert row.state is SourceState.WAITING
    assert row.next_attempt_at is not None
    assert row.next_attempt_at <= datetime.now(UTC)
    unknown = afterclick("sources", "retry", "x-brindel")
    assert unknown.returncode == 1
    assert "There is no source 'x-brindel'. Known sources: bluesky-brindle, " in unknown.stderr
    off = afterclick("sources", "retry", "old-forum-export")
    assert "old-forum-export is switched off" in off.stderr


def test_query_says_what_it_finds_and_why_not_and_what_platforms_are_asked(database: Database, afterclick: Run) -> None:
    done = afterclick("query", "test", "@brindlehome", "--source", "mastodon-brindle")
    assert done.returncode == 0
    assert "Of the newest 10 stored posts since" in done.stdout
    assert ": 7 found, 3 left out." in done.stdout
    assert "“Where is my parcel, @brindlehome? Ordered two weeks ago.” @writer_" in done.stdout
    assert "of 512 characters): @brindlehome -from:brindlehome -is:retweet" in done.stdout


def test_query_looks_at_the_brand_or_the_source_or_all_and_no_more_than_asked(
    database: Database, afterclick: Run
) -> None:
    def looked_at(*words: str) -> int:
        found: int = json.loads(afterclick("query", "test", "brindle", "--json", *words).stdout)["looked_at"]
        return found

    whole = looked_at("--limit", "100000")
    assert looked_at("--brand", "Brindle Home", "--limit", "100000") == whole
    assert looked_at("--source", "garden-blog-feed") == 2
    assert looked_at("--limit", "7") == 7
    assert afterclick("query", "test", "a", "--brand", "Nobody").stderr.startswith("afterclick: There is no brand")
    assert afterclick("query", "test", "a", "--brand", "A", "--source", "B").returncode == 2


def test_query_in_json_counts_every_reason(database: Database, afterclick: Run) -> None:
    done = afterclick("query", "test", '@brindlehome OR brindel -"brindle jobs"', "--source", "x-brindle", "--json")
    record = json.loads(done.stdout)
    assert record["matched"] + record["left_out"] == record["looked_at"]
    assert sum(group["count"] for group in record["found_by"]) == record["matched"]
    assert sum(group["count"] for group in record["left_out_by"]) == record["left_out"]
    assert all(group["examples"][0]["text"] for group in record["left_out_by"])
    x = record["platforms"][0]
    assert (x["platform"], x["limit"], x["error"]) == ("x", 512, "")
    assert [each["length"] for each in x["searches"]] == [len(each["text"]) for each in x["searches"]]
    assert record["estimate"] is None


def test_posts_of_the_brand_itself_and_deleted_ones_are_not_found(database: Database, afterclick: Run) -> None:
    with database.write() as session:
        rows = session.exec(select(PostRow).where(PostRow.platform_id.startswith("mastodon-brindle"))).all()  # type: ignore[attr-defined]
        mentions = [row for row in rows if "@brindlehome" in row.text]
        mentions[0].is_own = True
        mentions[1].deleted_at = NOW
    done = afterclick("query", "test", "@brindlehome", "--source", "mastodon-brindle", "--json")
    record = json.loads(done.stdout)
    assert (record["looked_at"], record["matched"]) == (9, 5)
    assert {"a post of the brand itself"} <= {group["why"] for group in record["left_out_by"]}


def test_query_that_cannot_be_read_says_why(database: Database, afterclick: Run) -> None:
    done = afterclick("query", "test", '"never closed')
    assert done.returncode == 1
    assert done.stderr.startswith("afterclick: The query cannot be read: ")
    assert done.stdout == ""


def test_query_on_an_empty_store_says_that_there_is_nothing_to_try_it_on(tmp_path: Path, afterclick: Run) -> None:
    open_database(f"sqlite:///{tmp_path}/a.db").close()
    done = afterclick("query", "test", "parcelo")
    assert done.returncode == 0
    assert "nothing to try it on" in done.stdout


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(
    ("query", "settings"),
    [
        ("parcelo", {}),
        ("", {}),
        ("", {"subreddit": "parcels"}),
        ("", {"options": {"subreddit": "parcels"}}),
        ("", {"native_query": "parcelo has:links"}),
    ],
)
def test_query_that_is_shown_of_a_source_is_the_one_that_it_is_read_by(
    database: Database, platform: str, query: str, settings: dict[str, Any]
) -> None:
    add(database, SourceSeed("compared", platform, query=query, settings=settings))
    with database.read() as session:
        row = session.exec(select(Source).where(Source.name == "compared")).one()
        shown, read = query_of_source(session, id_of(row)), config_of(row, only_brand(session))
    assert (shown.text, shown.native) == (read.query, read.native_query)


class CountingX(BaseHTTPRequestHandler):
    """Answers X's count: 700 posts in seven days."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path != "/2/tweets/counts/recent":
            self.send_error(404)
            return
        self.asked.append(parse_qs(address.query)["query"][0])
        day = {"start": "2026-11-20T00:00:00Z", "end": "2026-11-21T00:00:00Z", "tweet_count": 100}
        body = json.dumps({"data": [day] * 7, "meta": {"total_tweet_count": 700}}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def x_address() -> Iterator[str]:
    CountingX.asked.clear()
    server = HTTPServer(("127.0.0.1", 0), CountingX)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_estimate_asks_x_with_the_sources_key_and_address(database: Database, afterclick: Run, x_address: str) -> None:
    add(database, SourceSeed("x-counted", "x", settings={"base_url": x_address}))
    words = ("query", "test", "@brindlehome OR brindlehome", "--source", "x-counted", "--estimate")
    done = afterclick(*words, X_BEARER_TOKEN__X_COUNTED="token")
    assert done.returncode == 0, done.stderr
    assert "On X: about 3,000 posts and $15.00 a month. X counted 700 posts in the last 7 days." in done.stdout
    (asked,) = CountingX.asked
    assert "-from:brindlehome" in asked
    record = json.loads(afterclick(*words, "--json", X_BEARER_TOKEN__X_COUNTED="token").stdout)
    assert (record["estimate"]["posts"], record["estimate"]["cost"]) == (3000, 15_000_000)


def test_estimate_without_a_key_says_which_one_is_missing(database: Database, afterclick: Run) -> None:
    done = afterclick("query", "test", "parcelo", "--estimate")
    assert done.returncode == 1
    assert "X_BEARER_TOKEN not set" in done.stderr


class LookingUp:
    """A collector whose platform has lost every post whose id ends in 0."""

    lookup_size = 7

    def lookup(self, ids: list[str]) -> LookedUp:
        return LookedUp(gone={each: "Not Found" for each in ids if each.endswith("-0")})

    def close(self) -> None:
        """Nothing to give back."""


def test_recheck_once_looks_up_all_that_is_due_and_ends(
    database: Database, afterclick: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = SourceSeed("x-old", "x", posts=(9, 9, 9, 9, 0, 0))
    add(database, old)
    monkeypatch.setattr(sources, "collector_of", lambda _config: LookingUp())
    done = afterclick("recheck", "x-old", "--once", "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert (record["source"], record["asked"], record["gone"]) == ("x-old", 36, 4)
    with database.read() as session:
        gone = session.exec(select(PostRow).where(PostRow.deleted_at != None)).all()  # noqa: E711
    assert {row.platform_id for row in gone} == {f"x-old-{day}-0" for day in (2, 3, 4, 5)}


def test_recheck_passes_over_sources_that_need_no_look_up(
    database: Database, afterclick: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def collector_of(config: Any) -> LookingUp:
        asked.append(config.name)
        return LookingUp()

    monkeypatch.setattr(sources, "collector_of", collector_of)
    done = afterclick("recheck", "--once")
    assert done.returncode == 0
    assert not {"garden-blog-feed", "old-forum-export", "x-brindle-mentions"} & set(asked)
    assert "reddit-homeware" in asked
    assert "reddit-homeware: " in done.stdout


def test_recheck_that_failed_says_so_and_ends_with_1(database: Database, afterclick: Run) -> None:
    add(database, SourceSeed("x-keyless", "x", posts=(3, 3, 3, 0, 0)))
    done = afterclick("recheck", "x-keyless", "--once")
    assert done.returncode == 1
    assert "X_BEARER_TOKEN not set" in done.stdout
