"""Posts as they are kept, and what the model said of each."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from core.types import PostKind
from storage.tables.columns import (
    json_dict_field,
    json_list_field,
    maybe_time_field,
    text_field,
    time_field,
    word_type,
)


class PostRow(SQLModel, table=True):
    """One public message, once by (platform, platform_id).

    `classified_with` is the model version that read the present text, empty where none has; `is_own` marks the brand's
    own posts, which are never complaints and stop the clock of the case they answer.
    """

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("platform", "platform_id"),
        Index(
            "ix_post_unclassified",
            "claimed_until",
            "id",
            sqlite_where=text("classified_with = ''"),
            postgresql_where=text("classified_with = ''"),
        ),
        Index("ix_post_author", "brand_id", "platform", "author", "posted_at"),
        Index("ix_post_case", "case_id", "posted_at"),
        Index("ix_post_posted", "brand_id", "posted_at"),
        Index("ix_post_conversation", "brand_id", "platform", "conversation_id"),
        Index("ix_post_parent", "brand_id", "platform", "parent_id"),
        Index("ix_post_source", "source_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    platform: str
    platform_id: str
    brand_id: int = Field(foreign_key="brand.id")
    source_id: int | None = Field(default=None, foreign_key="source.id")
    case_id: int | None = Field(default=None, foreign_key="cases.id")
    kind: PostKind = Field(default=PostKind.POST, sa_type=word_type(PostKind))
    author: str = text_field()
    author_name: str = text_field()
    title: str = text_field()
    text: str = text_field()
    url: str = text_field()
    language: str = ""
    parent_id: str = ""
    conversation_id: str = ""
    reach: int = 0
    is_own: bool = False
    posted_at: datetime = time_field()
    collected_at: datetime = time_field()
    edited_at: datetime | None = maybe_time_field()
    deleted_at: datetime | None = maybe_time_field()
    classified_with: str = ""
    claimed_until: datetime | None = maybe_time_field()
    claimed_by: str = ""


class PredictionRow(SQLModel, table=True):
    """What one model version says of a post's present text."""

    __tablename__ = "prediction"
    __table_args__ = (UniqueConstraint("post_id", "model_version"),)

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id")
    model_version: str
    complaint: float
    is_complaint: bool
    reasons: dict[str, Any] = json_dict_field()
    severity: int = 0
    parties: list[str] = json_list_field()
    praise: float = 0.0
    language: str = ""
    unsure: bool = False
    created_at: datetime = time_field()
