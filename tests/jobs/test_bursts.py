"""Pages are stored one at a time, unless they come faster than a transaction takes."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from core.errors import UnreachableError
from core.types import Gap, Page, Rejection
from jobs.bursts import AFTER, FAST, as_one, in_bursts
from tests.fakes import post

MANY = AFTER + 25
PLAIN = [Page((), str(number)) for number in range(MANY)]


class Source:
    """Yields pages; each takes the seconds that `seconds` says, by a clock that only it moves."""

    def __init__(self, pages: Iterable[Page], slow: Iterable[int] = ()) -> None:
        self.pages, self.slow = list(pages), set(slow)
        self.now = 0.0
        self.asked = 0

    def __call__(self) -> float:
        return self.now

    def __iter__(self) -> Iterator[Page]:
        for number, page in enumerate(self.pages):
            self.asked += 1
            self.now += 2 * FAST if number in self.slow else FAST / 10
            yield page

    def bursts(self, most: int = 10) -> list[int]:
        return [len(burst) for burst in in_bursts(self, most, clock=self)]


def test_slow_pages_come_one_at_a_time() -> None:
    assert Source(PLAIN, slow=range(MANY)).bursts() == [1] * MANY


def test_fast_pages_come_together_once_there_were_several() -> None:
    assert Source(PLAIN).bursts() == [1] * AFTER + [10, 10, 5]


def test_a_short_source_is_never_kept_waiting() -> None:
    assert Source(PLAIN[:AFTER]).bursts() == [1] * AFTER


def test_a_slow_page_ends_the_burst_and_the_next_ones_come_alone() -> None:
    assert Source(PLAIN, slow=[AFTER + 3]).bursts() == [1] * AFTER + [4] + [1] * AFTER + [10, 1]


def test_every_page_comes_once_and_in_order() -> None:
    assert [page for burst in in_bursts(PLAIN) for page in burst] == PLAIN


@pytest.mark.parametrize(
    "more", [{"gap": Gap("rate limit")}, {"deleted": ("7",)}, {"rejected": (Rejection(1, "no date", ""),)}]
)
def test_a_page_that_says_more_than_posts_ends_the_burst(more: dict[str, object]) -> None:
    told = replace(PLAIN[AFTER + 2], **more)  # type: ignore[arg-type]
    assert Source([*PLAIN[: AFTER + 2], told, *PLAIN[AFTER + 3 :]]).bursts() == [1] * AFTER + [3, 10, 10, 2]


def test_no_page_waits_where_each_must_be_counted() -> None:
    assert Source(PLAIN).bursts(most=1) == [1] * MANY


def test_no_page_is_asked_for_before_the_burst_was_taken() -> None:
    source, taken = Source(PLAIN), 0
    for burst in in_bursts(source, clock=source):
        taken += len(burst)
        assert source.asked == taken


def test_what_came_before_a_failure_is_handed_over_first() -> None:
    def failing() -> Iterator[Page]:
        yield from PLAIN[: AFTER + 3]
        raise UnreachableError("cut off")

    bursts = in_bursts(failing(), clock=lambda: 0.0)
    sizes = [len(next(bursts)) for _ in range(AFTER + 1)]
    assert sizes == [1] * AFTER + [3]
    with pytest.raises(UnreachableError):
        next(bursts)


def test_a_burst_is_stored_as_one_page_with_all_that_its_pages_say() -> None:
    gap = Gap("rate limit")
    pages = [Page((post(1), post(2)), "1", cost=5), Page((post(2),), "2", cost=7), Page((post(3),), "3", gap=gap)]
    assert as_one(pages) == Page((post(1), post(2), post(2), post(3)), "3", gap=gap, cost=12)
    assert as_one(pages[:1]) is pages[0]
