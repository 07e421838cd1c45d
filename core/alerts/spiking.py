"""Spikes of a brand's complaints, of their reasons, couriers and platforms: which are one, and what is told of each."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from core.spikes import CALM, HOUR, Replay, Rise, Sensitivity, replay, rises

QUARTER: Final = timedelta(minutes=15)
LEARNS_FROM: Final = timedelta(days=42)  # what lies further back weighs less than a sixtieth
SHOWN_HOURS: Final = 72
# A part of a brand's complaints is one of many that are watched: it has to be more unusual than the whole.
WHOLE: Final = Sensitivity()
PART: Final = replace(WHOLE, tail=6.0, plain=(8, 11, 14))
_ONE_EVENT: Final = timedelta(hours=12)
_MOST_NAMES, _EXAMPLES = 3, 3


@dataclass(frozen=True, slots=True)
class Complaint:
    """A case as it counts: once, when its author first complained."""

    id: int
    at: datetime
    reasons: tuple[str, ...]
    courier: str
    platform: str
    severity: int


@dataclass(frozen=True, slots=True)
class Series:
    """What is counted: all of a brand's complaints, or those with one reason, courier or platform."""

    kind: str = "brand"
    name: str = ""

    @property
    def key(self) -> str:
        """What names it ("brand", "courier:DPD")."""
        return f"{self.kind}:{self.name}" if self.name else self.kind


@dataclass(frozen=True, slots=True)
class Spiking:
    """A rise of one series; `counts` and `usual` are of the 72 hours before `rise.last.at`, oldest first."""

    series: Series
    rise: Rise
    counts: tuple[int, ...]
    usual: tuple[float, ...]
    within: tuple[Complaint, ...]  # those of the window that rose, newest first

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """The reasons that most of them have, with how many."""
        return Counter(reason for each in self.within for reason in each.reasons).most_common(_MOST_NAMES)

    @property
    def couriers(self) -> list[tuple[str, int]]:
        """The couriers that most of them name, with how many."""
        return Counter(each.courier for each in self.within if each.courier).most_common(_MOST_NAMES)

    @property
    def examples(self) -> list[int]:
        """Three of the cases, the gravest and of these the newest."""
        return [each.id for each in sorted(self.within, key=lambda each: -each.severity)[:_EXAMPLES]]


def by_series(complaints: Sequence[Complaint], *, is_whole: bool) -> dict[Series, list[Complaint]]:
    """Return the complaints of each series; where they are part of a brand's already there is one alone."""
    found: dict[Series, list[Complaint]] = {Series(): list(complaints)}
    if not is_whole:
        return found
    for each in complaints:
        names = [("reason", reason) for reason in each.reasons]
        names += [("courier", each.courier)] * bool(each.courier) + [("platform", each.platform)]
        for kind, name in names:
            found.setdefault(Series(kind, name), []).append(each)
    platforms = [series for series in found if series.kind == "platform"]
    if len(platforms) == 1:  # it is the brand once more
        del found[platforms[0]]
    return found


def spiking(
    complaints: Sequence[Complaint], began_at: datetime, since: datetime, until: datetime, floor: int, *, is_whole: bool
) -> list[Spiking]:
    """Return what spiked at any moment from `since` to `until`, the first first.

    `complaints` are in order, from `began_at`, since when they are watched, to `until`. Looks are taken at quarters of
    an hour, so that two questions see the same ones. What rises within twelve hours of another rise, while that lasts,
    and has half of its complaints in common with it, is the same event, and is left out.
    """
    whole, part = (replace(each, floor=floor, plain=_at_least(each.plain, floor)) for each in (WHOLE, PART))
    last_look = quarter(until)
    found: list[Spiking] = []
    for series, its in by_series(complaints, is_whole=is_whole).items():
        if not _may_spike(its, since, floor):
            continue
        counts, sensitivity = _counts(its, began_at), part if series.name else whole
        may_be_quiet = until - since < _ONE_EVENT  # else a look at all of it is as quick
        if may_be_quiet and not replay(counts, QUARTER, last_look, sensitivity, since=since - CALM).spikes:
            continue
        replayed = replay(counts, QUARTER, last_look, sensitivity)
        found += [_shown(series, rise, its, replayed) for rise in rises(replayed.spikes) if rise.ended_at > since]
    return list(_events(found))


def quarter(at: datetime) -> datetime:
    """Return the last quarter of an hour."""
    at = at.astimezone(UTC)
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


def _at_least(plain: tuple[int, ...], floor: int) -> tuple[int, ...]:
    return tuple(max(each, floor) for each in plain)


def _may_spike(complaints: Sequence[Complaint], since: datetime, floor: int) -> bool:
    """Tell whether there were ever enough of them within twelve hours: a rise lasts six hours, its window six more."""
    ats = [each.at for each in complaints if each.at > since - _ONE_EVENT]
    return any(later - first <= _ONE_EVENT for first, later in zip(ats, ats[floor - 1 :], strict=False))


def _counts(complaints: Sequence[Complaint], began_at: datetime) -> list[tuple[datetime, float]]:
    counts = Counter({quarter(began_at): 0})
    counts.update(quarter(each.at) for each in complaints)
    return sorted((at, float(count)) for at, count in counts.items())


def _shown(series: Series, rise: Rise, complaints: Sequence[Complaint], replayed: Replay) -> Spiking:
    end, since = rise.last.at, rise.last.at - rise.last.window
    begin = end - SHOWN_HOURS * HOUR
    hours = Counter((each.at - begin) // HOUR for each in complaints if begin <= each.at < end)
    return Spiking(
        series,
        rise,
        tuple(hours[hour] for hour in range(SHOWN_HOURS)),
        tuple(replayed.usual_within(begin + hour * HOUR, begin + (hour + 1) * HOUR) for hour in range(SHOWN_HOURS)),
        tuple(each for each in reversed(complaints) if since <= each.at < end),
    )


_RANKS: Final[Mapping[str, int]] = {"brand": 0, "reason": 1, "courier": 2, "platform": 3}


def _events(found: Sequence[Spiking]) -> Iterator[Spiking]:
    """Yield those that are not the same event as one before them."""
    told: list[Spiking] = []
    for each in sorted(found, key=lambda each: (each.rise.began_at, _RANKS[each.series.kind], -len(each.within))):
        if not any(_is_same(each, earlier) for earlier in told):
            told.append(each)
            yield each


def _is_same(later: Spiking, earlier: Spiking) -> bool:
    is_near = later.rise.began_at < min(earlier.rise.ended_at, earlier.rise.began_at + _ONE_EVENT)
    return is_near and 2 * sum(_belongs(each, earlier.series) for each in later.within) >= len(later.within)


def _belongs(complaint: Complaint, series: Series) -> bool:
    match series.kind:
        case "reason":
            return series.name in complaint.reasons
        case "courier":
            return complaint.courier == series.name
        case "platform":
            return complaint.platform == series.name
        case _:
            return True
