"""Promises whose time is over and of which nobody says that they were kept."""

from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import Session, col, or_, select

from core.alerts.episodes import Episode, Group
from storage.alerting.asked import Asked
from storage.alerting.conditions.cases import main_reason, narrowed
from storage.tables import Case, Promise, PromiseState

_IN_DOUBT = (PromiseState.OPEN, PromiseState.BROKEN)


def broken_promises(session: Session, asked: Asked) -> Sequence[Episode]:
    """Find promises that were not kept, from their time (and the rule's grace) on until the case is closed.

    One that somebody says was broken before is told of from then on.
    """
    grace = timedelta(minutes=asked.threshold)
    is_broken = or_(Promise.state == PromiseState.BROKEN, col(Promise.due_at) <= asked.until - grace)
    query = select(Promise, Case.reasons, Case.courier, Case.closed_at).join(Case, col(Case.id) == Promise.case_id)
    query = query.where(*narrowed(asked, col(Case.brand_id)), is_broken)
    if asked.is_live:
        query = query.where(col(Promise.state).in_(_IN_DOUBT), col(Case.closed_at).is_(None))
    found = []
    for promise, reasons, courier, closed_at in session.exec(query):
        broken_at = promise.settled_at if promise.state is PromiseState.BROKEN else None
        over_at = promise.due_at + grace if promise.due_at else None
        began = min(filter(None, (broken_at, over_at)), default=None)
        if began is None:
            continue
        settled = promise.settled_at if promise.state not in _IN_DOUBT else None
        ended = min(filter(None, (settled, closed_at)), default=None)
        words = f"Promised and not kept: “{promise.text}”"
        group = Group(main_reason(reasons), courier)
        facts = (("promise_id", promise.id),)
        found.append(Episode(f"promise:{promise.id}", group, began, ended, promise.case_id, words, facts))
    return found
