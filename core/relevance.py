"""Whether a post is about the brand, or only uses a word that is also its name."""

import math
import re
from dataclasses import dataclass, replace
from typing import Final

from core.queries import Match, Query, TermKind, match

BORDER: Final = 0.25  # below it a post is left out; low, since a missed complaint costs more than one too many
ENOUGH: Final = 40  # confirmed posts; with fewer the likeness to them says too little

_ADDRESSED: Final = 0.98  # names an account or a hashtag of the brand
_IN_CONTEXT: Final = 0.95  # a name, and the words that the query wants with it
_NAMED: Final = 0.8  # a name; the query asks for no more
_UNNAMED: Final = 0.3  # the platform found it by what we do not see: a link, a picture, the post it answers
_OUT_OF_CONTEXT: Final = 0.2  # a name, without any of the words that should stand with it
_EXCLUDED: Final = 0.02

# The log-odds that a likeness (classifier.topics) of a post to 40 confirmed ones means: fitted on mentions of seven
# brands whose names are words, against other uses of the names (docs/model-card.md). It moves no post by more than 2.
_SLOPE: Final = 13.2
_SHIFT: Final = 1.34
_MOST: Final = 2.0


@dataclass(frozen=True, slots=True)
class Relevance:
    """How probably a post is about the brand, from 0 to 1, and what says so, in words for a person."""

    score: float
    why: str

    @property
    def is_left_out(self) -> bool:
        """True where the post opens no case."""
        return self.score < BORDER


@dataclass(frozen=True, slots=True)
class ByWords:
    """What the query alone says; `is_final` where the likeness to other posts has no say in it."""

    relevance: Relevance
    is_final: bool


def by_words(query: Query, text: str, author: str = "", language: str = "") -> ByWords:
    """Say what the names, contexts and exclusions of a query tell of a post; the query must have names."""
    accounts = tuple(name for name in query.names if name.kind in (TermKind.HANDLE, TermKind.HASHTAG))
    if accounts:  # whoever writes to the brand is understood without the context
        addressed = match(replace(query, names=accounts, contexts=()), text, author, language)
        if addressed.is_match:
            return ByWords(Relevance(_ADDRESSED, addressed.why), is_final=True)
    found = match(query, text, author, language)
    if found.is_match:
        return ByWords(Relevance(_IN_CONTEXT if query.contexts else _NAMED, found.why), is_final=bool(query.contexts))
    if _without(query, text, author, language, contexts=()).is_match:
        return ByWords(Relevance(_OUT_OF_CONTEXT, found.why), is_final=False)
    if _without(query, text, author, language, contexts=(), names=()).is_match:
        return ByWords(Relevance(_UNNAMED, found.why), is_final=False)
    return ByWords(Relevance(_EXCLUDED, found.why), is_final=True)


def with_likeness(said: ByWords, likeness: float | None) -> Relevance:
    """Return the relevance once it is known how alike the post is to confirmed ones; None where that is not known.

    No number counts as not known.
    """
    if said.is_final or likeness is None or math.isnan(likeness):
        return said.relevance
    moved = max(-_MOST, min(_MOST, _SLOPE * likeness + _SHIFT))
    score = 1 / (1 + math.exp(-(_log_odds(said.relevance.score) + moved)))
    words = "it reads like" if moved > 0 else "it does not read like"
    return Relevance(score, f"{said.relevance.why}; {words} other posts about the brand")


def nameless(query: Query, text: str) -> str:
    """Return the text with "it" for the query's names, so that the likeness is one of topics, not of the name."""
    names = sorted((name.text for name in query.names), key=len, reverse=True)
    pattern = "|".join(re.escape(name) for name in names)
    return re.sub(rf"[@#]?(?<!\w)(?:{pattern})(?!\w)", "it", text, flags=re.IGNORECASE) if names else text


def _without(query: Query, text: str, author: str, language: str, **parts: tuple[()]) -> Match:
    return match(replace(query, **parts), text, author, language)


def _log_odds(share: float) -> float:
    return math.log(share / (1 - share))
