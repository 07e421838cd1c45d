"""The query of a brand that wrote none."""

from collections.abc import Iterable

from core.queries.language import HANDLE, Query, Term, TermKind, term_of


def query_of_brand(
    handles: Iterable[str] = (), aliases: Iterable[str] = (), exclude: Iterable[str] = (), name: str = ""
) -> Query:
    """Return the query that finds posts with one of the handles, the name or one of the aliases, and nothing excluded.

    `core.queries.write_query` gives its text. What has no letter, digit or sign in it is passed over.
    """
    names = [_handle(handle) for handle in handles] + [term_of(each) for each in (name, *aliases)]
    return Query(names=_known(names), excluded=_known(term_of(each) for each in exclude))


def _handle(text: str) -> Term | None:
    handle = text.strip().lstrip("@")
    return Term(handle, TermKind.HANDLE) if HANDLE.fullmatch(handle) else term_of(handle)


def _known(terms: Iterable[Term | None]) -> tuple[Term, ...]:
    return tuple(dict.fromkeys(term for term in terms if term))
