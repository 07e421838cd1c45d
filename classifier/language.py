"""Which language a text is in, as far as the model's use of it goes."""

import re
from functools import cache
from typing import Final

from py3langid.langid import MODEL_FILE, LanguageIdentifier

TRAINED: Final = "en"

# The languages of the networks that we read, and no more: each further one makes short English look foreign more often.
_CANDIDATES: Final = (
    *("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "no", "fi", "pl", "cs", "ro", "hu", "el"),
    *("tr", "ru", "uk", "bg", "ar", "he", "hi", "bn", "ta", "ur", "th", "vi", "id", "ja", "ko", "zh"),
)
_SURE: Final = 0.9
_SURE_SHORT: Final = 0.98
_SHORT: Final = 40
_HARDLY_ENGLISH: Final = 0.01
_FEWEST_LETTERS: Final = 12
_ENOUGH: Final = 1000  # with more the identifier grows less sure, until a book in Chinese is called English
_NOT_LETTERS = re.compile(r"@user|\burl\b|[\W\d_]+")


def language_of(normalised: str) -> str:
    """Two letters; "" where there are no letters. In doubt it is English: short posts give weak evidence.

    Where it can hardly be English it is the likeliest other one, though that may be a neighbour of the right one: to
    call "Wo ist mein Paket?" English would drop it.
    """
    letters = _NOT_LETTERS.sub(" ", normalised).strip()[:_ENOUGH]
    if not letters:
        return ""
    if len(letters) < _FEWEST_LETTERS and letters.isascii():
        return TRAINED
    ranked = _identifier().rank(letters)
    found, confidence = ranked[0]
    needed = _SURE_SHORT if len(letters) < _SHORT and letters.isascii() else _SURE
    is_clear = confidence >= needed or dict(ranked)[TRAINED] < _HARDLY_ENGLISH
    return str(found) if is_clear else TRAINED


def is_foreign(language: str) -> bool:
    """Whether the model was not trained on this language."""
    return language not in (TRAINED, "")


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_CANDIDATES)
    return identifier
