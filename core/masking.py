"""Taking personal data out of a stranger's words before they leave for a mailbox."""

import re
from collections.abc import Collection
from typing import Final

from core.entities.entity import apart
from core.entities.references import find_references

EXCERPT_LENGTH: Final = 240
LONGEST: Final = 2000  # what is masked is cut to this first: a mail shows an excerpt, and strangers choose the length
MASKED_WORDS: Final = (  # for those who read what masked() left
    "E-mail addresses, handles, postcodes, and phone, account and order numbers are masked here; names of people and "
    "streets in the text are not recognised."
)
_DASH: Final = "\\-\u2010-\u2015\u2212"
# With the wide and the small form: people read them alike, and what folds letters (NFKC) makes an address of them.
_AT: Final = "[@\uff20\ufe6b]"
_DOT: Final = "[.\uff0e\ufe52]"
_LABEL: Final = r"[\w-]{1,63}"
_EMAIL: Final = re.compile(
    rf"(?<![\w.+%-])[\w+%'-][\w.+%'-]{{0,63}}(?:{_AT}|%40)"
    rf"(?:\w[\w-]{{0,62}}(?:{_DOT}{_LABEL}){{0,4}}|\[[\w.:]{{2,60}}\])"
)
# Spelt so that no machine reads it. "at" and an @ with blanks are everybody's words too ("I was at amazon.com"): they
# count where the rest leaves no doubt, which is a mail provider, a dot in words or in the name, or one with blanks.
_LOCAL: Final = r"(?<![\w.+-])[\w.+'-]{1,64}"
_SPACED: Final = r"(?<![\w.+-])(?:\w\s){2,40}\w"
_PROVIDER: Final = (
    r"(?:gmail|googlemail|hotmail|outlook|live|msn|yahoo|ymail|icloud|me|mac|aol|gmx|web|mail|proton|protonmail|pm|zoho"
    rf"|fastmail|yandex|qq|163|btinternet|t-online){_DOT}\w{{2,6}}(?:{_DOT}\w{{2,3}})?\b"
)
_TOP: Final = r"(?:com|net|org|edu|info|co|uk|ie|eu|de|fr|es|nl|au|ca)\b"
_NO_HOST: Final = r"(?!(?:the|a|an|this|that|my|your|our|their|his|her|its|every|each)\b)"
_AT_IN_BRACKETS: Final = r"\s?[(\[{]\s?at\s?[)\]}]\s?"
_DOT_IN_WORDS: Final = rf"(?:\s{_DOT}\s|{_DOT}|\s?[(\[{{]\s?dot\s?[)\]}}]\s?|\sdot\s)"
_SPELT_EMAIL: Final = re.compile(
    rf"(?i){_SPACED}\s?{_AT}\s?{_LABEL}\s?{_DOT}\s?{_LABEL}"
    rf"|{_LOCAL}(?:{_AT_IN_BRACKETS}{_LABEL}(?:{_DOT_IN_WORDS}{_LABEL}){{0,4}}"
    rf"|\s?{_AT}\s?(?:{_PROVIDER}|{_LABEL}\s{_DOT}\s{_TOP})"
    rf"|\sat\s(?:{_PROVIDER}|{_NO_HOST}{_LABEL}\sdot\s{_TOP}))"
    rf"|(?<![\w.+-])[^\W\d][\w-]{{0,40}}[._+][\w.+-]{{0,40}}\w\sat\s(?:{_LABEL}{_DOT}){{1,3}}{_TOP}"
)
_HANDLE: Final = re.compile(rf"(?<![A-Za-z0-9])((?:RT)?{_AT})([\w.-]*\w)|(?<![\w/])(/?u/)([\w-]+)")
_PROFILE: Final = re.compile(
    r"(?i)(?<!pic\.)(?<![\w-])((?:(?:t|telegram|wa)\.me|(?:instagram|facebook|fb|twitter|x|tiktok|snapchat|linkedin)\.com"
    r"|threads\.(?:net|com))/(?:in/|add/)?@?)(\w[\w.-]{0,63})"
    r"|\b((?:insta(?:gram)?|ig|snap(?:chat)?|telegram|tiktok|skype|discord|twitter|facebook|fb)\s?[:=]\s{0,2})"
    r"(?=[\w-]{0,40}[\d_]|\w{1,40}\.\w)([^\W\d][\w.-]{2,40})"
)
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
    r"(?i)\b(order|ref(?:erence)?|case|ticket|tracking|parcel|invoice|account|passport)((?:\s(?:no|nr|number|id)\b\.?)?[\s:#]{1,3})([A-Z]{0,4}-?\d{4,})"
)
# Country, check digits and groups of four, eight digits at least: https://www.iso.org/standard/81090.html
_IBAN: Final = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=(?:[ A-Za-z-]{0,6}\d){8})[ -]?[A-Za-z0-9]{4}(?:[ -]?[A-Z0-9]{4}){1,6}"
    r"(?:[ -]?\d[A-Z0-9]{0,2})?(?![A-Za-z0-9])"
)
# Of the United Kingdom by their shape, which begins with one of 124 areas, in capitals; others by the word before.
# N and five signs without a blank are an aeroplane more often (N614SW).
_POSTCODE: Final = re.compile(
    r"(?<![A-Za-z0-9])(?!N\d{3}[A-Z]{2})(?:A[BL]|B[ABDHLNRST]?|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]?|F[KY]|G[LUY]?|H[ADGPRSUX]|I[GMPV]|JE"
    r"|K[ATWY]|L[ADELNSU]?|M[EKL]?|N[EGNPRW]?|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]?|T[ADFNQRSW]|UB|W[ACDFNRSV]?|YO|ZE)"
    r"\d[A-Z\d]? ?\d(?!GB|TB)[ABD-HJLNP-UW-Z]{2}(?![A-Za-z0-9])"
)
_NAMED_POSTCODE: Final = re.compile(
    r"(?i)\b((?:post\s?code|zip|zip\s?code|eircode|plz)(?:\sis)?[\s:#=]{1,3})"
    r"(?:[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}|[A-Z]\d[A-Z]\s?\d[A-Z]\d|[A-Z]\d[W\d]\s?[A-Z\d]{4}|\d{4,5}(?:-\d{4}|\s?(?-i:[A-Z]{2}))?)\b"
)
_HASHED: Final = re.compile(r"#\d{4,}")
_UNSEEN: Final = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_MARK: Final = "\ue000"  # stands for a date while numbers are hidden; taken out of the text before


