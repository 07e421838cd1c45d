"""Whether alerts leave at all: a watch that is silent says nothing by its silence."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlmodel import Session, col, func, select

from core.alerts.kinds import Channel
from storage.tables import AlertRule, Outbox, OutboxState

SILENT_FOR: Final = timedelta(hours=1)
_SHOWN: Final = 200  # letters of what the server said
_WELL: Final = "mails leave"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """How sending goes; `words` say since when nothing leaves and what to do, or that all is well."""

    is_well: bool
    words: str


def heartbeat(session: Session, now: datetime) -> Heartbeat:
    """Return whether rules look, and whether a message has waited for an hour while none was sent."""
    found = [words for words in (_mails(session, now), *_hooks(session, now), _looking(session, now)) if words]
    return Heartbeat(False, " ".join(found)) if found else Heartbeat(True, _WELL)


def _mails(session: Session, now: datetime) -> str:
    """Say since when no mail has left, nothing where mails leave or none waits."""
    is_mail = col(Outbox.channel) == Channel.EMAIL
    waits = select(Outbox).where(is_mail, Outbox.state == OutboxState.QUEUED, Outbox.created_at <= now - SILENT_FOR)
    oldest = session.exec(waits.order_by(col(Outbox.created_at), col(Outbox.id)).limit(1)).first()
    if oldest is None:
        return ""
    last_sent = session.exec(select(func.max(Outbox.sent_at)).where(is_mail, Outbox.state == OutboxState.SENT)).one()
    if last_sent is not None and last_sent > now - SILENT_FOR:
        return ""
    count = session.exec(select(func.count()).select_from(waits.subquery())).one()
    since = max(filter(None, (last_sent, oldest.created_at)))
    said = f"The server says: {oldest.last_error[:_SHOWN]}." if oldest.last_error else "Is the worker running?"
    what = "1 message waits" if count == 1 else f"{count:,} messages wait"
    return f"No mail has left since {_time(since)}, and {what}. {said} Check AFTERCLICK_SMTP_URL."


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
