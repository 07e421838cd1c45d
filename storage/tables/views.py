"""What members keep for their work: saved views and reply templates."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from storage.tables.columns import json_dict_field, text_field, time_field


class SavedView(SQLModel, table=True):
    """Filters and sort order under a name, for one member or for all."""

    __tablename__ = "saved_view"

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    name: str
    filters: dict[str, Any] = json_dict_field()
    is_shared: bool = False
    created_at: datetime = time_field()


class ReplyTemplate(SQLModel, table=True):
    """A reply text with {variables}; without a brand it serves all."""

    __tablename__ = "reply_template"

    id: int | None = Field(default=None, primary_key=True)
    brand_id: int | None = Field(default=None, foreign_key="brand.id")
    name: str = Field(unique=True)
    text: str = text_field()
    created_at: datetime = time_field()
