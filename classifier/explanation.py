"""Which words of a post move the model's answer: each is taken away in turn, and the post read again without it."""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeAlias

from classifier.text import normalise
from core.taxonomy import Reason

Ask: TypeAlias = Callable[[Sequence[str]], Sequence[float]]  # normalised texts -> log-odds of the answer
Span: TypeAlias = tuple[int, int]

MOST_WORDS: Final = 64
_GROUPS: Final = 32

# A link, a handle or hashtag, an entity, a word with what ties it together, or signs such as pictograms.
_WORD: Final = re.compile(r"https?://\S+|www\.\S+|&#?\w+;|[@#]?\w+(?:['’.,/&-]\w+)*|[^\w\s&.,;:!?]+")


@dataclass(frozen=True, slots=True)
class Word:
    """`text[start:end]` of the post, and how far the answer's log-odds fall without it; below 0 they rise."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the model answered as it did about `text[start:end]`, the whole post where it is not long.

    `probability` is that of a complaint, or of `reason` where one was asked for; `words` come heaviest first, those
    that change nothing are left out.
    """

    reason: Reason | None
    start: int
    end: int
    probability: float
    words: tuple[Word, ...]


def weigh(text: str, stretch: Span, ask: Ask) -> tuple[Word, ...]:
    """Return the words of `text` within the stretch by their weight in the answer.

    At most 64 words are taken away one by one. Of a longer stretch these are the words of the neighbours that, taken
    away together, move the answer most.
    """
    words = [(stretch[0] + start, stretch[0] + end) for start, end in _words(text[slice(*stretch)])]
    if len(words) > MOST_WORDS:
        words = _heaviest_neighbours(text, stretch, words, ask)
    moved = _moved(text, stretch, [[word] for word in words], ask)
    found = [Word(start, end, weight) for (start, end), weight in zip(words, moved, strict=True) if weight]
    return tuple(sorted(found, key=lambda word: -abs(word.weight)))


def _heaviest_neighbours(text: str, stretch: Span, words: Sequence[Span], ask: Ask) -> list[Span]:
    size = -(-len(words) // _GROUPS)
    groups = [words[at : at + size] for at in range(0, len(words), size)]
    moved = _moved(text, stretch, groups, ask)
    order = sorted(range(len(groups)), key=lambda number: -abs(moved[number]))
    taken = sorted(order[: max(1, MOST_WORDS // size)])
    return list(chain.from_iterable(groups[number] for number in taken))


def _moved(text: str, stretch: Span, groups: Sequence[Sequence[Span]], ask: Ask) -> list[float]:
    """Return how far the log-odds fall without each group of neighbouring words."""
    start, end = stretch
    whole = normalise(text[start:end])
    without = [normalise(f"{text[start : group[0][0]]} {text[group[-1][1] : end]}") for group in groups]
    different = sorted({each for each in without if each != whole})
    before, *after = ask([whole, *different])
    fall = {each: float(before - odds) for each, odds in zip(different, after, strict=True)}
    return [fall.get(each, 0.0) for each in without]


def _words(text: str) -> Iterator[Span]:
    for found in _WORD.finditer(text):
        said = html.unescape(found.group())
        if any(sign.isalnum() or unicodedata.category(sign) == "So" for sign in said):
            yield found.span()
