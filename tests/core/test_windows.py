"""What of a source's time is missing, as a function of its rows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.windows import Had, OpenGap, Window, joined, missed_words, open_gaps, without

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
LIFE = 40  # minutes


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def window(number: int, start: int, end: int, had: Had) -> Window:
    return Window(number, at(start), at(end), had)


def shown(gaps: list[OpenGap]) -> list[tuple[int, list[tuple[float, float]]]]:
    """Return the gaps by their windows' ids, in minutes."""
    return [
        (
            gap.window.id,
            [((a - START) / timedelta(minutes=1), (b - START) / timedelta(minutes=1)) for a, b in gap.stretches],
        )
        for gap in gaps
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(0, 10, Had.READ), (10, 20, Had.READ)], []),
        ([(0, 10, Had.UNREAD)], [(0, [(0, 10)])]),
        ([(0, 10, Had.UNREAD), (0, 12, Had.READ)], []),
        ([(0, 10, Had.UNREAD), (4, 12, Had.READ)], [(0, [(0, 4)])]),
        ([(0, 10, Had.UNREAD), (2, 4, Had.READ), (6, 8, Had.FILLED)], [(0, [(0, 2), (4, 6), (8, 10)])]),
        ([(0, 10, Had.UNREAD), (0, 5, Had.READ), (5, 10, Had.READ)], []),
        ([(2, 4, Had.WITHHELD), (0, 10, Had.READ)], [(0, [(2, 4)])]),
        ([(2, 4, Had.WITHHELD), (2, 4, Had.FILLED)], []),
        ([(2, 8, Had.WITHHELD), (0, 5, Had.FILLED)], [(0, [(5, 8)])]),
        ([(5, 5, Had.WITHHELD)], [(0, [(5, 5)])]),
        ([(5, 5, Had.WITHHELD), (4, 6, Had.FILLED)], []),
        ([(5, 5, Had.UNREAD), (5, 9, Had.READ)], []),
    ],
)
def test_what_is_missing(
    rows: list[tuple[int, int, Had]], expected: list[tuple[int, list[tuple[float, float]]]]
) -> None:
    assert shown(open_gaps(window(number, *row) for number, row in enumerate(rows))) == expected


minutes = st.integers(0, LIFE)
rows = st.lists(
    st.builds(lambda a, b, had: (min(a, b), max(a, b), had), minutes, minutes, st.sampled_from(Had)), max_size=12
)


@given(rows)
def test_no_instant_of_a_sources_life_is_unaccounted_for(found: list[tuple[int, int, Had]]) -> None:
    """An instant between two minutes is missing where a row says so and no row that makes it good covers it."""
    windows = [window(number, *row) for number, row in enumerate(found)]
    gaps = {gap.window.id: gap for gap in open_gaps(windows)}
    for instant in (at(minute + 0.5) for minute in range(LIFE)):
        covers = {w.had for w in windows if w.from_at < instant < w.until_at}
        for w in windows:
            if not w.from_at < instant < w.until_at:
                continue
            makes_good = {Had.UNREAD: {Had.READ, Had.FILLED}, Had.WITHHELD: {Had.FILLED}}.get(w.had)
            is_missing = makes_good is not None and not covers & makes_good
            shown_missing = w.id in gaps and any(a < instant < b for a, b in gaps[w.id].stretches)
            assert shown_missing == is_missing


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(found, chance) -> None:  # type: ignore[no-untyped-def]
    windows = [window(number, *row) for number, row in enumerate(found)]
    shuffled = list(windows)
    chance.shuffle(shuffled)
    assert open_gaps(shuffled) == open_gaps(windows)


@given(rows)
def test_a_run_over_everything_leaves_only_what_was_withheld(found: list[tuple[int, int, Had]]) -> None:
    windows = [window(number, *row) for number, row in enumerate(found)]
    everything = window(99, 0, LIFE, Had.READ)
    assert {gap.window.had for gap in open_gaps([*windows, everything])} <= {Had.WITHHELD}
    assert open_gaps([*windows, everything, window(100, 0, LIFE, Had.FILLED)]) == []


@given(rows)
def test_stretches_are_in_order_and_inside_their_window(found: list[tuple[int, int, Had]]) -> None:
    for gap in open_gaps(window(number, *row) for number, row in enumerate(found)):
        assert gap.window.from_at <= gap.from_at <= gap.until_at <= gap.window.until_at
        assert list(gap.stretches) == joined(gap.stretches)


@given(rows)
def test_what_is_left_and_what_covers_it_make_up_the_whole(found: list[tuple[int, int, Had]]) -> None:
    cover = joined((at(a), at(b)) for a, b, _ in found)
    left = without((at(0), at(LIFE)), cover)
    inside = [(max(a, at(0)), min(b, at(LIFE))) for a, b in cover]
    assert joined([*left, *inside]) == [(at(0), at(LIFE))]


@pytest.mark.parametrize(
    ("start", "end", "why", "zone", "words"),
    [
        (120, 140, "X asked for a pause", "UTC", "may have missed 21 Nov 14:00–14:20: X asked for a pause"),
        (120, 140, "down", "America/New_York", "may have missed 21 Nov 09:00–09:20: down"),
        (120, 140, "", "Asia/Kolkata", "may have missed 21 Nov 19:30–19:50"),
        (700, 740, "down", "UTC", "may have missed 21 Nov 23:40–22 Nov 00:20: down"),
        (120, 120.5, "down", "UTC", "may have missed 21 Nov 14:00: down"),
        (120, 525720, "down", "UTC", "may have missed 21 Nov 2026 14:00–21 Nov 2027 14:00: down"),
    ],
)
def test_a_gap_is_a_sentence_in_the_readers_zone(start: float, end: float, why: str, zone: str, words: str) -> None:
    assert missed_words(at(start), at(end), why, zone) == words
