"""What the board is told about the sources."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import Session

from core.budgets import Usage
from core.configuration import parse_configuration
from core.errors import InputError
from core.types import Gap
from storage.brands import apply_configuration
from storage.database import Database
from storage.posts import store_posts
from storage.source_health import (
    SourceHealth,
    ask_fill,
    left_out_posts,
    lookup_warning,
    retry_source,
    source_health,
    sources_health,
)
from storage.sources import add_usage, claim_source, due_sources
from storage.stats import stats
from storage.tables import PostRow, Source, SourceState
from storage.windows import note_gap
from tests.fakes import post

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
X = {"name": "x", "brand": "Parcelo", "platform": "x", "query": "parcelo"}
FEED = {"name": "feed", "brand": "Parcelo", "platform": "feeds", "url": "https://example.org/feed"}


@pytest.fixture
def base(any_database: Database) -> Database:
    configure(any_database)
    return any_database


def configure(database: Database, **changed: object) -> None:
    data = {"brands": [{"name": "Parcelo"}], "sources": [X | changed, FEED]}
    with database.write() as session:
        apply_configuration(session, parse_configuration(data), NOW)


def source_id(session: Session, name: str = "x") -> int:
    return next(health.id for health in sources_health(session, NOW) if health.name == name)


def health(database: Database, name: str = "x", now: datetime = NOW) -> SourceHealth:
    with database.read() as session:
        return next(each for each in sources_health(session, now) if each.name == name)


def store(session: Session, number: int, at: datetime, **values: object) -> None:
    store_posts(session, [post(number, at=at)], brand_id=1, source_id=source_id(session), own_handles=[], now=NOW)
    row = session.get_one(PostRow, number)
    for name, value in values.items():
        setattr(row, name, value)


def test_a_new_source_has_nothing_to_show_and_nothing_to_fear(base: Database) -> None:
    x = health(base)
    assert (x.name, x.brand, x.platform, x.query, x.state) == ("x", "Parcelo", "x", "parcelo", SourceState.WAITING)
    assert (x.posts_total, x.posts_a_day, x.left_out, x.gaps, x.warning) == (0, 0.0, 0, [], "")
    assert (x.budget_posts, x.budget_cost, x.budget_share) == (None, None, None)
    assert not x.is_reading
    assert [each.name for each in all_healths(base)] == ["feed", "x"]


def all_healths(database: Database) -> list[SourceHealth]:
    with database.read() as session:
        return sources_health(session, NOW)


def test_posts_are_counted_by_the_day_they_were_written(base: Database) -> None:
    with base.write() as session:
        midnight = datetime(2026, 11, 21, tzinfo=UTC)
        times = (NOW, midnight, midnight - timedelta(seconds=1), NOW - 6 * DAY, NOW - 7.5 * DAY, NOW - 20 * DAY)
        for number, at in enumerate(times, start=1):
            store(session, number, at)
    x = health(base)
    assert x.posts_total == 6
    assert x.posts_a_day == pytest.approx(0.6)
    days = dict(x.posts_by_day)
    assert [day for day, _ in x.posts_by_day] == [date(2026, 11, 8) + timedelta(days=each) for each in range(14)]
    assert {day.day: count for day, count in days.items() if count} == {21: 2, 20: 1, 15: 1, 14: 1}
    assert health(base, "feed").posts_by_day[-1][1] == 0


def test_posts_that_are_not_about_the_brand_are_counted_and_shown_with_the_reason(base: Database) -> None:
    with base.write() as session:
        store(session, 1, NOW - DAY, left_out="speaks of a parcel of land")
        store(session, 2, NOW, left_out="speaks of a parcel bomb", relevance=0.1)
        store(session, 3, NOW - 8 * DAY, left_out="long ago")
        store(session, 4, NOW)
        store(session, 5, NOW, left_out="gone", deleted_at=NOW)
    assert health(base).left_out == 2
    with base.read() as session:
        shown = left_out_posts(session, source_id=source_id(session), limit=2)
        assert [(each.id, each.left_out, each.relevance) for each in shown] == [
            (2, "speaks of a parcel bomb", 0.1),
            (1, "speaks of a parcel of land", None),
        ]
        assert len(left_out_posts(session, brand_id=1)) == 3
        assert left_out_posts(session, source_id=source_id(session, "feed")) == []


def test_use_and_budget_are_those_of_the_month(base: Database) -> None:
    configure(base, budget_posts_per_month=100, budget_usd_per_month=2.5)
    with base.write() as session:
        add_usage(session, source_id(session), Usage(999, 999_999), NOW - 31 * DAY)
        add_usage(session, source_id(session), Usage(40, 2_250_000), NOW)
    x = health(base)
    assert (x.posts_this_month, x.cost_this_month) == (40, 2_250_000)
    assert (x.budget_posts, x.budget_cost, x.budget_share) == (100, 2_500_000, pytest.approx(0.9))
    assert x.warning == "90% of this month's budget is used: $2.25 of $2.50."


def test_a_source_that_looks_posts_up_for_money_without_a_budget_says_what_that_comes_to(base: Database) -> None:
    with base.write() as session:
        for number in range(1, 41):
            store(session, number, NOW)
    said = "Looking up 40 posts every 22 hours costs about $6.55 a month, and no budget limits it."
    assert health(base).warning == said
    configure(base, budget_usd_per_month=20.0)
    assert health(base).warning == ""
    configure(base, recheck_hours=0)
    assert health(base).warning == ""
    assert health(base, "feed").warning == ""


def test_what_look_ups_of_millions_of_posts_cost_can_be_said(base: Database) -> None:
    with base.read() as session:
        source = session.get_one(Source, source_id(session))
    assert "$1,636,363.64 a month" in lookup_warning(source, 10_000_000)


def test_a_source_is_read_while_a_claim_holds(base: Database) -> None:
    with base.write() as session:
        claim_source(session, source_id(session), "a", NOW, timedelta(minutes=3))
    assert health(base).is_reading
    assert not health(base, now=NOW + timedelta(minutes=4)).is_reading


def test_gaps_come_newest_first_with_what_can_be_done(base: Database) -> None:
    with base.write() as session:
        for name in ("x", "feed"):
            for back in (5, 2):
                gap = Gap(f"lost {back}", NOW - timedelta(hours=back), NOW - timedelta(hours=back - 1))
                note_gap(session, source_id(session, name), gap, (NOW, NOW))
    shown = health(base).gaps
    assert [(gap.sentence, gap.can_fill, gap.is_pending) for gap in shown] == [
        ("lost 2", True, False),
        ("lost 5", True, False),
    ]
    assert health(base).gaps_total == 2
    assert [gap.can_fill for gap in health(base, "feed").gaps] == [False, False]
    with base.write() as session:
        ask_fill(session, shown[0].id, None, NOW)
        ask_fill(session, shown[0].id, None, NOW + DAY)  # asking twice is asking once
    asked = health(base).gaps[0]
    assert (asked.can_fill, asked.fill_state.value) == (False, "wanted")


def test_only_the_newest_gaps_are_shown_and_all_are_counted(base: Database) -> None:
    with base.write() as session:
        for number in range(60):
            at = NOW - timedelta(hours=2 * number)
            note_gap(session, source_id(session), Gap("lost", at, at + timedelta(minutes=1)), (NOW, NOW))
            session.flush()
    x = health(base)
    assert (len(x.gaps), x.gaps_total) == (50, 60)
    assert x.gaps[0].from_at == NOW
    with base.read() as session:
        [told] = [each for each in stats(session)["sources"] if each["name"] == "x"]
    assert told["gaps"] == 60


def test_a_stopped_source_can_be_tried_again_now(base: Database) -> None:
    with base.write() as session:
        source = session.get_one(Source, source_id(session))
        source.state, source.next_attempt_at = SourceState.STOPPED, None
    with base.write() as session:
        retry_source(session, source_id(session), NOW)
    with base.read() as session:
        assert "x" in [source.name for source in due_sources(session, NOW)]


def test_a_source_that_waits_can_be_tried_earlier_and_one_that_is_off_cannot(base: Database) -> None:
    with base.write() as session:
        source = session.get_one(Source, source_id(session))
        source.state, source.next_attempt_at = SourceState.RETRYING, NOW + DAY
    with base.write() as session:
        retry_source(session, source_id(session), NOW)
        assert session.get_one(Source, source_id(session)).next_attempt_at == NOW
        session.get_one(Source, source_id(session)).enabled = False
        session.flush()
        for wrong in (source_id(session), 99):
            with pytest.raises(InputError):
                retry_source(session, wrong, NOW)


def test_the_card_is_that_of_the_source(base: Database) -> None:
    configure(base, may_train=True)
    assert health(base).policy.may_train
    assert health(base).policy.why["may_train"] == "your configuration says so"
    assert health(base, "feed").policy.recheck_hours == 0


def test_a_source_that_is_not_there_has_no_health(base: Database) -> None:
    with base.read() as session:
        assert source_health(session, 99, NOW) is None


def test_what_a_source_cost_stands_in_the_stats(base: Database) -> None:
    with base.write() as session:
        add_usage(session, source_id(session), Usage(1, 1_250_000), NOW)
        add_usage(session, source_id(session), Usage(1, 250_000), NOW - 40 * DAY)
    with base.read() as session:
        costs = {each["name"]: each["cost_usd"] for each in stats(session)["sources"]}
    assert costs == {"x": 1.5, "feed": 0.0}
