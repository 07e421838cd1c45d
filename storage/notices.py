"""What members are told of cases: kept when it happens, mailed as each member chose."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from storage.rows import id_of
from storage.tables import Case, Member, Notice, NoticeKind, Notify

BUNDLE: Final = timedelta(hours=1)  # who is told bundled gets no second mail within it
LONGEST_SETTLING: Final = timedelta(seconds=20)


def notify(
    session: Session, member_id: int, case_id: int, kind: NoticeKind, detail: Mapping[str, object], now: datetime
) -> None:
    """Keep that the member is to be told of the case; one whose account is closed is told nothing.

    `detail` is what the e-mail says beside the case: `by`, the name of whoever did it, and `words`, what was written.
    """
    member = session.get(Member, member_id)
    if member is None or member.disabled_at is not None:
        return
    session.add(Notice(member_id=member_id, case_id=case_id, kind=kind, detail=dict(detail), created_at=now))


def members_to_tell(session: Session, now: datetime, settling: timedelta) -> list[int]:
    """Return the members for whom it is time to be told of what happened.

    At once means when nothing more has happened for `settling`, so that what is sent to somebody in one go makes one
    mail; but never later than LONGEST_SETTLING.
    """
    rows = session.exec(
        select(Member, func.min(Notice.created_at), func.max(Notice.created_at))
        .join(Notice, col(Notice.member_id) == Member.id)
        .where(col(Notice.mailed_at).is_(None))
        .group_by(col(Member.id))
        .order_by(col(Member.id))
    ).all()
    return [id_of(member) for member, first, last in rows if _is_time(session, member, (first, last), now, settling)]


def _is_time(
    session: Session, member: Member, waiting: tuple[datetime, datetime], now: datetime, settling: timedelta
) -> bool:
    first, last = waiting
    if member.notify is Notify.NEVER or member.disabled_at is not None:
        return True  # to be put away
    # Distances, so that what lies far ahead of a clock that was set back holds nothing up.
    if abs(now - last) < settling and abs(now - first) < LONGEST_SETTLING:
        return False
    if member.notify is Notify.AT_ONCE:
        return True
    mailed = select(func.max(Notice.mailed_at)).where(Notice.member_id == member.id)
    last_mail = session.exec(mailed.where(col(Notice.outbox_id).is_not(None))).one()
    return last_mail is None or abs(now - last_mail) >= BUNDLE


def take_notices(session: Session, member_id: int, now: datetime) -> tuple[Member, list[tuple[Notice, Case]]] | None:
    """Return the member and what to tell them, oldest first and each case once a kind; it counts as told from here on.

    What is over is left out: a case that the member has begun with or lost meanwhile, or that was closed. None where
    the member wants no mail, or another worker is just telling them.
    """
    lock = select(Member).where(Member.id == member_id).with_for_update(skip_locked=True, key_share=True)
    member = session.exec(lock).first()
    if member is None:
        return None
    rows = session.exec(
        select(Notice, Case)
        .join(Case, col(Case.id) == Notice.case_id)
        .where(Notice.member_id == member_id, col(Notice.mailed_at).is_(None))
        .order_by(col(Notice.id))
    ).all()
    session.execute(update(Notice).where(col(Notice.id).in_([row.id for row, _ in rows])).values(mailed_at=now))
    if member.notify is Notify.NEVER or member.disabled_at is not None:
        return None
    latest = {(row.kind, row.case_id): (row, case) for row, case in rows if _is_news(row, case)}
    return member, sorted(latest.values(), key=lambda each: id_of(each[0]))


def _is_news(notice: Notice, case: Case) -> bool:
    """Tell whether the member still has to hear of it."""
    if case.status.is_closed:
        return notice.kind is NoticeKind.MENTIONED
    is_theirs = case.assignee_id == notice.member_id
    if notice.kind is NoticeKind.ASSIGNED:
        return is_theirs and case.take_up_by is not None
    if notice.kind is NoticeKind.RETURNED:
        return not is_theirs
    if notice.kind is NoticeKind.WOKE:
        return is_theirs or case.assignee_id is None
    return True


def mark_told(session: Session, notices: Collection[Notice], outbox_id: int) -> None:
    """Note which message tells of these."""
    ids: Sequence[int] = [id_of(notice) for notice in notices]
    session.execute(update(Notice).where(col(Notice.id).in_(ids)).values(outbox_id=outbox_id))
