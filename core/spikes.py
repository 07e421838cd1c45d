"""When more complaints come than usual: counts against a seasonal baseline that learns as it goes.

The bound is that of Farrington and others (1996, "A statistical algorithm for the early detection of outbreaks of
infectious disease", JRSS A 159) as improved by Noufaily and others (2013, Statistics in Medicine 32): a count is
compared with a negative binomial of the expected mean and a dispersion of at least 1, and what was unusual is learned
from only up to a limit, so that a spike does not become normal. The level is an exponentially weighted mean with a
half-life of seven days, as in Holt and Winters; hour of day and weekday are factors, each shrunk towards 1 until it has
been seen often enough. Where counts have heavy tails, as mentions of a brand have, no dispersion covers them: a spike
must also come near the highest count of the last fourteen days. Below half a post an hour a model says nothing that a
plain count does not.

Nothing here looks ahead: what is said of a moment rests on counts before it.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import lgamma, log, log10, sqrt
from typing import Final

HOUR: Final = timedelta(hours=1)
CALM: Final = timedelta(hours=6)  # what is found again within this has not been over: the longest window has to empty
_HALF_LIFE: Final = 7 * 24  # hours, of the level
_SHRINK: Final = 2.0  # days that speak for a factor of 1
_DAYS_REMEMBERED: Final = 21  # by a factor of an hour or a weekday
_WINSOR: Final = 3.0  # standard deviations above the expected count that are still learned from
_DISPERSION_MEMORY: Final = 480  # hours
_WARM_UP: Final = 24  # hours in which everything is learned from
_LEAST_LEVEL: Final = 0.01
_FIRST_DISPERSION: Final = 1.5


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How unusual is unusual.

    `tail` is the negative decimal logarithm of the probability of as many posts or more. `floor` is the least number of
    posts. Where the dispersion is at least `heavy`, a count must reach the share `near_peak` of the highest one of the
    last `peak_days`. Below `sparse` posts an hour, `plain` counts decide: at least so many within so long.
    """

    tail: float = 4.0
    windows: tuple[timedelta, ...] = (HOUR, 3 * HOUR, 6 * HOUR)
    floor: int = 5
    heavy: float = 4.5
    beyond_doubt: float = 10.0
    near_peak: float = 0.7
    peak_days: int = 14
    careful_days: int = 14
    sparse: float = 0.5
    plain: tuple[int, ...] = (7, 9, 12)


@dataclass(frozen=True, slots=True)
class Spike:
    """More posts than usual: `count` within the `window` that ended `at`, where `expected` are usual."""

    at: datetime
    count: int
    expected: float
    window: timedelta
    tail: float


@dataclass(slots=True)
class _Factor:
    """How a slot (an hour of the day, a weekday) compares with the level, shrunk towards 1."""

    mean: float = 1.0
    seen: float = 0.0  # days

    @property
    def shrunk(self) -> float:
        return (self.mean * self.seen + _SHRINK) / (self.seen + _SHRINK)

    def learn(self, ratio: float, days: float) -> None:
        self.seen += days
        self.mean += (ratio - self.mean) * min(days / min(self.seen, _DAYS_REMEMBERED), 1.0)


@dataclass(slots=True)
class Baseline:
    """What is usual, learned hour by hour."""

    level: float = 0.0  # posts an hour
    weight: float = 0.0  # hours that the level rests on, by their season
    dispersion: float = _FIRST_DISPERSION  # variance over mean
    hours_seen: int = 0
    _hours: tuple[_Factor, ...] = field(default_factory=lambda: tuple(_Factor() for _ in range(24)))
    _weekdays: tuple[_Factor, ...] = field(default_factory=lambda: tuple(_Factor() for _ in range(7)))

    def expected(self, hour: datetime) -> float:
        """Return how many posts are usual in the hour that begins then."""
        return max(self.level * self._season(hour), _LEAST_LEVEL)

    def learn(self, hour: datetime, count: float) -> None:
        """Take in how many posts came in the hour that began then."""
        usual = self.expected(hour) if self.hours_seen else max(count, 0.5)
        taken = count
        if self.hours_seen >= _WARM_UP:
            taken = min(count, usual + _WINSOR * sqrt(self.dispersion * usual))
            self._learn_dispersion(count, usual)
        self.hours_seen += 1
        season = max(self._season(hour), 0.05)
        # As a Poisson regression weighs it: an hour that is quiet by its season says little, and one post in it too.
        self.weight = self.weight * 0.5 ** (1 / _HALF_LIFE) + season
        self.level = max(self.level + (taken - self.level * season) / self.weight, _LEAST_LEVEL)
        of_day, of_week = self._hours[hour.hour], self._weekdays[hour.weekday()]
        level = max(self.level, 0.05)
        of_day.learn(min(taken / level, 10.0), 1.0)
        of_week.learn(min(taken / max(level * of_day.shrunk, 0.05), 10.0), 1 / 24)

    def _season(self, hour: datetime) -> float:
        return self._hours[hour.hour].shrunk * self._weekdays[hour.weekday()].shrunk

    def _learn_dispersion(self, count: float, usual: float) -> None:
        seen = min((count - usual) ** 2 / max(usual, 0.5), 9 * self.dispersion)
        weight = min(self.hours_seen - _WARM_UP + 12, _DISPERSION_MEMORY)
        self.dispersion = max(1.0, self.dispersion + (seen - self.dispersion) / weight)


