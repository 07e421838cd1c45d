"""The loop over the steps."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest

from core.errors import UnreachableError
from core.types import Page
from jobs.parts import Parts, utc_now
from jobs.worker import Worker
from storage.database import Database
from storage.posts import claim_unclassified
from tests.fakes import FakeClassifier, FakeCollector, FakeSender, pages, post
from tests.jobs.conftest import cases, source_of, store


@pytest.fixture
def parts(parts: Parts) -> Parts:
    """A clock that moves: the loop waits for real time."""
    return replace(parts, now=utc_now)


def worker_of(parts: Parts, *found: Page, sender: FakeSender | None = None) -> Worker:
    return Worker(parts, lambda _: FakeCollector(found), FakeClassifier, sender or FakeSender())


def run_until(worker: Worker, done: Callable[[], bool]) -> None:
    thread = threading.Thread(target=worker.run)
    thread.start()
    deadline = time.monotonic() + 20
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
    assert worker_of(parts, *pages([post(999)]), sender=sender).run_once() == 150 + 300
    assert (len(cases(parts)), len(sender.sent)) == (150, 300)
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


def test_what_a_crashed_worker_held_is_taken_up_at_once(parts: Parts) -> None:
    store(parts, post(1, "late 2"))
    gone = parts.worker.split(":")[0] + ":999999999:1:abcd"
    with parts.database.write() as session:
        claim_unclassified(session, gone, parts.now(), timedelta(hours=1), 10)
    worker_of(parts).run_once()
    assert len(cases(parts)) == 1


def test_the_classifier_is_not_loaded_for_nothing(database: Database) -> None:
    def load() -> FakeClassifier:
        raise AssertionError("nothing is there to read")

    Worker(Parts(database), lambda _: FakeCollector([]), load, FakeSender()).run_once()


def test_a_mail_server_that_hangs_delays_no_other_step(parts: Parts) -> None:
    released = threading.Event()

    class Hanging(FakeSender):
        def send(self, message: EmailMessage) -> None:
            released.wait(20)

    store(parts, post(1, "late 4"))
    worker = worker_of(parts, sender=Hanging())

    def later_post_is_read() -> bool:
        if len(cases(parts)) == 1:
            store(parts, post(2, "late 2", "bob"))
        return len(cases(parts)) == 2

    threading.Timer(4, released.set).start()
    run_until(worker, later_post_is_read)
