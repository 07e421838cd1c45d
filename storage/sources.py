"""Reading sources: who reads which, storing a page with its cursor and its cost, and the account of each run."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, or_, select

from core.budgets import Usage, month_of
from core.text import storable
from core.types import Page, Post
from core.windows import Stretch
from storage.posts import Stored, store_posts
from storage.rows import id_of
from storage.tables import Source, SourceState, SourceUsage, WindowState
from storage.tombstones import record_deleted
from storage.windows import note_gap, note_run

GONE_WHY = "deleted there"
LONGEST_WAIT = timedelta(days=32)  # of a source: until the next month, when its budget is full again


@dataclass(frozen=True, slots=True)
class Outcome:
    """How reading a source ended, and when to try again.

    `window` is None where the run was told to stop before its end: the next one goes on, and nothing is missing.
    """

    state: SourceState
    window: WindowState | None
    detail: str
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True)
class Run:
    """One process's reading of a source: what it stores belongs to the window from `from_at` to `until_at`."""

    source: Source
    worker: str
    from_at: datetime
    until_at: datetime
    own_handles: Sequence[str] = ()

    @property
    def stretch(self) -> Stretch:
        """The window of time that the run reads."""
        return self.from_at, self.until_at


@dataclass(frozen=True, slots=True)
class StoredPage:
    """What a page changed, and what the source has used this month, before the page and with it."""

    stored: Stored
    before: Usage
    used: Usage = field(default_factory=Usage)


def due_sources(session: Session, now: datetime) -> Sequence[Source]:
    """Return the sources whose time has come; one that was stopped waits for a person.

    One that is to wait longer than anybody asks it to was put off while the clock was ahead: it is due as well.
    """
    query = select(Source).where(col(Source.enabled).is_(True), Source.state != SourceState.STOPPED)
    sources = session.exec(query.order_by(col(Source.next_attempt_at), Source.name))
    return [source for source in sources if _is_due(source, now)]


def _is_due(source: Source, now: datetime) -> bool:
    if source.next_attempt_at is None or source.next_attempt_at <= now:
        return True
    every = timedelta(seconds=source.every_seconds)
    return source.next_attempt_at - now > (every if source.state is SourceState.OK else max(every, LONGEST_WAIT))


def readable_sources(session: Session) -> Sequence[Source]:
    """Return the sources that are on and that no person has to mend first."""
    query = select(Source).where(col(Source.enabled).is_(True), Source.state != SourceState.STOPPED)
    return session.exec(query.order_by(Source.name)).all()


def claim_source(session: Session, source_id: int, worker: str, now: datetime, lease: timedelta) -> Source | None:
    """Reserve the source for `worker` and return it; None where another worker is reading it."""
    taken = session.execute(
        update(Source)
        .where(col(Source.id) == source_id)
        .where(or_(col(Source.claimed_until).is_(None), col(Source.claimed_until) < now, Source.claimed_by == worker))
        .values(claimed_until=now + lease, claimed_by=worker)
    )
    return session.get(Source, source_id) if taken.rowcount == 1 else None  # type: ignore[attr-defined]


def renew_claims(session: Session, source_ids: Iterable[int], worker: str, until_at: datetime) -> None:
    """Keep the sources reserved for `worker`: one that says nothing for minutes is still being read."""
    session.execute(
        update(Source)
        .where(col(Source.id).in_(list(source_ids)), col(Source.claimed_by) == worker)
        .values(claimed_until=until_at)
    )


def release_source(session: Session, source_id: int, worker: str) -> None:
    """Give the source back without a word about a run."""
    session.execute(
        update(Source)
        .where(col(Source.id) == source_id, col(Source.claimed_by) == worker)
        .values(claimed_until=None, claimed_by="")
    )


