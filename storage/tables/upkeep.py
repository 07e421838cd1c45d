"""Passes over rows that were there before something about them was known."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.tables.columns import maybe_time_field, text_field


class Upkeep(SQLModel, table=True):
    """How far a pass over all rows of a kind has come; `mark` says by what it goes, and another one begins anew.

    The migration made the rows.
    """

    name: str = Field(primary_key=True)
    mark: str = text_field()
    after_id: int = 0
    done_at: datetime | None = maybe_time_field()
