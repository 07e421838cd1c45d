"""What a feed dropped between two readings: said where it can be known, and nowhere else."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import pytest

from collectors import Collector
from collectors.base import read_cursor
from collectors.feeds import ALL_NEW, MAX_KNOWN
from core.types import Gap, Page
from tests.collectors.conftest import Script

Open = Callable[..., Collector]
START = datetime(2026, 11, 20, tzinfo=UTC)


def listing(numbers: Iterable[int], *, dated: bool = True, name: str = "e") -> bytes:
    """A feed whose entry n is from n hours after `START`."""
    date = "<pubDate>{:%a, %d %b %Y %H:%M:%S} GMT</pubDate>" if dated else ""
    items = (
        f"<item><guid>a:{name}{number}</guid><title>Entry {number}</title>"
        f"{date.format(START + timedelta(hours=number))}</item>"
        for number in numbers
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>{"".join(items)}</channel></rss>'.encode()


@pytest.fixture
def read(server: Script, open_source: Open) -> Callable[..., list[Page]]:
    """Reads the feed once for each body, from cursor to cursor, and gives the last page of each."""

    def read_all(*bodies: bytes, query: str = "") -> list[Page]:
        pages: list[Page] = []
        for body in bodies:
            server.answers.clear()
            server.say(body, Content_Type="application/xml", Date="Sun, 20 Dec 2026 10:00:00 GMT")
            source = open_source("feeds", server.url, url="http://feeds.example/f.xml", query=query)
            pages.append(list(source.fetch(pages[-1].cursor if pages else ""))[-1])
        return pages

    return read_all


def test_a_feed_that_turned_over_says_from_when_to_when_entries_may_be_missing(read: Callable[..., list[Page]]) -> None:
    first, second = read(listing(range(10)), listing(range(50, 60)))

    assert first.gap is None
    assert second.gap == Gap(ALL_NEW, START + timedelta(hours=9), START + timedelta(hours=50))


@pytest.mark.parametrize("overlap", [[9], [0], [3, 4]])
def test_one_entry_that_is_still_listed_closes_the_gap(read: Callable[..., list[Page]], overlap: list[int]) -> None:
    _, second = read(listing(range(10)), listing([*overlap, *range(50, 60)]))

    assert second.gap is None


def test_a_feed_without_dates_says_it_without_dates(read: Callable[..., list[Page]]) -> None:
    _, second = read(listing(range(10), dated=False), listing(range(50, 60), dated=False))

    assert second.gap == Gap(ALL_NEW)


def test_a_feed_that_gives_its_entries_other_ids_has_dropped_none(read: Callable[..., list[Page]]) -> None:
    _, second = read(listing(range(10)), listing(range(3, 13), name="other"))

    assert second.gap is None


def test_the_gap_counts_all_entries_and_not_those_that_the_query_finds(read: Callable[..., list[Page]]) -> None:
    _, second = read(listing(range(10)), listing(range(5, 15)), query='"entry 3" OR "entry 14"')

    assert [post.title or post.text for post in second.posts] == ["Entry 14"]
    assert second.gap is None


def test_an_announcement_of_what_is_to_come_hides_no_gap(read: Callable[..., list[Page]]) -> None:
    _, second = read(listing([1, 2, 10_000]), listing([50, 51]))

    assert second.gap == Gap(ALL_NEW, START + timedelta(hours=2), START + timedelta(hours=50))


def test_a_feed_that_is_empty_for_once_forgets_nothing(read: Callable[..., list[Page]]) -> None:
    _, empty, third = read(listing(range(10)), listing([]), listing(range(50, 60)))

    assert empty.gap is None
    assert third.gap == Gap(ALL_NEW, START + timedelta(hours=9), START + timedelta(hours=50))


def test_a_feed_that_is_cut_off_forgets_nothing(read: Callable[..., list[Page]]) -> None:
    first, cut, third = read(listing(range(10)), listing(range(50, 60))[:-30], listing(range(50, 60)))

    assert cut.gap is not None
    assert cut.cursor == first.cursor
    assert third.gap == Gap(ALL_NEW, START + timedelta(hours=9), START + timedelta(hours=50))


def test_the_cursor_of_a_long_feed_stays_short_and_knows_its_newest_entries(read: Callable[..., list[Page]]) -> None:
    _, second = read(listing(range(600)), listing(range(599, 1200)))

    assert second.gap is None
    assert len(read_cursor(second.cursor)["known"]) == MAX_KNOWN
    assert len(second.cursor) < 3000


def test_a_cursor_from_before_this_was_kept_is_understood(server: Script, open_source: Open) -> None:
    server.say(listing(range(5)), Content_Type="application/xml")
    (page,) = open_source("feeds", server.url, url="http://feeds.example/f.xml").fetch('{"etag":"v1"}')

    assert len(page.posts) == 5
    assert page.gap is None