@dataclass(frozen=True, slots=True)
class Rise:
    """A spike from the first look that found it until none has for CALM; `since` is when its first window began."""

    began_at: datetime
    since: datetime
    last: Spike

    @property
    def ended_at(self) -> datetime:
        """When it is over, if no later look finds it again."""
        return self.last.at + CALM


@dataclass(frozen=True, slots=True)
class Replay:
    """What a watch found, and how many posts it held to be usual in the hour that begins at each time."""

    spikes: Sequence[Spike]
    usual: Mapping[datetime, float]

    def usual_within(self, since: datetime, until: datetime) -> float:
        """Return how many posts are usual from one moment until the other."""
        return _within(self.usual, since, until)


def find_spikes(
    counts: Iterable[tuple[datetime, float]],
    stretch: timedelta,
    sensitivity: Sensitivity = Sensitivity(),
    every: timedelta = timedelta(minutes=15),
) -> Iterator[Spike]:
    """Yield what a watch that looks `every` so often would have called a spike, each time it would have.

    `counts` are how many posts came in the `stretch` (an hour at most) that begins at each time: in order, aware. A
    count is seen when its stretch is over; what is missing counts as nothing. Raises ValueError for times out of order.
    """
    return _looks(_Watch(sensitivity, stretch), counts, every)


def replay(
    counts: Iterable[tuple[datetime, float]],
    stretch: timedelta,
    until: datetime,
    sensitivity: Sensitivity = Sensitivity(),
    every: timedelta = timedelta(minutes=15),
    since: datetime | None = None,
) -> Replay:
    """Return what `find_spikes` yields for looks until then, also for those after the last count.

    With `since` only looks after it are taken, which is much quicker: it finds all that would be found of that time,
    and of heavy tails more, as it knows no highest count from before.
    """
    watch = _Watch(sensitivity, stretch)
    return Replay(list(_looks(watch, counts, every, until, since)), watch.usual)


def _looks(
    watch: "_Watch",
    counts: Iterable[tuple[datetime, float]],
    every: timedelta,
    until: datetime | None = None,
    since: datetime | None = None,
) -> Iterator[Spike]:
    looked_at: datetime | None = None
    for start, count in counts:
        at = start.astimezone(UTC)
        if looked_at is None:
            looked_at = at
        while looked_at + every < at + watch.stretch:
            looked_at += every
            if (since is None or looked_at > since) and (spike := watch.look(looked_at)):
                yield spike
        watch.add(at, count)
    if looked_at is None:
        return
    last = looked_at + every if until is None else until
    while looked_at + every <= last:
        looked_at += every
        if (since is None or looked_at > since) and (spike := watch.look(looked_at)):
            yield spike


def rises(spikes: Iterable[Spike]) -> list[Rise]:
    """Return the spikes as rises: those less than CALM apart are one."""
    found: list[Rise] = []
    for spike in spikes:
        if found and spike.at < found[-1].ended_at:
            found[-1] = replace(found[-1], last=spike)
        else:
            found.append(Rise(spike.at, spike.at - spike.window, spike))
    return found


def told(spikes: Iterable[Spike], repeat: timedelta = 12 * HOUR) -> Iterator[Spike]:
    """Yield the spikes that somebody is told of: the first, and after `repeat` again where it goes on."""
    last: datetime | None = None
    for spike in spikes:
        if last is None or spike.at - last >= repeat:
            last = spike.at
            yield spike


