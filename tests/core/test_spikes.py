"""Spikes: what is usual is learned, what is unusual is told, and nothing looks ahead."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.spikes import CALM, HOUR, Baseline, Sensitivity, Spike, find_spikes, replay, rises, tail_of, told

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
DAYS = 24 * 4


def steady(days: int, an_hour: int = 8, seed: int = 1) -> list[float]:
    """Quarters of an hour with about as many posts each."""
    chance = Random(seed)
    return [float(sum(chance.random() < 0.5 for _ in range(an_hour // 2))) for _ in range(days * DAYS)]


def spikes(values: list[float], start: datetime = MONDAY, step: timedelta = QUARTER) -> list[Spike]:
    return list(find_spikes(((start + step * place, value) for place, value in enumerate(values)), step))


def test_a_steady_stream_raises_nothing() -> None:
    assert spikes(steady(40)) == []


def test_a_surge_is_told_with_what_is_usual() -> None:
    values = steady(21)
    values += [value * 5 for value in steady(1, seed=2)[:24]]
    found = spikes(values)
    assert found
    assert found[0].at - MONDAY < timedelta(days=21, hours=2)
    assert found[0].count > 2 * found[0].expected
    assert 5 < found[0].expected / (found[0].window / HOUR) < 11


def test_what_comes_after_changes_nothing_before() -> None:
    values = steady(16) + [40.0] * 12
    cut = len(values) - 4
    until = MONDAY + QUARTER * cut
    assert [each for each in spikes(values) if each.at <= until] == [
        each for each in spikes(values[:cut]) if each.at <= until
    ]


def test_a_long_spike_does_not_become_normal() -> None:
    calm = Baseline()
    for number, value in enumerate([8.0] * 24 * 14 + [80.0] * 24):
        calm.learn(MONDAY + HOUR * number, value)
    assert calm.level < 16


def test_nights_and_weekends_are_learned() -> None:
    baseline = Baseline()
    for number in range(24 * 7 * 8):
        hour = MONDAY + HOUR * number
        by_day = 20.0 if 8 <= hour.hour < 20 else 2.0
        baseline.learn(hour, by_day / 2 if hour.weekday() >= 5 else by_day)
    tuesday, sunday = MONDAY + timedelta(weeks=8, days=1), MONDAY + timedelta(weeks=8, days=6)
    assert baseline.expected(tuesday + 12 * HOUR) == pytest.approx(20, rel=0.2)
    assert baseline.expected(tuesday + 3 * HOUR) == pytest.approx(2, rel=0.3)
    assert baseline.expected(sunday + 12 * HOUR) == pytest.approx(10, rel=0.3)


def test_fewer_than_the_floor_is_never_a_spike() -> None:
    assert spikes([0.0] * DAYS * 30 + [1.0] * 4) == []


def test_below_half_a_post_an_hour_plain_counts_decide() -> None:
    quiet = [1.0 if number % 40 == 0 else 0.0 for number in range(DAYS * 20)]
    assert spikes(quiet) == []
    found = spikes([*quiet, 7.0])
    assert [(each.count, each.window) for each in found][-1] == (7, HOUR)


def test_where_tails_are_heavy_a_spike_comes_near_the_highest_of_late() -> None:
    chance = Random(5)
    values = [float(chance.choice((2, 2, 2, 2, 2, 2, 2, 40))) for _ in range(DAYS * 20)]
    found = spikes(values)
    assert len(found) < len(values) / 200  # a bound alone would ring at each of the 240 bursts
    assert spikes([*values, *[100.0] * 8])[-1].at > MONDAY + QUARTER * len(values)


def test_the_first_day_is_silent() -> None:
    assert spikes([0.0] * 80 + [50.0] * 10) == []


def test_somebody_is_told_again_only_after_twelve_hours() -> None:
    at = [Spike(MONDAY + HOUR * hour, 9, 1.0, HOUR, 5.0) for hour in (0, 1, 11, 12, 13, 30)]
    assert [(each.at - MONDAY) // HOUR for each in told(at)] == [0, 12, 30]


def test_counts_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="not in order"):
        list(find_spikes([(MONDAY + 3 * HOUR, 1.0), (MONDAY, 1.0)], HOUR))


def test_missing_stretches_count_as_nothing() -> None:
    values = steady(20)
    with_gap = [(MONDAY + QUARTER * place, value) for place, value in enumerate(values) if value]
    assert list(find_spikes(with_gap, QUARTER)) == spikes(values)


def test_hours_are_watched_as_well_as_minutes() -> None:
    hours = [8.0] * 24 * 20 + [40.0, 45.0]
    first = spikes(hours, step=HOUR)[0]
    assert (first.at, first.count) == (MONDAY + timedelta(days=20, hours=1), 40)  # not before its hour is over


@settings(max_examples=300, deadline=None)
@given(
    count=st.integers(1, 3000),
    mean=st.floats(0.05, 1500),
    dispersion=st.floats(1.001, 200),
)
def test_the_tail_is_that_of_a_negative_binomial(count: int, mean: float, dispersion: float) -> None:
    stats = pytest.importorskip("scipy.stats", reason="scipy checks our tail; it comes with requirements-dev.txt")
    if count <= mean:
        assert tail_of(count, mean, dispersion) == 0
        return
    expected = -stats.nbinom.logsf(count - 1, mean / (dispersion - 1), 1 / dispersion) / 2.302585092994046
    if expected < 250:
        assert tail_of(count, mean, dispersion) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_without_dispersion_the_tail_is_that_of_poisson() -> None:
    stats = pytest.importorskip("scipy.stats", reason="scipy checks our tail; it comes with requirements-dev.txt")
    expected = -stats.poisson.logsf(11, 4.0) / 2.302585092994046
    assert tail_of(12, 4.0, 1.0) == pytest.approx(expected, rel=1e-3)


def test_the_level_is_that_of_a_weighted_poisson_regression() -> None:
    """The level of a stream without season is the weighted mean, which is the fit of such a regression."""
    api = pytest.importorskip("statsmodels.api", reason="statsmodels checks the level; requirements-dev.txt has it")
    chance = Random(3)
    hours = [float(sum(chance.random() < 0.5 for _ in range(12))) for _ in range(24 * 28)]
    baseline = Baseline()
    for number, value in enumerate(hours):
        baseline.learn(MONDAY + HOUR * number, value)
    weights = [0.5 ** (age / (7 * 24)) for age in range(len(hours) - 1, -1, -1)]
    fitted = api.GLM(hours, [[1.0]] * len(hours), family=api.families.Poisson(), freq_weights=weights).fit()
    assert baseline.level == pytest.approx(float(fitted.predict([[1.0]])[0]), rel=0.05)


def test_a_sharper_rule_rings_at_least_as_often() -> None:
    values = steady(20) + [14.0] * 8
    counts = [(MONDAY + QUARTER * place, value) for place, value in enumerate(values)]
    often = [len(list(find_spikes(counts, QUARTER, Sensitivity(tail=tail)))) for tail in (2.0, 4.0, 8.0)]
    assert all(more >= fewer for more, fewer in pairwise(often))


def test_a_post_in_the_quiet_of_the_night_does_not_raise_the_level() -> None:
    """The level is that of a Poisson regression with the season as exposure: no mean of ratios."""
    api = pytest.importorskip("statsmodels.api", reason="statsmodels checks the level; requirements-dev.txt has it")
    chance = Random(9)
    baseline, posts, seasons, kept = Baseline(), [], [], []
    for number in range(24 * 42):
        hour = MONDAY + HOUR * number
        usual = 0.02 if hour.hour < 8 else 0.5
        value = float(chance.random() < usual)
        seasons.append(max(baseline._season(hour), 0.05))
        baseline.learn(hour, value)
        posts.append(value)
        kept.append(0.5 ** ((24 * 42 - 1 - number) / (7 * 24)))
    fitted = api.GLM(posts, [[1.0]] * len(posts), family=api.families.Poisson(), freq_weights=kept, exposure=seasons)
    level = math.exp(float(fitted.fit().params[0]))
    assert baseline.level == pytest.approx(level, rel=0.05)  # at most three deviations above the usual are learned


def test_a_rise_lasts_until_six_hours_without_a_find() -> None:
    at = [Spike(MONDAY + HOUR * hour, 9, 1.0, 3 * HOUR, 5.0) for hour in (4, 5, 10, 16, 30)]
    found = rises(at)
    assert [((each.began_at - MONDAY) // HOUR, (each.ended_at - MONDAY) // HOUR) for each in found] == [
        (4, 16),
        (16, 22),
        (30, 36),
    ]
    assert found[0].since == MONDAY + HOUR and found[0].last == at[2]


def test_a_replay_of_the_last_hours_finds_what_the_whole_one_finds_of_them() -> None:
    values = steady(30) + [14.0] * 12
    counts = [(MONDAY + QUARTER * place, value) for place, value in enumerate(values)]
    until = MONDAY + QUARTER * (len(values) + 8)
    whole = replay(counts, QUARTER, until)
    late = replay(counts, QUARTER, until, since=until - CALM)
    assert late.spikes == [each for each in whole.spikes if each.at > until - CALM] != []
    assert late.usual == whole.usual


def test_what_is_usual_goes_on_when_nothing_comes_any_more() -> None:
    counts = [(MONDAY + QUARTER * place, 2.0) for place in range(DAYS * 20)]
    end = MONDAY + timedelta(days=20)
    replayed = replay(counts, QUARTER, end + 6 * HOUR)
    assert replayed.usual_within(end + HOUR, end + 3 * HOUR) == pytest.approx(16, rel=0.2)
