"""How every source is doing: what it brings and costs, what it may have missed, and what its platform allows."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from core.budgets import LOOKUP_PRICES, MICROS, WARN_AT, Usage, budget_of, dollars, month_end, month_of
from core.errors import InputError
from core.platforms import FILLABLE
from core.policies import Policy, policy_for
from core.windows import Had, joined, missed_words
from storage.rows import id_of
from storage.tables import (
    Brand,
    CollectedWindow,
    FillState,
    PostRow,
    Source,
    SourceState,
    SourceUsage,
    WindowState,
)
from storage.windows import as_window, open_gaps_of

WEEK = timedelta(days=7)
DAYS = 14
MONTH = timedelta(days=30)
_NOT_READING = (SourceState.RETRYING, SourceState.STOPPED, SourceState.OVER_BUDGET)
MOST_GAPS = 50  # shown of a source; the newest


@dataclass(frozen=True, slots=True)
class GapShown:
    """A stretch of time whose posts may be missing, and what can be done about it.

    `sentence` says why, in words; the times are aware and in UTC. `can_fill` is true where asking would help: the
    platform lets us read back, and nobody has asked yet. `is_pending` where the next run that succeeds makes it good;
    while the source is not read, such a gap reaches up to now.
    """

    id: int
    from_at: datetime
    until_at: datetime
    state: WindowState
    sentence: str
    can_fill: bool
    fill_state: FillState
    fill_detail: str
    is_pending: bool = False

    def words(self, zone: str = "UTC") -> str:
        """Return the whole sentence in a time zone: "may have missed 21 Nov 14:00-14:20: X asked for a pause"."""
        return missed_words(self.from_at, self.until_at, self.sentence, zone)


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """One source as the board shows it. Costs are in millionths of a US dollar, months and days are those of UTC.

    `last_error` is empty where the last run went well. `posts_a_day` is the mean of the last 7 days, `posts_by_day` the
    last 14 days, oldest first, by the platform's clock. `left_out` counts the posts of 7 days that are not about the
    brand. `budget_share` is 0 to 1 and above, None where there is no budget; `warning` is a sentence where it is full
    or nearly so, or where look-ups cost money that no budget limits, else empty. `gaps` are the newest 50, newest
    first; `gaps_total` counts all of the last 90 days, `missing_total` those of them that no later run makes good.
    """

    id: int
    name: str
    brand: str
    platform: str
    query: str
    state: SourceState
    is_reading: bool
    last_success_at: datetime | None
    next_attempt_at: datetime | None
    last_error: str
    posts_total: int
    posts_a_day: float
    posts_by_day: list[tuple[date, int]]
    left_out: int
    posts_this_month: int
    cost_this_month: int
    budget_posts: int | None
    budget_cost: int | None
    budget_share: float | None
    gaps: list[GapShown]
    policy: Policy
    gaps_total: int = 0
    missing_total: int = 0
    warning: str = ""


@dataclass(frozen=True, slots=True)
class LeftOutPost:
    """A post that was stored and is not about the brand, with the reason in words."""

    id: int
    source_id: int | None
    platform: str
    author: str
    text: str
    url: str
    posted_at: datetime
    relevance: float | None
    left_out: str


def sources_health(session: Session, now: datetime) -> list[SourceHealth]:
    """Return how every source is doing, by name."""
    return _healths(session, session.exec(select(Source).order_by(Source.name)).all(), now)


def source_health(session: Session, source_id: int, now: datetime) -> SourceHealth | None:
    """Return how one source is doing, None where there is none of that id."""
    source = session.get(Source, source_id)
    return _healths(session, [source], now)[0] if source else None


def ask_fill(session: Session, gap_id: int, member_id: int | None, now: datetime) -> None:
    """Ask that the gap be filled; the worker does it when the source is free. No member is the command line.

    Asking again for one that failed tries it again; for one that is wanted already nothing changes. Raises InputError
    where there is no such gap, where it is filled, where the source is off, and where its platform offers no way back.
    """
    found = session.exec(select(CollectedWindow).where(CollectedWindow.id == gap_id).with_for_update()).first()
    source = session.get(Source, found.source_id) if found else None
    if found is None or source is None or not found.is_gap:
        raise InputError("This gap is no longer there; look at the list again.")
    if found.fill_state is FillState.FILLED:
        raise InputError("This gap is filled already.")
    if not source.enabled:
        raise InputError(f"{source.name} is switched off; the configuration file says which sources are read.")
    if source.platform not in FILLABLE:
        raise InputError(f"{source.name} cannot be read back: its platform hands over only what is new.")
    if found.fill_state is not FillState.WANTED:
        found.fill_state, found.fill_detail = FillState.WANTED, ""
        found.fill_asked_at, found.fill_asked_by = now, member_id
        session.add(found)


def retry_source(session: Session, source_id: int, now: datetime) -> None:
    """Make the source due now: somebody mended what stopped it, or will not wait for its next attempt.

    Raises InputError where there is no such source and where it is switched off.
    """
    source = session.get(Source, source_id)
    if source is None:
        raise InputError(f"There is no source {source_id}.")
    if not source.enabled:
        raise InputError(f"{source.name} is switched off; the configuration file says which sources are read.")
    source.next_attempt_at = now
    if source.state in (SourceState.STOPPED, SourceState.OVER_BUDGET):
        source.state = SourceState.WAITING
    session.add(source)


def left_out_posts(
    session: Session,
    *,
    source_id: int | None = None,
    brand_id: int | None = None,
    since: datetime | None = None,
    limit: int = 50,
) -> list[LeftOutPost]:
    """Return the newest posts that are not about the brand, of one source or one brand or all."""
    query = select(PostRow).where(PostRow.left_out != "", col(PostRow.deleted_at).is_(None))
    if source_id is not None:
        # Not by the source's index, which holds all of its posts: that of the posts that were left out is short.
        query = query.where(col(PostRow.source_id) + 0 == source_id)
    if brand_id is not None:
        query = query.where(PostRow.brand_id == brand_id)
    if since is not None:
        # All the brands there are: they leave nothing out, and the index begins with them.
        query = query.where(col(PostRow.posted_at) >= since, col(PostRow.brand_id).in_(select(Brand.id)))
    rows = session.exec(query.order_by(col(PostRow.posted_at).desc(), col(PostRow.id).desc()).limit(limit))
    return [
        LeftOutPost(
            id=id_of(row),
            source_id=row.source_id,
            platform=row.platform,
            author=row.author,
            text=row.text,
            url=row.url,
            posted_at=row.posted_at,
            relevance=row.relevance,
            left_out=row.left_out,
        )
        for row in rows
    ]


def _healths(session: Session, sources: Sequence[Source], now: datetime) -> list[SourceHealth]:
    ids = [id_of(source) for source in sources]
    brands = {brand.id: brand.name for brand in session.exec(select(Brand))}
    totals = _counts(session, ids)
    days = _days(now)
    recent = _recent(session, list(brands), days, now - WEEK)
    month = select(SourceUsage).where(SourceUsage.month == month_of(now), col(SourceUsage.source_id).in_(ids))
    usage = {row.source_id: Usage(row.posts, row.cost) for row in session.exec(month)}
    result = []
    for source in sources:
        source_id = id_of(source)
        used, budget = usage.get(source_id, Usage()), budget_of(source.settings)
        gaps = _gaps(session, source, now)
        lately = recent.get(source_id, _Recent())
        result.append(
            SourceHealth(
                id=source_id,
                name=source.name,
                brand=brands.get(source.brand_id, ""),
                platform=source.platform,
                query=source.settings.get("native_query") or source.query,
                state=source.state,
                is_reading=source.claimed_until is not None and source.claimed_until > now,
                last_success_at=source.last_success_at,
                next_attempt_at=source.next_attempt_at,
                last_error=source.last_error,
                posts_total=totals.get(source_id, 0),
                posts_a_day=round(lately.in_week / WEEK.days, 1),
                posts_by_day=[(day, lately.by_day[day]) for day in days],
                left_out=lately.left_out,
                posts_this_month=used.posts,
                cost_this_month=used.cost,
                budget_posts=budget.posts,
                budget_cost=budget.cost,
                budget_share=budget.share(used),
                gaps=gaps[:MOST_GAPS],
                policy=policy_for(source.platform, source.settings),
                gaps_total=len(gaps),
                missing_total=sum(not gap.is_pending for gap in gaps),
                warning=budget_warning(source.settings, used, now) or lookup_warning(source, totals.get(source_id, 0)),
            )
        )
    return result


def budget_warning(settings: Mapping[str, object], used: Usage, now: datetime) -> str:
    """Return a sentence where the month's budget is used up or nearly so, else ""."""
    budget = budget_of(settings)
    share = budget.share(used)
    if share is None or share < WARN_AT:
        return ""
    if share >= 1:
        return f"This month's budget is used up: {budget.words(used)}. It is read again on {month_end(now):%d %B}."
    return f"{share:.0%} of this month's budget is used: {budget.words(used)}."


