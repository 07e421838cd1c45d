"""The couriers of cases that were opened before a courier was known by its names."""

import hashlib
import json
from collections import defaultdict
from datetime import datetime

from sqlmodel import Session, col, select

from core.entities.naming import courier_named
from storage.casework import words_of
from storage.rows import id_of
from storage.tables import Case, Courier, PostRow, Upkeep

_NAME = "couriers_of_cases"


def is_naming_due(session: Session) -> bool:
    """Tell whether there are cases whose courier was worked out by other names than the present ones, or never."""
    state = session.get_one(Upkeep, _NAME)
    return state.done_at is None or state.mark != _mark(session)


def name_couriers(session: Session, now: datetime, limit: int) -> int:
    """Work out the courier of the next `limit` cases from their posts; return how many were looked at.

    Where it stands is kept with what it did, so that a pass that was cut off goes on. Another list of couriers begins
    it anew.
    """
    mark = _mark(session)
    state = session.get_one(Upkeep, _NAME, with_for_update=True)
    if state.mark != mark:
        state.mark, state.after_id, state.done_at = mark, 0, None
    query = select(Case).where(col(Case.id) > state.after_id).order_by(col(Case.id)).limit(limit)
    cases = session.exec(query.with_for_update(key_share=True).execution_options(populate_existing=True)).all()
    _name(session, {id_of(case): case for case in cases}, now)
    if len(cases) < limit:
        state.done_at = now
    else:
        state.after_id = id_of(cases[-1])
    session.add(state)
    return len(cases)


def _name(session: Session, cases: dict[int, Case], now: datetime) -> None:
    couriers = session.exec(select(Courier).order_by(col(Courier.id))).all()
    texts = defaultdict(list)
    query = select(PostRow).where(col(PostRow.case_id).in_(cases), col(PostRow.is_own).is_(False))
    for post in session.exec(query.order_by(col(PostRow.posted_at), col(PostRow.id))):
        texts[post.case_id].append(words_of(post))
    for case_id, case in cases.items():
        named = courier_named(texts[case_id], couriers)
        if named != case.courier:
            case.courier, case.updated_at = named, now
            session.add(case)


def _mark(session: Session) -> str:
    """Return what stands for the list of couriers by which cases are named."""
    rows = session.exec(select(Courier.name, Courier.aliases).order_by(col(Courier.id))).all()
    return hashlib.sha256(json.dumps([list(row) for row in rows]).encode()).hexdigest()[:16]
