"""The one language in which people say what they look for; docs/queries.md describes it."""

from core.queries.brand import query_of_brand
from core.queries.language import Query, Term, TermKind, write_query
from core.queries.matching import Match, match
from core.queries.parser import parse_query
from core.queries.spelling import misspellings

__all__ = [
    "Match",
    "Query",
    "Term",
    "TermKind",
    "match",
    "misspellings",
    "parse_query",
    "query_of_brand",
    "write_query",
]
