"""The language of the board's search field; docs/board.md describes it.

A search is a list of clauses that must all hold for a case: words that one of its posts holds, or something about the
case itself, as in `late OR lost courier:dpd -refund "no one home" is:unassigned`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import Final, NoReturn, TypeVar

from core.errors import InputError
from core.reporting import LONGEST, WEEKDAYS, Span
from core.taxonomy import Party, Reason, Severity
from core.text import storable

LONGEST_SEARCH: Final = 400
MOST_TERMS: Final = 20
MOST_WORDS: Final = 24
FIRST_YEAR, LAST_YEAR = 1900, 2999  # a calendar's ends are no times in every zone
SHORTEST_BEGINNING: Final = 3  # letters; what begins with fewer is nearly everything
_LARGEST_ID: Final = 2**31 - 1
_LATIN: Final = 0x250  # characters from here on say more each: one of them may be a whole word
# Word processors and phones write these by themselves.
_PLAINER: Final = str.maketrans("“”„‟«»＂：–—−", '"""""""' + ":---")
_PIECE: Final = re.compile(r'(-?)(?:([a-z]+):(?=[\w@#"<>=≤≥]))?(?:"([^"]*)(?:"|$)|([^\s"]+))', re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W_]+")
_WEEKLY: Final = re.compile(rf"({'|'.join(WEEKDAYS)})(?:-([01]?[0-9]|2[0-3]))?")
_LEVEL: Final = re.compile(r"(>=|<=|>|<|=|)([0-4])")
_MARKED: Final = re.compile("([a-z])[\u0300-\u036f]+")
_Kind = TypeVar("_Kind", bound=StrEnum)


class Name(StrEnum):
    """What a case has by name."""

    AUTHOR = "author"
    PLATFORM = "platform"
    BRAND = "brand"
    COURIER = "courier"
    LANGUAGE = "language"
    ASSIGNEE = "assignee"
    TEAM = "team"


class State(StrEnum):
    """What a case can be."""

    UNSURE = "unsure"
    NEW = "new"
    OPEN = "open"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"
    UNASSIGNED = "unassigned"
    ASSIGNED = "assigned"
    MINE = "mine"
    RETURNED = "returned"
    ANSWERED = "answered"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Words:
    """Words that stand beside each other in a post, folded; with `begins` the last one may go on."""

    words: tuple[str, ...]
    begins: bool


@dataclass(frozen=True, slots=True)
class Named:
    """A case whose `what` has this name, in whatever case it is written."""

    what: Name
    name: str


@dataclass(frozen=True, slots=True)
class Levels:
    """A case of a severity from `least` to `most`."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Is:
    """A case in this state."""

    state: State


@dataclass(frozen=True, slots=True)
class HasReason:
    """A case with this reason."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class HasParty:
    """A case in which this party is at fault."""

    party: Party


@dataclass(frozen=True, slots=True)
class Before:
    """A case whose last post is older than this day (UTC)."""

    day: date


@dataclass(frozen=True, slots=True)
class After:
    """A case whose last post is of this day (UTC) or a later one."""

    day: date


@dataclass(frozen=True, slots=True)
class Began:
    """A case whose first post came on one of these days, by the calendar of its brand.

    With a `weekday` (0 is Monday) on those days of the week alone, and with an `hour` in that hour of them.
    """

    span: Span
    weekday: int | None = None
    hour: int | None = None


@dataclass(frozen=True, slots=True)
class Numbered:
    """The case with this number."""

    case_id: int


Term = Words | Named | Levels | Is | HasReason | HasParty | Before | After | Began | Numbered


@dataclass(frozen=True, slots=True)
class Clause:
    """Terms of which one must hold; an excluded clause is one term that must not."""

    terms: tuple[Term, ...]
    is_excluded: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: every clause must hold. Without a clause, nothing can be found."""

    clauses: tuple[Clause, ...] = ()

    @property
    def case_id(self) -> int | None:
        """The case, where nothing but its number is looked for."""
        match self.clauses:
            case (Clause(terms=(Numbered(case_id=case_id),), is_excluded=False),):
                return case_id
            case _:
                return None


def parse(text: str) -> Search:
    """Return what is looked for.

    Raises InputError that says what cannot be read and what can be written instead.
    """
    if len(text) > LONGEST_SEARCH:
        raise InputError(f"The search is too long: shorten it from {len(text):,} to {LONGEST_SEARCH} characters.")
    clauses: list[Clause] = []
    joins = False
    for minus, field, quoted, plain in _pieces(storable(text).translate(_PLAINER)):
        if plain == "OR" and not field and not minus:
            if joins or not clauses:
                _refuse('Write a word on each side of OR, or put it in quotes to find it: "or".')
            joins = True
            continue
        term = _operator(field, quoted or plain) if field else _words(quoted, plain)
        if term is None:
            continue
        if joins:
            clauses[-1] = _joined(clauses[-1], term, is_excluded=bool(minus))
        else:
            clauses.append(Clause((term,), is_excluded=bool(minus)))
        joins = False
    if joins:
        _refuse('Write a word on each side of OR, or put it in quotes to find it: "or".')
    return _bounded(clauses)


def fold(text: str) -> str:
    """Return text as the index holds it: in lower case, Latin letters without accents."""
    lower = unicodedata.normalize("NFD", text.lower().replace("ς", "σ"))
    return unicodedata.normalize("NFC", _MARKED.sub(r"\1", lower))


