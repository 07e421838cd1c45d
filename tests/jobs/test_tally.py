"""The worker keeps the reports' counts up to date beside its other work."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from jobs import tally as step
from jobs.parts import Parts
from jobs.worker import Worker
from storage.tables import ReportCell
from tests.fakes import FakeClassifier, FakeCollector, FakeSender, post
from tests.jobs.conftest import store


def counted(parts: Parts) -> int:
    with parts.database.read() as session:
        cells = session.exec(select(ReportCell).where(ReportCell.platform == "*", ReportCell.courier == "*"))
        return sum(cell.cases for cell in cells)


def worker_of(parts: Parts) -> Worker:
    return Worker(parts, lambda _: FakeCollector([]), FakeClassifier, FakeSender())


def test_a_complaint_that_was_read_is_in_the_reports(parts: Parts) -> None:
    store(parts, post(1, "late 2"))
    worker_of(parts).run_once()
    assert counted(parts) == 1


def test_the_running_worker_counts_and_trouble_with_it_holds_nothing_up(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[int] = []

    def failing_at_first(*given: Any) -> int:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("disk full")
        return step.tally(*given)

    monkeypatch.setattr("jobs.worker.tally", failing_at_first)
    monkeypatch.setattr("jobs.worker.TALLY_EVERY", timedelta())
    monkeypatch.setattr("jobs.worker.IDLE_S", 0.01)
    store(parts, post(1, "late 2"))
    worker = worker_of(parts)
    running = threading.Thread(target=worker.run)
    running.start()
    until = time.monotonic() + 120
    while counted(parts) == 0 and time.monotonic() < until:
        time.sleep(0.02)
    worker.stop.set()
    running.join(20)
    assert counted(parts) == 1
    assert "Counting for the reports failed and will be tried again: disk full" in caplog.text
