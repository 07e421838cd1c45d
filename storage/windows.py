"""The account of a source's time: what came of each run and what was withheld, merged so that rows do not pile up.

A run that came to its end leaves one `complete` row, which the next such run extends. One that did not leaves a row
that the next complete one makes good. What the platform withheld stands in rows of its own (`is_gap`), written in the
transaction that stores the page which told of it: after a crash the page does not come again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import Session, col, select

from core.types import Gap
from core.windows import Had, OpenGap, Stretch, Window, joined, open_gaps, without
from storage.rows import id_of
from storage.tables import CollectedWindow, FillState, WindowState

KEPT = timedelta(days=30)  # rows of failed runs that were made good
LONGEST = 50  # stretches that were read without a break, by which the database passes over what was made good
MOST_ALIKE = 50  # rows of runs that failed since the same moment, each with another reason
SHOWN = timedelta(days=90)  # gaps that ended earlier are history


def note_run(
    session: Session, source_id: int, stretch: Stretch, state: WindowState, detail: str, posts: int, cost: int
) -> None:
    """Account for a run that read the stretch; one like the run before it extends that one's row."""
    start, end = min(stretch), stretch[1]
    _cut_off_future(session, source_id, end)
    row = _run_like(session, source_id, start, state, detail) or CollectedWindow(
        source_id=source_id, from_at=start, until_at=end, state=state, detail=detail
    )
    row.until_at = max(row.until_at, end)
    row.posts += posts
    row.cost += cost
    session.add(row)
    if state is WindowState.COMPLETE:
        _forget_made_good(session, row, end - KEPT)


def _cut_off_future(session: Session, source_id: int, now: datetime) -> None:
    """Let no run reach past `now`: one that does was noted while the clock was ahead, and read nothing of that time."""
    row, of_source = CollectedWindow, col(CollectedWindow.source_id) == source_id
    for column in (row.until_at, row.from_at):
        session.execute(
            update(row)
            .where(of_source, col(row.is_gap).is_(False), col(row.until_at) >= now, col(column) > now)
            .values({column: now})
            .execution_options(synchronize_session=False)
        )


def _run_like(
    session: Session, source_id: int, start: datetime, state: WindowState, detail: str
) -> CollectedWindow | None:
    """Return the row that a run from `start` on goes on: the complete one it adjoins, or one that failed alike.

    Of one cause only so many rows are kept: a platform that never says the same thing twice would pile them up.
    """
    query = select(CollectedWindow).where(
        CollectedWindow.source_id == source_id, col(CollectedWindow.is_gap).is_(False), CollectedWindow.state == state
    )
    if state is WindowState.COMPLETE:
        query = query.where(CollectedWindow.from_at <= start, CollectedWindow.until_at >= start)
    else:
        query = query.where(CollectedWindow.from_at == start)
    rows = session.exec(query.order_by(col(CollectedWindow.until_at).desc()).limit(MOST_ALIKE)).all()
    if state is WindowState.COMPLETE:
        return rows[0] if rows else None
    alike = next((row for row in rows if row.detail == detail), None)
    if alike is None and len(rows) == MOST_ALIKE:
        alike = rows[0]
        alike.detail = detail
    return alike


def _forget_made_good(session: Session, complete: CollectedWindow, until_at: datetime) -> None:
    """Drop old rows of runs that failed and were made good: a source that fails every hour would pile them up."""
    session.execute(
        delete(CollectedWindow)
        .where(col(CollectedWindow.source_id) == complete.source_id, col(CollectedWindow.until_at) < until_at)
        .where(_is_unread(), _lies_in((complete.from_at, complete.until_at)))
        .execution_options(synchronize_session=False)
    )


def note_gap(session: Session, source_id: int, gap: Gap, run: Stretch) -> None:
    """Account for what the platform withheld; an end that it does not know is that of the run.

    The same gap reported again, or one that adjoins it for the same reason, widens the row that is there.
    """
    start, end = gap.from_at or run[0], gap.until_at or run[1]
    start, end = min(start, end), max(start, end)
    same = session.exec(
        select(CollectedWindow)
        .where(CollectedWindow.source_id == source_id, col(CollectedWindow.is_gap).is_(True))
        .where(CollectedWindow.detail == gap.why, CollectedWindow.from_at <= end, CollectedWindow.until_at >= start)
        .order_by(col(CollectedWindow.id))
    ).all()
    if any(row.from_at <= start and end <= row.until_at for row in same):
        return
    open_rows = [row for row in same if row.fill_state in (FillState.NOT_ASKED, FillState.FAILED)]
    kept = open_rows[0] if open_rows else _new_gap(source_id, start, end, gap.why)
    kept.from_at = min(start, *(row.from_at for row in (kept, *open_rows)))
    kept.until_at = max(end, *(row.until_at for row in (kept, *open_rows)))
    session.add(kept)
    for row in open_rows[1:]:
        session.delete(row)


