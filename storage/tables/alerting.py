"""Who is told what: rules, incidents and the rows that wait to leave."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from core.alerts.engine import News
from core.alerts.kinds import AlertKind, Channel
from storage.tables.columns import json_dict_field, maybe_time_field, text_field, time_field, word_type


class OutboxState(StrEnum):
    """Where a message stands; one that is cancelled was not to be sent to its recipient any more."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


class AlertRule(SQLModel, table=True):
    """What managers want to be told about a brand; core.configuration.alerting reads its settings.

    While it is snoozed nobody is told. `digested_at` is when a digest last looked back, `looked_at` when the rule last
    looked whether there is anything to tell, `trouble` why that failed, empty where it went well.
    """

    __tablename__ = "alert_rule"

    id: int | None = Field(default=None, primary_key=True)
    brand_id: int = Field(foreign_key="brand.id", index=True)
    name: str
    kind: AlertKind = Field(sa_type=word_type(AlertKind))
    settings: dict[str, Any] = json_dict_field()
    enabled: bool = True
    created_at: datetime = time_field()
    snoozed_until: datetime | None = maybe_time_field()
    digested_at: datetime | None = maybe_time_field()
    looked_at: datetime | None = maybe_time_field()
    trouble: str = text_field()


class Incident(SQLModel, table=True):
    """What a rule tells of together, from its opening until it is over.

    `key` names it for good (`rule:4:late/DPD:2026-11-26T10:00:00+00:00`); it is unique, so two workers never open the
    same one. `reason` and `courier` are what its things have in common, `title` says in words what it is. `calm_since`
    is since when nothing of it is so any more, `told_at` when somebody was told of it last.
    """

    __table_args__ = (
        Index("ix_incident_brand", "brand_id", "opened_at"),
        Index(
            "ix_incident_open",
            "rule_id",
            sqlite_where=text("resolved_at is null"),
            postgresql_where=text("resolved_at is null"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    brand_id: int = Field(foreign_key="brand.id")
    rule_id: int | None = Field(default=None, foreign_key="alert_rule.id")
    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    key: str = Field(unique=True)
    reason: str = ""
    courier: str = ""
    title: str = text_field()
    opened_at: datetime = time_field()
    told_at: datetime | None = maybe_time_field()
    told_count: int = 0
    calm_since: datetime | None = maybe_time_field()
    acknowledged_at: datetime | None = maybe_time_field()
    acknowledged_by: str = ""  # a member's name, or the address whose mail had the link
    snoozed_until: datetime | None = maybe_time_field()
    resolved_at: datetime | None = maybe_time_field()


class IncidentItem(SQLModel, table=True):
    """One thing of an incident: a case, a promise, a source, a spike; `facts` are plain values for mails and board."""

    __tablename__ = "incident_item"

    incident_id: int = Field(foreign_key="incident.id", primary_key=True)
    key: str = Field(primary_key=True)
    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    words: str = text_field()
    facts: dict[str, Any] = json_dict_field()
    began_at: datetime = time_field()
    ended_at: datetime | None = maybe_time_field()
    told_at: datetime | None = maybe_time_field()
    acknowledged_at: datetime | None = maybe_time_field()


class Telling(SQLModel, table=True):
    """What one recipient is to be told of an incident; it waits until `sent_on_at` for the message that tells it.

    `outbox_id` is that message, none where it was over before one was written. It brings up the incident's things whose
    `told_at` is not before its own `created_at`. What a rule told stays when the rule is deleted, without `rule_id`.
    """

    __table_args__ = (
        Index("ix_telling_told", "recipient", "sent_on_at"),
        Index(
            "ix_telling_waiting",
            "recipient",
            sqlite_where=text("sent_on_at is null"),
            postgresql_where=text("sent_on_at is null"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    incident_id: int = Field(foreign_key="incident.id", index=True)
    rule_id: int | None = Field(default=None, foreign_key="alert_rule.id")
    channel: Channel = Field(default=Channel.EMAIL, sa_type=word_type(Channel))
    recipient: str  # an e-mail address, or the web address of a webhook
    news: News = Field(sa_type=word_type(News))
    created_at: datetime = time_field()
    sent_on_at: datetime | None = maybe_time_field()
    outbox_id: int | None = Field(default=None, foreign_key="outbox.id")


class Mute(SQLModel, table=True):
    """Who does not want to hear of a rule any more: by the link in a mail, or on the board."""

    __tablename__ = "alert_mute"

    rule_id: int = Field(foreign_key="alert_rule.id", primary_key=True)
    recipient: str = Field(primary_key=True)
    muted_at: datetime = time_field()


class DeadAddress(SQLModel, table=True):
    """An address that a server refused for good: nothing is sent there until somebody says that it works again."""

    __tablename__ = "dead_address"

    address: str = Field(primary_key=True)
    error: str = text_field()
    refused_at: datetime = time_field()


class SigningKey(SQLModel, table=True):
    """What the links in mails are signed with: made once, and the same for all processes."""

    __tablename__ = "signing_key"

    name: str = Field(primary_key=True)
    key: str  # in hexadecimal digits
    made_at: datetime = time_field()


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
    channel: Channel = Field(default=Channel.EMAIL, sa_type=word_type(Channel))
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
