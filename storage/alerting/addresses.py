"""Whom a rule tells: its own recipients or the brand's managers, less those who muted it or cannot be reached."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from core.alerts.kinds import Channel
from core.configuration.alerting import RuleSettings
from storage.alerting.taking_back import tell_what_was_missed
from storage.rows import id_of
from storage.tables import AlertRule, Brand, DeadAddress, Mute


def recipients(session: Session, rule: AlertRule, settings: RuleSettings) -> list[str]:
    """Return who is told what the rule finds, each once: mail addresses, or the web address of its channel."""
    addresses = told(session, rule, settings)
    muted = set(session.exec(select(Mute.recipient).where(Mute.rule_id == id_of(rule))))
    dead = dead_among(session, addresses)
    return [address for address in addresses if address not in muted and address not in dead]


def told(session: Session, rule: AlertRule, settings: RuleSettings) -> list[str]:
    """Return whom the rule means, each once, whether they want to hear of it or not."""
    if settings.channel is not Channel.EMAIL:
        return [settings.url]
    wanted = settings.recipients or session.get_one(Brand, rule.brand_id).managers
    return list(dict.fromkeys(folded(address) for address in wanted if address.strip()))


def dead_among(session: Session, addresses: Collection[str]) -> set[str]:
    """Return those of the addresses that a server refused for good."""
    wanted = [folded(address) for address in addresses]
    return set(session.exec(select(DeadAddress.address).where(col(DeadAddress.address).in_(wanted))))


def bury(session: Session, address: str, error: str, now: datetime) -> None:
    """Send nothing to the address any more, as a server said that there is no such one."""
    row = session.get(DeadAddress, folded(address)) or DeadAddress(address=folded(address), refused_at=now)
    row.error, row.refused_at = error, now
    session.add(row)


def revive(session: Session, address: str) -> bool:
    """Let the address be written to again, with what is still so of what it missed; tell whether it was not."""
    row = session.get(DeadAddress, folded(address))
    if row is None:
        return False
    tell_what_was_missed(session, row.address, row.refused_at)
    session.delete(row)
    session.flush()
    return True


def mute(session: Session, rule_id: int, recipient: str, now: datetime) -> bool:
    """Tell this recipient nothing more of the rule; tell whether that is news."""
    if session.get(AlertRule, rule_id) is None or session.get(Mute, (rule_id, folded(recipient))) is not None:
        return False
    try:
        with session.begin_nested():
            session.add(Mute(rule_id=rule_id, recipient=folded(recipient), muted_at=now))
    except IntegrityError:
        return False  # somebody was faster, or the rule has just gone
    return True


def unmute(session: Session, rule_id: int, recipient: str) -> bool:
    """Tell this recipient of the rule again; tell whether that is news."""
    done = session.execute(delete(Mute).where(col(Mute.rule_id) == rule_id, col(Mute.recipient) == folded(recipient)))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def folded(address: str) -> str:
    """Return the address as it is compared; of a web address each letter counts."""
    return address if "://" in address else address.strip().lower()


def all_muted(session: Session, rule_ids: Iterable[int], recipient: str) -> bool:
    """Tell whether the recipient muted every one of these rules."""
    wanted = set(rule_ids)
    found = session.exec(select(Mute.rule_id).where(col(Mute.rule_id).in_(wanted), Mute.recipient == folded(recipient)))
    return set(found) == wanted
