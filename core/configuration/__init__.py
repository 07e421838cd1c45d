"""The configuration file: brands, sources, couriers, rules, templates, members and their teams, checked as a whole."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import Field, ValidationError

from core.configuration.alerting import RuleEntry
from core.configuration.fields import MAX_INTERVAL, MIN_INTERVAL, Interval, Name, Table, check_email, hint_for
from core.configuration.listening import BrandEntry, CourierEntry, SourceEntry, SupplierEntry
from core.configuration.people import MemberEntry, RoutingEntry, TeamEntry
from core.errors import ConfigError, FormError

__all__ = [
    "MAX_INTERVAL",
    "MIN_INTERVAL",
    "BrandEntry",
    "Configuration",
    "CourierEntry",
    "Interval",
    "MemberEntry",
    "RoutingEntry",
    "RuleEntry",
    "SourceEntry",
    "SupplierEntry",
    "TeamEntry",
    "TemplateEntry",
    "check_email",
    "parse_configuration",
    "parse_entry",
]


class TemplateEntry(Table):
    """A [[templates]] table."""

    name: Name
    text: str
    brand: str = ""


class Configuration(Table):
    """A whole configuration file."""

    brands: list[BrandEntry] = Field(default_factory=list)
    sources: list[SourceEntry] = Field(default_factory=list)
    couriers: list[CourierEntry] = Field(default_factory=list)
    suppliers: list[SupplierEntry] = Field(default_factory=list)
    templates: list[TemplateEntry] = Field(default_factory=list)
    rules: list[RuleEntry] = Field(default_factory=list)
    members: list[MemberEntry] = Field(default_factory=list)
    teams: list[TeamEntry] = Field(default_factory=list)
    routing: list[RoutingEntry] = Field(default_factory=list)


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


def parse_entry(table: str, entry: Mapping[str, Any]) -> Any:
    """Return one checked entry of a table, such as a `SourceEntry`; whether what it names is there is not looked at.

    Raises FormError with the sentence that `parse_configuration` has for each wrong key.
    """
    try:
        (checked,) = getattr(Configuration.model_validate({table: [dict(entry)]}), table)
    except ValidationError as error:
        wrong = {str(each["loc"][2]) if len(each["loc"]) > 2 else "": _words(each) for each in error.errors()}
        raise FormError(wrong) from error
    return checked


def _sentence(entry: Any, data: Mapping[str, Any]) -> str:
    return f"{_place(entry['loc'], data)}: {_words(entry)}"


def _words(entry: Any) -> str:
    if entry["type"] == "extra_forbidden":
        key = str(entry["loc"][-1])
        near = get_close_matches(key, _keys_at(entry["loc"]), n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(_keys_at(entry['loc']))}"
        return f"unknown key{hint}"
    return str(entry["msg"]).removeprefix("Value error, ")


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
    for table in (
        *(configuration.brands, configuration.sources, configuration.couriers, configuration.suppliers),
        *(configuration.templates, configuration.teams, configuration.routing),
    ):
        _check_once([repr(entry.name) for entry in table])
    _check_once([repr(member.email) for member in configuration.members])
    _check_once([f"{rule.name!r} of {rule.brand!r}" for rule in configuration.rules])
    for source in configuration.sources:
        if source.brand not in brands:
            hint = hint_for(source.brand, brands, "add it under [[brands]]")
            raise ConfigError(f'sources "{source.name}" brand: there is no brand {source.brand!r}; {hint}')


def _check_once(names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"{twice[0]} stands twice; each name may be used once")