def _pieces(text: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield (minus, field, what stands in quotes, what does not) of each piece."""
    for found in _PIECE.finditer(text):
        yield found[1], (found[2] or "").lower(), found[3] or "", found[4] or ""


def _refuse(sentence: str) -> NoReturn:
    raise InputError(sentence)


def _joined(clause: Clause, term: Term, *, is_excluded: bool) -> Clause:
    if is_excluded or clause.is_excluded:
        _refuse("OR joins what is looked for, not what is left out: write -late -lost without it.")
    return Clause((*clause.terms, term))


def _bounded(clauses: list[Clause]) -> Search:
    terms = [term for clause in clauses for term in clause.terms]
    words = sum(len(term.words) for term in terms if isinstance(term, Words))
    if len(terms) > MOST_TERMS or words > MOST_WORDS:
        _refuse(f"The search has too many parts: at most {MOST_TERMS}, with {MOST_WORDS} words together.")
    return Search(tuple(clauses))


def _words(quoted: str, plain: str) -> Term | None:
    """Return the words of a piece, the case that #123 names, or none where it holds nothing to look for."""
    if re.fullmatch(r"#[0-9]+", plain):
        return _case(plain[1:])
    if plain.endswith(":") and plain[:-1].lower() in OPERATORS:
        name = plain[:-1].lower()
        _refuse(f"Nothing stands behind {name}: - write {OPERATORS[name]} without a blank.")
    words = tuple(_WORD.findall(fold(quoted or plain)))
    return Words(words, begins=not quoted and _may_go_on(words[-1])) if words else None


def _may_go_on(word: str) -> bool:
    return len(word) >= SHORTEST_BEGINNING or any(ord(letter) >= _LATIN for letter in word)


def _operator(field: str, value: str) -> Term | None:
    if field not in OPERATORS:
        close = get_close_matches(field, OPERATORS, n=1)
        hint = f"did you mean {close[0]}:? " if close else ""
        _refuse(
            f"{field}: is nothing to search by; {hint}Known are {', '.join(f'{name}:' for name in OPERATORS)}. "
            f'To find the word, write it in quotes: "{field}".'
        )
    value = value.strip()
    if not value:
        _refuse(f"Nothing stands behind {field}: - write {OPERATORS[field]}.")
    if field in _READERS:
        return _READERS[field](value)
    return Named(Name(field), value.lstrip("@").casefold() if field == Name.AUTHOR else value.casefold())


def _case(value: str) -> Numbered:
    digits = value.removeprefix("#")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 10 or int(digits) > _LARGEST_ID:
        _refuse(f"{value} is no number of a case: write {OPERATORS['case']} or #123.")
    return Numbered(int(digits))


def _severity(value: str) -> Levels:
    found = _LEVEL.fullmatch(value.replace("≥", ">=").replace("≤", "<="))
    if not found:
        _refuse(f"severity: takes a number from 0 to {int(max(Severity))}, as in severity:3 or severity:>=3.")
    level = int(found[2])
    least = {">=": level, ">": level + 1}.get(found[1], 0 if found[1].startswith("<") else level)
    most = {"<=": level, "<": level - 1}.get(found[1], int(max(Severity)) if found[1].startswith(">") else level)
    return Levels(least, most)


def _word_of(kind: type[_Kind], field: str, value: str) -> _Kind:
    name = re.sub(r"[\s-]+", "_", value.lower())
    if name not in set(kind):
        _refuse(f"{field}: takes one of {', '.join(kind)}.")
    return kind(name)


def _day(field: str, value: str) -> date:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise InputError(f"{field}: takes a day as year-month-day, as in {OPERATORS[field]}.") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        _refuse(f"{field}: takes a day from {FIRST_YEAR} to {LAST_YEAR}, as in {OPERATORS[field]}.")
    return day


def _began(value: str) -> Began:
    days, comma, on = value.partition(",")
    first, _, last = days.partition("..")
    span = Span(_day("began", first), _day("began", last or first))
    if not span.days:
        _refuse(f"began:{value} ends before it begins: write the earlier day first, as in {OPERATORS['began']}.")
    if not comma:
        return Began(span)
    found = _WEEKLY.fullmatch(on.lower())
    if not found:
        _refuse(f"began:{value} names no day of the week behind the comma: write ,mon or ,mon-14 for Monday at 14:00.")
    if span.days > LONGEST:
        _refuse(f"began:{value} goes over {span.days:,} days: with a day of the week, {LONGEST} are the most.")
    return Began(span, WEEKDAYS.index(found[1]), int(found[2]) if found[2] else None)


_READERS: Final[Mapping[str, Callable[[str], Term]]] = {
    "reason": lambda value: HasReason(_word_of(Reason, "reason", value)),
    "party": lambda value: HasParty(_word_of(Party, "party", value)),
    "severity": _severity,
    "is": lambda value: Is(_word_of(State, "is", value)),
    "before": lambda value: Before(_day("before", value)),
    "after": lambda value: After(_day("after", value)),
    "began": _began,
    "case": _case,
}

OPERATORS: Final[Mapping[str, str]] = {  # each with an example
    "author": "author:handle",
    "platform": "platform:reddit",
    "brand": 'brand:"Name"',
    "reason": "reason:late",
    "severity": "severity:>=3",
    "courier": "courier:dpd",
    "party": "party:courier",
    "language": "language:de",
    "assignee": "assignee:me",
    "team": "team:name",
    "is": "is:unassigned",
    "before": "before:2026-11-01",
    "after": "after:2026-11-01",
    "began": "began:2026-11-01..2026-11-07",
    "case": "case:123",
}
