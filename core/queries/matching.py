"""Whether a stored text is what a query looks for, and why not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import Final

from core.queries.folding import bare_words, folded, without_link_ends
from core.queries.language import Query, Term, TermKind, may_stand_in_hashtag
from core.queries.spelling import misspellings

# Both match wherever they begin, whatever follows: no long walk ends in a failure that has to be walked again.
_HANDLE: Final = re.compile(r"(?:(?<!\w)[@＠]|(?<!\w)[uU]/)(\w[\w.-]*(?:@\w[\w.-]*)?)")
_HASHTAG: Final = re.compile(r"(?<![\w&])[#＃]([^\s#＃]+)")
_SENTENCE_END: Final = re.compile(r"\.(?=[A-Z.-])")
_INITIAL: Final = re.compile(r"(?<![^\W_])[^\W_]\.[^\W_]|[^\W_]\.[^\W_](?![^\W_])")
_UNKNOWN: Final = frozenset({"", "und", "zxx", "mul", "mis"})
_SAME_LANGUAGE: Final = {"iw": "he", "in": "id", "ji": "yi", "nb": "no", "nn": "no"}
_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Match:
    """`is_match` says whether the query finds the text; `why` says in words what decided."""

    is_match: bool
    why: str


def match(query: Query, text: str, author: str = "", language: str = "") -> Match:
    """Return whether the query finds the text of this author; an unknown language ("") is never held against it.

    Where one of its handles stands in the text no context is needed: whoever writes to the brand means the brand.
    Takes time in proportion to the length of the text, whatever stands in it, and raises nothing.
    """
    unwanted = _unwanted_author(query, author)
    if unwanted:
        return Match(False, f"posts of {unwanted} are not wanted")
    read = _Text(text)
    found, as_found = _first_name(query, read)
    if query.names and not found:
        return Match(False, _missing(query.names))
    begun = f"{as_found} was found, but " if found else ""
    hit = next((term for term in query.excluded if read.holds(term)), None)
    if hit:
        return Match(False, f"{begun}{hit} stands in it, which is excluded")
    beside = []
    for group in () if found and found.kind is TermKind.HANDLE else query.contexts:
        context = next((term for term in group if read.holds(term)), None)
        if context is None:
            return Match(False, f"{begun}{_missing(group)}")
        beside.append(str(context))
    if not _is_wanted_language(query, language):
        return Match(False, f"{begun}it is written in {language}, not in {' or '.join(query.languages)}")
    if not found:
        return Match(True, f"{' and '.join(beside)} stands in it" if beside else "the query finds everything")
    return Match(True, f"{as_found} stands in it" + (f", with {' and '.join(beside)}" if beside else ""))


class _Text:
    """A text in the forms that terms are looked up in."""

    def __init__(self, text: str) -> None:
        text = without_link_ends(text)
        self.words = bare_words(text)
        handles = {handle for found in _HANDLE.findall(text) for handle in _to_handles(found)}
        self.handles = handles | {handle.split("@")[0] for handle in handles}
        self.short_handles = {handle for handle in handles if "@" not in handle}
        self.hashtags = {folded("".join(takewhile(may_stand_in_hashtag, found))) for found in _HASHTAG.findall(text)}

    def holds(self, term: Term) -> bool:
        """Whether the term stands in the text as it is."""
        if term.kind is TermKind.HANDLE:
            handle = term.text.casefold()
            # Mastodon shows @name@server.example as @name.
            return handle in self.handles or ("@" in handle and handle.split("@")[0] in self.short_handles)
        if term.kind is TermKind.HASHTAG:
            return folded(term.text) in self.hashtags
        return self.holds_words(term.text)

    def holds_words(self, words: str) -> bool:
        """Whether the words stand in the text side by side."""
        return any(form in part for form in _forms(words) for part in self.words)


@lru_cache(maxsize=4096)
def _forms(words: str) -> tuple[str, ...]:
    apart, together = bare_words(words)
    # "e on" stands in "Plan E. On Monday", so E.ON is looked for as EON only.
    wanted = (together,) if _INITIAL.search(words) else (apart, together)
    return tuple(form for form in dict.fromkeys(wanted) if form)


def _to_handles(found: str) -> tuple[str, str]:
    """Return the handle, as it compares with others, and as it is if a sentence ends in it: @parcelo.Where is it."""
    whole = found.rstrip(".-")
    return whole.casefold(), _SENTENCE_END.split(whole, maxsplit=1)[0].casefold()


def _first_name(query: Query, text: _Text) -> tuple[Term | None, str]:
    """Return a name that stands in the text, and how it stands there: handles come first, misspellings last."""
    for name in sorted(query.names, key=lambda name: name.kind is not TermKind.HANDLE):
        if text.holds(name):
            return name, str(name)
    for name in query.names:
        for slip in misspellings(name.text) if name in query.misspelt else ():
            if text.holds_words(slip):
                return name, f"{slip} (for {name})"
    return None, ""


def _unwanted_author(query: Query, author: str) -> str:
    handle = author.strip().lstrip("@").casefold()
    short = handle.split("@")[0]
    unwanted = {each.casefold(): each for each in query.excluded_authors}
    known = unwanted.get(handle) or unwanted.get(short) if handle else None
    return f"@{known}" if known and " " not in known else known or ""


def _is_wanted_language(query: Query, language: str) -> bool:
    base = language.strip().lower().replace("_", "-").split("-")[0]
    if not query.languages or base in _UNKNOWN or (len(base) == 3 and base.startswith("q")):  # X's codes for no words
        return True
    return _SAME_LANGUAGE.get(base, base) in {_SAME_LANGUAGE.get(each, each) for each in query.languages}


def _missing(terms: Sequence[Term]) -> str:
    if len(terms) == 1:
        return f"{terms[0]} does not stand in it"
    more = f" and {len(terms) - _SHOWN} more" if len(terms) > _SHOWN else ""
    return f"none of {', '.join(map(str, terms[:_SHOWN]))}{more} stands in it"
