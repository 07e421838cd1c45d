"""Several cases alike: one reason and one courier, within a few hours."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlmodel import Session, col, select

from core.alerts.episodes import Episode, Group
from core.types import CaseStatus
from storage.alerting.asked import Asked
from storage.alerting.conditions.cases import main_reason, narrowed
from storage.tables import Case

WITHIN: Final = timedelta(hours=3)
LATE: Final = timedelta(days=1)  # what is read later than this after it was written says nothing of today

_COLUMNS: Final[tuple[Any, ...]] = (Case.id, Case.reasons, Case.courier, Case.first_posted_at, Case.opened_at)


@dataclass(frozen=True, slots=True)
class _Opened:
    id: int
    posted_at: datetime
    opened_at: datetime


def cluster(session: Session, asked: Asked) -> Sequence[Episode]:
    """Find as many cases as the rule says with one reason and courier whose first posts came within three hours.

    Each case of such a number is a thing of its own, from when there were enough of them. All are over three hours
    after the last of them was opened, each a day after it was written at the latest. Whether they are answered does not
    matter: what they have in common is not mended by it. Old posts that are read today, from a file or after a gap, are
    no cluster of today.
    """
    is_recent = col(Case.first_posted_at) >= asked.since - LATE - 2 * WITHIN
    query = select(*_COLUMNS).where(
        *narrowed(asked, col(Case.brand_id)),
        is_recent,
        col(Case.opened_at) <= asked.until,
        Case.status != CaseStatus.DISMISSED,
    )
    by_group: dict[Group, list[_Opened]] = defaultdict(list)
    for case_id, reasons, courier, posted_at, opened_at in session.execute(query):
        if reasons and opened_at - posted_at <= LATE:
            by_group[Group(main_reason(reasons), courier)].append(_Opened(case_id, posted_at, opened_at))
    return [
        Episode(f"case:{case.id}", group, began, ended, case.id)
        for group, cases in by_group.items()
        for case, began, ended in _dense(cases, int(asked.threshold))
    ]


def _dense(cases: list[_Opened], least: int) -> Iterable[tuple[_Opened, datetime, datetime]]:
    """Return the cases that have enough others near them, each with when there were enough and when it is over."""
    cases.sort(key=lambda case: (case.posted_at, case.id))
    enough: dict[int, datetime] = {}  # place of a case -> when it and others were enough
    following = 0  # the first place that may still have to be noted
    for last in range(least - 1, len(cases)):
        first = last - least + 1
        if cases[last].posted_at - cases[first].posted_at <= WITHIN:
            known_at = max(case.opened_at for case in cases[first : last + 1])
            enough |= dict.fromkeys(range(max(first, following), last + 1), known_at)
            following = last + 1
    over = None
    for place in sorted(enough, reverse=True):
        opened_at = cases[place].opened_at
        goes_on = place + 1 in enough and cases[place + 1].posted_at - cases[place].posted_at <= WITHIN
        over = max(over, opened_at + WITHIN) if goes_on and over else opened_at + WITHIN
        yield cases[place], enough[place], min(over, cases[place].posted_at + LATE)
