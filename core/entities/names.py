"""Finding names of a list in a text, word by word: one look into a dict per word, however long the list."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

_WORD: Final = re.compile(r"\w+")
_MARKS: Final = {"@": "@", "＠": "@", "#": "#", "＃": "#"}
IN_ADDRESS: Final = "."  # the mark of a word after an @ that ends no word: the host of an e-mail address
_GAP: Final = 2  # characters between the words of one name: "Royal Mail", "Royal-Mail", "Royal  Mail"
_LONGEST_TAG: Final = 40  # a longer handle is nobody's, and every beginning of it would be looked up


class Word(NamedTuple):
    """A word of a text in lower case and where it stands; `mark` is the @ or # right before it, or IN_ADDRESS."""

    lower: str
    start: int
    end: int
    mark: str


class Hit(NamedTuple):
    """A name of the list as it stands in a text: words `first` to `last`, the key it was found by, its value."""

    first: int
    last: int
    key: str
    value: str


def words(text: str) -> list[Word]:
    """Return the words of `text` in order."""
    found = []
    for match in _WORD.finditer(text):
        start = match.start()
        mark = _MARKS.get(text[start - 1 : start], "")
        if mark and start > 1 and (text[start - 2].isalnum() or text[start - 2] in "_.+-"):
            mark = IN_ADDRESS
        found.append(Word(match[0].lower(), start, match.end(), mark))
    return found


def key_of(name: str) -> str:
    """Return the words of a name in lower case with one space between them."""
    return " ".join(_WORD.findall(name.lower()))


def word_set(line: str) -> frozenset[str]:
    """Return the words of a line of data."""
    return frozenset(line.split())


@dataclass(slots=True)
class Lexicon:
    """Names by their words: `values` maps a key ("royal mail") to what it stands for ("Royal Mail")."""

    values: dict[str, str]
    _by_first: dict[str, list[tuple[str, ...]]] = field(init=False)
    _glued: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._by_first = {}
        self._glued = {key.replace(" ", "").replace("_", ""): key for key in self.values}
        for key in {**dict.fromkeys(self.values), **dict.fromkeys(self._glued)}:
            parts = tuple(key.split(" "))
            if key:
                self._by_first.setdefault(parts[0], []).append(parts)
        for phrases in self._by_first.values():
            phrases.sort(key=len, reverse=True)

    def hits(self, found: list[Word]) -> Iterator[Hit]:
        """Yield the names among the words of a text, the longest one where several begin at the same word."""
        for index, word in enumerate(found):
            for phrase in self._by_first.get(word.lower, ()):
                if _stands(phrase, found, index):
                    key = " ".join(phrase)
                    key = key if key in self.values else self._glued[key]
                    yield Hit(index, index + len(phrase) - 1, key, self.values[key])
                    break

    def tag(self, word: str, tails: frozenset[str]) -> tuple[str, str] | None:
        """Return key and value of the name that a handle or hashtag begins with, where only one of `tails` follows."""
        plain = word.replace("_", "")
        if len(plain) > _LONGEST_TAG:
            return None
        for end in range(len(plain), 1, -1):
            key = self._glued.get(plain[:end])
            if key and (end == len(plain) or plain[end:].rstrip("0123456789") in tails | {""}):
                return key, self.values[key]
        return None


def _stands(phrase: Iterable[str], found: list[Word], index: int) -> bool:
    before = None
    for offset, part in enumerate(phrase, index):
        if offset >= len(found) or found[offset].lower != part:
            return False
        if before and found[offset].start - before.end > _GAP:
            return False
        before = found[offset]
    return True
