"""A text as its bare words, so that spellings of the same word become the same string.

Case, accents and the shapes of letters and digits go. Apostrophes, hyphens and dots inside a word count both as blanks
and as nothing, as people write McDonald's and McDonalds, T-Mobile and TMobile. Of scripts without blanks between words
(Chinese, Japanese, Thai ...) each character is a word, and so are emoji and the signs that names are made of (& + $).
So a word stands in a text exactly where " word " stands in its bare words. All of this takes time in proportion to the
text's length.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

JOINTS: Final = frozenset(
    "'’‘ʼ`´＇-‐‑‒–−－._·"
)  # inside a word they may as well be missing: t-mobile, mcdonald's, e.on
SIGNS: Final = frozenset("&+")  # punctuation that tells names apart: H&M is not HM
_LETTERS: Final = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
# Scripts that put no blank between words, or glue endings to names (Korean): each character counts as a word.
_SPACELESS: Final = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u318f"
    "\u31a0-\u31ff\u3400-\u4dbf\u4e00-\ua4cf\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
)
# Marks that a word keeps: vowels of Indian scripts. Accents and the pointing of Arabic and Hebrew are dropped.
_KEPT_MARKS: Final = re.compile("[\u0900-\u0dff\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3099\u309a]")
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
_VOICED: Final = re.compile(
    "[\u3040-\u30ff\uff66-\uff9d][\u3099\u309a\uff9e\uff9f]"
)  # kana and its mark as two characters
# What follows ? or # in a link says nothing of whom a post is about. The end is optional, so that a match never fails
# after a long walk.
_LINK: Final = re.compile(r"(https?://[^\s?#]*)(?:[?#]\S*)?", re.IGNORECASE)


class _Table(dict[int, str]):
    """What becomes of each character, found out when it is first seen."""

    def __init__(self, fold: Callable[[str], str]) -> None:
        super().__init__()
        self.fold = fold

    def __missing__(self, code: int) -> str:
        self[code] = folded = self.fold(chr(code))
        return folded


def _letter(letter: str) -> str:
    """Return one character without case, accent and width; what is no letter, digit, mark or sign gives a blank."""
    if letter == "\u0640" or ord(letter) in _SKIN_TONES:  # an Arabic letter's lengthening
        return ""
    plain = unicodedata.normalize("NFKD", letter).casefold()
    plain = "".join(_part(part) for part in unicodedata.normalize("NFKD", plain))
    plain = unicodedata.normalize("NFC", plain)  # Korean syllables and voiced kana become whole again
    return "".join(f" {part} " if _SPACELESS.match(part) else part for part in plain)


def _part(part: str) -> str:
    kind = unicodedata.category(part)
    if kind in ("Mn", "Mc", "Me"):
        return part if _KEPT_MARKS.match(part) else ""
    if kind == "Cf":  # soft hyphens, joiners, marks of direction: invisible
        return ""
    if kind in ("So", "Sc") or part in SIGNS:
        return f" {part} "
    return _LETTERS.get(part, part) if part.isalnum() else " "


def _apart(letter: str) -> str:
    return " " if letter in JOINTS else _letter(letter)


def _together(letter: str) -> str:
    return "" if letter in JOINTS else _letter(letter)


_APART: Final = _Table(_apart)
_TOGETHER: Final = _Table(_together)


def bare_words(text: str) -> tuple[str, str]:
    """Return the words of a text, lower case and a blank around each, with joints as blanks and without joints.

    Both are "" where nothing in the text can be looked for.
    """
    text = _VOICED.sub(lambda pair: unicodedata.normalize("NFKC", pair[0]), text)
    return _spaced(text.translate(_APART)), _spaced(text.translate(_TOGETHER))


def folded(text: str) -> str:
    """Return the words of a text run together: what two spellings of a handle or hashtag have in common."""
    return "".join(text.translate(_TOGETHER).split())


def without_link_ends(text: str) -> str:
    """Return the text without the query and fragment of its links."""
    return _LINK.sub(r"\1", text)


def _spaced(words: str) -> str:
    bare = " ".join(words.split())
    return f" {bare} " if bare else ""
