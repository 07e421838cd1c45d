"""Single cases: grave ones, those that are due, those that nobody touches, those that many read."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col

from core.alerts.episodes import Episode
from core.alerts.severity import ACCUSATION_CONFIDENCE
from core.priority import reply_due_at
from core.taxonomy import Severity
from core.types import CaseStatus
from storage.alerting.asked import Asked
from storage.alerting.conditions.cases import CaseSeen, cases_seen, happened
from storage.tables import Case, CaseEvent


def severe(session: Session, asked: Asked) -> Sequence[Episode]:
    """Find cases of the rule's severity or worse until they are answered; below the worst where the model is sure."""
    found = cases_seen(session, asked, col(Case.severity) >= asked.threshold, _is_new(asked))
    sure = [case for case in found if case.severity >= Severity.BLAME or case.confidence >= ACCUSATION_CONFIDENCE]
    return [_episode(case, _since(case, asked), case.ended_at) for case in sure]


def reach(session: Session, asked: Asked) -> Sequence[Episode]:
    """Find complaints of authors whom many follow, until they are answered."""
    found = cases_seen(session, asked, col(Case.reach) >= asked.threshold, _is_new(asked))
    return [_episode(case, _since(case, asked), case.ended_at, f"Seen by about {case.reach:,}.") for case in found]


def due(session: Session, asked: Asked) -> Sequence[Episode]:
    """Find cases that nobody has answered so many minutes before they are due, until they are answered.

    One that was overdue before the rule was made is not told of, one that became due soon before then is.
    """
    before = timedelta(minutes=asked.threshold)
    conditions = []
    if asked.is_live:
        conditions = [col(Case.due_at) <= asked.until + before, col(Case.due_at) >= asked.not_before]
    found = []
    for case in cases_seen(session, asked, *conditions):
        # An answer takes a case's time away: what it was is worked out once more.
        due_at = case.due_at or reply_due_at(case.severity, case.waiting_since)
        if due_at < asked.not_before:
            continue
        began = max(due_at - before, case.began_at, asked.not_before)
        if case.ended_at is None or case.ended_at > began:
            found.append(_episode(case, began, case.ended_at, "Nobody has answered it.", due_at=due_at))
    return found


def forgotten(session: Session, asked: Asked) -> Sequence[Episode]:
    """Find cases that wait for an answer and that no member touched for so many hours, until one does.

    Further posts of the author do not count, nor does what Afterclick does by itself. One that was put off is not
    forgotten.
    """
    quiet_for = timedelta(hours=asked.threshold)
    conditions = [col(Case.opened_at) <= asked.until - quiet_for]
    if asked.is_live:
        conditions.append(col(Case.status).in_((CaseStatus.NEW, CaseStatus.OPEN)))
    found = list(cases_seen(session, asked, *conditions))
    touched = happened(session, [case.id for case in found], asked, col(CaseEvent.member_id).is_not(None))
    words = f"Nobody has done anything for {asked.threshold:g} hours."
    episodes = []
    for case in found:
        touches = [at for at in touched.get(case.id, ()) if at > case.began_at and not _is_over(case, at)]
        for last, over_at in pairwise([case.began_at, *touches, case.ended_at]):
            if last and (over_at is None or over_at - last > quiet_for):
                episodes.append(_episode(case, last + quiet_for, over_at, words))
    return episodes


def _is_over(case: CaseSeen, at: datetime) -> bool:
    return case.ended_at is not None and case.ended_at <= at


def _is_new(asked: Asked) -> ColumnElement[bool]:
    """Return the condition that something of a case came after the rule was made."""
    return or_(*(col(at) >= asked.not_before for at in (Case.opened_at, Case.reopened_at, Case.last_posted_at)))


def _since(case: CaseSeen, asked: Asked) -> datetime:
    """Return since when a case is what it is: of an older one to which its author added, since then."""
    return case.began_at if case.began_at >= asked.not_before else max(case.began_at, case.last_posted_at)


def _episode(
    case: CaseSeen, began: datetime, ended: datetime | None, words: str = "", *, due_at: datetime | None = None
) -> Episode:
    facts = (("due_at", due_at.isoformat()),) if due_at else ()
    return Episode(case.key, case.group, began, ended, case.id, words, facts)
