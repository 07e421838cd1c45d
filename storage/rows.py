"""Small help with rows."""

from typing import Protocol


class HasId(Protocol):
    """A row whose key the database gives."""

    id: int | None


def id_of(row: HasId) -> int:
    """Return the key of a row that was read or flushed; raises ValueError for one that never was."""
    if row.id is None:
        raise ValueError(f"{row!r} was never stored")
    return row.id
