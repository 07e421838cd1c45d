"""What a digest says of a brand's day or week."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from core.alerts.digests import Stretch
from core.alerts.kinds import AlertKind
from storage.cases import OPEN_STATUSES
from storage.rows import id_of
from storage.tables import (
    AlertRule,
    Brand,
    Case,
    Incident,
    Promise,
    PromiseState,
    Source,
    SourceState,
)
from storage.windows import open_gaps_of

OLDEST: Final = 5
NAMED: Final = 5  # reasons, couriers, incidents, gaps
HOUR: Final = timedelta(hours=1)
_IN_TROUBLE: Final = (SourceState.STOPPED, SourceState.RETRYING, SourceState.OVER_BUDGET)


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened in a stretch of time: cases opened, first answered and closed; promises kept and broken."""

    opened: int
    answered: int
    closed: int
    kept: int
    broken: int


@dataclass(frozen=True, slots=True)
class Raised:
    """An incident that was opened: what it is, by which rule, and how many things it holds."""

    title: str
    rule: str
    opened_at: datetime
    is_over: bool


@dataclass(frozen=True, slots=True)
class Missed:
    """A stretch of time of which a source may have missed posts, or a source that is not read (then no times)."""

    source: str
    platform: str
    why: str
    from_at: datetime | None = None
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """All that a digest tells. `reasons` and `couriers` name those of the cases opened, the most frequent first.

    `by_part` counts the opened cases by hour (of a day) or by day (of a week), from the stretch's begin; `before` is
    the stretch before, for comparison. `open_now`, `overdue` and `oldest` are as of now.
    """

    now: Counts
    before: Counts
    reasons: Sequence[tuple[str, int]]
    couriers: Sequence[tuple[str, int]]
    by_part: Sequence[int]
    by_part_before: Sequence[int]
    open_now: int
    overdue: int
    oldest: Sequence[Case]
    raised: Sequence[Raised]
    raised_total: int
    missed: Sequence[Missed]
    missed_total: int


def digest_rules(session: Session) -> Sequence[tuple[AlertRule, Brand]]:
    """Return the rules that send digests with their brands, in the order in which they were made."""
    wanted = col(AlertRule.enabled) & (col(AlertRule.kind) == AlertKind.DIGEST)
    query = select(AlertRule, Brand).join(Brand, col(Brand.id) == AlertRule.brand_id).where(wanted)
    return session.exec(query.order_by(col(AlertRule.id))).all()


def summary(session: Session, brand: Brand, stretch: Stretch, part: timedelta, now: datetime) -> Summary:
    """Return what happened to the brand's cases in the stretch; `part` is how long a bar of the chart lasts."""
    cases = (Case.brand_id == id_of(brand), col(Case.merged_into_id).is_(None))
    rows = _opened(session, cases, stretch)
    reasons = Counter(name for names, _, _ in rows if names for name in [max(names, key=lambda each: names[each])])
    couriers = Counter(courier for _, courier, _ in rows if courier)
    is_open = (*cases, col(Case.status).in_(OPEN_STATUSES))
    raised, raised_total = _raised(session, brand, stretch)
    missed = _missed(session, brand, stretch, now)
    return Summary(
        now=_counts(session, cases, stretch),
        before=_counts(session, cases, stretch.before),
        reasons=reasons.most_common(NAMED),
        couriers=couriers.most_common(NAMED),
        by_part=_by_part([at for _, _, at in rows], stretch, part),
        by_part_before=_by_part([at for _, _, at in _opened(session, cases, stretch.before)], stretch.before, part),
        open_now=_count(session, *is_open),
        overdue=_count(session, *is_open, col(Case.due_at) < now),
        oldest=session.exec(
            select(Case).where(*is_open).order_by(col(Case.first_posted_at), col(Case.id)).limit(OLDEST)
        ).all(),
        raised=raised,
        raised_total=raised_total,
        missed=missed[:NAMED],
        missed_total=len(missed),
    )


def _in(column: Any, stretch: Stretch) -> ColumnElement[bool]:
    inside: ColumnElement[bool] = (col(column) >= stretch.since) & (col(column) < stretch.until)
    return inside


def _count(session: Session, *conditions: Any) -> int:
    return session.exec(select(func.count()).select_from(Case).where(*conditions)).one()


def _counts(session: Session, cases: Sequence[Any], stretch: Stretch) -> Counts:
    settled = dict(
        session.exec(
            select(Promise.state, func.count())
            .join(Case, col(Case.id) == Promise.case_id)
            .where(*cases, _in(Promise.settled_at, stretch))
            .group_by(col(Promise.state))
        ).all()
    )
    return Counts(
        opened=_count(session, *cases, _in(Case.opened_at, stretch)),
        answered=_count(session, *cases, _in(Case.first_reply_at, stretch)),
        closed=_count(session, *cases, _in(Case.closed_at, stretch)),
        kept=settled.get(PromiseState.KEPT, 0),
        broken=settled.get(PromiseState.BROKEN, 0),
    )


def _opened(
    session: Session, cases: Sequence[Any], stretch: Stretch
) -> list[tuple[Mapping[str, float], str, datetime]]:
    query = select(Case.reasons, Case.courier, Case.opened_at).where(*cases, _in(Case.opened_at, stretch))
    return [(reasons, courier, at) for reasons, courier, at in session.exec(query)]


def _by_part(times: Sequence[datetime], stretch: Stretch, part: timedelta) -> list[int]:
    counts = [0] * max(1, round((stretch.until - stretch.since) / part))
    for at in times:
        counts[min((at - stretch.since) // part, len(counts) - 1)] += 1
    return counts


def _raised(session: Session, brand: Brand, stretch: Stretch) -> tuple[list[Raised], int]:
    query = (
        select(Incident, AlertRule.name)
        .join(AlertRule, col(AlertRule.id) == Incident.rule_id)
        .where(Incident.brand_id == id_of(brand), AlertRule.kind != AlertKind.DIGEST, _in(Incident.opened_at, stretch))
        .order_by(col(Incident.opened_at), col(Incident.id))
    )
    rows = session.exec(query).all()
    shown = rows[-NAMED:]
    return [Raised(row.title, name, row.opened_at, row.resolved_at is not None) for row, name in shown], len(rows)


def _missed(session: Session, brand: Brand, stretch: Stretch, now: datetime) -> list[Missed]:
    """Return the sources that are not read now, then the gaps that touch the stretch."""
    found: list[Missed] = []
    gaps: list[Missed] = []
    query = select(Source).where(Source.brand_id == id_of(brand), col(Source.enabled).is_(True))
    for source in session.exec(query.order_by(Source.name)):
        if source.state in _IN_TROUBLE:
            found.append(Missed(source.name, source.platform, source.last_error or source.state.value))
        for row, gap in open_gaps_of(session, id_of(source), now):
            if gap.until_at > stretch.since and gap.from_at < stretch.until:
                gaps.append(Missed(source.name, source.platform, row.detail, gap.from_at, gap.until_at))
    return [*found, *gaps]
