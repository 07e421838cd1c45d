"""What a digest says of a brand's day or week."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from core.alerts.digests import Stretch
from core.alerts.engine import News
from core.alerts.kinds import AlertKind, Delivery, Period
from core.configuration.alerting import parse_settings
from core.hours import parse
from storage.alerting.asked import Asked
from storage.alerting.conditions import episodes
from storage.cases import OPEN_STATUSES
from storage.rows import id_of
from storage.tables import (
    AlertRule,
    Brand,
    Case,
    Incident,
    Outbox,
    Promise,
    PromiseState,
    Source,
    SourceState,
    Telling,
)
from storage.windows import open_gaps_of

OLDEST: Final = 5
NAMED: Final = 5  # reasons, couriers, incidents, gaps
MOST_ONLY_HERE: Final = 50  # incidents of which only digests tell
HOUR: Final = timedelta(hours=1)
_IN_TROUBLE: Final = (SourceState.STOPPED, SourceState.RETRYING, SourceState.OVER_BUDGET)


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened in a stretch of time: cases opened, first answered and closed; promises kept and broken.

    Broken is what passed its time, or of which somebody said so: what a rule without grace sees.
    """

    opened: int
    answered: int
    closed: int
    kept: int
    broken: int


@dataclass(frozen=True, slots=True)
class Raised:
    """An incident that was opened: what it is and by which rule; `is_only_here` where that tells by digests only."""

    id: int
    title: str
    rule: str
    opened_at: datetime
    is_over: bool
    is_only_here: bool


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

    `by_part` counts the opened cases by hour of a day from the stretch's begin, or of a week by day of the calendar, of
    which the first and the last may be parts; `before` is the stretch before, for comparison. `raised` begins with what
    only digests tell of. `open_now`, `overdue` and `oldest` are as of now.
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
    has_sources: bool


def digest_rules(session: Session) -> Sequence[tuple[AlertRule, Brand]]:
    """Return the rules that send digests with their brands, in the order in which they were made."""
    wanted = col(AlertRule.enabled) & (col(AlertRule.kind) == AlertKind.DIGEST)
    query = select(AlertRule, Brand).join(Brand, col(Brand.id) == AlertRule.brand_id).where(wanted)
    return session.exec(query.order_by(col(AlertRule.id))).all()


def summary(session: Session, brand: Brand, stretch: Stretch, period: Period, zone: str, now: datetime) -> Summary:
    """Return what happened to the brand's cases in the stretch; its days are those of the calendar in this zone."""
    cases = (Case.brand_id == id_of(brand), col(Case.merged_into_id).is_(None))
    rows = _opened(session, cases, stretch)
    reasons = Counter(name for names, _, _ in rows if names for name in [max(names, key=lambda each: names[each])])
    couriers = Counter(courier for _, courier, _ in rows if courier)
    is_open = (*cases, col(Case.status).in_(OPEN_STATUSES))
    broken = _broken(session, brand, stretch)
    opened, opened_before = [at for _, _, at in rows], [at for _, _, at in _opened(session, cases, stretch.before)]
    by_part, by_part_before = _by_part(opened, opened_before, stretch, period, ZoneInfo(zone))
    raised, raised_total = _raised(session, brand, stretch)
    missed = _missed(session, brand, stretch, now)
    return Summary(
        now=_counts(session, cases, stretch, broken),
        before=_counts(session, cases, stretch.before, broken),
        reasons=reasons.most_common(NAMED),
        couriers=couriers.most_common(NAMED),
        by_part=by_part,
        by_part_before=by_part_before,
        open_now=_count(session, *is_open),
        overdue=_count(session, *is_open, col(Case.due_at) < now),
        oldest=session.exec(
            select(Case).where(*is_open).order_by(col(Case.first_posted_at), col(Case.id)).limit(OLDEST)
        ).all(),
        raised=raised,
        raised_total=raised_total,
        missed=missed[:NAMED],
        missed_total=len(missed),
        has_sources=session.exec(select(Source.id).where(*_read(brand)).limit(1)).first() is not None,
    )


def _in(column: Any, stretch: Stretch) -> ColumnElement[bool]:
    inside: ColumnElement[bool] = (col(column) >= stretch.since) & (col(column) < stretch.until)
    return inside


def _count(session: Session, *conditions: Any) -> int:
    return session.exec(select(func.count()).select_from(Case).where(*conditions)).one()


def _counts(session: Session, cases: Sequence[Any], stretch: Stretch, broken: Sequence[datetime]) -> Counts:
    kept = (
        select(func.count())
        .select_from(Promise)
        .join(Case, col(Case.id) == Promise.case_id)
        .where(*cases, Promise.state == PromiseState.KEPT, _in(Promise.settled_at, stretch))
    )
    return Counts(
        opened=_count(session, *cases, _in(Case.opened_at, stretch)),
        answered=_count(session, *cases, _in(Case.first_reply_at, stretch)),
        closed=_count(session, *cases, _in(Case.closed_at, stretch)),
        kept=session.exec(kept).one(),
        broken=sum(stretch.since <= at < stretch.until for at in broken),
    )


