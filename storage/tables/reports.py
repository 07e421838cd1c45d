"""What the reports are read from: facts of each case, their sums by the day, and how far counting has come."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.tables.columns import json_dict_field, json_list_field, maybe_time_field


class ReportFact(SQLModel, table=True):
    """What a case counts for on a day of its brand's calendar: `counts` names what this adds one to (core.tallies).

    No key binds it to the case, so that one can be erased; its facts go when the brand is counted anew. The bits say
    what the case is about, as reports can be narrowed to that.
    """

    __tablename__ = "report_fact"
    __table_args__ = (Index("ix_report_fact_day", "brand_id", "day"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(index=True)
    brand_id: int = Field(foreign_key="brand.id")
    day: date
    platform: str
    courier: str
    reason_bits: int = 0
    party_bits: int = 0
    counts: list[str] = json_list_field()


class ReportCell(SQLModel, table=True):
    """The sum of a brand's facts of one day, for a platform and a courier, or over all of them ("*")."""

    __tablename__ = "report_cell"
    __table_args__ = (
        Index("ix_report_cell_place", "platform", "courier", "day", "brand_id"),
    )  # a report reads one place

    brand_id: int = Field(foreign_key="brand.id", primary_key=True)
    day: date = Field(primary_key=True)
    platform: str = Field(primary_key=True)
    courier: str = Field(primary_key=True)
    cases: int = 0
    counts: dict[str, Any] = json_dict_field()


class StaleDay(SQLModel, table=True):
    """A brand's day whose facts have changed since they were summed."""

    __tablename__ = "report_stale_day"

    brand_id: int = Field(foreign_key="brand.id", primary_key=True)
    day: date = Field(primary_key=True)


class TallyState(SQLModel, table=True):
    """How far counting has come: one row, which the migration made, and which is locked while somebody counts.

    Changes are looked for from `from_at` and `from_event` on, which trail behind `seen_at` and `seen_event` for
    transactions that began earlier and end later. `brands` holds by which rules each brand was counted, and below which
    case it is still to be counted anew.
    """

    __tablename__ = "report_state"

    id: int | None = Field(default=None, primary_key=True)
    from_at: datetime | None = maybe_time_field()
    from_event: int = 0
    seen_at: datetime | None = maybe_time_field()
    seen_event: int = 0
    brands: dict[str, Any] = json_dict_field()
