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
    own posts, which are never complaints and stop the clock of the case they answer. `left_out` says why a post is not
    about the brand, empty where it is; `relevance` from 0 to 1 how much it is, None where that was not asked; one that
    a member brought back is about it for good. `checked_at` is when the platform last had the post; `gone_why` what it
    said of one that it no longer has.
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
        Index(
            "ix_post_case",
            "case_id",
            "posted_at",
            sqlite_where=text("case_id IS NOT NULL"),
            postgresql_where=text("case_id IS NOT NULL"),
        ),
        Index(
            "ix_post_author",
            "author",
            "platform",
            "posted_at",
            sqlite_where=text("case_id is null"),
            postgresql_where=text("case_id is null"),
        ),
        Index("ix_post_posted", "brand_id", "posted_at"),
        Index("ix_post_conversation", "brand_id", "platform", "conversation_id"),
        Index("ix_post_parent", "brand_id", "platform", "parent_id"),
        Index("ix_post_checked", "source_id", "checked_at"),
        Index(
            "ix_post_left_out",
            "brand_id",
            "posted_at",
            sqlite_where=text("left_out <> ''"),
            postgresql_where=text("left_out <> ''"),
        ),
        Index(
            "ix_post_brought_back",
            "brand_id",
            "posted_at",
            sqlite_where=text("brought_back_at IS NOT NULL"),
            postgresql_where=text("brought_back_at IS NOT NULL"),
        ),
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
    checked_at: datetime | None = maybe_time_field()
    gone_why: str = text_field()
    relevance: float | None = None
    left_out: str = text_field()
    brought_back_at: datetime | None = maybe_time_field()
    brought_back_by: int | None = Field(default=None, foreign_key="member.id")
    classified_with: str = ""
    claimed_until: datetime | None = maybe_time_field()
    claimed_by: str = ""


class PostEdit(SQLModel, table=True):
    """What a post said before its author changed it."""

    __tablename__ = "post_edit"

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id", index=True)
    title: str = text_field()
    text: str = text_field()
    replaced_at: datetime = time_field()


class PredictionRow(SQLModel, table=True):
    """What one model version says of a post's present text.

    `passages` holds {start, end, complaint} of each passage that made a long text a complaint; the places count
    characters of `storage.casework.words_of(post)`.
    """

    __tablename__ = "prediction"
    __table_args__ = (
        UniqueConstraint("post_id", "model_version"),
        Index("ix_prediction_model", "model_version", "created_at"),
    )

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
    passages: list[dict[str, Any]] = json_list_field()
    created_at: datetime = time_field()
