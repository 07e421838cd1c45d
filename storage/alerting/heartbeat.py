"""Whether alerts leave at all: a watch that is silent says nothing by its silence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlmodel import Session, col, func, or_, select

from core.alerts.kinds import Channel
from storage.tables import AlertRule, Outbox, OutboxState

SILENT_FOR: Final = timedelta(hours=1)
TOLD_FOR: Final = timedelta(
    days=3
)  # that mails were given up: a quiet brand may have no other to show that all is well
_SHOWN: Final = 200  # letters of what the server said
_WELL: Final = "mails leave"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """How sending goes; `words` say since when nothing leaves and what to do, or that all is well."""

    is_well: bool
    words: str


def heartbeat(session: Session, now: datetime) -> Heartbeat:
    """Return whether rules look, and whether a message waited or was given up while none was sent for an hour."""
    found = [words for words in (_mails(session, now), *_hooks(session, now), _looking(session, now)) if words]
    return Heartbeat(False, " ".join(found)) if found else Heartbeat(True, _WELL)


def _mails(session: Session, now: datetime) -> str:
    """Say since when no mail has left, nothing where mails leave or there was none to send."""
    is_mail = col(Outbox.channel) == Channel.EMAIL
    left = select(func.max(Outbox.sent_at)).where(is_mail, Outbox.state == OutboxState.SENT)
    last_sent = session.exec(left.where(col(Outbox.sent_at) <= now)).one()  # a clock may have been ahead
    if last_sent is not None and last_sent > now - SILENT_FOR:
        return ""
    told_since = max(filter(None, (last_sent, now - TOLD_FOR)))
    is_lost = (col(Outbox.state) == OutboxState.FAILED) & (col(Outbox.created_at) > told_since)
    is_stuck = (
        is_mail & (col(Outbox.created_at) <= now - SILENT_FOR) & or_(col(Outbox.state) == OutboxState.QUEUED, is_lost)
    )
    stuck = select(Outbox).where(is_stuck).order_by(col(Outbox.created_at), col(Outbox.id))
    oldest = session.exec(stuck.limit(1)).first()
    if oldest is None:
        return ""
    counts = dict(session.exec(select(Outbox.state, func.count()).where(is_stuck).group_by(Outbox.state)).all())
    since = max(filter(None, (last_sent, oldest.created_at)))
    said = f"The server says: {oldest.last_error[:_SHOWN]}." if oldest.last_error else "Is the worker running?"
    return f"No mail has left since {_time(since)}, and {_counted(counts)}. {said} Check AFTERCLICK_SMTP_URL."


def _counted(counts: Mapping[str, int]) -> str:
    waiting, failed = counts.get(OutboxState.QUEUED, 0), counts.get(OutboxState.FAILED, 0)
    first = waiting or failed
    verb = ("waits" if waiting == 1 else "wait") if waiting else "failed"
    also = f" and {failed:,} failed" if waiting and failed else ""
    return f"{first:,} {'message' if first == 1 else 'messages'} {verb}{also}"


def _hooks(session: Session, now: datetime) -> Iterator[str]:
    """Say which web addresses have taken nothing for an hour; only their hosts, as they may be secrets."""
    is_hook = col(Outbox.channel) != Channel.EMAIL
    waits = select(Outbox.recipient, func.min(Outbox.created_at), func.max(Outbox.last_error)).where(
        is_hook, Outbox.state == OutboxState.QUEUED, Outbox.created_at <= now - SILENT_FOR
    )
    for address, since, error in session.exec(waits.group_by(Outbox.recipient).order_by(Outbox.recipient)).all():
        sent = select(Outbox.id).where(is_hook, Outbox.recipient == address, Outbox.state == OutboxState.SENT)
        if session.exec(sent.where(col(Outbox.sent_at) > now - SILENT_FOR).limit(1)).first() is None:
            said = f": {error[:_SHOWN]}." if error else ". Is the worker running?"
            yield f"{urlsplit(address).hostname} has taken no alert since {_time(since)}{said}"


def _looking(session: Session, now: datetime) -> str:
    """Say since when no rule looks; only those that look seldom note that they did."""
    last = session.exec(select(func.max(AlertRule.looked_at)).where(AlertRule.enabled)).one()
    if last is None or last > now - SILENT_FOR:
        return ""
    return f"No rule has looked since {_time(last)}: is the worker running?"


def _time(at: datetime) -> str:
    return f"{at:%d %B, %H:%M} UTC"
