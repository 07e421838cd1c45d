"""What links in mails are signed with."""

import secrets
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from core.signing import KEY_BYTES
from storage.tables import SigningKey

LINKS = "links"


def signing_key(session: Session, now: datetime) -> bytes:
    """Return the key, made when it is asked for first; of two who make it at once one wins, and both get that one."""
    found = session.get(SigningKey, LINKS)
    if found is None:
        try:
            with session.begin_nested():
                session.execute(insert(SigningKey).values(name=LINKS, key=secrets.token_hex(KEY_BYTES), made_at=now))
        except IntegrityError:
            pass  # another process was first
        found = session.get_one(SigningKey, LINKS)
    return bytes.fromhex(found.key)


def known_key(session: Session) -> bytes | None:
    """Return the key where one was made; until then no link is ours."""
    found = session.get(SigningKey, LINKS)
    return bytes.fromhex(found.key) if found else None
