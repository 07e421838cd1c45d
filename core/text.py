"""Making text fit to be stored: what strangers wrote, and what members write."""

import unicodedata
from typing import Final

from core.errors import InputError

MAX_TEXT_LENGTH = 100_000
# Letters and signs that take room and show nothing, of categories that otherwise do.
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def is_storable(text: str) -> bool:
    """Tell quickly that nothing has to be done to a text; of one with other letters than ASCII it says no."""
    return text.isascii() and "\0" not in text and len(text) <= MAX_TEXT_LENGTH


def storable(text: str, length: int = MAX_TEXT_LENGTH) -> str:
    """Return `text` without what a database refuses (NUL, half surrogate pairs), cut to `length` characters."""
    if text.isascii() and "\0" not in text:  # nearly every text, at a tenth of the cost
        return text[:length]
    clean = text.replace("\0", "")
    try:
        clean.encode()
    except UnicodeEncodeError:
        clean = clean.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return clean[:length]


def has_words(text: str) -> bool:
    """Tell whether something of a text is seen: blanks, marks without a letter and characters of no width are not."""
    return any(
        letter not in _BLANK
        and not letter.isspace()
        and unicodedata.category(letter) not in ("Cc", "Cf", "Cn", "Mn", "Me")
        for letter in text
    )


def written(text: str, *, strip: bool = True) -> str:
    """Return what a member wrote, fit to be stored, and nothing where nothing of it would be seen.

    Nothing of it is ever cut off: raises InputError for a text that is too long.
    """
    words = text.strip() if strip else text
    if len(words) > MAX_TEXT_LENGTH:
        raise InputError(f"The text is too long: shorten it from {len(words):,} to {MAX_TEXT_LENGTH:,} characters.")
    whole = storable(words)
    if not has_words(whole):
        return ""
    return whole.strip() if strip else whole
