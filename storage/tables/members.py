"""Colleagues and their signed-in sessions."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from core.types import Role
from storage.tables.columns import maybe_time_field, time_field, word_type


class Member(SQLModel, table=True):
    """A colleague. Without a password hash the member signs in through the company's provider only."""

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(unique=True)
    name: str
    role: Role = Field(default=Role.RESPONDER, sa_type=word_type(Role))
    password_hash: str = ""
    must_change_password: bool = False
    disabled_at: datetime | None = maybe_time_field()
    created_at: datetime = time_field()


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
