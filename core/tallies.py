"""What a case counts for in the reports, and how such facts add up to the counts of a day: pure rules.

A fact stands on one day of its brand's calendar, for a platform and a courier, and names what it adds one to. All facts
of a case are made anew when it changes; a day's counts are the sum of its facts. Names have a kind and, behind a colon,
what is counted:

- `cases`; `dismissed` in its place where the team said that it is no complaint; `unsure` where the model was not sure
- `reason:late`, `party:courier`, and `reason:` and `party:` where none is named; `platform:x`, `courier:DPD`
- `hour:14`, the hour of the first post
- `reply_clock:87`, `reply_hours:61`, `solve_clock:..`, `solve_hours:..`: buckets of core.reporting, by the clock on the
  wall and within the brand's working hours
- `promise:kept`, `kept_late`, `broken`, `withdrawn`, `open`, on the day it was due
- `taken:12`, `answered:12`, `resolved:12`, `dismissed_by:12`: what the member 12 did on that day
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from core.hours import Hours
from core.reporting import bucket_of, day_of
from core.types import CaseStatus

VERSION: Final = 2  # to be raised when a fact comes to mean something else: everything is counted anew then
ALL: Final = "*"  # a platform's or courier's place in the counts over all of them


class Act(StrEnum):
    """What a member did, as it is counted."""

    TAKEN = "taken"
    ANSWERED = "answered"
    RESOLVED = "resolved"
    DISMISSED_BY = "dismissed_by"


class Outcome(StrEnum):
    """What became of a promise, as it is counted."""

    KEPT = "kept"
    KEPT_LATE = "kept_late"
    BROKEN = "broken"
    OPEN = "open"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where a brand's days begin, and when its team works."""

    zone: str
    hours: Hours


@dataclass(frozen=True, slots=True)
class Done:
    """That a member did something at a time."""

    act: Act
    member_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise: when it was due, and what became of it."""

    due_at: datetime
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class CaseSeen:
    """A case as far as the reports look at it."""

    platform: str
    courier: str
    status: CaseStatus
    first_posted_at: datetime
    is_merged: bool = False
    unsure: bool = False
    reasons: Sequence[str] = ()
    parties: Sequence[str] = ()
    first_reply_at: datetime | None = None
    closed_at: datetime | None = None
    done: Sequence[Done] = field(default=())
    promises: Sequence[Promised] = field(default=())


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that counts on a day."""

    day: date
    platform: str
    courier: str
    counts: tuple[str, ...]


def facts_of(case: CaseSeen, calendar: Calendar) -> frozenset[Fact]:
    """Return what the case counts for. One that was merged counts for nothing: the case that took its posts does."""
    if case.is_merged:
        return frozenset()
    by_day: dict[date, list[str]] = {}
    first_day = day_of(case.first_posted_at, calendar.zone)
    by_day[first_day] = ["dismissed"] if case.status is CaseStatus.DISMISSED else _counts(case, calendar)
    for promise in case.promises:
        by_day.setdefault(day_of(promise.due_at, calendar.zone), []).append(f"promise:{promise.outcome}")
    # What a member did to a case twice on a day is one piece of work.
    for day, name in {(day_of(each.at, calendar.zone), f"{each.act}:{each.member_id}") for each in case.done}:
        by_day.setdefault(day, []).append(name)
    return frozenset(Fact(day, case.platform, case.courier, tuple(sorted(counts))) for day, counts in by_day.items())


def _counts(case: CaseSeen, calendar: Calendar) -> list[str]:
    hour = case.first_posted_at.astimezone(ZoneInfo(calendar.zone)).hour
    counts = ["cases", f"hour:{hour}", f"platform:{case.platform}", f"courier:{case.courier}"]
    counts += [f"reason:{name}" for name in case.reasons or ("",)]
    counts += [f"party:{name}" for name in case.parties or ("",)]
    if case.unsure:
        counts.append("unsure")
    if case.first_reply_at is not None:
        counts += _durations("reply", case.first_posted_at, case.first_reply_at, calendar)
    if case.status is CaseStatus.RESOLVED and case.closed_at is not None:
        counts += _durations("solve", case.first_posted_at, case.closed_at, calendar)
    return counts


def _durations(name: str, start: datetime, end: datetime, calendar: Calendar) -> list[str]:
    end = max(start, end)
    worked = calendar.hours.between(start, end, calendar.zone)
    return [f"{name}_clock:{bucket_of(end - start)}", f"{name}_hours:{bucket_of(worked)}"]


Cells = dict[tuple[str, str], Counter[str]]


def cells_of(facts: Iterable[Fact]) -> Cells:
    """Return the counts of a day's facts for each platform and courier, and over all platforms, couriers and both."""
    cells: Cells = {}
    for fact in facts:
        for platform in (fact.platform, ALL):
            for courier in (fact.courier, ALL):
                cells.setdefault((platform, courier), Counter()).update(fact.counts)
    return cells


def of_kind(counts: Mapping[str, int], kind: str) -> dict[str, int]:
    """Return the counts of one kind, each under what is counted."""
    start = f"{kind}:"
    return {name[len(start) :]: number for name, number in counts.items() if name.startswith(start)}
