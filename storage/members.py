"""Accounts of colleagues and their signed-in sessions.

Passwords are kept as argon2id hashes and session tokens as SHA-256 hashes: neither can be read back.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from core.configuration import check_email
from core.errors import InputError
from core.text import storable
from core.types import Role
from storage.tables import LoginSession, Member

SESSION_LENGTH: Final = timedelta(hours=12)
SHORTEST_PASSWORD: Final = 10
LONGEST_PASSWORD: Final = 256
_LONGEST_TOKEN: Final = 128
_ONE_TIME_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # without the letters and digits that look alike
_HASHER: Final = PasswordHasher()


def create_member(
    session: Session, email: str, name: str, role: Role, password: str | None, now: datetime, *, one_time: bool = False
) -> Member:
    """Add a colleague. Without a password the account waits for one, or for the company's sign-in.

    With `one_time` the first sign-in asks for a password of the member's own. Raises InputError for an e-mail address
    that is none or is taken, an empty name and a password that is too short.
    """
    address = clean_email(email)
    shown = " ".join(storable(name).split())[:120]
    if not shown:
        raise InputError("The member needs a name.")
    if member_by_email(session, address) is not None:
        raise InputError(f"There is already a member with the e-mail address {address}.")
    if password is not None:
        _check_strength(password)
    member = Member(
        email=address,
        name=shown,
        role=role,
        password_hash=_HASHER.hash(password) if password is not None else "",
        must_change_password=one_time,
        created_at=now,
    )
    session.add(member)
    session.flush()
    return member


def one_time_password() -> str:
    """Return a random password that can be read out and typed: about 79 bits in four groups."""
    letters = [secrets.choice(_ONE_TIME_ALPHABET) for _ in range(16)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, 16, 4))


def clean_email(email: str) -> str:
    """Return the address in lower case; raises InputError where it cannot be one."""
    address = storable(email).strip().lower()
    try:
        return check_email(address)
    except ValueError as error:
        words = f"{email.strip()[:80]!r} is no e-mail address; it looks like name@company.example."
        raise InputError(words) from error


def member_by_email(session: Session, email: str) -> Member | None:
    """Return the member with this address, in whatever case it was typed."""
    return session.exec(select(Member).where(Member.email == email.strip().lower())).first()


def member_by_id(session: Session, member_id: int) -> Member | None:
    """Return the member, unless there is none or the account is disabled."""
    member = session.get(Member, member_id)
    return None if member is None or member.disabled_at is not None else member


def all_members(session: Session) -> Sequence[Member]:
    """Return every member, the disabled ones too, by name."""
    return session.exec(select(Member).order_by(col(Member.name), col(Member.id))).all()


def check_password(session: Session, email: str, password: str) -> Member | None:
    """Return the member whose password this is.

    Takes tens of milliseconds, as it must, and just as long for an address that nobody has: call it off the event
    loop and outside a write transaction.
    """
    member = member_by_email(session, email)
    stored = member.password_hash if member else ""
    try:
        _HASHER.verify(stored or _hash_of_nobody(), password)
    except (VerificationError, InvalidHashError):
        return None
    if member is None or not stored or member.disabled_at is not None:
        return None
    return member


def renew_hash(session: Session, member_id: int, password: str) -> None:
    """Hash a password that was just checked again, where its hash was made with settings of former days."""
    member = session.get_one(Member, member_id)
    if _HASHER.check_needs_rehash(member.password_hash):
        member.password_hash = _HASHER.hash(password)
        session.add(member)


def set_password(
    session: Session, member_id: int, password: str, now: datetime, *, keep_token: str = "", one_time: bool = False
) -> None:
    """Give the member a new password and end all sessions but the one of `keep_token`.

    Raises InputError for a password that is too short, too long or the one in use.
    """
    _check_strength(password)
    member = session.get_one(Member, member_id)
    if _is_same(member.password_hash, password):
        raise InputError("The new password is the old one: choose another.")
    member.password_hash = _HASHER.hash(password)
    member.must_change_password = one_time
    session.add(member)
    revoke_sessions(session, member_id, now, keep_token=keep_token)


def disable_member(session: Session, member_id: int, now: datetime) -> None:
    """Close an account: its sessions end, what the member did stays."""
    member = session.get_one(Member, member_id)
    member.disabled_at = member.disabled_at or now
    session.add(member)
    revoke_sessions(session, member_id, now)


def enable_member(session: Session, member_id: int) -> None:
    """Open a closed account again."""
    member = session.get_one(Member, member_id)
    member.disabled_at = None
    session.add(member)


def start_session(session: Session, member_id: int, now: datetime, address: str = "", agent: str = "") -> str:
    """Sign a browser in and return its token, which is stored nowhere."""
    token = secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            token_hash=_hash_of(token),
            member_id=member_id,
            created_at=now,
            expires_at=now + SESSION_LENGTH,
            address=storable(address)[:64],
            agent=storable(agent)[:200],
        )
    )
    session.flush()
    return token


# Made once, as every request asks it.
_SIGNED_IN: Final = (
    select(Member)
    .join(LoginSession, col(LoginSession.member_id) == Member.id)
    .where(
        LoginSession.token_hash == bindparam("token_hash"),
        col(LoginSession.revoked_at).is_(None),
        LoginSession.expires_at > bindparam("now"),
        col(Member.disabled_at).is_(None),
    )
)


def member_of_session(session: Session, token: str, now: datetime) -> Member | None:
    """Return who is signed in with this token, unless it ended, expired or belongs to a disabled account."""
    if not token or len(token) > _LONGEST_TOKEN:
        return None
    return session.execute(_SIGNED_IN, {"token_hash": _hash_of(token), "now": now}).scalars().first()


def end_session(session: Session, token: str, now: datetime) -> None:
    """Sign one browser out."""
    row = session.get(LoginSession, _hash_of(token))
    if row is not None and row.revoked_at is None:
        row.revoked_at = now
        session.add(row)


def revoke_sessions(session: Session, member_id: int, now: datetime, *, keep_token: str = "") -> None:
    """Sign the member out everywhere, but for the browser of `keep_token`."""
    ended = update(LoginSession).where(
        col(LoginSession.member_id) == member_id,
        col(LoginSession.revoked_at).is_(None),
        col(LoginSession.token_hash) != (_hash_of(keep_token) if keep_token else ""),
    )
    session.execute(ended.values(revoked_at=now))


def signed_in_from(session: Session, email: str, address: str, since: datetime) -> bool:
    """Tell whether this member signed in from this network address before."""
    query = (
        select(LoginSession.token_hash)
        .join(Member, col(Member.id) == LoginSession.member_id)
        .where(Member.email == email.strip().lower(), LoginSession.address == address, LoginSession.created_at >= since)
    )
    return session.exec(query.limit(1)).first() is not None


def browser_name(token: str) -> str:
    """Return a name for the browser that holds this token, to know it again once the session has ended.

    It is what is stored of the token, and signs nobody in.
    """
    return _hash_of(token)


def is_known_browser(session: Session, email: str, name: str, since: datetime) -> bool:
    """Tell whether this member signed in before with the browser of this name."""
    if not name or len(name) > _LONGEST_TOKEN:
        return False
    query = (
        select(LoginSession.token_hash)
        .join(Member, col(Member.id) == LoginSession.member_id)
        .where(
            LoginSession.token_hash == storable(name),
            Member.email == email.strip().lower(),
            LoginSession.created_at >= since,
        )
    )
    return session.exec(query).first() is not None


def has_members(session: Session) -> bool:
    """Tell whether there is any account at all."""
    return session.exec(select(Member.id).limit(1)).first() is not None


def _check_strength(password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise InputError(f"The password is too short: use at least {SHORTEST_PASSWORD} characters.")
    if len(password) > LONGEST_PASSWORD:
        raise InputError(f"The password is too long: use at most {LONGEST_PASSWORD} characters.")


def _is_same(stored: str, password: str) -> bool:
    if not stored:
        return False
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@cache
def _hash_of_nobody() -> str:
    return _HASHER.hash(secrets.token_urlsafe(16))
