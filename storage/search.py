"""Full-text search over posts: FTS5 on SQLite, a tsvector index on PostgreSQL, one query in front of both.

Every word of the search must begin some word of the post's text, title, author or author's name.
"""

import re
from typing import Final

from sqlalchemy import ColumnElement, column, false, func, literal_column, select, table
from sqlalchemy.sql import Select
from sqlmodel import Session, col

from storage.tables import PostRow

MOST_WORDS: Final = 8
LONGEST_SEARCH: Final = 400
_WORD: Final = re.compile(r"[^\W_]+")
_FTS5: Final = table("post_search", column("rowid"))
# PostgreSQL uses the index of migration 0002 only for the very expression that it was made of.
_TSVECTOR: Final = (
    "to_tsvector('simple', "
    "left(post.text, 200000) || ' ' || left(post.title, 2000) || ' ' || "
    "left(post.author, 500) || ' ' || left(post.author_name, 500))"
)


def words_of(text: str) -> tuple[str, ...]:
    """Return what of a search can be searched for: letters and digits, nothing that a query language could read."""
    return tuple(_WORD.findall(text[:LONGEST_SEARCH].lower()))[:MOST_WORDS]


def matching_posts(session: Session, text: str) -> Select[int | None]:
    """Return a query for the ids of the posts that match; text without a word in it matches nothing."""
    words = words_of(text)
    if not words:
        return select(col(PostRow.id)).where(false())
    if session.get_bind().dialect.name == "sqlite":
        phrase = " ".join(f'"{word}"*' for word in words)
        found = select(_FTS5.c.rowid).where(literal_column("post_search").op("MATCH")(phrase))
        return select(col(PostRow.id)).where(col(PostRow.id).in_(found))
    return select(col(PostRow.id)).where(_matches_tsvector(words))


def matching_cases(session: Session, text: str) -> Select[int | None]:
    """Return a query for the ids of the cases that have a matching post."""
    return select(col(PostRow.case_id)).where(
        col(PostRow.id).in_(matching_posts(session, text)), col(PostRow.case_id).is_not(None)
    )


def _matches_tsvector(words: tuple[str, ...]) -> ColumnElement[bool]:
    query = " & ".join(f"'{word}':*" for word in words)
    vector: ColumnElement[str] = literal_column(_TSVECTOR)
    return vector.bool_op("@@")(func.to_tsquery(literal_column("'simple'"), query))