def masked(text: str, spared: tuple[str, ...] = ()) -> str:
    """Return the start of `text` with e-mail addresses, handles, postcodes and numbers that tell of somebody hidden.

    These are phone and account numbers, and what looks like the number of an order or a parcel. The names of people
    and of streets are words like others and stay. `spared` are handles that stay readable (the brand's own), without
    their @. Dates stay readable. Characters that are not seen but change how text is shown (controls, direction marks)
    are taken out. Words around a number tell what it is ("order 12345"), so a bare short number may stay; what is
    hidden rather errs on the safe side.
    """
    text = visible(text[:LONGEST]).replace(_MARK, "")
    text = _EMAIL.sub("[e-mail]", _SPELT_EMAIL.sub("[e-mail]", text))
    text = _without_handles(text, {handle.lower() for handle in spared})
    text = _NAMED_POSTCODE.sub(r"\1[postcode]", _POSTCODE.sub("[postcode]", _IBAN.sub("[number]", text)))
    dates = _DATE.findall(text)
    text = _without_numbers(_DATE.sub(_MARK, text))
    for date in dates:
        text = text.replace(_MARK, date, 1)
    return text


def _without_handles(text: str, kept: Collection[str]) -> str:
    def hide(found: re.Match[str]) -> str:
        mark, name = found[1] or found[3], found[2] or found[4]
        return found[0] if name.lower() in kept else f"{mark}…"

    return _HANDLE.sub(hide, _PROFILE.sub(hide, text))


def _without_numbers(text: str) -> str:
    # Of what core.entities finds only the references are shared: the words around them tell more than a pattern. Its
    # tracking and phone numbers must pass check digits and numbering plans, where masking hides whatever looks alike.
    for reference in reversed(apart(find_references(text), len(text))):
        text = f"{text[: reference.start]}[number]{text[reference.end :]}"
    text = _REFERENCE.sub(r"\1\2[number]", text)
    for number in (_PHONE, _CODE, _WIDE_NUMBER, _HASHED):
        text = number.sub("[number]", text)
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