def _new_gap(source_id: int, start: datetime, end: datetime, why: str) -> CollectedWindow:
    return CollectedWindow(
        source_id=source_id, from_at=start, until_at=end, state=WindowState.TRUNCATED, detail=why, is_gap=True
    )


def open_gaps_of(
    session: Session, source_id: int, now: datetime | None = None
) -> list[tuple[CollectedWindow, OpenGap]]:
    """Return what of the source's time may be missing, oldest first, each gap with its row.

    With `now`, only what ended less than 90 days ago.
    """
    of_source = select(CollectedWindow).where(CollectedWindow.source_id == source_id)
    if now:
        of_source = of_source.where(CollectedWindow.until_at >= now - SHOWN)
    had = session.exec(of_source.where(~_is_unread())).all()
    # Most failed runs were made good; the rule need not see each of them.
    read = joined((row.from_at, row.until_at) for row in had if row.state is WindowState.COMPLETE)
    read.sort(key=lambda stretch: stretch[0] - stretch[1])
    unread = session.exec(of_source.where(_is_unread(), *(~_lies_in(stretch) for stretch in read[:LONGEST]))).all()
    rows = {id_of(row): row for row in (*had, *unread)}
    return [(rows[gap.window.id], gap) for gap in open_gaps(map(as_window, rows.values()))]


def wanted_gaps(session: Session, source_id: int) -> Sequence[CollectedWindow]:
    """Return the source's gaps that somebody asked to fill, the newest stretch first."""
    query = select(CollectedWindow).where(
        CollectedWindow.source_id == source_id, CollectedWindow.fill_state == FillState.WANTED
    )
    return session.exec(query.order_by(col(CollectedWindow.until_at).desc())).all()


def sources_with_wanted_gaps(session: Session) -> set[int]:
    """Return the ids of the sources that have a gap to fill."""
    wanted = CollectedWindow.fill_state == FillState.WANTED
    return set(session.exec(select(CollectedWindow.source_id).where(wanted).distinct()))


def note_filled(session: Session, gap_id: int, detail: str, posts: int, cost: int, missing: Sequence[Stretch]) -> None:
    """Mark the gap as filled, or as failed where the platform no longer hands over the stretches in `missing`.

    What was read between those counts as filled: it gets rows of its own.
    """
    row = session.get_one(CollectedWindow, gap_id)
    row.posts += posts
    row.cost += cost
    row.fill_detail = detail
    row.fill_state = FillState.FAILED if missing else FillState.FILLED
    session.add(row)
    if missing:
        for start, end in without((row.from_at, row.until_at), joined(missing)):
            had = _new_gap(row.source_id, start, end, row.detail)
            had.fill_state, had.fill_detail = FillState.FILLED, detail
            session.add(had)


def note_fill_failed(session: Session, gap_id: int, detail: str, *, again: bool = False) -> None:
    """Say why the gap was not filled; `again` keeps it wanted."""
    row = session.get_one(CollectedWindow, gap_id)
    row.fill_detail = detail
    row.fill_state = FillState.WANTED if again else FillState.FAILED
    session.add(row)


def _is_unread() -> ColumnElement[bool]:
    """Return the condition that a row is of a run that did not come to its end."""
    row = CollectedWindow
    return (
        col(row.is_gap).is_(False)
        & (col(row.fill_state) != FillState.FILLED)
        & col(row.state).not_in((WindowState.COMPLETE, WindowState.TRUNCATED))
    )


def _lies_in(stretch: Stretch) -> ColumnElement[bool]:
    """Return the condition that the whole row lies in the stretch."""
    return (col(CollectedWindow.from_at) >= stretch[0]) & (col(CollectedWindow.until_at) <= stretch[1])


def as_window(row: CollectedWindow) -> Window:
    """Return the row as the rules of core.windows want it."""
    return Window(id_of(row), row.from_at, row.until_at, _had(row))


def _had(row: CollectedWindow) -> Had:
    if row.fill_state is FillState.FILLED:
        return Had.FILLED
    if row.is_gap or row.state is WindowState.TRUNCATED:  # before gaps had rows of their own, the run's row was one
        return Had.WITHHELD
    return Had.READ if row.state is WindowState.COMPLETE else Had.UNREAD
