"""Pages are drawn a few at a time, and one that is stuck does not hold up the others for long."""

import time
from collections.abc import Callable
from threading import Event, Thread

import pytest

from board import turns


class Stuck:
    """As many pages as may be drawn at once, which are being drawn until they are let go."""

    def __init__(self, done: Callable[[], object] = lambda: None) -> None:
        self.go, self.done = Event(), done
        self.begun = [Event() for _ in range(turns.AT_ONCE)]
        self.threads = [start(self.draws(each)) for each in self.begun]
        assert all(each.wait(30) for each in self.begun)

    def draws(self, begun: Event) -> Callable[[], None]:
        def draw() -> None:
            begun.set()
            assert self.go.wait(30)
            self.done()

        return draw

    def let_go(self) -> None:
        self.go.set()
        for thread in self.threads:
            thread.join(30)


def start(draw: Callable[[], None]) -> Thread:
    thread = Thread(target=turns.in_turn(draw))
    thread.start()
    return thread


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_one_more_than_may_be_drawn_waits_until_one_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONGEST_WAIT_S", 30)
    order: list[str] = []
    stuck = Stuck(lambda: order.append("first"))
    later = start(lambda: order.append("later"))
    stuck.let_go()
    later.join(30)
    assert len(order) == turns.AT_ONCE + 1
    assert order[0] == "first"


def test_stuck_page_holds_up_nobody_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONGEST_WAIT_S", 0.01)
    stuck, done = Stuck(), Event()
    turns.in_turn(done.set)()
    assert done.is_set()
    stuck.let_go()


def test_page_that_fails_gives_its_turn_back() -> None:
    def fail() -> None:
        raise ValueError("no such page")

    for _ in range(turns.AT_ONCE):
        with pytest.raises(ValueError, match="no such page"):
            turns.in_turn(fail)()
    taken = [turns._turns.take(0, is_awaited=False) for _ in range(turns.AT_ONCE)]
    for is_taken in taken:
        if is_taken:
            turns._turns.give_back()
    assert all(taken)


def test_what_somebody_waits_for_comes_before_what_is_only_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONGEST_WAIT_S", 30)
    monkeypatch.setattr(turns, "_turns", turns.Turns(1))
    go, begun, order = Event(), Event(), []

    def answer() -> None:
        turns.hurried(turns.in_turn(lambda: order.append("answer")))()

    def stuck() -> None:
        begun.set()
        assert go.wait(30)

    first = start(stuck)
    assert begun.wait(30)
    redrawn = [start(lambda: order.append("redrawn")) for _ in range(5)]
    wait_until(lambda: turns._turns.waiting[False] == 5)
    answering = Thread(target=answer)
    answering.start()
    wait_until(lambda: turns._turns.waiting[True] == 1)
    go.set()
    for thread in (first, answering, *redrawn):
        thread.join(30)
    assert order == ["answer", *["redrawn"] * 5]