def store_page(
    session: Session, run: Run, page: Page, cursor: str, now: datetime, lease: timedelta
) -> StoredPage | None:
    """Store what the page says and move the source from `cursor`, where the page was read, to the page's; all together.

    Posts are added, those that the platform reports as gone become tombstones, a gap gets its row, and the month's use
    grows. Returns None, and stores nothing, where another worker took the source over meanwhile: it reads the same.
    """
    moved = session.execute(
        update(Source)
        .where(col(Source.id) == run.source.id, col(Source.claimed_by) == run.worker, col(Source.cursor) == cursor)
        .values(cursor=page.cursor, claimed_until=now + lease)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        return None
    if page.gap:
        note_gap(session, id_of(run.source), page.gap, run.stretch)
    return _keep(session, run, page, now)


def store_filled(session: Session, run: Run, page: Page, now: datetime, lease: timedelta) -> StoredPage | None:
    """Store a page of a gap that is being filled: as `store_page`, but no cursor moves."""
    if not hold_source(session, id_of(run.source), run.worker, now, lease):
        return None
    return _keep(session, run, page, now)


def hold_source(session: Session, source_id: int, worker: str, now: datetime, lease: timedelta) -> bool:
    """Renew the claim before something is stored under it; false where another worker took the source over."""
    held = session.execute(
        update(Source)
        .where(col(Source.id) == source_id, col(Source.claimed_by) == worker)
        .values(claimed_until=now + lease)
    )
    return bool(held.rowcount == 1)  # type: ignore[attr-defined]


def _keep(session: Session, run: Run, page: Page, now: datetime) -> StoredPage:
    source = run.source
    stored = keep_posts(session, source, page.posts, run.own_handles, now)
    if page.deleted:
        record_deleted(session, source.platform, dict.fromkeys(page.deleted, GONE_WHY), now)
    before, used = add_usage(session, id_of(source), Usage(stored.added, page.cost), now)
    return StoredPage(stored, before, used)


def keep_posts(
    session: Session, source: Source, posts: Sequence[Post], own_handles: Collection[str], now: datetime
) -> Stored:
    """Store posts as those of the source."""
    if not posts:
        return Stored(0, 0)
    return store_posts(
        session, posts, brand_id=source.brand_id, source_id=id_of(source), own_handles=own_handles, now=now
    )


def add_usage(session: Session, source_id: int, more: Usage, now: datetime) -> tuple[Usage, Usage]:
    """Add to what the source used this month; return what that was before, and is now."""
    if more == Usage():
        used = usage_of(session, source_id, now)
        return used, used
    table = SourceUsage.__table__  # type: ignore[attr-defined]
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(table)
    first = insert.values(source_id=source_id, month=month_of(now), posts=more.posts, cost=more.cost)
    grown = first.on_conflict_do_update(
        index_elements=["source_id", "month"],
        set_={"posts": table.c.posts + more.posts, "cost": table.c.cost + more.cost},
    )
    posts, cost = session.execute(grown.returning(table.c.posts, table.c.cost)).one()
    return Usage(posts - more.posts, cost - more.cost), Usage(posts, cost)


def usage_of(session: Session, source_id: int, now: datetime) -> Usage:
    """Return what the source has used in the month of `now`."""
    query = select(SourceUsage.posts, SourceUsage.cost).where(
        SourceUsage.source_id == source_id, SourceUsage.month == month_of(now)
    )
    found = session.exec(query).first()
    return Usage(*found) if found else Usage()


def finish_source(session: Session, run: Run, posts: int, cost: int, outcome: Outcome) -> None:
    """Give the source back and account for the window of time that was read.

    Where another worker took the source over, the account is that worker's.
    """
    source = session.exec(select(Source).where(Source.id == run.source.id).with_for_update()).one()
    if source.claimed_by != run.worker:
        return
    source.claimed_by, source.claimed_until = "", None
    session.add(source)
    if _is_as_it_was(source, run.source):  # else it is due anew, or off, as its new configuration has set it
        source.state, source.next_attempt_at = outcome.state, outcome.next_attempt_at
        source.last_error = storable(outcome.detail)
    if outcome.window is None:
        return
    note_run(session, id_of(source), run.stretch, outcome.window, _run_detail(outcome), posts, cost)
    if outcome.window is WindowState.COMPLETE:
        source.last_success_at, source.failures = run.until_at, 0
    elif outcome.window is not WindowState.OVER_BUDGET:
        source.failures += 1


def _is_as_it_was(source: Source, before: Source) -> bool:
    """Tell whether the source is configured as it was when the run began."""
    now, then = ((each.enabled, each.platform, each.query, each.settings) for each in (source, before))
    return now == then


def _run_detail(outcome: Outcome) -> str:
    """Return what the run's row says; what was withheld stands in rows of its own."""
    return "" if outcome.window is WindowState.COMPLETE else storable(outcome.detail)


def retry_stopped(session: Session, names: Collection[str] | None = None) -> None:
    """Give the sources of these names that were stopped another try; with None all: a new worker may have new keys."""
    stopped = update(Source).where(col(Source.state) == SourceState.STOPPED, col(Source.enabled).is_(True))
    if names is not None:
        stopped = stopped.where(col(Source.name).in_(names))
    session.execute(stopped.values(state=SourceState.WAITING, next_attempt_at=None))
