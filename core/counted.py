"""Days of counts, and what reports read out of them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from core.reporting import Durations, Period, Span, days_of, durations
from core.tallies import Act, Outcome

HOURS: Final = range(24)
_SETTLED: Final = (Outcome.KEPT, Outcome.KEPT_LATE, Outcome.BROKEN)


class Dimension(StrEnum):
    """What cases are told apart by."""

    REASON = "reason"
    COURIER = "courier"
    PARTY = "party"
    PLATFORM = "platform"
    BRAND = "brand"


class Clock(StrEnum):
    """How durations are measured: by the clock on the wall, or within the brand's working hours."""

    WALL = "clock"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Share:
    """One kind of case: how many there are, and on the days that are compared now and then."""

    name: str
    cases: int
    now: int
    before: int


@dataclass(frozen=True, slots=True)
class Promises:
    """What became of the promises that were due: those that were settled count."""

    counts: Mapping[Outcome, int]

    @property
    def settled(self) -> int:
        """How many were kept, in time or late, or broken."""
        return sum(self.counts[outcome] for outcome in _SETTLED)

    @property
    def kept_share(self) -> float | None:
        """Which part of those settled was kept in time; none where none was."""
        return self.counts[Outcome.KEPT] / self.settled if self.settled else None


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts of each day of a period and of what it is compared with, under the names of core.tallies.

    Cases by brand are among them, as `brand:7`.
    """

    period: Period
    days: Mapping[date, Mapping[str, int]]
    _sums: dict[Span, Counter[str]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _kinds: dict[Span, dict[str, dict[str, int]]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def within(self, span: Span) -> Counter[str]:
        """Return the counts of these days together, which nobody changes: they are summed once, and by weeks."""
        if span not in self._sums:
            weeks = list(_weeks(span))
            parts = [self.days.get(day, {}) for day in days_of(span)] if weeks == [span] else map(self.within, weeks)
            total: Counter[str] = Counter()
            for part in parts:
                add(total, part)
            self._sums[span] = total
        return self._sums[span]

    def of_kind(self, kind: str, span: Span | None = None) -> Mapping[str, int]:
        """Return the counts of one kind, each under what is counted, of these days or of the whole period."""
        span = span or self.period.span
        if span not in self._kinds:
            kinds: dict[str, dict[str, int]] = {}
            for name, number in self.within(span).items():
                of, colon, what = name.partition(":")
                if colon:
                    kinds.setdefault(of, {})[what] = number
            self._kinds[span] = kinds
        return self._kinds[span].get(kind, {})

    def cases(self, span: Span) -> int:
        """Return how many cases began on these days."""
        return sum(self.days.get(day, {}).get("cases", 0) for day in days_of(span))

    @property
    def total(self) -> Counter[str]:
        """The counts of the whole period."""
        return self.within(self.period.span)

    def shares(self, dimension: Dimension) -> list[Share]:
        """Return the kinds of cases there are, most cases first."""
        kind = dimension.value
        total, now, before = (
            self.of_kind(kind, span) for span in (self.period.span, self.period.over, self.period.before)
        )
        found = [Share(name, total.get(name, 0), now.get(name, 0), before.get(name, 0)) for name in {**total, **before}]
        return sorted(found, key=lambda share: (-share.cases, -share.before, share.name))

    def took(self, what: str, clock: Clock, span: Span | None = None) -> Durations:
        """Return how long it took to `reply` or to `solve`."""
        counts = self.of_kind(f"{what}_{clock}", span)
        return durations({int(bucket): number for bucket, number in counts.items()})

    def promises(self, span: Span | None = None) -> Promises:
        """Return what became of the promises that were due."""
        counts = self.of_kind("promise", span)
        return Promises({outcome: counts.get(outcome, 0) for outcome in Outcome})

    def by_hour(self) -> dict[tuple[int, int], int]:
        """Return how many cases began in each hour of the week, by day of the week (Monday is 0) and hour."""
        found: dict[tuple[int, int], int] = {(weekday, hour): 0 for weekday in range(7) for hour in HOURS}
        for day in days_of(self.period.span):
            of_day = self.days.get(day, {})
            for hour in HOURS:
                found[day.weekday(), hour] += of_day.get(f"hour:{hour}", 0)
        return found

    def work(self) -> dict[int, dict[str, int]]:
        """Return what each member did: how many cases were taken, answered, resolved and dismissed."""
        work: dict[int, dict[str, int]] = {}
        for act in Act:
            for member, number in self.of_kind(act).items():
                work.setdefault(int(member), {})[act.value] = number
        return work


def add(total: dict[str, int], counts: Mapping[str, int]) -> None:
    """Add counts to a total: in half the time that `Counter.update` takes, which matters for a year of them."""
    for name, number in counts.items():
        total[name] = total.get(name, 0) + number


def _weeks(span: Span) -> Iterator[Span]:
    """Yield what lies in the span of each week."""
    first = span.first
    while first <= span.last:
        last = min(first + timedelta(days=6 - first.weekday()), span.last)
        yield Span(first, last)
        first = last + timedelta(days=1)
