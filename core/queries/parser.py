"""Reading a query, and saying what in it cannot be read."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final, NoReturn

from core.errors import ConfigError
from core.queries.language import HANDLE, JOINING, PLAIN, PLAINER, Query, Term, TermKind, has_words, is_hashtag
from core.queries.spelling import misspellings

# Word processors and phones write these by themselves; each is one character, so that positions stay right.
_PLAINER: Final = str.maketrans("“”„‟«»＂＠＃｜：–—−", '"""""""@#|:---')
_CHUNK: Final = re.compile(r'(?:"[^"]*"|[^\s"])+')  # the quotation marks are known to be even
_PART: Final = re.compile(r'(?:"[^"]*"|[^|"])+|\|')
_OPERATOR: Final = re.compile(r"(-?[a-z_]+):(.*)", re.DOTALL | re.IGNORECASE)
_OURS: Final = ("with", "lang", "-from")
_PLATFORMS_KNOW: Final = """
    is has from to url context entity conversation_id list place place_country point_radius bounding_box retweets_of
    in_reply_to_tweet_id quotes_of_tweet_id sample min_faves min_retweets since until before after filter near
    within subreddit author title selftext text flair site self nsfw over_18 over18 domain mentions tag tags
    language sort scope during intitle
"""
_ISO_639_1: Final = """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el
    en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu
    ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na
    nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so
    sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
_OF_PLATFORMS: Final = frozenset(_PLATFORMS_KNOW.split())
_LANGUAGES: Final = frozenset(_ISO_639_1.split())
_COUNTRIES: Final = {"jp": "ja", "cz": "cs", "dk": "da", "gr": "el", "cn": "zh", "gb": "en", "us": "en", "at": "de"}


def parse_query(text: str) -> Query:
    """Return the query; an empty text gives one that finds everything.

    Raises `ConfigError` that says what cannot be read, where, and what to write instead.
    """
    text = text.translate(PLAINER)
    if text.count('"') % 2:
        at = text.rindex('"')
        _refuse(text[at:], at, 'the quotation mark is never closed; write "two words"')
    reading = _Reading()
    for chunk in _CHUNK.finditer(text):
        reading.take(chunk[0], chunk.start())
    return reading.query()


def _refuse(piece: str, at: int, sentence: str) -> NoReturn:
    shown = piece if len(piece) <= 40 else piece[:39] + "…"
    said = sentence if len(sentence) <= 300 else sentence[:299] + "…"
    raise ConfigError(f"{shown} (character {at + 1} of the query): {said}")


class _Reading:
    """The parts of a query that were read so far; `last` is what the next OR stands behind."""

    def __init__(self) -> None:
        self.names: dict[Term, None] = {}
        self.misspelt: dict[Term, None] = {}
        self.contexts: dict[tuple[Term, ...], None] = {}
        self.excluded: dict[Term, None] = {}
        self.authors: dict[str, None] = {}
        self.languages: dict[str, None] = {}
        self.last = ("", "", 0)

    def take(self, chunk: str, at: int) -> None:
        """Add what a piece without blanks around says."""
        operator = _OPERATOR.fullmatch(chunk)
        if chunk == "OR":
            self._join(chunk, at)
        elif operator:
            self._operate(operator[1].lower(), operator[2], chunk, at)
        elif chunk.startswith("-"):
            self._alone(chunk, at, "exclusion")
            self.excluded[_excluded(chunk, at)] = None
        else:
            for part in _PART.finditer(chunk):
                if part[0] == "|":
                    self._join("|", at + part.start())
                else:
                    self._name(part[0], at + part.start())

    def query(self) -> Query:
        """Return what was read; raises where it looks for nothing."""
        kind, piece, at = self.last
        if kind == "join":
            _refuse(piece, at, "nothing stands behind it; add a name or leave it out")
        if kind and not self.names:
            raise ConfigError(
                "the query names nothing that is looked for, only what must stand beside it or must not; "
                'put a name in front, as in parcelo -"parcelo jobs"'
            )
        return Query(
            names=tuple(self.names),
            misspelt=tuple(name for name in self.names if name in self.misspelt),
            contexts=tuple(self.contexts),
            excluded=tuple(self.excluded),
            excluded_authors=tuple(self.authors),
            languages=tuple(self.languages),
        )

    def _name(self, piece: str, at: int) -> None:
        term = _term(piece.removeprefix("~"), at)
        self.names[term] = None
        if piece.startswith("~"):
            self.misspelt[_misspelt(term, piece, at)] = None
        self.last = ("name", piece, at)

    def _join(self, piece: str, at: int) -> None:
        kind = self.last[0]
        if kind in ("", "join"):
            _refuse(piece, at, "no name stands in front of it; write parcelo OR @parcelohelp")
        if kind == "with":
            _refuse(piece, at, "behind with: there is no choice of names; write with:delivery|parcel without blanks")
        self.last = ("join", piece, at)

    def _alone(self, piece: str, at: int, kind: str) -> None:
        if self.last[0] == "join":
            hint = "write lang:en,de" if kind == "lang" else "leave out the OR in front"
            _refuse(piece, at, f"OR joins names only; {hint}")
        self.last = (kind, piece, at)

    def _operate(self, operator: str, value: str, chunk: str, at: int) -> None:
        if operator not in _OURS:
            _refuse(chunk, at, _unknown(operator, chunk))
        self._alone(chunk, at, operator)
        if not value.strip('"| '):
            example = {"with": "with:delivery|parcel", "lang": "lang:en,de", "-from": "-from:handle"}[operator]
            _refuse(chunk, at, f"nothing stands behind the colon; write {example} without blanks")
        start = at + len(operator) + 1
        if operator == "with":
            self.contexts[tuple(dict.fromkeys(_alternatives(value, start)))] = None
        elif operator == "lang":
            self.languages |= dict.fromkeys(_language(code, chunk, at) for code in re.split("[,|]", value))
        else:
            self.authors[_author(value, chunk, at)] = None


