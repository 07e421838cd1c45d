"""The thread that ends exchanges which take too long."""

import threading
import time

from collectors.alarm import Alarm


def test_calls_are_made_at_their_time_and_in_its_order() -> None:
    alarm, made, last = Alarm(), [], threading.Event()
    alarm.set(0.2, lambda: (made.append("late"), last.set()))
    alarm.set(0.05, lambda: made.append("early"))
    began = time.monotonic()
    assert last.wait(5)
    assert made == ["early", "late"]
    assert time.monotonic() - began >= 0.15


def test_a_call_that_was_taken_back_is_not_made_and_leaves_nothing() -> None:
    alarm, made, last = Alarm(), [], threading.Event()
    numbers = [alarm.set(0.05, lambda: made.append("no")) for _ in range(1000)]
    alarm.set(0.2, last.set)
    for number in numbers:
        alarm.cancel(number)
    assert last.wait(5)
    assert made == []
    alarm.cancel(numbers[0])
    assert len(alarm._queue) <= 1


def test_one_thread_serves_all() -> None:
    alarm, before = Alarm(), threading.active_count()
    for _ in range(100):
        alarm.set(30, lambda: None)
    assert threading.active_count() == before + 1