def lookup_warning(source: Source, posts: int) -> str:
    """Return a sentence where looking posts up again costs money and no budget limits it, else ""."""
    hours = policy_for(source.platform, source.settings).recheck_hours
    price = LOOKUP_PRICES.get(source.platform, 0)
    if not (hours and price and posts and source.enabled) or budget_of(source.settings).cost is not None:
        return ""
    cost = round(posts * price * (MONTH / timedelta(hours=hours)))
    if cost < MICROS:
        return ""
    words = f"Looking up {posts:,} posts every {hours} hours costs about {dollars(cost)} a month"
    return f"{words}, and no budget limits it."


def _days(now: datetime) -> list[date]:
    today = now.astimezone(UTC).date()
    return [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]


def _counts(session: Session, ids: Sequence[int]) -> dict[int | None, int]:
    """Count posts by source."""
    query = select(PostRow.source_id, func.count()).where(col(PostRow.source_id).in_(ids))
    return dict(session.exec(query.group_by(col(PostRow.source_id))).all())


@dataclass(slots=True)
class _Recent:
    """The posts of the last days, and of a week how many came and how many of these were left out."""

    by_day: Counter[date] = field(default_factory=Counter)
    in_week: int = 0
    left_out: int = 0


def _recent(
    session: Session, brand_ids: Collection[int | None], days: Sequence[date], week_from: datetime
) -> dict[int | None, _Recent]:
    """Count the brands' posts by source and day; as cases, as the databases cut a time differently.

    One reading of the few recent posts by the index on brand and time.
    """
    source_id = (col(PostRow.source_id) + 0).label("source")  # or SQLite reads all posts, in the order of its index
    ends = [*days, days[-1] + timedelta(days=1)]  # what bears a later time counts for the week, and for no day
    starts = sorted([*(datetime.combine(day, time(), tzinfo=UTC) for day in ends), week_from])
    at = col(PostRow.posted_at)
    part = case(*((at >= start, number) for number, start in reversed([*enumerate(starts)]))).label("part")
    left_out = case(((col(PostRow.left_out) != "") & col(PostRow.deleted_at).is_(None), 1), else_=0)
    query: Any = (
        select(source_id, part, func.count(), func.sum(left_out))
        .where(col(PostRow.brand_id).in_(brand_ids), at >= starts[0])
        .group_by(source_id, part)
    )
    found: defaultdict[int | None, _Recent] = defaultdict(_Recent)
    for source, number, count, out in session.exec(query):
        recent, start = found[source], starts[number]
        recent.by_day[start.astimezone(UTC).date()] += count
        if start >= week_from:
            recent.in_week, recent.left_out = recent.in_week + count, recent.left_out + int(out)
    return found