def _term(piece: str, at: int) -> Term:
    if len(piece) > 1 and piece[0] == piece[-1] == '"' and '"' not in piece[1:-1]:
        words = " ".join(piece.strip('"').split())
        if not has_words(words):
            _refuse(piece, at, "between the quotation marks stands nothing that can be looked for")
        return Term(words, TermKind.PHRASE)
    if '"' in piece:
        _refuse(piece, at, 'a quotation mark inside a word; put blanks around what is in quotation marks: a "b c"')
    piece = piece.rstrip(",;")
    if piece.startswith("@"):
        if not HANDLE.fullmatch(piece[1:]):
            _refuse(piece, at, "that is no handle; write @name, @name.bsky.social or @name@server.example")
        return Term(piece[1:], TermKind.HANDLE)
    if piece.startswith("#"):
        if not is_hashtag(piece[1:]):
            _refuse(piece, at, "a hashtag has letters, digits and _ only; write #parcelo")
        return Term(piece[1:], TermKind.HASHTAG)
    if piece.lower() in JOINING or not PLAIN.fullmatch(piece):
        _refuse(piece, at, _no_word(piece))
    if not has_words(piece):
        _refuse(piece, at, "nothing in it can be looked for; leave it out")
    return Term(piece)


def _no_word(piece: str) -> str:
    """Say why a piece cannot stand for a word, and what to write."""
    if piece.lower() in ("and", "&", "&&"):
        return 'names are a choice, so nothing joins them with AND; what must stand beside one is with:word, or "and"'
    if piece.lower() == "not" or piece.startswith("!"):
        return 'write -word for what must not stand in a post, or "not" for the word'
    if piece.lower() == "or":
        return 'write OR in capitals between names, or "or" for the word'
    if "(" in piece or ")" in piece:
        return "parentheses are not needed: names are a choice, and what must stand beside them is with:delivery|parcel"
    if "*" in piece:
        return "there are no wildcards; write the forms you mean, or ~word for its usual misspellings"
    if piece.startswith("+"):
        return f"what must stand beside a name is with:{piece.lstrip('+') or 'word'}"
    if piece in ("", "~"):
        return "a word is missing; write ~parcelo without a blank"
    if piece[0] in "~@#-":
        return (
            f"this sign cannot stand before {piece}" if piece[1:] else "the sign stands alone; write it before a word"
        )
    return f'put it in quotation marks: "{piece}"' if "," not in piece else "put blanks between names, not commas"


def _excluded(chunk: str, at: int) -> Term:
    piece = chunk[1:]
    if not piece:
        _refuse(chunk, at, "the dash stands alone; write -word without a blank, or leave it out")
    if piece.startswith("~"):
        _refuse(chunk, at, f"misspellings are for names; write -{piece[1:]}")
    if len(_PART.findall(piece)) > 1:
        _refuse(chunk, at, "each exclusion has a dash of its own; write -this -that")
    return _term(piece, at + 1)


def _alternatives(value: str, at: int) -> Iterator[Term]:
    for part in _PART.finditer(value):
        if part[0].startswith("~"):
            _refuse(part[0], at + part.start(), f"misspellings are for names; write {part[0][1:]}")
        if part[0] != "|":
            if "," in part[0] and '"' not in part[0]:
                _refuse(part[0], at + part.start(), "join what may stand there by |; write with:delivery|parcel")
            yield _term(part[0], at + part.start())


def _misspelt(term: Term, piece: str, at: int) -> Term:
    if term.kind not in (TermKind.WORD, TermKind.PHRASE):
        _refuse(piece, at, f"misspellings are for words; write {term}")
    if not misspellings(term.text):
        _refuse(piece, at, f"only names of 5 to 50 letters have misspellings worth searching for; write {term}")
    return term


def _author(value: str, chunk: str, at: int) -> str:
    name = " ".join(value.strip('"').split()).removeprefix("@")
    quoted = len(value) > 1 and value[0] == value[-1] == '"' and '"' not in value[1:-1]
    if not has_words(name) or not (quoted or HANDLE.fullmatch(name)):
        _refuse(chunk, at, 'that is no handle; write -from:handle or -from:"a name", one for each author')
    return name


def _language(code: str, chunk: str, at: int) -> str:
    base = code.lower().replace("_", "-").split("-")[0]
    if base not in _LANGUAGES:
        meant = f"; did you mean lang:{_COUNTRIES[base]}?" if base in _COUNTRIES else ""
        _refuse(chunk, at, f'"{code}" is no two-letter code of a language such as en, de or fr{meant}')
    return base


def _unknown(operator: str, chunk: str) -> str:
    bare = operator.removeprefix("-")
    if chunk.lower() == "-is:retweet":
        return "retweets are never collected; leave it out"
    if bare == "from":
        return "to leave an author out write -from:handle; the posts of one author only are for native_query"
    if operator.startswith("-") and bare in ("with", "lang"):
        return f"{bare}: cannot be turned round; write " + ("-word" if bare == "with" else "the languages you want")
    if bare in _OF_PLATFORMS:
        return f"{bare}: belongs to a platform, not to this language; put a query with it into native_query"
    near = get_close_matches(operator, _OURS, n=1, cutoff=0.6)
    meant = f"did you mean {near[0]}:? " if near else ""
    return f'there is no {bare}: here; {meant}to look for these words write "{chunk.lstrip("-")}"'
