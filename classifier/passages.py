"""The passages that made a long post a complaint: short enough to be read at a glance, in the post's own words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from classifier.sentences import Sentence, sentences
from classifier.text import has_words, normalise
from core.thresholds import BALANCED_BORDER
from core.types import Passage

Span: TypeAlias = tuple[int, int]
Ask: TypeAlias = Callable[[Sequence[str]], Sequence[float]]  # normalised texts -> how likely each is a complaint

MOST: Final = 3
LONGEST: Final = 320


@dataclass(slots=True)
class _Run:
    start: int
    end: int


def passages(
    text: str, normalised: str, windows: Sequence[Span], ask: Ask, border: float = BALANCED_BORDER
) -> tuple[Passage, ...]:
    """Return the sentences within `windows` of `normalised` that are complaints by themselves, as places in `text`.

    Neighbours are joined up to 320 characters; of these the three that are most likely complaints are kept. Where no
    sentence is one by itself, the likeliest is taken: it is the whole window that made the model say so.
    """
    inside = [
        (number, sentence)
        for number, sentence in enumerate(sentences(text, normalised))
        if has_words(sentence.words) and any(_overlap(sentence, window) for window in windows)
    ]
    if not inside:
        return ()
    shares = ask([sentence.words for _, sentence in inside])
    picked = [each for each, share in zip(inside, shares, strict=True) if share >= border]
    runs = _join(picked or [max(zip(shares, inside, strict=True), key=lambda pair: pair[0])[1]])
    joined = ask([normalise(text[run.start : run.end]) for run in runs])
    found = [Passage(run.start, run.end, float(share)) for run, share in zip(runs, joined, strict=True)]
    strongest = sorted(found, key=lambda passage: -passage.complaint)[:MOST]
    return tuple(sorted(strongest, key=lambda passage: passage.start))


def _overlap(sentence: Sentence, window: Span) -> bool:
    return sentence.first < window[1] and window[0] < sentence.last


def _join(picked: Sequence[tuple[int, Sentence]]) -> list[_Run]:
    runs: list[_Run] = []
    before = -1
    for number, sentence in picked:
        if runs and number == before + 1 and sentence.end - runs[-1].start <= LONGEST:
            runs[-1].end = sentence.end
        else:
            runs.append(_Run(sentence.start, sentence.end))
        before = number
    return runs
