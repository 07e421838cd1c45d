"""Colleagues and their signed-in sessions."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from core.types import Notify, Role
from storage.tables.columns import json_dict_field, json_list_field, maybe_time_field, time_field, word_type


class NoticeKind(StrEnum):
    """What a member is told of."""

    ASSIGNED = "assigned"
    MENTIONED = "mentioned"
    RETURNED = "returned"
    WOKE = "woke"


class Member(SQLModel, table=True):
    """A colleague. Without a password hash the member signs in through the company's provider only.

    `shift` is when the member works, as core.hours reads it, in `timezone`; empty for always. `most_cases` is how many
    open cases the rules give the member at most, none for no limit.
    """

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(unique=True)
    name: str
    role: Role = Field(default=Role.RESPONDER, sa_type=word_type(Role))
    password_hash: str = ""
    must_change_password: bool = False
    timezone: str = "UTC"
    shift: list[str] = json_list_field()
    away_until: datetime | None = maybe_time_field()
    most_cases: int | None = None
    notify: Notify = Field(default=Notify.AT_ONCE, sa_type=word_type(Notify))
    last_routed_at: datetime | None = maybe_time_field()
    disabled_at: datetime | None = maybe_time_field()
    created_at: datetime = time_field()


class Team(SQLModel, table=True):
    """Members that cases are sent to together."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    created_at: datetime = time_field()


class TeamMember(SQLModel, table=True):
    """That a member belongs to a team."""

    __tablename__ = "team_member"

    team_id: int = Field(foreign_key="team.id", primary_key=True)
    member_id: int = Field(foreign_key="member.id", primary_key=True)


class Notice(SQLModel, table=True):
    """Something a member is told of a case; it waits for its e-mail until `mailed_at`.

    `outbox_id` is the message that tells of it, none where it was over before one was written.
    """

    __table_args__ = (
        Index(
            "ix_notice_unmailed",
            "member_id",
            "created_at",
            sqlite_where=text("mailed_at is null"),
            postgresql_where=text("mailed_at is null"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id")
    case_id: int = Field(foreign_key="cases.id", index=True)
    kind: NoticeKind = Field(sa_type=word_type(NoticeKind))
    detail: dict[str, Any] = json_dict_field()
    created_at: datetime = time_field()
    mailed_at: datetime | None = maybe_time_field()
    outbox_id: int | None = Field(default=None, foreign_key="outbox.id")


class LoginSession(SQLModel, table=True):
    """A signed-in browser, known by the hash of its cookie's token; the token itself is never stored."""

    __tablename__ = "login_session"
    __table_args__ = (Index("ix_login_session_member", "member_id"),)

    token_hash: str = Field(primary_key=True)
    member_id: int = Field(foreign_key="member.id")
    created_at: datetime = time_field()
    expires_at: datetime = time_field()
    revoked_at: datetime | None = maybe_time_field()
    address: str = ""
    agent: str = ""
