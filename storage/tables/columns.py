"""Shorthands for the columns that many tables share."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Enum, Text
from sqlmodel import Field

from storage.types import UtcDateTime


def time_field(**options: Any) -> datetime:
    """Return a column for an aware time in UTC."""
    field: datetime = Field(sa_type=UtcDateTime, **options)
    return field


def maybe_time_field(**options: Any) -> datetime | None:
    """Return a column for a time that may be missing."""
    field: datetime | None = Field(default=None, sa_type=UtcDateTime, **options)
    return field


def text_field(default: str = "", **options: Any) -> str:
    """Return a column for text of any length."""
    field: str = Field(default=default, sa_type=Text, **options)
    return field


def json_list_field(**options: Any) -> list[Any]:
    """Return a column for a list kept as JSON."""
    field: list[Any] = Field(default_factory=list, sa_type=JSON, **options)
    return field


def json_dict_field(**options: Any) -> dict[str, Any]:
    """Return a column for a mapping kept as JSON."""
    field: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, **options)
    return field


def word_type(words: type[StrEnum]) -> Enum:
    """Return a column type that keeps a StrEnum's values as plain text, so that a new word needs no migration."""
    return Enum(words, native_enum=False, length=32, values_callable=lambda kind: [word.value for word in kind])
