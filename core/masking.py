"""Taking personal data out of a stranger's words before they leave for a mailbox."""

import re
from typing import Final

EXCERPT_LENGTH: Final = 240
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HANDLE: Final = re.compile(r"(?<![\w.])@\w{2,}")
_PHONE: Final = re.compile(r"(?<![\w])\+?\(?\d(?:[\s().-]{0,2}\d){7,14}(?!\w)")
_NUMBER: Final = re.compile(r"(?<!\w)(?=[A-Za-z-]*\d(?:[A-Za-z-]*\d){4})[A-Za-z0-9-]{6,}(?!\w)")
_UNSEEN: Final = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def masked(text: str, spared: tuple[str, ...] = ()) -> str:
    """Return `text` with e-mail addresses, handles, phone numbers and order-like numbers hidden.

    `spared` are handles that stay readable (the brand's own), without their @. Characters that are not seen but change
    how text is shown (controls, direction marks) are taken out.
    """
    kept = {handle.lower() for handle in spared}
    text = _UNSEEN.sub("", text)
    text = _EMAIL.sub("[e-mail]", text)
    text = _HANDLE.sub(lambda found: found[0] if found[0][1:].lower() in kept else "@…", text)
    text = _PHONE.sub("[number]", text)
    return _NUMBER.sub("[number]", text)


def excerpt(text: str, length: int = EXCERPT_LENGTH) -> str:
    """Return the start of `text` on one line, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut[length // 2 :] else cut}…"


def masked_handle(handle: str) -> str:
    """Return a handle of which only the first letter is readable."""
    return f"{handle[:1]}…" if handle else "unknown"