def _gaps(session: Session, source: Source, now: datetime) -> list[GapShown]:
    """Return the source's gaps, newest first; failed runs over the same time, for whatever reasons, are one."""
    found = open_gaps_of(session, id_of(source), now)
    pending = [(row, gap) for row, gap in found if gap.window.had is Had.UNREAD]
    shown = [_shown(source, row, gap.from_at, gap.until_at) for row, gap in found if gap.window.had is not Had.UNREAD]
    for start, end in joined(stretch for _, gap in pending for stretch in gap.stretches):
        row = max((row for row, gap in pending if gap.from_at <= end and gap.until_at >= start), key=_until)
        is_last = end >= max(gap.until_at for _, gap in pending) and source.state in _NOT_READING
        shown.append(_shown(source, row, start, now if is_last else end))
    return sorted(shown, key=lambda gap: (gap.from_at, gap.until_at, gap.id), reverse=True)


def _until(row: CollectedWindow) -> tuple[datetime, int]:
    return row.until_at, id_of(row)


def _shown(source: Source, row: CollectedWindow, from_at: datetime, until_at: datetime) -> GapShown:
    can_be_read_back = row.is_gap and source.enabled and source.platform in FILLABLE
    return GapShown(
        id=id_of(row),
        from_at=from_at,
        until_at=until_at,
        state=row.state,
        sentence=row.detail,
        can_fill=can_be_read_back and row.fill_state is not FillState.WANTED,
        fill_state=row.fill_state,
        fill_detail=row.fill_detail,
        is_pending=as_window(row).had is Had.UNREAD,
    )
