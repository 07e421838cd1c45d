"""Taking personal data out of a stranger's words before they leave for a mailbox."""

import re
from typing import Final

from core.entities.entity import apart
from core.entities.references import find_references

EXCERPT_LENGTH: Final = 240
LONGEST: Final = 2000  # what is masked is cut to this first: a mail shows an excerpt, and strangers choose the length
_DASH: Final = "\\-\u2010-\u2015\u2212"
_EMAIL: Final = re.compile(r"(?<![\w.+%-])[\w+%'-][\w.+%'-]{0,63}(?:@|%40)\w[\w-]{0,62}(?:\.[\w-]{1,63}){0,4}")
_SPELT_EMAIL: Final = re.compile(
    r"(?i)(?<![\w.+-])[\w.+-]{1,64}\s?[(\[]at[)\]]\s?[\w-]{1,63}(?:\s?(?:\.|[(\[]dot[)\]])\s?[\w-]{1,63}){0,4}"
)
_HANDLE: Final = re.compile(r"(?<![A-Za-z0-9])((?:RT)?[@＠])([\w.-]*\w)|(?<![\w/])(/?u/)([\w-]+)")
_DATE: Final = re.compile(
    rf"(?<!\d)(?:\d{{4}}[{_DASH}/.]\d{{1,2}}[{_DASH}/.]\d{{1,2}}|\d{{1,2}}[{_DASH}/. ]\d{{1,2}}[{_DASH}/. ]\d{{4}}"
    rf"|(?:19|20)\d\d[{_DASH}](?:19|20)\d\d)(?:[T ]\d{{1,2}}:\d{{2}}(?::\d{{2}})?)?(?!\d)"
)
_PHONE: Final = re.compile(rf"(?<![A-Za-z0-9])[+(]{{0,2}}\d(?:[\s()/._{_DASH}]{{0,3}}\d){{6,33}}(?![A-Za-z0-9])")
_WIDE_NUMBER: Final = re.compile(r"\d{8,}")
_CODE: Final = re.compile(
    rf"(?<![A-Za-z0-9])(?=[A-Za-z_{_DASH}]{{0,20}}\d(?:[A-Za-z_{_DASH}]{{0,20}}\d){{4}})"
    rf"[A-Za-z0-9_{_DASH}]{{6,40}}(?![A-Za-z0-9])"
)
_REFERENCE: Final = re.compile(
    r"(?i)\b(order|ref(?:erence)?|case|ticket|tracking|parcel|invoice|account)((?:\s(?:no|nr|number|id)\b\.?)?[\s:#]{1,3})([A-Z]{0,4}-?\d{4,})"
)
_HASHED: Final = re.compile(r"#\d{4,}")
_UNSEEN: Final = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_MARK: Final = "\ue000"  # stands for a date while numbers are hidden; taken out of the text before


def masked(text: str, spared: tuple[str, ...] = ()) -> str:
    """Return the start of `text` with e-mail addresses, handles, phone numbers and order-like numbers hidden.

    `spared` are handles that stay readable (the brand's own), without their @. Dates stay readable. Characters that are
    not seen but change how text is shown (controls, direction marks) are taken out. Words around a number tell what it
    is ("order 12345"), so a bare short number may stay; what is hidden rather errs on the safe side.
    """
    kept = {handle.lower() for handle in spared}
    text = visible(text[:LONGEST]).replace(_MARK, "")
    text = _SPELT_EMAIL.sub("[e-mail]", _EMAIL.sub("[e-mail]", text))
    text = _HANDLE.sub(lambda found: found[0] if (found[2] or "").lower() in kept else f"{found[1] or found[3]}…", text)
    dates = _DATE.findall(text)
    text = _DATE.sub(_MARK, text)
    # Of what core.entities finds only the references are shared: the words around them tell more than a pattern. Its
    # tracking and phone numbers must pass check digits and numbering plans, where masking hides whatever looks alike.
    for reference in reversed(apart(find_references(text), len(text))):
        text = f"{text[: reference.start]}[number]{text[reference.end :]}"
    text = _REFERENCE.sub(r"\1\2[number]", text)
    for number in (_PHONE, _CODE, _WIDE_NUMBER, _HASHED):
        text = number.sub("[number]", text)
    for date in dates:
        text = text.replace(_MARK, date, 1)
    return text


def visible(text: str) -> str:
    """Return `text` without characters that are not seen but change how it is shown: controls, marks of direction."""
    return _UNSEEN.sub("", text)


def find_emails(text: str) -> list[str]:
    """Return the e-mail addresses in the start of `text`, as they are written there."""
    return [found[0] for found in _EMAIL.finditer(text[:LONGEST])]


def excerpt(text: str, length: int = EXCERPT_LENGTH) -> str:
    """Return the start of `text` on one line, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut[length // 2 :] else cut}…"


def masked_handle(handle: str) -> str:
    """Return a handle of which only the first letter is readable."""
    seen = visible(handle)
    return f"{seen[:1]}…" if seen else "unknown"
