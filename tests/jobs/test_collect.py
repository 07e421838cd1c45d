"""Reading a source: pages and cursors together, and an account of what went wrong."""

from datetime import timedelta

import pytest
from sqlmodel import func, select

from core.errors import AuthError, CollectError, ConfigError, NotPermittedError, RateLimitedError, UnreachableError
from core.types import Page, Rejection
from jobs.collect import Collected, collect, config_of
from jobs.parts import Parts
from storage.sources import claim_source, due_sources, retry_stopped
from storage.tables import CollectedWindow, PostRow, Source, SourceState, WindowState
from tests.fakes import Clock, FakeCollector, pages, post
from tests.jobs.conftest import other, source_of

THREE = pages([post(1), post(2)], [post(2), post(3)], [post(4)])


def read(parts: Parts, *found: Page | CollectError) -> Collected:
    return collect(parts, source_of(parts), lambda _: FakeCollector(found))


def stored(parts: Parts) -> int:
    with parts.database.read() as session:
        return session.exec(select(func.count()).select_from(PostRow)).one()


def last_window(parts: Parts) -> CollectedWindow:
    with parts.database.read() as session:
        return session.exec(select(CollectedWindow).order_by(CollectedWindow.id.desc())).first()  # type: ignore[union-attr, return-value]


def test_a_source_is_read_to_its_end(parts: Parts, clock: Clock) -> None:
    assert read(parts, *THREE) == Collected("x-parcelo", added=4, pages=3)
    source = source_of(parts)
    assert (source.cursor, source.state, source.claimed_by) == ("3", SourceState.OK, "")
    assert source.next_attempt_at == clock() + timedelta(minutes=2)
    assert (last_window(parts).state, last_window(parts).posts) == (WindowState.COMPLETE, 5)


def test_a_second_run_adds_nothing(parts: Parts) -> None:
    read(parts, *THREE)
    assert read(parts, *THREE) == Collected("x-parcelo")


def test_what_was_read_before_an_error_is_kept_and_the_next_run_goes_on_there(parts: Parts) -> None:
    result = read(parts, *THREE[:2], UnreachableError("X did not answer"))
    assert (result.added, result.error) == (3, "X did not answer")
    assert source_of(parts).cursor == "2"
    assert read(parts, *THREE).added == 1


def test_a_rate_limit_is_waited_out_as_long_as_the_platform_asks(parts: Parts, clock: Clock) -> None:
    read(parts, RateLimitedError("slow down", timedelta(minutes=11)))
    source = source_of(parts)
    assert (source.state, source.last_error) == (SourceState.RETRYING, "slow down")
    assert source.next_attempt_at == clock() + timedelta(minutes=11)


def test_pauses_grow_while_a_source_fails(parts: Parts, clock: Clock) -> None:
    waits = []
    for _ in range(6):
        read(parts, UnreachableError("down"))
        waits.append((source_of(parts).next_attempt_at or clock()) - clock())
    assert waits == sorted(waits)
    read(parts, *THREE)
    assert (source_of(parts).failures, source_of(parts).last_error) == (0, "")


@pytest.mark.parametrize(
    ("error", "window"),
    [
        (AuthError("X_BEARER_TOKEN is wrong"), WindowState.FAILED),
        (NotPermittedError("the query is refused"), WindowState.NOT_PERMITTED),
    ],
)
def test_what_a_person_must_mend_stops_the_source(parts: Parts, error: CollectError, window: WindowState) -> None:
    read(parts, error)
    assert (source_of(parts).state, source_of(parts).last_error) == (SourceState.STOPPED, str(error))
    assert last_window(parts).state is window
    with parts.database.write() as session:
        assert due_sources(session, parts.now() + timedelta(days=1)) == []
        retry_stopped(session)
    with parts.database.read() as session:
        assert len(due_sources(session, parts.now())) == 1


def test_a_source_that_cannot_be_built_stops_with_the_reason(parts: Parts) -> None:
    def refuse(_: Source) -> FakeCollector:
        raise ConfigError("needs a query")

    assert collect(parts, source_of(parts), refuse).error == "needs a query"
    assert source_of(parts).state is SourceState.STOPPED


def test_a_bug_in_a_collector_is_shown_and_stops_nothing(parts: Parts, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(FakeCollector):
        def fetch(self, cursor: str):  # type: ignore[no-untyped-def]
            yield THREE[0]
            raise KeyError("data")

    result = collect(parts, source_of(parts), lambda _: Broken([]))
    assert (result.added, result.error) == (2, "KeyError: 'data'")
    assert "Traceback" in caplog.text
    assert source_of(parts).state is SourceState.RETRYING


def test_what_the_platform_withheld_is_accounted_for(parts: Parts) -> None:
    read(parts, Page((post(1),), "1", truncated="X lists 7 days only"))
    assert (last_window(parts).state, last_window(parts).detail) == (WindowState.TRUNCATED, "X lists 7 days only")
    assert source_of(parts).last_error == "X lists 7 days only"


def test_rows_that_are_no_posts_are_counted(parts: Parts, caplog: pytest.LogCaptureFixture) -> None:
    assert read(parts, Page((post(1),), "1", rejected=(Rejection(7, "no date", "x"),))).rejected == 1
    assert "row 7 was not taken: no date" in caplog.text


def test_a_source_that_another_process_reads_is_left_to_it(parts: Parts) -> None:
    with parts.database.write() as session:
        claim_source(session, 1, other(parts).worker, parts.now(), timedelta(minutes=3))
    assert read(parts, *THREE).taken_by_other
    assert stored(parts) == 0


def test_a_process_whose_lease_ran_out_stores_no_page_and_moves_no_cursor(parts: Parts, clock: Clock) -> None:
    class Slow(FakeCollector):
        def fetch(self, cursor: str):  # type: ignore[no-untyped-def]
            yield THREE[0]
            clock.move(timedelta(hours=1))
            collect(other(parts), source_of(parts), lambda _: FakeCollector(THREE))
            yield THREE[1]

    result = collect(parts, source_of(parts), lambda _: Slow([]))
    assert result.taken_by_other
    assert (stored(parts), source_of(parts).cursor) == (4, "3")


def test_a_run_that_is_told_to_stop_ends_after_the_page(parts: Parts) -> None:
    result = collect(parts, source_of(parts), lambda _: FakeCollector(THREE), stopping=lambda: True)
    assert (result.pages, source_of(parts).cursor) == (1, "1")


def test_the_collector_is_closed_whatever_happens(parts: Parts) -> None:
    collector = FakeCollector([UnreachableError("down")])
    collect(parts, source_of(parts), lambda _: collector)
    assert collector.closed


def test_a_source_reaches_its_collector_as_configured(parts: Parts) -> None:
    source = source_of(parts)
    source.settings = {"base_url": "http://127.0.0.1:1", "subreddit": "parcels", "options": {"overlap": "5"}}
    config = config_of(source)
    assert (config.name, config.query, config.base_url) == ("x-parcelo", "parcelo", "http://127.0.0.1:1")
    assert config.options == {"overlap": "5", "subreddit": "parcels"}