def _broken(session: Session, brand: Brand, stretch: Stretch) -> list[datetime]:
    """Return when promises were broken in the stretch and the one before."""
    settings = parse_settings(AlertKind.BROKEN_PROMISE, {})
    since, hours = stretch.before.since, parse(brand.hours)
    asked = Asked(id_of(brand), settings, since, stretch.until, since, hours, brand.timezone)
    return [each.began_at for each in episodes(session, AlertKind.BROKEN_PROMISE, asked)]


def _opened(
    session: Session, cases: Sequence[Any], stretch: Stretch
) -> list[tuple[Mapping[str, float], str, datetime]]:
    query = select(Case.reasons, Case.courier, Case.opened_at).where(*cases, _in(Case.opened_at, stretch))
    return [(reasons, courier, at) for reasons, courier, at in session.exec(query)]


def _by_part(
    opened: Sequence[datetime], opened_before: Sequence[datetime], stretch: Stretch, period: Period, place: ZoneInfo
) -> tuple[list[int], list[int]]:
    """Return how many came in each hour of a day or on each day of a week, and in the stretch before."""
    if period is Period.DAY:
        return _by_hour(opened, stretch), _by_hour(opened_before, stretch.before)
    first = stretch.since.astimezone(place).date()
    last = (stretch.until - timedelta.resolution).astimezone(place).date()
    days, a_week_before = (last - first).days + 1, first - timedelta(days=7)
    return _by_day(opened, first, days, place), _by_day(opened_before, a_week_before, days, place)


def _by_hour(times: Sequence[datetime], stretch: Stretch) -> list[int]:
    counts = [0] * max(1, round((stretch.until - stretch.since) / HOUR))
    for at in times:
        counts[min((at - stretch.since) // HOUR, len(counts) - 1)] += 1
    return counts


def _by_day(times: Sequence[datetime], first: date, days: int, place: ZoneInfo) -> list[int]:
    counts = [0] * days
    for at in times:  # where clocks change, the stretch before may begin an hour before its first day
        counts[max(0, min((at.astimezone(place).date() - first).days, days - 1))] += 1
    return counts


def _raised(session: Session, brand: Brand, stretch: Stretch) -> tuple[list[Raised], int]:
    """Return what rules saw, and how much that was: what nobody hears of otherwise, then the newest of the rest."""
    query = (
        select(Incident, AlertRule)
        .join(AlertRule, col(AlertRule.id) == Incident.rule_id)
        .where(Incident.brand_id == id_of(brand), AlertRule.kind != AlertKind.DIGEST, _in(Incident.opened_at, stretch))
        .order_by(col(Incident.opened_at), col(Incident.id))
    )
    found = [
        Raised(
            id=id_of(row),
            title=row.title,
            rule=rule.name,
            opened_at=row.opened_at,
            is_over=row.resolved_at is not None,
            is_only_here=rule.settings.get("delivery") == Delivery.DIGEST,
        )
        for row, rule in session.exec(query)
    ]
    only_here = [each for each in found if each.is_only_here]
    others = [each for each in found if not each.is_only_here]
    return only_here[-MOST_ONLY_HERE:] + others[-NAMED:], len(found)


def note_told(
    session: Session, digest: AlertRule, raised: Sequence[Raised], messages: Sequence[Outbox], now: datetime
) -> None:
    """Note that these messages of a digest told of what nobody hears of otherwise."""
    for each in raised if messages else ():
        if not each.is_only_here:
            continue
        incident = session.get_one(Incident, each.id)
        incident.told_at, incident.told_count = now, incident.told_count + 1
        session.add(incident)
        session.add_all(
            Telling(
                incident_id=each.id,
                rule_id=id_of(digest),
                recipient=message.recipient,
                news=News.OPENED,
                created_at=now,
                sent_on_at=now,
                outbox_id=id_of(message),
            )
            for message in messages
        )


def _read(brand: Brand) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of the brand's sources that are switched on."""
    return col(Source.brand_id) == id_of(brand), col(Source.enabled).is_(True)


def _missed(session: Session, brand: Brand, stretch: Stretch, now: datetime) -> list[Missed]:
    """Return the sources that are not read now, then the gaps that touch the stretch."""
    found: list[Missed] = []
    gaps: list[Missed] = []
    query = select(Source).where(*_read(brand))
    for source in session.exec(query.order_by(Source.name)):
        if source.state in _IN_TROUBLE:
            found.append(Missed(source.name, source.platform, source.last_error or source.state.value))
        for row, gap in open_gaps_of(session, id_of(source), now):
            if gap.until_at > stretch.since and gap.from_at < stretch.until:
                gaps.append(Missed(source.name, source.platform, row.detail, gap.from_at, gap.until_at))
    return [*found, *gaps]
