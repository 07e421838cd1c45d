"""A text as a network reads it: its tokens, a long one in pieces that overlap."""

from collections.abc import Sequence
from typing import Any, Final

_OVERLAP: Final = 32
_MOST: Final = 24


class Windows:
    """Cuts texts into windows of at most `longest` tokens, each beginning a little before the last one's end."""

    def __init__(self, tokenizer: Any, longest: int) -> None:
        self._tokenizer = tokenizer
        self._before, self._after = _frame(tokenizer)
        self._size = longest - len(self._before) - len(self._after)
        self._overlap = min(_OVERLAP, self._size // 2)
        self._tells_case = _ids(tokenizer, "A Parcel") != _ids(tokenizer, "a parcel")

    def folded(self, cleaned: str) -> str:
        """Return what is the same for texts that are read the same: without its capitals, where these are not read."""
        # Python writes a sigma by its place in the word, a tokenizer takes each letter by itself.
        return cleaned if self._tells_case else cleaned.replace("Σ", "σ").lower()

    def of(self, cleaned: Sequence[str]) -> list[list[list[int]]]:
        """Return the windows of each text, at least one and at most 24."""
        if not cleaned:
            return []
        tokens: list[list[int]] = self._tokenizer(list(cleaned), add_special_tokens=False, verbose=False)["input_ids"]
        return [self._windows(each) for each in tokens]

    def places(self, cleaned: str) -> list[tuple[int, int]]:
        """Return where each window of the text begins and ends, in characters.

        A tokenizer written in Python knows no places; they are then guessed, as if all tokens were of one length.
        """
        if not self._tokenizer.is_fast:
            [tokens] = self._tokenizer([cleaned], add_special_tokens=False, verbose=False)["input_ids"]
            each = len(cleaned) / max(1, len(tokens))
            offsets = [(round(number * each), round((number + 1) * each)) for number in range(len(tokens))]
        else:
            options = {"add_special_tokens": False, "verbose": False, "return_offsets_mapping": True}
            [offsets] = self._tokenizer([cleaned], **options)["offset_mapping"]
        windows = [offsets[start : start + self._size] for start in self._starts(len(offsets))]
        return [(window[0][0], window[-1][1]) if window else (0, 0) for window in windows]

    def _windows(self, tokens: list[int]) -> list[list[int]]:
        starts = self._starts(len(tokens))
        return [[*self._before, *tokens[start : start + self._size], *self._after] for start in starts]

    def _starts(self, count: int) -> range:
        return range(0, max(1, count - self._overlap), self._size - self._overlap)[:_MOST]


def _frame(tokenizer: Any) -> tuple[list[int], list[int]]:
    """Return what the tokenizer puts before and after a text."""
    bare = _ids(tokenizer, "a")
    framed = tokenizer("a")["input_ids"]
    before = next(at for at in range(len(framed)) if framed[at : at + len(bare)] == bare)
    return framed[:before], framed[before + len(bare) :]


def _ids(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids
