"""Queries made up by hypothesis, such as people could write them."""

from hypothesis import strategies as st

from core.queries import Query, Term, TermKind, misspellings
from core.queries.language import HANDLE, JOINING, PLAIN, PLAINER, has_words, is_hashtag

LETTERS = st.characters(codec="utf-8", categories=["L", "N", "M", "P", "S", "Zs"])
TEXTS = st.text(st.one_of(st.sampled_from("parcelo OR-~@#'\"|:().&"), LETTERS), max_size=12)
LATIN = st.text("abcdefghijklmnopqrstuvwxyz", min_size=5, max_size=14)


def plain(text: str) -> bool:
    return bool(PLAIN.fullmatch(text)) and text.lower() not in JOINING and phrase(text)


def phrase(text: str) -> bool:
    return has_words(text) and '"' not in text and text == text.translate(PLAINER)


WORDS = st.one_of(LATIN, TEXTS.filter(plain)).map(Term).filter(lambda term: plain(term.text))
PHRASES = TEXTS.map(lambda text: " ".join(text.split())).filter(phrase).map(lambda text: Term(text, TermKind.PHRASE))
HANDLES = st.from_regex(HANDLE, fullmatch=True).filter(phrase).map(lambda text: Term(text, TermKind.HANDLE))
HASHTAGS = TEXTS.filter(is_hashtag).map(lambda text: Term(text, TermKind.HASHTAG))
AUTHORS = st.one_of(HANDLES, PHRASES).map(lambda term: term.text).filter(lambda name: name[0] != "@")
TERMS = st.one_of(WORDS, PHRASES, HANDLES, HASHTAGS)


@st.composite
def queries(draw: st.DrawFn, *, most: int = 6) -> Query:
    """Return a query with a name that `write_query` can write."""
    names = tuple(draw(st.lists(TERMS, min_size=1, max_size=most, unique=True)))
    able = [name for name in names if name.kind in (TermKind.WORD, TermKind.PHRASE) and misspellings(name.text)]
    misspelt = {name for name in able if draw(st.booleans())}
    return Query(
        names,
        tuple(name for name in names if name in misspelt),
        tuple(
            draw(st.lists(st.lists(TERMS, min_size=1, max_size=most, unique=True).map(tuple), max_size=2, unique=True))
        ),
        tuple(draw(st.lists(TERMS, max_size=3, unique=True))),
        tuple(draw(st.lists(AUTHORS, max_size=2, unique=True))),
        tuple(draw(st.lists(st.sampled_from(["en", "de", "he", "zh", "eo"]), max_size=2, unique=True))),
    )
