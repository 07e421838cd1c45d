"""The loop over the steps."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from sqlmodel import col, select

import jobs.worker
from alerts.mail import open_sender
from alerts.smtp import PATIENCE
from collectors.base import SourceConfig
from core.configuration import parse_configuration
from core.errors import AuthError, StorageError, UnreachableError
from core.types import LookedUp, Page
from jobs.parts import Parts, utc_now
from jobs.tending import Tender
from jobs.worker import Worker
from storage.brands import apply_configuration
from storage.database import Database
from storage.posts import claim_unclassified
from storage.source_health import ask_fill
from storage.tables import CollectedWindow, FillState, PostRow, SourceState, WindowState
from tests.fakes import Clock, FakeClassifier, FakeCollector, FakeSender, pages, post
from tests.jobs.conftest import CONFIGURATION, cases, source_of, store
from tests.jobs.sending import queue
from tests.smtp import TalkingServer


@pytest.fixture
def parts(parts: Parts) -> Parts:
    """A clock that moves: the loop waits for real time."""
    return replace(parts, now=utc_now)


def worker_of(parts: Parts, *found: Page, sender: FakeSender | None = None) -> Worker:
    return Worker(parts, lambda _: FakeCollector(found), FakeClassifier, sender or FakeSender())


def run_until(worker: Worker, done: Callable[[], bool]) -> None:
    thread = threading.Thread(target=worker.run)
    thread.start()
    deadline = time.monotonic() + 120
    try:
        while not done():
            assert time.monotonic() < deadline, "it did not get there in time"
            time.sleep(0.02)
    finally:
        worker.stop.set()
        thread.join(20)
    assert not thread.is_alive()


def test_posts_become_cases_and_mails(parts: Parts) -> None:
    sender = FakeSender()
    worker = worker_of(parts, *pages([post(1, "late 4"), post(2, "fine", "bob")]), sender=sender)
    run_until(worker, lambda: len(sender.sent) == 2)
    assert [case.author for case in cases(parts)] == ["ann"]


def test_once_does_everything_but_collecting(parts: Parts) -> None:
    sender = FakeSender()
    store(parts, *(post(number, "late 4", f"a{number}") for number in range(150)))
    assert worker_of(parts, *pages([post(999)]), sender=sender).run_once() == 150 + 2
    assert (len(cases(parts)), len(sender.sent)) == (150, 2)
    assert source_of(parts).cursor == ""


def test_a_source_that_fails_stops_no_other_step(parts: Parts) -> None:
    store(parts, post(1, "late 2"))
    worker = Worker(parts, lambda _: FakeCollector([UnreachableError("down")]), FakeClassifier, FakeSender())
    run_until(worker, lambda: len(cases(parts)) == 1 and source_of(parts).last_error == "down")


def test_a_source_that_hangs_stops_no_other_step(parts: Parts) -> None:
    released = threading.Event()

    class Hanging(FakeCollector):
        def fetch(self, cursor: str):  # type: ignore[no-untyped-def]
            released.wait(20)
            yield from ()

    store(parts, post(1, "late 2"))
    worker = Worker(parts, lambda _: Hanging([]), FakeClassifier, FakeSender())
    threading.Timer(2, released.set).start()
    run_until(worker, lambda: len(cases(parts)) == 1)


def many_sources(parts: Parts, number: int) -> None:
    [source] = CONFIGURATION["sources"]
    sources = [source | {"name": f"source{each:02}"} for each in range(number)]
    with parts.database.write() as session:
        apply_configuration(session, parse_configuration(CONFIGURATION | {"sources": sources}), parts.now())


def test_twenty_sources_that_hang_do_not_delay_the_next(parts: Parts) -> None:
    many_sources(parts, 21)
    released = threading.Event()

    class Hanging(FakeCollector):
        def fetch(self, cursor: str):  # type: ignore[no-untyped-def]
            released.wait(20)
            yield from ()

    def make(config: SourceConfig) -> FakeCollector:
        return FakeCollector(pages([post(1)])) if config.name == "source20" else Hanging([])

    def is_read_while_they_hang() -> bool:
        with parts.database.read() as session:
            is_read = session.exec(select(PostRow.id)).first() is not None
        assert not released.is_set()
        if is_read:
            released.set()
        return is_read

    run_until(Worker(parts, make, FakeClassifier, FakeSender()), is_read_while_they_hang)


def test_a_source_that_is_read_for_long_is_not_taken_for_abandoned(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.worker.RENEW_EVERY", timedelta(0))
    monkeypatch.setattr("jobs.worker.LEASE", timedelta(hours=2))
    released = threading.Event()

    class Quiet(FakeCollector):
        def fetch(self, cursor: str):  # type: ignore[no-untyped-def]
            released.wait(20)
            yield from ()

    def is_renewed() -> bool:
        until = source_of(parts).claimed_until
        return until is not None and until > parts.now() + timedelta(hours=1)

    def renewed_then_released() -> bool:
        if is_renewed():
            released.set()
        return released.is_set()

    run_until(Worker(parts, lambda _: Quiet([]), FakeClassifier, FakeSender()), renewed_then_released)
    assert source_of(parts).claimed_by == ""


def test_a_source_whose_trouble_cannot_be_stored_delays_no_other_step(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise StorageError("disk full")

    monkeypatch.setattr("jobs.tending.collect", fail)
    store(parts, post(1, "late 2"))
    began = time.monotonic()
    run_until(worker_of(parts), lambda: len(cases(parts)) == 1 and "disk full" in caplog.text)
    assert time.monotonic() - began < 8  # a round that fails waits for 10 s
    assert caplog.text.count("Tending a source failed") == 1


class AllDuties(FakeCollector):
    """Reads one post, fills any gap with another and says that the first is gone."""

    lookup_size = 10

    def fill(self, from_at: datetime, until_at: datetime) -> Iterator[Page]:
        yield Page((post(2, "fine"),), "")

    def lookup(self, ids: Sequence[str]) -> LookedUp:
        return LookedUp(gone=dict.fromkeys(ids, "deleted"))


def test_the_worker_reads_fills_what_was_asked_for_and_looks_posts_up_again(parts: Parts) -> None:
    store(replace(parts, now=lambda: utc_now() - timedelta(days=2)), post(7, "fine"))
    with parts.database.write() as session:
        gap = CollectedWindow(
            source_id=1,
            from_at=utc_now() - timedelta(hours=3),
            until_at=utc_now() - timedelta(hours=2),
            state=WindowState.TRUNCATED,
            is_gap=True,
        )
        session.add(gap)
        session.flush()
        ask_fill(session, gap.id or 0, None, utc_now())

    def done() -> bool:
        with parts.database.read() as session:
            posts = {row.platform_id: row.deleted_at for row in session.exec(select(PostRow))}
            fills = session.exec(select(CollectedWindow.fill_state).where(col(CollectedWindow.is_gap))).all()
        return fills == [FillState.FILLED] and set(posts) == {"1", "2", "7"} and posts["7"] is not None

    worker = Worker(parts, lambda _: AllDuties(pages([post(1, "fine")])), FakeClassifier, FakeSender())
    run_until(worker, done)


def test_a_stopped_source_is_left_alone(parts: Parts) -> None:
    read: list[str] = []

    def make(config: SourceConfig) -> FakeCollector:
        read.append(config.name)
        return FakeCollector([AuthError("X_BEARER_TOKEN was refused")])

    worker = Worker(parts, make, FakeClassifier, FakeSender())
    run_until(worker, lambda: source_of(parts).state is SourceState.STOPPED)
    tender = Tender(parts, make, lambda: False)
    assert list(tender.duties(busy=())) == []
    assert read == ["x-parcelo"]


def test_trouble_in_one_round_is_logged_and_the_next_goes_on(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("jobs.worker.TROUBLE_S", 0.01)
    tries: list[int] = []

    def load() -> FakeClassifier:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("disk full")
        return FakeClassifier()

    store(parts, post(1, "late 2"))
    run_until(Worker(parts, lambda _: FakeCollector([]), load, FakeSender()), lambda: len(cases(parts)) == 1)
    assert "disk full" in caplog.text


def test_managers_are_told_although_the_clock_was_ahead_for_a_while(
    parts: Parts, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched: list[datetime] = []
    worker = worker_of(replace(parts, now=clock))
    monkeypatch.setattr(Worker, "_watch", lambda self: watched.append(self.parts.now()))
    with ThreadPoolExecutor(1) as readers, ThreadPoolExecutor(1) as mailer, ThreadPoolExecutor(1) as tallier:
        for moved in (timedelta(days=40), timedelta(days=-40), timedelta(minutes=1)):
            clock.move(moved)
            worker._round(readers, mailer, tallier)
    assert len(watched) == 2


def test_what_a_crashed_worker_held_is_taken_up_at_once(parts: Parts) -> None:
    store(parts, post(1, "late 2"))
    gone = parts.worker.split(":")[0] + ":999999999:1:abcd"
    with parts.database.write() as session:
        claim_unclassified(session, gone, parts.now(), timedelta(hours=1), 10)
    worker_of(parts).run_once()
    assert len(cases(parts)) == 1


def test_a_database_that_is_not_ready_at_the_start_is_tried_again(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.worker.TROUBLE_S", 0.01)
    refusals = [StorageError("locked"), StorageError("locked")]
    free = jobs.worker.free_claims

    def refusing(*given: Any) -> int:
        if refusals:
            raise refusals.pop()
        return free(*given)

    monkeypatch.setattr("jobs.worker.free_claims", refusing)
    store(parts, post(1, "late 2"))
    run_until(worker_of(parts), lambda: len(cases(parts)) == 1)


def test_the_classifier_is_not_loaded_for_nothing(database: Database) -> None:
    def load() -> FakeClassifier:
        raise AssertionError("nothing is there to read")

    Worker(Parts(database), lambda _: FakeCollector([]), load, FakeSender()).run_once()


def test_another_adaptation_is_taken_up_with_the_next_posts(parts: Parts) -> None:
    loaded: list[str] = []
    mark = "first"

    def load() -> FakeClassifier:
        loaded.append(mark)
        return FakeClassifier()

    worker = Worker(parts, lambda _: FakeCollector([]), load, FakeSender(), classifier_mark=lambda: mark)
    for number in (1, 2):
        store(parts, post(number, "late 2"))
        worker.run_once()
    assert loaded == ["first"]
    mark = "second"
    worker.run_once()
    assert loaded == ["first"]
    store(parts, post(3, "late 2"))
    worker.run_once()
    assert loaded == ["first", "second"]


def test_a_mail_server_that_hangs_delays_no_other_step(parts: Parts) -> None:
    released = threading.Event()

    class Hanging(FakeSender):
        def send(self, message: EmailMessage, stopping: Callable[[], bool] = lambda: False) -> None:
            released.wait(20)

    store(parts, post(1, "late 4"))
    worker = worker_of(parts, sender=Hanging())

    def later_post_is_read() -> bool:
        if len(cases(parts)) == 1:
            store(parts, post(2, "late 2", "bob"))
        return len(cases(parts)) == 2

    threading.Timer(4, released.set).start()
    run_until(worker, later_post_is_read)


def test_a_mail_server_that_never_comes_to_an_end_does_not_keep_the_worker_from_it(parts: Parts) -> None:
    queue(parts.database, 1)
    with TalkingServer(lambda call: call.drip("220-still here\r\n")) as server:
        worker = worker_of(parts, sender=open_sender(server.url))
        thread = threading.Thread(target=worker.run)
        thread.start()
        while not server.calls:
            time.sleep(0.01)
        worker.stop.set()
        thread.join(PATIENCE.ending + 10)
        assert not thread.is_alive()
