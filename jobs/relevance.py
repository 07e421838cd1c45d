"""Telling posts that are about the brand from those that only use a word that is also its name."""

import logging
from collections.abc import Callable, Sequence

from core.errors import ConfigError
from core.queries import Query, parse_query
from core.relevance import ENOUGH, ByWords, Relevance, by_words, nameless, with_likeness
from jobs.collect import config_of
from jobs.parts import Parts
from storage.casework import words_of
from storage.relevance import confirmed_texts, places_of
from storage.tables import PostRow

Likeness = Callable[[Sequence[str], Sequence[str]], list[float] | None]
_log = logging.getLogger(__name__)


def judge(parts: Parts, posts: Sequence[PostRow], likeness: Likeness) -> list[Relevance | None]:
    """Return how much each post is about its brand, in their order.

    None stands for a post of which nobody asks: the brand's own, one that a person spoke for, one that was imported or
    comes from a source that names its place and has no query. The encoder is asked only about posts of which the words
    alone do not decide, and where the brand has enough confirmed posts to compare with.
    """
    queries = _queries(parts, posts)
    said = [_by_words(post, queries.get(post.source_id)) for post in posts]
    found = [each.relevance if each else None for each in said]
    for brand_id in {post.brand_id for post, each in zip(posts, said, strict=True) if each and not each.is_final}:
        rows = [row for row, each in enumerate(said) if each and not each.is_final and posts[row].brand_id == brand_id]
        with parts.database.read() as session:
            known = confirmed_texts(session, brand_id, ENOUGH)
        if len(known) < ENOUGH:
            continue
        texts = [nameless(queries[posts[row].source_id], words_of(posts[row])) for row in rows]
        query = queries[posts[rows[0]].source_id]
        shares = _asked(likeness, texts, [nameless(query, text) for text in known])
        for row, share in zip(rows, shares, strict=True):
            found[row] = with_likeness(said[row], share)  # type: ignore[arg-type]
    return found


def _queries(parts: Parts, posts: Sequence[PostRow]) -> dict[int | None, Query]:
    with parts.database.read() as session:
        places = places_of(session, {post.source_id for post in posts if post.source_id is not None})
    found: dict[int | None, Query] = {}
    for source_id, (source, brand) in places.items():
        try:
            found[source_id] = parse_query(config_of(source, brand).query)
        except ConfigError as error:  # written before there was a language for queries
            _log.warning("The query of %s cannot be read, and its posts are all taken as meant: %s", source.name, error)
    return found


def _by_words(post: PostRow, query: Query | None) -> ByWords | None:
    if query is None or not query.names or post.is_own or post.brought_back_at:
        return None
    return by_words(query, words_of(post), post.author, post.language)


def _asked(likeness: Likeness, texts: Sequence[str], known: Sequence[str]) -> Sequence[float | None]:
    """Return the likeness of each text; a text that the network chokes on counts as not known."""
    try:
        return likeness(texts, known) or [None] * len(texts)
    except Exception:
        _log.exception("The likeness of %d posts could not be told; their words alone decide", len(texts))
        return [None] * len(texts)
