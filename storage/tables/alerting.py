"""Who is told what: rules, incidents and the rows that wait to leave."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from storage.tables.columns import json_dict_field, maybe_time_field, text_field, time_field, word_type


class OutboxState(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class AlertRule(SQLModel, table=True):
    """What a manager wants to be told about a brand."""

    __tablename__ = "alert_rule"

    id: int | None = Field(default=None, primary_key=True)
    brand_id: int = Field(foreign_key="brand.id", index=True)
    name: str
    kind: str
    settings: dict[str, Any] = json_dict_field()
    enabled: bool = True
    created_at: datetime = time_field()


class Incident(SQLModel, table=True):
    """Something that managers are told about, from its opening until it is over.

    `key` says what it is about (`case:17:severe`); it is unique, so the same thing is never told twice.
    """

    __table_args__ = (Index("ix_incident_brand", "brand_id", "opened_at"),)

    id: int | None = Field(default=None, primary_key=True)
    brand_id: int = Field(foreign_key="brand.id")
    rule_id: int | None = Field(default=None, foreign_key="alert_rule.id")
    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    key: str = Field(unique=True)
    opened_at: datetime = time_field()
    acknowledged_at: datetime | None = maybe_time_field()
    resolved_at: datetime | None = maybe_time_field()


class Outbox(SQLModel, table=True):
    """A message waiting to leave, written in the same transaction as what it tells of.

    `message_id` is fixed when the row is written, so every attempt carries the same one.
    """

    __table_args__ = (
        Index(
            "ix_outbox_due",
            "next_attempt_at",
            "id",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    incident_id: int | None = Field(default=None, foreign_key="incident.id", index=True)
    message_id: str = Field(unique=True)
    kind: str
    recipient: str
    content: dict[str, Any] = json_dict_field()
    state: OutboxState = Field(default=OutboxState.QUEUED, sa_type=word_type(OutboxState))
    attempts: int = 0
    last_error: str = text_field()
    next_attempt_at: datetime = time_field()
    claimed_until: datetime | None = maybe_time_field()
    claimed_by: str = ""
    created_at: datetime = time_field()
    sent_at: datetime | None = maybe_time_field()
