"""Post text as the model reads it: the same few clean-ups in training and in use."""

import html
import re
import unicodedata
from typing import Final

# A post longer than this is read to here: some forty pages, past which a complaint has long been made.
LONGEST: Final = 100_000

_LINK = re.compile(r"https?://\S+|www\.\S+|\bt\.co/\S+")
_HANDLE = re.compile(r"(?<!\w)@\w+")
_UNREADABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffd\ud800-\udfff\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff]")
_PICTOGRAM = re.compile(r"[\u2600-\u27bf\U0001f300-\U0001faff]+")
_SKIN_TONE = re.compile(r"[\U0001f3fb-\U0001f3ff]")
_PLACEHOLDER = re.compile(r"@user\b|\burl\b")
_SPACE = re.compile(r"\s+")
_HANDLES = re.compile(r"@user(?: @user)+\b")
_PASSED_ON = re.compile(r"(?:rt @user ?:? ?)+", re.IGNORECASE)
_HASHTAG = re.compile(r"#\w+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_STRAIGHT = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'})


def normalise(text: str) -> str:
    """`text` without markup entities, links, handles and pictograms, each replaced by a plain word.

    Brand names in handles would teach the model which brands are complained about, which does not carry over to the
    next brand. Pictograms get their Unicode names and hashtags are split at their capitals: the encoder's vocabulary
    has neither. What tells copies of one post apart (who passed it on, who is named and how often, which link) is gone,
    so that copies get the same answer.
    """
    plain = _UNREADABLE.sub(" ", html.unescape(text[:LONGEST])).translate(_STRAIGHT)
    plain = _HANDLE.sub(" @user ", _LINK.sub(" url ", plain))
    plain = _PICTOGRAM.sub(_spell, _SKIN_TONE.sub("", plain))
    plain = _HASHTAG.sub(lambda tag: _HUMP.sub(" ", tag.group()), plain)
    plain = _SPACE.sub(" ", plain).strip()
    passed_on = _PASSED_ON.match(plain)
    return _HANDLES.sub("@user", plain[passed_on.end() :] if passed_on else plain)


def has_words(normalised: str) -> bool:
    """Whether anything but handles and links is left to judge."""
    return any(sign.isalnum() for sign in _PLACEHOLDER.sub("", normalised))


def _spell(run: re.Match[str]) -> str:
    """Return the names of a run of pictograms, each said once."""
    names = (unicodedata.name(sign, "").lower() for sign in dict.fromkeys(run.group()))
    return f" {', '.join(name for name in names if name)} "
