"""The whole way with the real clients, from the replay server into the database, and what is accounted for."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from core.types import Gap
from jobs.collect import Collected, collect
from jobs.fill import fill
from jobs.parts import Parts
from jobs.recheck import Sweep, recheck
from storage.source_health import SourceHealth, ask_fill, sources_health
from storage.tables import PostEdit, PostRow, SourceState, SourceUsage
from storage.windows import note_gap
from tests.collectors.archive import EVERY, START, archived, posts_archive, snowflake
from tests.conftest import ROOT, environment_for
from tests.fakes import Clock
from tests.jobs.conftest import set_up, source_of
from tests.jobs.replay_target import real
from tests.replaying import replay_server

pytestmark = pytest.mark.replay
PRICE = 5_000  # of a post of X
PLATFORMS = {
    "x": {"platform": "x", "query": "parcel"},
    "reddit": {"platform": "reddit", "query": "", "options": {"subreddit": "shopping", "listings": "new"}},
}


@pytest.fixture
def served(shared: Path) -> Iterator[Any]:
    with replay_server(shared).ReplayServer(archive=posts_archive(1000), x_limit=0) as server:
        yield server


@pytest.fixture(autouse=True)
def after_the_archive(clock: Clock) -> None:
    clock.at = START + 1000 * EVERY + timedelta(minutes=5)


def watch(parts: Parts, served: Any, platform: str = "x", **more: Any) -> None:
    set_up(parts, **(PLATFORMS[platform] | {"base_url": served.url} | more))


def read(parts: Parts) -> Collected:
    return collect(parts, source_of(parts), real)


def stored(parts: Parts) -> list[int]:
    """Return the numbers of the posts, as their texts say them, sorted."""
    with parts.database.read() as session:
        texts = session.exec(select(PostRow.text).where(col(PostRow.deleted_at).is_(None))).all()
    return sorted(int(text.rsplit(" ", 1)[1]) for text in texts)


def health(parts: Parts) -> SourceHealth:
    with parts.database.read() as session:
        [found] = sources_health(session, parts.now())
    return found


def asked(served: Any) -> list[str]:
    return [line["path"] for line in served.log if line["method"] == "GET"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_thousand_posts_are_stored_exactly_and_a_second_run_adds_none(
    parts: Parts, served: Any, platform: str
) -> None:
    watch(parts, served, platform)
    assert (read(parts).added, stored(parts)) == (1000, list(range(1000)))
    served.log.clear()
    assert (read(parts).added, len(asked(served))) == (0, 1)
    told = health(parts)
    assert (told.posts_this_month, told.cost_this_month) == (1000, 1000 * PRICE if platform == "x" else 0)
    assert (told.state, told.gaps) == (SourceState.OK, [])


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_reader_killed_after_page_3_leaves_no_gap_and_pays_for_no_page_twice(
    parts: Parts, served: Any, platform: str, clock: Clock
) -> None:
    watch(parts, served, platform)
    url = parts.database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.jobs.replay_target", url, "3"]
    died = subprocess.run(command, cwd=ROOT, env=environment_for({}), timeout=240, check=False)
    assert died.returncode == -signal.SIGKILL
    assert len(stored(parts)) == 300
    clock.at = datetime.now(UTC) + timedelta(minutes=5)  # the lease of the dead has ended
    served.archive.add(posts_archive(50, first=1000))
    while read(parts).added:
        pass
    assert stored(parts) == list(range(1050))
    assert health(parts).gaps == []
    with parts.database.read() as session:
        rows = session.exec(select(SourceUsage)).all()
    assert sum(row.posts for row in rows) == 1050
    if platform == "x":
        assert sum(row.cost for row in rows) < 1.02 * 1050 * PRICE


def test_a_budget_in_dollars_stops_the_walk_and_the_next_month_finishes_it(
    parts: Parts, served: Any, clock: Clock
) -> None:
    watch(parts, served, budget_usd_per_month=2.0)
    read(parts)
    told = health(parts)
    assert (len(stored(parts)), told.cost_this_month, told.state) == (400, 400 * PRICE, SourceState.OVER_BUDGET)
    assert told.warning == "This month's budget is used up: $2.00 of $2.00. It is read again on 01 December."
    assert [gap.is_pending for gap in told.gaps] == [True]
    served.log.clear()
    read(parts)
    assert asked(served) == []
    watch(parts, served, budget_usd_per_month=20.0)
    read(parts)
    assert stored(parts) == list(range(1000))
    assert (health(parts).state, health(parts).gaps) == (SourceState.OK, [])
    assert health(parts).cost_this_month == 1000 * PRICE


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ({"rate_limit": 600}, SourceState.RETRYING),
        ({"status": 429, "body": "Too many"}, SourceState.RETRYING),
        ({"status": 503, "times": 2}, SourceState.RETRYING),
        ({"drop": 0.5}, SourceState.RETRYING),
        ({"truncate": 0.5}, SourceState.RETRYING),
        ({"garbage": True}, SourceState.RETRYING),
        ({"status": 401}, SourceState.STOPPED),
    ],
)
def test_a_fault_in_mid_walk_costs_time_and_no_post(
    parts: Parts, served: Any, clock: Clock, platform: str, fault: dict[str, Any], state: SourceState
) -> None:
    watch(parts, served, platform)
    match = "search/recent" if platform == "x" else "/new"
    served.control({"faults": [{"match": match, "skip": 3} | fault]})
    read(parts)
    told = health(parts)
    assert (len(stored(parts)), told.state, len(told.gaps)) == (300, state, 1)
    assert told.gaps[0].sentence == told.last_error
    clock.move(timedelta(hours=1))
    while read(parts).error:
        clock.move(timedelta(hours=1))
    assert (stored(parts), health(parts).gaps) == (list(range(1000)), [])


def test_a_refused_key_is_named_and_the_source_is_not_asked_again(parts: Parts, served: Any) -> None:
    watch(parts, served)
    served.control({"faults": [{"match": "search", "status": 401, "times": -1}]})
    assert "X_BEARER_TOKEN" in read(parts).error
    assert (health(parts).state, health(parts).next_attempt_at) == (SourceState.STOPPED, None)
    assert len(asked(served)) == 1


def test_a_burst_beyond_what_a_list_holds_is_a_gap_with_its_times(parts: Parts, served: Any, clock: Clock) -> None:
    served.control({"reddit_cap": 250})
    watch(parts, served, "reddit")
    read(parts)
    served.archive.add(posts_archive(700, first=1000))
    clock.move(700 * EVERY)
    read(parts)
    had = stored(parts)
    assert had[-250:] == list(range(1450, 1700))
    [gap] = health(parts).gaps
    assert gap.from_at <= START + 1000 * EVERY
    assert gap.until_at >= START + 1449 * EVERY
    assert not gap.can_fill


def test_posts_that_are_gone_or_edited_are_found_by_looking_up(parts: Parts, served: Any, clock: Clock) -> None:
    watch(parts, served)
    read(parts)
    gone = [str(snowflake(START + EVERY * number, number)) for number in range(0, 1000, 10)]
    served.control({"hide": gone, "edit": {str(snowflake(START + EVERY, 1)): "never mind my parcel, number 1"}})
    clock.move(timedelta(hours=25))
    result = recheck(parts, source_of(parts), real, Sweep())
    assert (result.asked, result.gone, result.edited, result.unknown) == (1000, 100, 1, 0)
    assert stored(parts) == [number for number in range(1000) if number % 10]
    with parts.database.read() as session:
        assert [edit.text for edit in session.exec(select(PostEdit))] == ["where is my parcel number 1"]
    assert health(parts).cost_this_month == (1000 + 900) * PRICE


def test_a_source_whose_posts_are_all_gone_keeps_none_of_their_words(parts: Parts, served: Any, clock: Clock) -> None:
    watch(parts, served)
    read(parts)
    served.control({"hide": [str(snowflake(START + EVERY * number, number)) for number in range(1000)]})
    clock.move(timedelta(hours=25))
    assert recheck(parts, source_of(parts), real, Sweep()).gone == 1000
    assert stored(parts) == []


def test_a_gap_is_filled_by_the_real_client(parts: Parts, served: Any, clock: Clock) -> None:
    watch(parts, served)
    late = [archived(5000 + number, START + timedelta(minutes=10, seconds=number)) for number in range(30)]
    read(parts)
    served.archive.add(late)  # X's index got them long after the walk had passed
    times = (START + timedelta(minutes=9), START + timedelta(minutes=12))
    with parts.database.write() as session:
        note_gap(session, 1, Gap("the index was late", *times), times)
    with parts.database.write() as session:
        ask_fill(session, health(parts).gaps[0].id, None, clock())
    filled = fill(parts, source_of(parts), real)
    assert (filled.filled, filled.added) == (1, 30)
    assert health(parts).gaps == []
    assert len(stored(parts)) == 1030
