"""The configuration file: brands, sources, couriers, rules, templates and members, checked as a whole."""

import re
from collections.abc import Mapping
from datetime import timedelta
from difflib import get_close_matches
from typing import Annotated, Any, Final
from zoneinfo import available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from core.errors import ConfigError
from core.types import Role

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
MIN_INTERVAL: Final = timedelta(seconds=1)
MAX_INTERVAL: Final = timedelta(days=31)


def _interval(value: object) -> object:
    found = re.fullmatch(r"\s*(\d+)\s*([smhd])\s*", value) if isinstance(value, str) else None
    if not found:
        raise ValueError('write a number and s, m, h or d, such as "2m"')
    amount = int(found[1][:9])
    interval = timedelta(**{_UNITS[found[2]]: amount}) if amount < 10**6 else MAX_INTERVAL * 2
    if not MIN_INTERVAL <= interval <= MAX_INTERVAL:
        raise ValueError("must be from 1s to 31d")
    return interval


Interval = Annotated[timedelta, BeforeValidator(_interval)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class BrandEntry(_Table):
    """A [[brands]] table."""

    name: Name
    handles: list[str] = []
    aliases: list[str] = []
    exclude: list[str] = []
    timezone: str = "UTC"
    managers: list[str] = []

    @field_validator("handles")
    @classmethod
    def _named(cls, value: list[str]) -> list[str]:
        if not all(handle.lstrip("@").strip() for handle in value):
            raise ValueError("an empty handle would make every post without an author the brand's own")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value!r} is no time zone; write one such as Europe/London")
        return value

    @field_validator("managers")
    @classmethod
    def _addresses(cls, value: list[str]) -> list[str]:
        for address in value:
            check_email(address)
        return value


class SourceEntry(_Table):
    """A [[sources]] table. What only some platforms know (`path`, `url`, `subreddit`) is checked by the collector."""

    name: Name
    brand: Name
    platform: Name
    query: str = ""
    every: Interval = timedelta(minutes=5)
    base_url: str = ""
    path: str = ""
    url: str = ""
    subreddit: str = ""
    map: dict[str, str] = {}
    options: dict[str, str] = {}
    enabled: bool = True
    budget_posts_per_month: int | None = Field(default=None, gt=0)


class CourierEntry(_Table):
    """A [[couriers]] table."""

    name: Name
    aliases: list[str] = []
    contact: str = ""


class TemplateEntry(_Table):
    """A [[templates]] table."""

    name: Name
    text: str
    brand: str = ""


class RuleEntry(_Table):
    """A [[rules]] table."""

    name: Name
    brand: Name
    kind: Name
    settings: dict[str, Any] = {}
    enabled: bool = True


class MemberEntry(_Table):
    """A [[members]] table; a password is set with `afterclick users passwd`, never in a file."""

    email: str
    name: Name
    role: Role = Role.RESPONDER

    @field_validator("email")
    @classmethod
    def _address(cls, value: str) -> str:
        return check_email(value).lower()


class Configuration(_Table):
    """A whole configuration file."""

    brands: list[BrandEntry] = []
    sources: list[SourceEntry] = []
    couriers: list[CourierEntry] = []
    templates: list[TemplateEntry] = []
    rules: list[RuleEntry] = []
    members: list[MemberEntry] = []


def check_email(address: str) -> str:
    """Return the address; raises ValueError where it cannot be one or could smuggle in a header."""
    if not re.fullmatch(r"[^\s@<>,;\"\x00-\x1f]+@[^\s@<>,;\"\x00-\x1f]+", address):
        raise ValueError(f"{address!r} is no e-mail address")
    return address


def parse_configuration(data: Mapping[str, Any]) -> Configuration:
    """Return the checked configuration.

    Raises ConfigError that names every wrong entry; for an unknown key also the nearest known one.
    """
    try:
        configuration = Configuration.model_validate(dict(data))
    except ValidationError as error:
        raise ConfigError("\n".join(_sentence(entry, data) for entry in error.errors())) from error
    _check_names(configuration)
    return configuration


def _sentence(entry: Any, data: Mapping[str, Any]) -> str:
    place = _place(entry["loc"], data)
    if entry["type"] == "extra_forbidden":
        key = str(entry["loc"][-1])
        near = get_close_matches(key, _keys_at(entry["loc"]), n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(_keys_at(entry['loc']))}"
        return f"{place}: unknown key{hint}"
    return f"{place}: {entry['msg'].removeprefix('Value error, ')}"


def _place(loc: tuple[int | str, ...], data: Mapping[str, Any]) -> str:
    """Name the entry as its writer would: sources "x-parcelo" query."""
    words = [str(part) for part in loc]
    if len(loc) > 1 and isinstance(loc[1], int):
        try:
            row = data[str(loc[0])][loc[1]]
            words[1] = f'"{row["name"] if "name" in row else row["email"]}"'
        except (AttributeError, IndexError, KeyError, TypeError):
            words[1] = f"number {loc[1] + 1}"
    return " ".join(words)


def _keys_at(loc: tuple[int | str, ...]) -> list[str]:
    entry: Any = Configuration
    if len(loc) > 1 and loc[0] in Configuration.model_fields:
        (entry,) = getattr(Configuration.model_fields[str(loc[0])].annotation, "__args__", (Configuration,))
    return list(entry.model_fields)


def _check_names(configuration: Configuration) -> None:
    brands = [brand.name for brand in configuration.brands]
    tables = (configuration.brands, configuration.sources, configuration.couriers, configuration.templates)
    for table in tables:
        names = [entry.name for entry in table]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigError(f"{twice[0]!r} stands twice; each name may be used once")
    for source in configuration.sources:
        if source.brand not in brands:
            near = get_close_matches(source.brand, brands, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "add it under [[brands]]"
            raise ConfigError(f'sources "{source.name}" brand: there is no brand {source.brand!r}; {hint}')
