"""How long a reply is by the counting of the platform that it is for."""

import re
import unicodedata
from typing import Final

from core.platforms import REPLY_LIMITS, ReplyLimit

_ADDRESS: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_ADDRESS_LENGTH: Final = 23
_SERVER: Final = re.compile(r"(?<=\w)@[\w.-]+\.\w+")  # of @name@server, as Mastodon counts no server
# What X counts once; every other character counts twice (docs.x.com/fundamentals/counting-characters).
_LIGHT: Final = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_JOINER: Final = "\u200d"
_SKIN: Final = range(0x1F3FB, 0x1F400)
_FLAG: Final = range(0x1F1E6, 0x1F200)


def reply_length(text: str, limit: ReplyLimit) -> int:
    """Return the length of a reply as the platform of the limit counts it."""
    if limit.counts == "code_points":
        return len(text)
    if limit.counts == "graphemes":
        return len(_letters(text))
    plain, addresses = _ADDRESS.subn("", text)
    if limit.counts == "mastodon":
        return len(_letters(_SERVER.sub("", plain))) + _ADDRESS_LENGTH * addresses
    weights = (_weight(letter) for letter in _letters(unicodedata.normalize("NFC", plain)))
    return sum(weights) + _ADDRESS_LENGTH * addresses


def too_long_for(text: str) -> list[tuple[str, int, int]]:
    """Return each platform where the reply does not fit, with its length there and the most that may be."""
    lengths = ((name, reply_length(text, limit), limit.most) for name, limit in REPLY_LIMITS.items())
    return [each for each in lengths if each[1] > each[2]]


def _weight(letter: str) -> int:
    """Return X's weight of a letter; a pictogram counts two, of however many characters it is made."""
    if len(letter) > 1 and any(ord(each) > 0x2190 for each in letter):
        return 2
    return sum(1 if any(low <= ord(each) <= high for low, high in _LIGHT) else 2 for each in letter)


def _letters(text: str) -> list[str]:
    """Return the letters as a reader sees them: what joins to the one before it is a part of that."""
    letters: list[str] = []
    for each in text:
        if letters and _joins(letters[-1], each):
            letters[-1] += each
        else:
            letters.append(each)
    return letters


def _joins(before: str, each: str) -> bool:
    if each == _JOINER or before.endswith(_JOINER) or unicodedata.category(each) in ("Mn", "Me", "Mc"):
        return True
    if before + each == "\r\n" or ord(each) in _SKIN:
        return True
    return ord(each) in _FLAG and len(before) == 1 and ord(before) in _FLAG
