"""Work on complaints: cases, their history, notes, replies, promises and corrections."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, text
from sqlmodel import Field, SQLModel

from core.types import CaseStatus
from storage.tables.columns import (
    json_dict_field,
    json_list_field,
    maybe_time_field,
    text_field,
    time_field,
    word_type,
)


class EventKind(StrEnum):
    """What happened to a case."""

    OPENED = "opened"
    POST_JOINED = "post_joined"
    REOPENED = "reopened"
    CLAIMED = "claimed"
    RELEASED = "released"
    STATUS = "status"
    NOTED = "noted"
    DRAFTED = "drafted"
    REPLIED = "replied"
    BRAND_REPLIED = "brand_replied"
    CORRECTED = "corrected"
    ALERTED = "alerted"


class ReplyState(StrEnum):
    """Where a reply stands."""

    DRAFT = "draft"
    SENT = "sent"


class PromiseState(StrEnum):
    """What became of a promise."""

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"


class Case(SQLModel, table=True):
    """A complaint being handled: one author, one brand, one or more posts.

    `severity`, `confidence`, `reasons` and `parties` are the worst and the union of what the model (or a person) says
    of its posts; `priority` orders the queue and `priority_why` says in words what it is made of.
    """

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_queue_urgent", "status", "priority", "id"),
        Index("ix_cases_queue_newest", "status", "last_posted_at", "id"),
        Index("ix_cases_brand_author", "brand_id", "platform", "author_key", "last_posted_at"),
        Index("ix_cases_assignee", "assignee_id", "status", "last_posted_at"),
        Index(
            "ix_cases_due",
            "due_at",
            sqlite_where=text("due_at is not null"),
            postgresql_where=text("due_at is not null"),
        ),
        Index("ix_cases_updated", "updated_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    brand_id: int = Field(foreign_key="brand.id")
    status: CaseStatus = Field(default=CaseStatus.NEW, sa_type=word_type(CaseStatus))
    platform: str
    author: str = text_field()
    author_key: str = text_field()  # the handle with its case folded: platforms do not tell Ann from ann
    author_name: str = text_field()
    excerpt: str = text_field()
    language: str = ""
    severity: int = 1
    confidence: float = 0.0
    unsure: bool = False
    reasons: dict[str, Any] = json_dict_field()
    parties: list[str] = json_list_field()
    priority: int = 0
    priority_why: str = text_field()
    reach: int = 0
    post_count: int = 0
    assignee_id: int | None = Field(default=None, foreign_key="member.id")
    assigned_at: datetime | None = maybe_time_field()
    first_posted_at: datetime = time_field()
    last_posted_at: datetime = time_field()
    opened_at: datetime = time_field()
    due_at: datetime | None = maybe_time_field()
    first_reply_at: datetime | None = maybe_time_field()
    closed_at: datetime | None = maybe_time_field()
    reopened_at: datetime | None = maybe_time_field()
    updated_at: datetime = time_field()


class CaseEvent(SQLModel, table=True):
    """One thing that happened to a case; rows are only ever added. No member means that Afterclick itself did it."""

    __tablename__ = "case_event"
    __table_args__ = (Index("ix_case_event_case", "case_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id")
    member_id: int | None = Field(default=None, foreign_key="member.id")
    kind: EventKind = Field(sa_type=word_type(EventKind))
    detail: dict[str, Any] = json_dict_field()
    happened_at: datetime = time_field()


class Note(SQLModel, table=True):
    """What one member tells the others about a case."""

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    member_id: int = Field(foreign_key="member.id")
    text: str = text_field()
    created_at: datetime = time_field()


class Reply(SQLModel, table=True):
    """An answer to a case: a draft while it is written, then what was sent. One draft a member and case."""

    __table_args__ = (
        Index(
            "uq_reply_draft",
            "case_id",
            "member_id",
            unique=True,
            sqlite_where=text("state = 'draft'"),
            postgresql_where=text("state = 'draft'"),
        ),
        Index("ix_reply_case", "case_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id")
    member_id: int = Field(foreign_key="member.id")
    post_id: int | None = Field(default=None, foreign_key="post.id")
    state: ReplyState = Field(default=ReplyState.DRAFT, sa_type=word_type(ReplyState))
    text: str = text_field()
    created_at: datetime = time_field()
    updated_at: datetime = time_field()
    sent_at: datetime | None = maybe_time_field()


class Promise(SQLModel, table=True):
    """Something that a reply promised, and by when."""

    __table_args__ = (Index("ix_promise_due", "state", "due_at"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    reply_id: int | None = Field(default=None, foreign_key="reply.id")
    member_id: int | None = Field(default=None, foreign_key="member.id")
    text: str = text_field()
    due_at: datetime | None = maybe_time_field()
    state: PromiseState = Field(default=PromiseState.OPEN, sa_type=word_type(PromiseState))
    created_at: datetime = time_field()
    settled_at: datetime | None = maybe_time_field()


class Label(SQLModel, table=True):
    """A person's correction of what the model said of a post."""

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id", index=True)
    member_id: int = Field(foreign_key="member.id")
    complaint: bool | None = None
    reasons: list[str] | None = Field(default=None, sa_type=JSON)
    severity: int | None = None
    parties: list[str] | None = Field(default=None, sa_type=JSON)
    model_version: str = ""
    created_at: datetime = time_field()
