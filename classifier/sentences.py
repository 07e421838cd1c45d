"""A post in sentences, each with its place in the post and in what `normalise` makes of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from classifier.text import LONGEST, normalise

_LONG: Final = 240
_LONG_ENOUGH_FOR_A_CLAUSE: Final = 160
_SHORT: Final = 30  # "No. Really." belongs to what comes next
_SLACK: Final = 200
_WORD: Final = re.compile(rf"\S{{1,{_LONG}}}")
_ENDS: Final = (".", "!", "?", "…", "。", "！", "？")
_PAUSES: Final = (",", ";", ":", "–", "—")
_CLOSING: Final = "\"'”’)]»*_"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch `text[start:end]` of a post; `first` and `last` bound it in the normalised text."""

    start: int
    end: int
    words: str
    first: int
    last: int


def sentences(text: str, normalised: str) -> list[Sentence]:
    """Return the sentences of `text`, of at most some 240 characters, as far as `normalised` reaches.

    `normalise` changes lengths, so each sentence is normalised by itself and looked for behind the one before. One that
    is not there, because `normalise` sees more than sentences (it takes handles in a row together), stands where the
    one before it ends, and the next is looked for as much farther on.
    """
    found = []
    at = missed = 0
    for start, end in _stretches(text[:LONGEST]):
        words = normalise(text[start:end])
        first = normalised.find(words, at, at + missed + len(words) + _SLACK)
        if first < 0:
            first = last = at
            missed += len(words) + 1
        else:
            last = first + len(words)
            missed = 0
        found.append(Sentence(start, end, words, first, last))
        at = last
    return found


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    start = end = 0
    for word in _WORD.finditer(text):
        if end > start:
            length = end - start
            breaks = "\n" in text[end : word.start()] and length >= _SHORT
            if breaks or word.end() - start > _LONG or _closes(text[start:end], length):
                yield start, end
                start = end
        if end == start:
            start = word.start()
        end = word.end()
    if end > start:
        yield start, end


def _closes(words: str, length: int) -> bool:
    if length >= _LONG_ENOUGH_FOR_A_CLAUSE and words.endswith(_PAUSES):
        return True
    return length >= _SHORT and words[-8:].rstrip(_CLOSING).endswith(_ENDS)
