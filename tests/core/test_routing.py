"""Which rule a case falls under, and whose turn it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.routing import Choice, Desk, Rule, Subject, matching_rule, whose_turn

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
CASE = Subject(brand_id=1, platform="x", language="en", reasons={"late", "lost"}, severity=3, courier="DPD")


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, True),
        ({"brand_id": 1}, True),
        ({"brand_id": 2}, False),
        ({"platform": "x"}, True),
        ({"platform": "reddit"}, False),
        ({"language": "de"}, False),
        ({"reason": "lost"}, True),
        ({"reason": "refund"}, False),
        ({"least_severity": 3}, True),
        ({"least_severity": 4}, False),
        ({"courier": "dpd"}, True),
        ({"courier": "Evri"}, False),
        ({"brand_id": 1, "platform": "x", "language": "en", "reason": "late", "least_severity": 1}, True),
        ({"brand_id": 1, "platform": "x", "language": "en", "reason": "refund", "least_severity": 1}, False),
    ],
)
def test_a_rule_matches_where_all_that_it_says_holds(conditions: dict[str, object], expected: bool) -> None:
    assert Rule(1, "rule", **conditions).matches(CASE) is expected  # type: ignore[arg-type]


def test_a_rule_for_a_courier_leaves_cases_that_name_none() -> None:
    assert not Rule(1, "rule", courier="DPD").matches(replace(CASE, courier=""))


def test_the_first_rule_that_matches_decides() -> None:
    rules = [Rule(1, "not", platform="reddit"), Rule(2, "first", member_id=7), Rule(3, "second", member_id=8)]
    assert matching_rule(rules, CASE) == rules[1]
    assert matching_rule(rules[:1], CASE) is None


def desk(number: int, **fields: object) -> Desk:
    return Desk(**({"id": number, "on_shift": True} | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("desks", "had", "expected"),
    [
        ([], [], Choice(None)),
        ([desk(1)], [], Choice(1)),
        ([desk(1), desk(2)], [1], Choice(2)),
        ([desk(1), desk(2)], [1, 2], Choice(None, may_come=False)),
        ([desk(1, on_shift=False), desk(2)], [2], Choice(None, may_come=True)),
        ([desk(1, is_closed=True)], [], Choice(None, may_come=False)),
        ([desk(1, on_shift=False)], [], Choice(None, may_come=True)),
        ([desk(1, open_cases=5, most_cases=5)], [], Choice(None, may_come=True)),
        ([desk(1, open_cases=5, most_cases=5), desk(2, open_cases=90)], [], Choice(2)),
        ([desk(1, most_cases=0), desk(2, most_cases=1)], [], Choice(2)),
        ([desk(1, last_at=START), desk(2, last_at=START - timedelta(hours=1))], [], Choice(2)),
        ([desk(1, last_at=START), desk(2)], [], Choice(2)),
        ([desk(1, open_cases=2), desk(2, open_cases=1)], [], Choice(2)),
    ],
)
def test_whose_turn_it_is(desks: list[Desk], had: list[int], expected: Choice) -> None:
    assert whose_turn(desks, had) == expected


LIMITS = st.lists(st.one_of(st.none(), st.integers(0, 6)), min_size=1, max_size=6)


@given(limits=LIMITS, cases=st.integers(0, 40))
def test_cases_are_shared_out_evenly_up_to_the_limits(limits: list[int | None], cases: int) -> None:
    desks = {number: desk(number, most_cases=most) for number, most in enumerate(limits)}
    for turn in range(cases):
        chosen = whose_turn(list(desks.values())).member_id
        if chosen is None:
            assert all(limit is not None for limit in limits)
            break
        held = desks[chosen]
        desks[chosen] = replace(held, open_cases=held.open_cases + 1, last_at=START + turn * timedelta(seconds=1))
    for each in desks.values():
        assert each.most_cases is None or each.open_cases <= each.most_cases
    free = [each.open_cases for each in desks.values() if each.is_free]
    assert not free or max(each.open_cases for each in desks.values()) <= min(free) + 1
