"""What is listened to: brands, their sources and couriers, and what was fetched of each source."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables.columns import (
    json_dict_field,
    json_list_field,
    maybe_time_field,
    text_field,
    time_field,
    word_type,
)


class SourceState(StrEnum):
    """How a source is doing, as the board shows it."""

    WAITING = "waiting"
    OK = "ok"
    RETRYING = "retrying"
    STOPPED = "stopped"
    OVER_BUDGET = "over_budget"
    OFF = "off"


class WindowState(StrEnum):
    """What came of reading one window of time of a source."""

    COMPLETE = "complete"
    TRUNCATED = "truncated"
    FAILED = "failed"
    OVER_BUDGET = "over_budget"
    NOT_PERMITTED = "not_permitted"


class FillState(StrEnum):
    """Where the filling of a gap stands."""

    NOT_ASKED = ""
    WANTED = "wanted"
    FILLED = "filled"
    FAILED = "failed"


class Brand(SQLModel, table=True):
    """A company whose customers we listen to."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    handles: list[str] = json_list_field()
    aliases: list[str] = json_list_field()
    exclude: list[str] = json_list_field()
    managers: list[str] = json_list_field()
    timezone: str = "UTC"
    threshold: str = "balanced"
    query: str = text_field()
    hours: list[str] = json_list_field()  # when the team works, as core.hours reads it; empty for always
    take_up_minutes: int = 60  # whoever is sent a case takes it up within this time
    has_starter_rules: bool = False  # alert rules were made for it once; those that were taken away stay away
    created_at: datetime = time_field()


class Source(SQLModel, table=True):
    """One configured thing that is watched on a platform, and where reading it stands."""

    id: int | None = Field(default=None, primary_key=True)
    brand_id: int = Field(foreign_key="brand.id", index=True)
    name: str = Field(unique=True)
    platform: str
    query: str = text_field()
    settings: dict[str, Any] = json_dict_field()
    every_seconds: int = 300
    enabled: bool = True
    state: SourceState = Field(default=SourceState.WAITING, sa_type=word_type(SourceState))
    cursor: str = text_field()
    last_error: str = text_field()
    failures: int = 0
    last_success_at: datetime | None = maybe_time_field()
    next_attempt_at: datetime | None = maybe_time_field()
    claimed_until: datetime | None = maybe_time_field()
    claimed_by: str = ""
    created_at: datetime = time_field()


class SourceUsage(SQLModel, table=True):
    """What a source has read and what that cost in a calendar month (UTC); `cost` in millionths of a US dollar."""

    __tablename__ = "source_usage"
    __table_args__ = (UniqueConstraint("source_id", "month"),)

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id")
    month: date  # its first day
    posts: int = 0
    cost: int = Field(default=0, sa_type=BigInteger)


class CollectedWindow(SQLModel, table=True):
    """A window of time of one source and what came of reading it: the account of what may have been missed.

    A row is either a run over the source or, with `is_gap`, a stretch inside such runs whose posts the platform did not
    hand over. A run that failed is made good by the next one that does not; a gap only by filling it. `cost` is in
    millionths of a US dollar.
    """

    __tablename__ = "collected_window"
    __table_args__ = (Index("ix_collected_window_source_until", "source_id", "until_at"),)

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id")
    from_at: datetime = time_field()
    until_at: datetime = time_field()
    state: WindowState = Field(sa_type=word_type(WindowState))
    posts: int = 0
    cost: int = Field(default=0, sa_type=BigInteger)
    detail: str = text_field()
    is_gap: bool = False
    fill_state: FillState = Field(default=FillState.NOT_ASKED, sa_type=word_type(FillState))
    fill_detail: str = text_field()
    fill_asked_at: datetime | None = maybe_time_field()
    fill_asked_by: int | None = Field(default=None, foreign_key="member.id")


class Courier(SQLModel, table=True):
    """A parcel carrier and the names people call it by."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    aliases: list[str] = json_list_field()
    contact: str = ""


class Supplier(SQLModel, table=True):
    """Whoever makes or sends what a brand sells, and the address that a case can be put to."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    contact: str = ""


class ShipmentCount(SQLModel, table=True):
    """How many parcels a courier carried for a brand on a day, so that complaints become a rate."""

    __tablename__ = "shipment_count"
    __table_args__ = (UniqueConstraint("brand_id", "courier_id", "day"),)

    id: int | None = Field(default=None, primary_key=True)
    brand_id: int = Field(foreign_key="brand.id")
    courier_id: int = Field(foreign_key="courier.id")
    day: date
    parcels: int
