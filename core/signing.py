"""Links in mails that say by themselves what they are for, so that nobody can make one up or change one."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

KEY_BYTES: Final = 32
_LENGTH: Final = 32  # of the signature's letters: 192 bits


def signature(key: bytes, *parts: str) -> str:
    """Return the signature of the parts, in their order, in letters that an address may hold.

    HMAC-SHA-256 (RFC 2104), cut to 192 bits; the parts' lengths are signed with them, so that ("ab", "c") and
    ("a", "bc") differ.
    """
    return urlsafe_b64encode(hmac.new(key, _joined(parts), sha256).digest()).decode()[:_LENGTH]


def is_signed(key: bytes, given: str, *parts: str) -> bool:
    """Tell whether `given` is the signature of the parts, in a time that says nothing about the right one."""
    return hmac.compare_digest(signature(key, *parts).encode(), given.encode())


def _joined(parts: Sequence[str]) -> bytes:
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)
