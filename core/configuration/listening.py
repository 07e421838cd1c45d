"""The tables about what is listened to, and who brings and makes what is sold."""

from datetime import timedelta

from pydantic import Field, field_validator

from core.configuration.fields import (
    Contact,
    Cut,
    Interval,
    Name,
    Number,
    QueryText,
    Table,
    Whole,
    WorkingHours,
    Zone,
    check_email,
    is_web_address,
)
from core.thresholds import Choice


class BrandEntry(Table):
    """A [[brands]] table."""

    name: Name
    handles: list[str] = Field(default_factory=list)
    aliases: list[str] = Field(default_factory=list)
    exclude: list[str] = Field(default_factory=list)
    timezone: Zone = "UTC"
    managers: list[str] = Field(default_factory=list)
    threshold: Cut = Choice.BALANCED
    query: QueryText = ""
    hours: WorkingHours = Field(default_factory=list)
    take_up_minutes: Whole = Field(default=60, ge=1, le=60 * 24 * 31)

    @field_validator("handles")
    @classmethod
    def _named(cls, value: list[str]) -> list[str]:
        if not all(handle.lstrip("@").strip() for handle in value):
            raise ValueError("an empty handle would make every post without an author the brand's own")
        return value

    @field_validator("managers")
    @classmethod
    def _addresses(cls, value: list[str]) -> list[str]:
        for address in value:
            check_email(address)
        return value


class SourceEntry(Table):
    """A [[sources]] table. What only some platforms know (`path`, `url`, `subreddit`) is checked by the collector."""

    name: Name
    brand: Name
    platform: Name
    query: QueryText = ""
    native_query: str = ""
    every: Interval = timedelta(minutes=5)
    base_url: str = ""
    path: str = ""
    url: str = ""
    subreddit: str = ""
    map: dict[str, str] = Field(default_factory=dict)
    options: dict[str, str] = Field(default_factory=dict)
    enabled: bool = True
    budget_posts_per_month: Whole | None = Field(default=None, gt=0)
    budget_usd_per_month: Number | None = Field(default=None, gt=0, allow_inf_nan=False)
    may_train: bool | None = None
    may_export: bool | None = None
    may_reply: bool | None = None
    recheck_hours: Whole | None = Field(default=None, ge=0, le=24 * 31)

    @field_validator("base_url", "url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not is_web_address(value):
            raise ValueError(
                "write an address that begins with http:// or https://, with a port from 1 to 65535 if any"
            )
        return value


class CourierEntry(Table):
    """A [[couriers]] table."""

    name: Name
    aliases: list[str] = Field(default_factory=list)
    contact: Contact = ""


class SupplierEntry(Table):
    """A [[suppliers]] table."""

    name: Name
    contact: Contact = ""
