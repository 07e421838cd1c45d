"""In which encoding a stranger's page or feed is written, whatever it says of itself.

Names mean what browsers take them for: https://encoding.spec.whatwg.org/#names-and-labels
"""

import codecs
import re
from collections.abc import Iterator
from typing import Final

from charset_normalizer import from_bytes

# Servers name these for everything that they know nothing of.
DEFAULTS: Final = frozenset({"us-ascii", "ascii", "iso-8859-1", "latin-1", "latin1", "windows-1252", "cp1252"})
# A superset in place of a name that is often given for it.
WIDER: Final = {
    **dict.fromkeys(DEFAULTS, "windows-1252"),
    **dict.fromkeys(("gb2312", "gbk", "x-gbk"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs"), "big5hkscs"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987"), "cp949"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis"), "cp932"),
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-9": "windows-1254",
    "tis-620": "cp874",
    "windows-874": "cp874",
}
MARKS: Final = (
    *((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8-sig")),
    *((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")),
    *((b"\0\0\0<", "utf-32-be"), (b"<\0\0\0", "utf-32-le"), (b"\0<", "utf-16-be"), (b"<\0", "utf-16-le")),
)
CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
MARKUP: Final = re.compile(rb"<[^<>]{0,2000}>")
# Among these we guess; of the rarer ones one always fits a short text by chance.
GUESSED: Final = [
    *("big5", "cp932", "cp949", "euc_jp", "gb18030", "koi8_r", "iso8859_2", "iso8859_7", "cp874"),
    *(f"cp125{number}" for number in range(9)),
]
SIGN_IN_WORD: Final = re.compile(r"[^\W\d_][\xa1-\xac\xae-\xb6\xb8-\xbf\xd7\xf7][^\W\d_]")  # "Pieni¹dze"
SAMPLE: Final = 50_000  # bytes that are guessed from
TOLERATED: Final = 0.05  # of the characters that are no ASCII: a word cut in its middle spoils one of them
BRIEF: Final = 4  # characters of two bytes or more that are no chance any more


def decoded(body: bytes, content_type: str, declared: str) -> str | None:
    """Return the words of `body`; None where it is in no encoding that can be told.

    `declared` is the encoding that the body names itself, "" for none. What shows itself to be UTF-8 is, whatever
    is declared. Else what is declared holds where the bytes can be that; a server's own word counts less than the
    body's where it is one that servers give for everything. A few characters that are none are replaced.
    """
    for mark, name in MARKS:
        if body.startswith(mark):
            return _text(body, name, 0.5)
    claims = list(_claims(content_type, declared))
    multibyte = any(name.startswith(("gb", "big5", "cp9", "euc")) for name in claims)
    utf8 = _text(body, "utf-8", TOLERATED)
    if utf8 is not None and (not claims or not multibyte or len(utf8) - _ascii(utf8) >= BRIEF or utf8.isascii()):
        return utf8
    for name in claims:
        if (text := _text(body, name, TOLERATED)) is not None:
            return text
    guessed = _guess(b" ".join(MARKUP.sub(b" ", body[: 4 * SAMPLE]).split())[:SAMPLE])
    return _text(body, guessed, TOLERATED) if guessed else utf8


def _guess(words: bytes) -> str:
    """Return the encoding in which `words` look most like a language, "" for none; where several do, the commonest."""
    found = list(from_bytes(words, cp_isolation=GUESSED))
    if not found:
        return ""
    as_good = (each for each in found if each.chaos <= found[0].chaos and each.coherence >= found[0].coherence - 0.05)
    western = next((str(each) for each in as_good if each.encoding == "cp1252"), "a\xa4a")
    return found[0].encoding if SIGN_IN_WORD.search(western) else "cp1252"


def _claims(content_type: str, declared: str) -> Iterator[str]:
    """Yield the encodings that are named, the more trustworthy first."""
    found = CHARSET.search(content_type)
    sent, own = (found[1].lower() if found else ""), declared.strip().lower()
    for name in (own, sent) if sent in DEFAULTS else (sent, own):
        try:
            if name:
                yield codecs.lookup(WIDER.get(name, name)).name
        except LookupError:
            continue


def _text(body: bytes, encoding: str, tolerated: float) -> str | None:
    """Return the body in this encoding, None where more of it is not than a mishap explains."""
    decoder = codecs.getincrementaldecoder(encoding)
    try:
        return decoder("strict").decode(body)  # not the last call: a character cut off at the end is let go
    except UnicodeError:
        pass
    text = decoder("replace").decode(body)
    spoilt = text.count("\ufffd")
    return text if spoilt <= tolerated * (len(text) - _ascii(text)) else None


def _ascii(text: str) -> int:
    return len(text.encode("ascii", "ignore"))
