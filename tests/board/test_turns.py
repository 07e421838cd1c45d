"""Pages are drawn a few at a time, and one that is stuck does not hold up the others for long."""

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
    taken = [turns._turns.acquire(blocking=False) for _ in range(turns.AT_ONCE)]
    for is_taken in taken:
        if is_taken:
            turns._turns.release()
    assert all(taken)
