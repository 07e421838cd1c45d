"""Counts of everything, for `afterclick stats` and for tests."""

from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.budgets import MICROS
from core.types import CaseStatus
from storage.rows import id_of
from storage.tables import (
    Case,
    Outbox,
    OutboxState,
    PostRow,
    PredictionRow,
    Promise,
    Reply,
    ReplyState,
    Source,
    SourceUsage,
)
from storage.windows import open_gaps_of


def stats(session: Session) -> dict[str, Any]:
    """Return the counts in the shape that docs/commands.md gives."""
    cases = dict(session.exec(select(Case.status, func.count()).group_by(Case.status)).all())
    outbox = dict(session.exec(select(Outbox.state, func.count()).group_by(Outbox.state)).all())
    complaints = (
        select(func.count())
        .select_from(PredictionRow)
        .join(
            PostRow,
            (col(PostRow.id) == PredictionRow.post_id)
            & (col(PostRow.classified_with) == PredictionRow.model_version)
            & col(PredictionRow.is_complaint),
        )
    )
    return {
        "posts": session.exec(select(func.count()).select_from(PostRow)).one(),
        "predictions": session.exec(select(func.count()).select_from(PredictionRow)).one(),
        "complaints": session.exec(complaints).one(),
        "cases": {status.value: cases.get(status, 0) for status in CaseStatus},
        "replies": session.exec(select(func.count()).select_from(Reply).where(Reply.state == ReplyState.SENT)).one(),
        "promises": session.exec(select(func.count()).select_from(Promise)).one(),
        "outbox": {state.value: outbox.get(state, 0) for state in OutboxState},
        "sources": _sources(session),
    }


def _sources(session: Session) -> list[dict[str, Any]]:
    posts = dict(session.exec(select(PostRow.source_id, func.count()).group_by(col(PostRow.source_id))).all())
    spent = select(SourceUsage.source_id, func.sum(SourceUsage.cost)).group_by(col(SourceUsage.source_id))
    costs = {source_id: int(cost) for source_id, cost in session.exec(spent)}
    return [
        {
            "name": source.name,
            "platform": source.platform,
            "state": source.state.value,
            "posts": posts.get(source.id, 0),
            "cost_usd": costs.get(id_of(source), 0) / MICROS,
            "gaps": len(open_gaps_of(session, id_of(source))),
            "cursor": source.cursor,
            "last_error": source.last_error,
        }
        for source in session.exec(select(Source).order_by(Source.name))
    ]
