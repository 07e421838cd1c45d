"""A query of ours in each platform's own language, in as many parts as the platform's limits ask for.

Every name is in some part. What a platform cannot say, or only roughly (it stems words, or forgives misspellings), is
left to `core.queries.match` after reading.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from math import prod
from typing import Final, TypeVar

from core.errors import ConfigError
from core.queries import Query, Term, TermKind, misspellings

Thing = TypeVar("Thing")
Writing = Callable[[Sequence[Sequence[str]]], str]

X_LIMIT: Final = 512  # https://docs.x.com/x-api/posts/search/integrate/build-a-query
REDDIT_LIMIT: Final = 512  # https://www.reddit.com/dev/api#GET_search
YOUTUBE_LIMIT: Final = 1000  # nowhere stated; each part costs one of 100 searches a day, so it should be one part
# https://docs.x.com/x-api/posts/search/integrate/operators lists what lang: takes; these are the two-letter ones.
_X_LANGUAGES: Final = """
am ar bg bn bo bs ca cs cy da de dv el en es et eu fa fi fr gu hi hr ht hu hy is it ja ka km kn ko lo lt lv ml mr my ne
nl no or pa pl ps pt ro ru sd si sk sl sr sv ta te th tl tr ug uk ur vi
"""
_X_OTHERWISE: Final = {"he": ("iw",), "id": ("in",), "nb": ("no",), "nn": ("no",), "zh": ("zh-CN", "zh-TW")}
_X_WRITES: Final = {code: (code,) for code in _X_LANGUAGES.split()} | _X_OTHERWISE
_MOST_PARTS: Final = 100  # each is a request, every time the source is read
_PIECES: Final = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
_X_HANDLE: Final = re.compile(r"[A-Za-z0-9_]{1,15}")
_REDDIT_NAME: Final = re.compile(r"[A-Za-z0-9_-]{2,20}")
_BARE: Final = re.compile(r"[^\W_]+")
_RESERVED: Final = frozenset({"and", "or", "not", "near", "to"})
_TIES: Final = str.maketrans(dict.fromkeys("'’‘ʼ`´＇-‐‑‒", ""))


def for_x(
    query: Query, own_handles: tuple[str, ...] = (), limit: int = X_LIMIT, *, mentions_apart: bool = False
) -> list[str]:
    """Return queries of X's recent search, each at most `limit` characters, that together find what `query` does.

    Retweets and the brand's own posts are left out, and posts in unwanted languages where X knows all the wanted ones.
    Where there are contexts, handles are searched for apart, as `match` asks for no context beside them.
    With `mentions_apart`, what mentions an own handle is left to the mentions timeline, and own handles are no names:
    the list is empty where that leaves none, as it is for a query without names. Several parts may find the same post.
    Raises `ConfigError` where not even one name fits.

    https://docs.x.com/x-api/posts/search/integrate/operators: a blank means AND and binds closer than OR, words are
    compared whole, without case and accents; what has other signs than letters and digits goes in quotation marks.
    """
    own = [handle for handle in (each.lstrip("@") for each in own_handles) if _X_HANDLE.fullmatch(handle)]
    apart = {handle.casefold() for handle in own if mentions_apart}
    names = [name for name in _spelt(query) if name.kind is not TermKind.HANDLE or name.text.casefold() not in apart]
    rest = [f"-{_on_x(term)}" for term in query.excluded]
    rest += [f"-from:{author}" for author in (*query.excluded_authors, *own) if _X_HANDLE.fullmatch(author)]
    rest += [f"-@{handle}" for handle in own if mentions_apart]
    rest += [*_x_languages(query.languages), "-is:retweet"]
    rest = _first_of_each(rest, str.casefold)
    contexts = [_written(group, _on_x) for group in query.contexts]

    def whole(choices: Sequence[Sequence[str]]) -> str:
        return " ".join([*(_any(choice) for choice in choices), *rest])

    handles = [name for name in names if name.kind is TermKind.HANDLE and contexts]
    words = [name for name in names if name not in handles]
    return [
        *_parts([_written(handles, _on_x)], whole, limit, "X"),
        *_parts([_written(words, _on_x), *contexts], whole, limit, "X"),
    ]


def for_reddit(query: Query, limit: int = REDDIT_LIMIT) -> list[str]:
    """Return searches of Reddit, each at most `limit` characters, that together find what `query` does.

    Exclusions beyond half the limit are left to `match`. Raises `ConfigError` where not even one name fits.

    https://support.reddithelp.com/hc/en-us/articles/19696541895316: AND, OR and NOT in capitals, parentheses, quotation
    marks, author:.
    """
    excluded = [f"NOT {_plain(term)}" for term in query.excluded]
    excluded += [f"NOT author:{author}" for author in query.excluded_authors if _REDDIT_NAME.fullmatch(author)]
    rest = _within(limit // 2, excluded)

    def whole(choices: Sequence[Sequence[str]]) -> str:
        return " ".join([" AND ".join(_any(choice) for choice in choices), *rest])

    choices = [_written(_spelt(query), _plain), *(_written(group, _plain) for group in query.contexts)]
    return _parts(choices, whole, limit, "Reddit")


def for_bluesky(query: Query) -> list[str]:
    """Return the `q` of app.bsky.feed.searchPosts, one a name; contexts and exclusions are left to `match`.

    Its search knows no OR. Everything but hashtags goes in quotation marks: Bluesky takes @name for a filter by account
    and drops it, with all that it would have narrowed, where it knows no such account
    (https://github.com/bluesky-social/indigo/blob/main/search/parse_query.go).
    """
    return _written(
        _spelt(query), lambda term: f"#{term.text}" if term.kind is TermKind.HASHTAG else _quoted(term.text)
    )


def for_mastodon(query: Query) -> list[str]:
    """Return the `q` of /api/v2/search, one a name; contexts and exclusions are left to `match`.

    Quotation marks keep Mastodon from stemming
    (https://github.com/mastodon/mastodon/blob/main/app/lib/search_query_transformer.rb). Posts show @name@server as
    @name.
    """

    def written(term: Term) -> str:
        if term.kind is TermKind.HASHTAG:
            return f"#{term.text}"
        return _quoted(term.text.split("@")[0] if term.kind is TermKind.HANDLE else term.text)

    return _written(_spelt(query), written)


def for_hackernews(query: Query) -> list[str]:
    """Return the `query` of Hacker News' Algolia search, one a name; contexts and exclusions are left to `match`.

    Quotation marks keep Algolia from forgiving misspellings, where the request says advancedSyntax=true
    (https://www.algolia.com/doc/api-reference/api-parameters/advancedSyntax); elsewhere they do nothing.
    """
    return _written(_spelt(query), lambda term: _quoted(term.text))


def for_youtube(query: Query, limit: int = YOUTUBE_LIMIT) -> list[str]:
    """Return the `q` of YouTube's search for videos, as few as fit: each costs one of 100 searches a day.

    Misspellings are left out, as the search is for videos, in whose comments `match` then finds them. `|` means OR
    and binds closer than a blank, `-` excludes (https://developers.google.com/youtube/v3/docs/search/list). Exclusions
    beyond half the limit are left to `match`. Raises `ConfigError` where not even one name fits.
    """
    rest = _within(limit // 2, [f"-{_plain(term)}" for term in query.excluded])

    def whole(choices: Sequence[Sequence[str]]) -> str:
        return " ".join([*("|".join(choice) for choice in choices), *rest])

    choices = [_written(query.names, _plain), *(_written(group, _plain) for group in query.contexts)]
    return _parts(choices, whole, limit, "YouTube")


def hashtags_of(query: Query) -> tuple[str, ...]:
    """Return the hashtags among the names, without #, for timelines of hashtags."""
    return tuple(dict.fromkeys(name.text for name in query.names if name.kind is TermKind.HASHTAG))


def _spelt(query: Query) -> list[Term]:
    """Return the names in every spelling that `match` finds: as written, without joints, misspelt."""
    slips = [slip for name in query.misspelt for slip in misspellings(name.text)]
    whole = [name.text.translate(_TIES) for name in query.names if name.kind in (TermKind.WORD, TermKind.PHRASE)]
    spelt = [
        *query.names,
        *(Term(text, TermKind.PHRASE if " " in text else TermKind.WORD) for text in (*whole, *slips)),
    ]
    return _first_of_each(spelt, _key)


def _key(term: Term) -> tuple[str, str]:
    """Return what tells a term from others: a phrase of one word is the word."""
    sign = term.kind.value if term.kind in (TermKind.HANDLE, TermKind.HASHTAG) else ""
    return sign, " ".join(term.text.casefold().split())


def _written(terms: Iterable[Term], write: Callable[[Term], str]) -> list[str]:
    return _first_of_each(map(write, terms), str.casefold)


def _first_of_each(things: Iterable[Thing], key: Callable[[Thing], object]) -> list[Thing]:
    found: dict[object, Thing] = {}
    for thing in things:
        found.setdefault(key(thing), thing)
    return list(found.values())


def _on_x(term: Term) -> str:
    if term.kind is TermKind.HANDLE and _X_HANDLE.fullmatch(term.text):
        return f"@{term.text}"
    if term.kind is TermKind.HASHTAG and not term.text.replace("_", "").isdigit():
        return f"#{term.text}"
    return _plain(term)


def _plain(term: Term) -> str:
    """Return the words of a term, in quotation marks unless it is one of letters and digits only."""
    bare = _BARE.fullmatch(term.text) and term.text.casefold() not in _RESERVED
    return term.text if bare else _quoted(term.text)


def _quoted(words: str) -> str:
    return '"' + " ".join(re.sub(r'["\\]', " ", words).split()) + '"'


def _x_languages(languages: Sequence[str]) -> list[str]:
    """Return the filter by language; none where X does not know all of them, as it refuses those it does not know."""
    if not languages or not all(language in _X_WRITES for language in languages):
        return []
    codes = dict.fromkeys(code for language in languages for code in _X_WRITES[language])
    return [_any([f"lang:{code}" for code in (*codes, "und")])]  # und: X could not tell


def _within(room: int, words: Iterable[str]) -> list[str]:
    """Return those of the words, from the first on, that fit into `room` characters with a blank after each."""
    kept: list[str] = []
    for word in words:
        if sum(_length(each) + 1 for each in kept) + _length(word) < room:
            kept.append(word)
    return kept


def _any(choice: Sequence[str]) -> str:
    return choice[0] if len(choice) == 1 else f"({' OR '.join(choice)})"


def _parts(choices: Sequence[Sequence[str]], write: Writing, limit: int, platform: str) -> list[str]:
    """Return as few texts as fit that together offer every name, the first of `choices`, with every context.

    The contexts are cut into more and more pieces, and the names filled in beside the longest ones, until more pieces
    can no longer mean fewer parts.
    """
    names, *contexts = choices
    best: list[str] = []
    for cut in sorted(product(*(_cuts(words, len(contexts)) for words in contexts)), key=_combinations):
        if not names or (best and _combinations(cut) >= len(best)):
            break
        longest = [max(pieces, key=lambda piece: _length(write([piece]))) for pieces in cut]
        filled = _filled(names, longest, write, limit)
        count = len(filled) * _combinations(cut)
        if filled and count <= _MOST_PARTS and (not best or count < len(best)):
            best = [write([some, *pieces]) for some in filled for pieces in product(*cut)]
    if names and not best:
        longest = [[max(words, key=_length)] for words in choices]
        raise ConfigError(
            f"{platform} takes {limit} characters a search, and this would be more than {_MOST_PARTS} searches: alone "
            f"{longest[0][0]}, with what must and must not stand beside it, takes {_length(write(longest))}. "
            "Write what stands beside the names shorter, or exclude less."
        )
    return best


def _combinations(cut: Sequence[Sequence[object]]) -> int:
    return prod(map(len, cut))


def _cuts(words: Sequence[str], beside: int) -> Iterator[list[list[str]]]:
    """Yield the words in 1, 2, 3, 4, 6, 8 ... pieces of about the same length, at last one by one."""
    total = sum(map(_length, words))
    for count in _PIECES if beside <= 3 else (1,):  # more choices would have too many combinations to try
        if count < len(words):
            pieces: dict[int, list[str]] = {}
            before = 0
            for word in words:
                pieces.setdefault((before * count) // total, []).append(word)
                before += _length(word)
            yield list(pieces.values())
    yield [[word] for word in words]


def _filled(names: Sequence[str], beside: list[list[str]], write: Writing, limit: int) -> list[list[str]]:
    """Return the names in groups that fit beside the rest, in their order; [] where one does not even fit alone."""
    groups: list[list[str]] = []
    for name in names:
        if groups and _length(write([[*groups[-1], name], *beside])) <= limit:
            groups[-1].append(name)
        elif _length(write([[name], *beside])) <= limit:
            groups.append([name])
        else:
            return []
    return groups


def _length(text: str) -> int:
    """Return the length as Java counts, which is what X and Reddit may well do: an emoji counts as two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
