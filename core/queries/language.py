"""What a query consists of, and how it is written.

@parcelo OR parcelo OR "parcel o" OR #parcelo ~parcelo with:delivery|parcel|"my order" -"parcelo jobs" lang:en,de
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from unicodedata import category

from core.queries.folding import bare_words

HANDLE: Final = re.compile(
    r"\w+(?:[.-]+\w+)*(?:@\w+(?:[.-]+\w+)*)?"
)  # also those of Bluesky (a domain) and Mastodon (name@server)
# Word processors and phones write these by themselves; each is one character, so that positions stay right.
PLAINER: Final = str.maketrans("“”„‟«»＂＠＃｜：–—−", '"""""""@#|:---')
# A word that needs no quotation marks: no sign of the language in it, and none that opens a term at its beginning.
PLAIN: Final = re.compile(r"[^!\s\"*()|:,;\\@#~+-][^\s\"*()|:,;\\]*")
JOINING: Final = frozenset({"or", "and", "not", "&", "&&"})  # what other languages join or exclude with


class TermKind(StrEnum):
    """What a term stands for in a text."""

    WORD = "word"
    PHRASE = "phrase"
    HANDLE = "handle"
    HASHTAG = "hashtag"


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that is looked for; `text` is without quotation marks, @ or #, as its writer spelt it."""

    text: str
    kind: TermKind = TermKind.WORD

    def __str__(self) -> str:
        """Return the term as the language writes it."""
        signs = {TermKind.WORD: self.text, TermKind.HANDLE: f"@{self.text}", TermKind.HASHTAG: f"#{self.text}"}
        return signs.get(self.kind, f'"{self.text}"')


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: one of `names`, one of each of `contexts`, none of `excluded`, in one of `languages`.

    `misspelt` are those of the names that are also found in the usual misspellings (`core.queries.spelling`).
    `excluded_authors` are handles, without @, whose posts are not wanted. `languages` are two-letter codes; where there
    are none, any will do. A query without names finds everything that the rest allows.
    """

    names: tuple[Term, ...] = ()
    misspelt: tuple[Term, ...] = ()
    contexts: tuple[tuple[Term, ...], ...] = ()
    excluded: tuple[Term, ...] = ()
    excluded_authors: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


def term_of(text: str) -> Term | None:
    """Return the term that a name as people write it stands for; None where nothing in it can be looked for.

    A name that the language would read as something else, such as `and` or one of several words, becomes a phrase.
    """
    words = " ".join(re.sub(r'["\\]', " ", text.translate(PLAINER)).split())
    if words[:1] == "@" and HANDLE.fullmatch(words[1:]):
        return Term(words[1:], TermKind.HANDLE)
    if words[:1] == "#" and is_hashtag(words[1:]):
        return Term(words[1:], TermKind.HASHTAG)
    if not has_words(words):
        return None
    plain = PLAIN.fullmatch(words) and words.lower() not in JOINING
    return Term(words, TermKind.WORD if plain else TermKind.PHRASE)


def has_words(text: str) -> bool:
    """Whether there is anything in the text that can be looked for."""
    return bool(bare_words(text)[0])


def is_hashtag(text: str) -> bool:
    """Whether the text, without #, is a hashtag."""
    return has_words(text) and all(map(may_stand_in_hashtag, text))


def may_stand_in_hashtag(letter: str) -> bool:
    """Whether a hashtag goes on with this character: a letter, a digit, a mark on one of them, or _."""
    return letter.isalnum() or letter == "_" or category(letter)[0] == "M"


def write_query(query: Query) -> str:
    """Return the query as a text that `parse_query` reads back."""
    names = [f"~{name}" if name in query.misspelt else str(name) for name in query.names]
    rest = [f"with:{'|'.join(map(str, group))}" for group in query.contexts]
    rest += [f"-{term}" for term in query.excluded]
    rest += [
        f"-from:{each if HANDLE.fullmatch(each) else Term(each, TermKind.PHRASE)}" for each in query.excluded_authors
    ]
    rest += ["lang:" + ",".join(query.languages)] if query.languages else []
    return " ".join([" OR ".join(names), *rest]).strip()
