"""How urgent a case is, as points and as the words that say what they are made of; and when it must be answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log10
from typing import Final

from core.taxonomy import Severity

# Age and due time count in steps and are capped, so that an old request for help never outranks a fresh condemnation
# of which the model is sure.
AGE_STEPS: Final = ((timedelta(days=3), 15), (timedelta(days=1), 10), (timedelta(hours=4), 5))
DUE_STEPS: Final = ((timedelta(0), 15, "overdue"), (timedelta(hours=2), 10, "due within 2 hours"))
SEVERITY_POINTS: Final = {
    Severity.NONE: 5,
    Severity.NO_REPROACH: 15,
    Severity.DISAPPROVAL: 35,
    Severity.ACCUSATION: 60,
    Severity.BLAME: 90,
}
FIRST_REPLY_WITHIN: Final = {
    Severity.NONE: timedelta(hours=48),
    Severity.NO_REPROACH: timedelta(hours=24),
    Severity.DISAPPROVAL: timedelta(hours=8),
    Severity.ACCUSATION: timedelta(hours=4),
    Severity.BLAME: timedelta(hours=1),
}
MAX_REPEAT_POINTS: Final = 20
MAX_REACH_POINTS: Final = 20


@dataclass(frozen=True, slots=True)
class Priority:
    """Points (0 to about 175; more is more urgent) and their reason in words."""

    points: int
    why: str


def priority(
    severity: int,
    confidence: float,
    reach: int,
    post_count: int,
    waiting: timedelta,
    due_in: timedelta | None = None,
) -> Priority:
    """Return how urgent a case is.

    `confidence` is the probability that it is a complaint; it weighs the severity's points. `reach` is the number of
    people who may have seen it, `waiting` the time since its first post, `due_in` the time until its first answer is
    due, none where it is answered.
    """
    level = Severity(severity)
    points = SEVERITY_POINTS[level] * (0.5 + 0.5 * confidence)
    why = [level.words.lower()]
    if reach >= 1000:
        points += min(MAX_REACH_POINTS, 5 * (log10(reach) - 2))
        why.append(f"seen by about {reach:,}")
    if post_count > 1:
        points += min(MAX_REPEAT_POINTS, 5 * (post_count - 1))
        why.append(f"{post_count} posts")
    for least, age_points in AGE_STEPS:
        if waiting >= least:
            points += age_points
            why.append(f"waiting over {_words(least)}")
            break
    for most, due_points, words in DUE_STEPS:
        if due_in is not None and due_in <= most:
            points += due_points
            why.append(words)
            break
    return Priority(round(points), ", ".join(why))


def reply_due_at(severity: int, posted_at: datetime) -> datetime:
    """Return when a case must have had its first reply."""
    return posted_at + FIRST_REPLY_WITHIN[Severity(severity)]


def _words(span: timedelta) -> str:
    hours = round(span / timedelta(hours=1))
    return f"{hours // 24} day{'s' if hours >= 48 else ''}" if hours >= 24 else f"{hours} hours"
