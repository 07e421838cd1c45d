"""What is read out of counted days."""

from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.counted import Counted, Dimension
from core.reporting import Period, Span, days_of

FIRST = date(2026, 1, 1)  # a Thursday
DAYS = 60
COUNTS = st.dictionaries(st.sampled_from(["cases", "reason:late", "hour:9"]), st.integers(1, 50))


def span(first: int, days: int) -> Span:
    return Span(FIRST + timedelta(days=first), FIRST + timedelta(days=first + days - 1))


@given(st.dictionaries(st.integers(0, DAYS), COUNTS), st.lists(st.tuples(st.integers(-5, DAYS), st.integers(0, DAYS))))
def test_days_add_up_in_whatever_order_they_are_asked_for(
    counts: dict[int, dict[str, int]], asked: list[tuple[int, int]]
) -> None:
    days = {FIRST + timedelta(days=number): Counter(of_day) for number, of_day in counts.items()}
    counted = Counted(Period(span(0, DAYS), FIRST), days)
    for first, number in asked:
        wanted = span(first, number)
        one_by_one: Counter[str] = Counter()
        for day in days_of(wanted):
            one_by_one.update(days.get(day, {}))
        assert counted.within(wanted) == one_by_one
        assert counted.cases(wanted) == one_by_one["cases"]
    assert days == {FIRST + timedelta(days=number): Counter(of_day) for number, of_day in counts.items()}


def test_shares_are_those_of_their_kind_the_most_first() -> None:
    days = {FIRST: Counter({"cases": 5, "courier:DPD": 3, "courier:": 2, "reason:late": 5})}
    counted = Counted(Period(span(0, 7), FIRST + timedelta(days=7)), days)
    assert [(share.name, share.cases) for share in counted.shares(Dimension.COURIER)] == [("DPD", 3), ("", 2)]
