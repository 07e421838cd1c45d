"""`spikes`: the alarms that a file of counts would have raised."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from commands.parts import JsonFlag, print_json, say
from core.configuration import Interval
from core.errors import InputError
from core.spikes import HOUR, Spike, find_spikes, told

LONGEST_SPAN = timedelta(days=3660)
YEARS = range(1000, 9000)  # what lies weeks before and after must be a date as well
LEAST_EVERY, MOST_EVERY = timedelta(minutes=1), timedelta(days=1)
Counts = list[tuple[datetime, float]]


def spikes(
    file: Annotated[Path, typer.Argument(help="A CSV file with the columns timestamp and value.")],
    every: Annotated[str, typer.Option(help="How often the watch looks, such as 15m.")] = "15m",
    json_output: JsonFlag = False,
) -> None:
    """Replay counts of posts and say which alarms they would have raised, each from what came before it alone.

    A timestamp is where the stretch begins whose posts are counted; without a time zone it is UTC. An alarm that goes
    on is told again after twelve hours.
    """
    counts = _counts(file)
    found = list(told(find_spikes(counts, _stretch(file, counts), every=_interval(every))))
    if json_output:
        print_json([_record(spike) for spike in found])
        return
    for spike in found:
        say(f"{spike.at:%Y-%m-%d %H:%M} UTC: {spike.count:,} in {_hours(spike)} where {spike.expected:,.1f} are usual")
    say(f"{len(found)} alarm{'' if len(found) == 1 else 's'}")


def _interval(written: str) -> timedelta:
    try:
        every: timedelta = TypeAdapter(Interval).validate_python(written)
    except ValidationError as error:
        raise typer.BadParameter('write a number and m, h or d, such as "15m"', param_hint="--every") from error
    if not LEAST_EVERY <= every <= MOST_EVERY:
        raise typer.BadParameter("must be from 1m to 1d", param_hint="--every")
    return every


def _record(spike: Spike) -> dict[str, object]:
    return {
        "at": spike.at.isoformat(),
        "count": spike.count,
        "expected": round(spike.expected, 2),
        "window": f"{round(spike.window / HOUR)}h",
    }


def _hours(spike: Spike) -> str:
    hours = round(spike.window / HOUR)
    return "an hour" if hours == 1 else f"{hours} hours"


def _counts(file: Path) -> Counts:
    """Return the file's rows; raises InputError that names the row that cannot be read."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            found = list(_rows(file, csv.DictReader(lines)))
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{file} cannot be read: {error}") from error
    if not found:
        raise InputError(f"{file} has no rows; write a header timestamp,value and a row for each stretch of time")
    if found[-1][0] - found[0][0] > LONGEST_SPAN:
        raise InputError(f"{file} spans more than ten years; look at the first and the last timestamp")
    return found


def _stretch(file: Path, counts: Counts) -> timedelta:
    """Return how long each row's stretch is: as long as the shortest way from one to the next."""
    stretch = min((later - at for (at, _), (later, _) in pairwise(counts) if later > at), default=HOUR)
    if stretch > HOUR:
        raise InputError(f"{file} counts stretches of {_length(stretch)}; an hour is the longest that can be watched")
    return stretch


def _length(stretch: timedelta) -> str:
    """Return how long it is in its largest unit, where that is whole: "1 day", "90 minutes"."""
    for unit, name in ((timedelta(days=1), "day"), (HOUR, "hour"), (timedelta(minutes=1), "minute")):
        count, rest = divmod(stretch, unit)
        if count and not rest:
            return f"{count:,} {name}{'' if count == 1 else 's'}"
    return str(stretch)


def _rows(file: Path, rows: "csv.DictReader[str]") -> Iterator[tuple[datetime, float]]:
    if not {"timestamp", "value"} <= set(rows.fieldnames or ()):
        found = ", ".join(rows.fieldnames or ())
        hint = "; separate columns by commas, not semicolons" if ";" in found else ""
        raise InputError(f"{file} has no columns timestamp and value; its header, the first line, is {found!r}{hint}")
    last: datetime | None = None
    for number, row in enumerate(rows, 2):
        at, count = _time(row["timestamp"]), _count(row["value"])
        if at is None or count is None:
            raise InputError(f"{file}, row {number}: {row['timestamp']!r}, {row['value']!r} is no time and count")
        if at.year not in YEARS:
            within = f"the years {YEARS[0]} to {YEARS[-1]}"
            raise InputError(f"{file}, row {number}: {at.date()} lies outside of {within}; look at the timestamp")
        if last is not None and at < last:
            raise InputError(f"{file}, row {number}: {at.isoformat()} comes after {last.isoformat()}; sort the rows")
        last = at
        yield at, count


def _time(written: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat((written or "").strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _count(written: str | None) -> float | None:
    try:
        count = float(written or "")
    except ValueError:
        return None
    if "_" in (written or ""):  # 1_0 is ten to Python alone
        return None
    return count if isfinite(count) and 0 <= count < 1e12 else None
