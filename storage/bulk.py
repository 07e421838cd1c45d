"""A page of posts in two statements, written for each database's driver.

Through the ORM, or through SQLAlchemy's expanding parameters, a post would take longer to store than to read from its
platform. Everything else that is done to posts is rare enough to go that way. The statements are put together from
names of ours only; whatever a stranger wrote is a parameter.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlmodel import Session


class NewPost(NamedTuple):
    """The columns of a post that differ from post to post."""

    platform: str
    platform_id: str
    kind: str
    author: str
    author_name: str
    title: str
    text: str
    url: str
    language: str
    parent_id: str
    conversation_id: str
    reach: int
    is_own: bool
    posted_at: datetime


class Origin(NamedTuple):
    """The columns that all posts of a page share."""

    brand_id: int
    source_id: int | None
    collected_at: datetime


class StoredWords(NamedTuple):
    """What is stored of a post that was seen before."""

    id: int
    platform_id: str
    title: str
    text: str
    is_deleted: bool


_SHARED: Final = "brand_id, source_id, collected_at, gone_why, left_out, classified_with, claimed_by"
_COLUMNS: Final = ", ".join(NewPost._fields)
_INSERT: Final = f"INSERT INTO post ({_SHARED}, {_COLUMNS})"
_UNLESS_STORED: Final = "ON CONFLICT (platform, platform_id) DO NOTHING"
_WORDS: Final = "SELECT id, platform_id, title, text, deleted_at IS NOT NULL FROM post WHERE platform"
_WITHOUT_ZONE: Final = len("2026-11-21 12:00:00.000000")
_TYPES: Final = {"reach": "integer", "is_own": "boolean", "posted_at": "timestamptz"}
_TYPED: Final = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in NewPost._fields)

_SQLITE_STORED: Final = f"{_WORDS} = ? AND platform_id IN (SELECT value FROM json_each(?))"  # noqa: S608
# One look into the index an id. Asked for all ids at once PostgreSQL reads every post of the platform, as long as no
# statistics tell it how many those are.
_POSTGRESQL_STORED: Final = (
    f"SELECT stored.* FROM unnest(%s::text[]) AS wanted (id), "  # noqa: S608
    f"LATERAL ({_WORDS} = %s AND platform_id = wanted.id LIMIT 1) AS stored"
)


def stored_words(session: Session, platform: str, ids: Sequence[str]) -> list[StoredWords]:
    """Return what is stored of the posts with these ids; in no order."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(_SQLITE_STORED, (platform, json.dumps(ids)))
    else:
        found = connection.exec_driver_sql(_POSTGRESQL_STORED, (list(ids), platform))
    return [StoredWords(*row) for row in found]


def insert_new(session: Session, posts: Sequence[NewPost], origin: Origin) -> int:
    """Add the posts and return how many; one that another transaction has stored meanwhile is not added again."""
    if not posts:
        return 0
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        added = connection.exec_driver_sql(_sqlite_insert(len(posts)), _sqlite_values(posts, origin))
    else:
        added = connection.exec_driver_sql(_POSTGRESQL_INSERT, (*origin, _as_json(posts)))
    return added.rowcount


@lru_cache(maxsize=8)  # nearly every page has the same length
def _sqlite_insert(count: int) -> str:
    numbered = ", ".join(f"column{number}" for number in range(1, len(NewPost._fields) + 1))
    rows = ", ".join([f"({', '.join('?' * len(NewPost._fields))})"] * count)
    values = f"SELECT ?, ?, ?, '', '', '', '', {numbered} FROM (VALUES {rows}) WHERE true"  # noqa: S608
    return f"{_INSERT} {values} {_UNLESS_STORED}"


def _sqlite_values(posts: Sequence[NewPost], origin: Origin) -> tuple[Any, ...]:
    values: list[Any] = [origin.brand_id, origin.source_id, _sqlite_time(origin.collected_at)]
    for post in posts:
        values += post
        values[-1] = _sqlite_time(post.posted_at)
    return tuple(values)


def _sqlite_time(at: datetime) -> str:
    """Return the time as `storage.types.UtcDateTime` keeps it, at half the cost."""
    return at.astimezone(UTC).isoformat(" ", "microseconds")[:_WITHOUT_ZONE]


# One value instead of fourteen arrays: the driver takes twice as long to write those.
_POSTGRESQL_INSERT: Final = (
    f"{_INSERT} SELECT %s, %s, %s, '', '', '', '', {_COLUMNS} "  # noqa: S608
    f"FROM json_to_recordset(%s) AS posts ({_TYPED}) {_UNLESS_STORED}"
)


def _as_json(posts: Sequence[NewPost]) -> str:
    rows = [post._asdict() | {"posted_at": post.posted_at.isoformat()} for post in posts]
    return json.dumps(rows, ensure_ascii=False)