class _Watch:
    """A baseline with the posts of the last hours, and the highest counts of the last days."""

    def __init__(self, sensitivity: Sensitivity, stretch: timedelta) -> None:
        self.sensitivity = sensitivity
        self.stretch = stretch
        self.baseline = Baseline()
        self.usual: dict[datetime, float] = {}
        self.hour: datetime | None = None
        self.in_hour = 0.0
        self.windows = [
            _Window(window, plain, timedelta(days=sensitivity.peak_days))
            for window, plain in zip(sensitivity.windows, sensitivity.plain, strict=True)
        ]

    def add(self, at: datetime, count: float) -> None:
        """Take in the posts of a stretch that began then."""
        hour = at.replace(minute=0, second=0, microsecond=0)
        if self.hour is None:
            self._begin(hour)
        elif hour < self.hour:
            raise ValueError(f"the counts are not in order: {at.isoformat()} comes too late")
        self._learn_until(hour)
        self.in_hour += count
        for window in self.windows:
            window.add(at, count)

    def _learn_until(self, hour: datetime) -> None:
        while self.hour is not None and self.hour < hour:
            self.baseline.learn(self.hour, self.in_hour)
            self._begin(self.hour + HOUR)

    def _begin(self, hour: datetime) -> None:
        self.hour, self.in_hour = hour, 0.0
        self.usual[hour] = self.baseline.expected(hour)

    def look(self, at: datetime) -> Spike | None:
        """Return the most unusual window that ends now, if one is unusual enough."""
        self._learn_until((at - self.stretch).replace(minute=0, second=0, microsecond=0))  # no count is still to come
        found = [spike for window in self.windows if (spike := self._in(window, at))]
        return max(found, key=lambda spike: spike.tail, default=None)

    def _in(self, window: "_Window", at: datetime) -> Spike | None:
        asked = self.sensitivity
        count, peak = window.look(at)
        if count < asked.floor or self.baseline.hours_seen < _WARM_UP:
            return None
        is_sparse = self.baseline.level < asked.sparse
        if is_sparse and count < window.plain:
            return None
        expected = _within(self.usual, at - window.length, at)
        spike = Spike(at, round(count), expected, window.length, tail_of(count, expected, self._dispersion(expected)))
        if is_sparse:
            return spike
        is_light = self.baseline.dispersion < asked.heavy or spike.tail >= asked.beyond_doubt
        is_high = is_light or count + 1 >= asked.near_peak * (peak + 3)
        return spike if spike.tail >= asked.tail and is_high else None

    def _dispersion(self, expected: float) -> float:
        """Return the dispersion, wider while little has been seen."""
        days = self.baseline.hours_seen / 24
        if days >= self.sensitivity.careful_days:
            return self.baseline.dispersion
        return self.baseline.dispersion * (1 + 3 * min(expected / 5, 3) / (1 + days))


class _Window:
    """The posts of the last hours, and the highest of such counts in the last days."""

    def __init__(self, length: timedelta, plain: int, remembers: timedelta) -> None:
        self.length = length
        self.plain = plain
        self._remembers = remembers
        self._posts: deque[tuple[datetime, float]] = deque()
        self._count = 0.0
        self._falling: deque[tuple[datetime, float]] = deque()  # the highest count, the highest after it, and so on

    def add(self, at: datetime, count: float) -> None:
        if count:
            self._posts.append((at, count))
            self._count += count

    def look(self, at: datetime) -> tuple[float, float]:
        """Return the count of the window that ends now and the highest one before."""
        since, posts = at - self.length, self._posts
        while posts and posts[0][0] < since:
            self._count -= posts.popleft()[1]
        if not posts:
            self._count = 0.0  # counts that are no whole numbers leave a rest
        falling = self._falling
        while falling and falling[0][0] < at - self._remembers:
            falling.popleft()
        peak = falling[0][1] if falling else 0.0
        while falling and falling[-1][1] <= self._count:
            falling.pop()
        falling.append((at, self._count))
        return self._count, peak


def _within(usual: Mapping[datetime, float], since: datetime, until: datetime) -> float:
    """Return how many posts are usual between the two, of an hour that lies in it by half the half."""
    hour, total = since.replace(minute=0, second=0, microsecond=0), 0.0
    while hour < until:
        total += usual.get(hour, 0.0) * ((min(until, hour + HOUR) - max(since, hour)) / HOUR)
        hour += HOUR
    return total


def tail_of(count: float, mean: float, dispersion: float) -> float:
    """Return the negative decimal logarithm of the probability of `count` posts or more, 0 for what is usual.

    The posts follow a negative binomial with this mean and a variance of `dispersion` times it; at 1 and below they
    follow a Poisson law, to which it tends.
    """
    if count <= mean:
        return 0.0
    ratio = max(dispersion, 1.0001)
    return max(-_log10_beta(count, mean / (ratio - 1), 1 - 1 / ratio), 0.0)


def _log10_beta(a: float, b: float, x: float) -> float:
    """Return the decimal logarithm of the regularised incomplete beta function I_x(a, b).

    It is the upper tail of a negative binomial. By the continued fraction of Press and others, Numerical Recipes, 3rd
    edition, section 6.4, which converges quickly for x < (a + 1) / (a + b + 2); elsewhere through its complement.
    """
    if x >= (a + 1) / (a + b + 2):
        return log10(max(1 - 10 ** _log10_beta(b, a, 1 - x), 1e-300))
    front = lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x)
    return (front + log(_fraction(a, b, x)) - log(a)) / log(10)


def _fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction by the modified method of Lentz."""
    tiny = 1e-300
    c, d = 1.0, 1 / _off_zero(1 - (a + b) * x / (a + 1), tiny)
    result = d
    for m in range(1, 10_000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _off_zero(1 + term * d, tiny)
            c = _off_zero(1 + term / c, tiny)
            result *= c * d
        if abs(c * d - 1) < 1e-12:
            break
    return result


def _off_zero(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny
