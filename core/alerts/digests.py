"""When a digest is due, and what it looks back on."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from core.alerts.kinds import Period


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a digest looks back on, from `since` up to `until`, which is when it is due."""

    since: datetime
    until: datetime

    @property
    def before(self) -> "Stretch":
        """The stretch of the same length before it."""
        return Stretch(self.since - (self.until - self.since), self.since)


def stretch_due(
    period: Period, at: str, weekday: int, zone: str, last: datetime | None, created_at: datetime, now: datetime
) -> Stretch | None:
    """Return what the newest digest that is due looks back on, None where it was sent or none is due yet.

    A day or a week by the clock on the wall in this zone, so one in which the clocks change is longer or shorter by an
    hour. After a time without a worker there is one digest, the newest. A rule's first digest comes at the first of
    its hours after it was made. Where the clock shows the hour twice, the first counts; where it leaves it out, the
    moment at which it would have been.
    """
    place = ZoneInfo(zone)
    wall = now.astimezone(place)
    hour, minute = (int(part) for part in at.split(":"))
    due = wall.replace(hour=hour, minute=minute, second=0, microsecond=0, tzinfo=None, fold=0)
    if period is Period.WEEK:
        due -= timedelta(days=(wall.weekday() - weekday) % 7)
    days = timedelta(days=1 if period is Period.DAY else 7)
    if due.replace(tzinfo=place).astimezone(UTC) > now:
        due -= days
    until = due.replace(tzinfo=place).astimezone(UTC)
    since = (due - days).replace(tzinfo=place).astimezone(UTC)
    comes_next = (due + days).replace(tzinfo=place).astimezone(UTC)
    was_sent = last is not None and until <= last <= comes_next  # one later than that is of a clock that was ahead
    if until <= created_at or was_sent:
        return None
    return Stretch(since, until)
