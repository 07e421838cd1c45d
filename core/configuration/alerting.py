"""The [[rules]] tables: who is told what of a brand, and the settings of a rule as file, board and store have them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, field_validator, model_validator

from core.alerts.kinds import KINDS, AlertKind, Channel, Delivery, Period
from core.configuration.fields import (
    Email,
    Name,
    Number,
    Table,
    Whole,
    WorkingHours,
    check_seen,
    check_zone,
    hint_for,
    is_web_address,
    one_of,
)
from core.errors import ConfigError
from core.hours import DAYS
from core.taxonomy import Reason

MOST_WORDS: Final = 100
MOST_RECIPIENTS: Final = 50
LEAST_REPEAT: Final = timedelta(minutes=15)


def _web_address(value: str) -> str:
    is_fit = is_web_address(value) and not urlsplit(value).username
    if value and (not is_fit or any(letter.isspace() or not letter.isprintable() for letter in value)):
        raise ValueError("must be a web address such as https://hooks.example/afterclick")
    return value


def _time_of_day(value: str) -> str:
    hours, colon, minutes = value.partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60):
        raise ValueError('write a time of the day such as "08:30"')
    return f"{int(hours):02}:{int(minutes):02}"


def _day_of_the_week(value: object) -> object:
    if isinstance(value, str):
        found = [number for number, day in enumerate(DAYS) if len(value) > 1 and day.startswith(value.strip().lower())]
        example = f"{found[0]} for {DAYS[found[0]].capitalize()}" if len(found) == 1 else "4 for Friday"
        said = f"write the day as a number, 0 for Monday to 6 for Sunday: {example}, not {value!r}"
        raise ValueError(said)  # noqa: TRY004  # pydantic wants this one
    return value


WatchWord = Annotated[str, Field(min_length=2, max_length=100), AfterValidator(check_seen)]


class RuleSettings(Table):
    """All that a rule of any kind can be told; what its kind does not look at keeps its default.

    `recipients` are mail addresses, empty for the brand's managers. `hours` are when the rule may tell anybody, as
    core.hours reads them (empty for always); what comes up outside them is told when they begin, if it is still true.
    `timezone` is for `hours` and `at`, empty for the brand's. `repeat_minutes` is how long it takes until something
    that is still true and that nobody acknowledged is told again, 0 for never. `reason`, `courier` and
    `platform` leave out whatever has another one. `masks` is false where the rule may show names and numbers.
    """

    threshold: Number | None = None
    words: Annotated[list[WatchWord], Field(max_length=MOST_WORDS)] = Field(default_factory=list)
    reason: Annotated[str, AfterValidator(one_of([reason.value for reason in Reason], "reason"))] = ""
    courier: Annotated[str, Field(max_length=200)] = ""
    platform: Annotated[str, Field(max_length=100)] = ""
    recipients: Annotated[list[Email], Field(max_length=MOST_RECIPIENTS)] = Field(default_factory=list)
    channel: Channel = Channel.EMAIL
    url: Annotated[str, Field(max_length=2000), AfterValidator(_web_address)] = ""
    hours: WorkingHours = Field(default_factory=list)
    timezone: Annotated[str, AfterValidator(lambda zone: zone and check_zone(zone))] = ""
    repeat_minutes: Whole = Field(default=720, ge=0, le=44_640)
    delivery: Delivery = Delivery.AT_ONCE
    masks: bool = True
    period: Period = Period.DAY
    at: Annotated[str, AfterValidator(_time_of_day)] = "08:00"
    weekday: Annotated[Whole, BeforeValidator(_day_of_the_week)] = Field(default=0, ge=0, le=6)

    @field_validator("repeat_minutes")
    @classmethod
    def _not_too_often(cls, value: int) -> int:
        if 0 < value < LEAST_REPEAT / timedelta(minutes=1):
            raise ValueError("must be 0 for never, or at least 15 minutes")
        return value

    @model_validator(mode="after")
    def _has_address(self) -> Self:
        if self.channel is not Channel.EMAIL and not self.url:
            raise ValueError(f"url is missing: a rule with the channel {self.channel.value} needs a web address")
        return self

    @property
    def repeat(self) -> timedelta | None:
        """How long until something is told again; None for never."""
        return timedelta(minutes=self.repeat_minutes) if self.repeat_minutes else None


def parse_settings(kind: AlertKind, data: Mapping[str, Any]) -> RuleSettings:
    """Return the settings with the kind's own threshold where none is given.

    Raises ConfigError in words: an unknown setting, a threshold out of its bounds, words missing from a watch list.
    """
    wrong = wrong_in(kind, data)
    if wrong:
        raise ConfigError("; ".join(wrong))
    settings = RuleSettings.model_validate(dict(data))
    if KINDS[kind].threshold and settings.threshold is None:
        return settings.model_copy(update={"threshold": KINDS[kind].default})
    return settings


def wrong_in(kind: AlertKind, data: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the settings, each in words that begin with the setting's name where it is of one."""
    words = KINDS[kind]
    try:
        settings = RuleSettings.model_validate(dict(data))
    except ValidationError as error:
        return [_sentence(each) for each in error.errors()]
    if kind is AlertKind.WATCH_WORDS and not settings.words:
        return ["words are missing: a watch list needs at least one word"]
    if kind is AlertKind.DIGEST and settings.channel is not Channel.EMAIL:
        return ["channel: a digest goes by e-mail"]
    if settings.threshold is None:
        return []
    if not words.threshold:
        return [f"threshold: a rule of the kind {kind.value} has none"]
    if not words.least <= settings.threshold <= words.most:
        return [f"threshold: must be from {words.least:g} to {words.most:g}, not {settings.threshold:g}"]
    return []


def _sentence(error: Any) -> str:
    place = " ".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{place}: unknown setting; {hint_for(place, list(RuleSettings.model_fields), 'see docs/alerts.md')}"
    words = error["msg"].removeprefix("Value error, ")
    return f"{place}: {words}" if place else words


class RuleEntry(Table):
    """A [[rules]] table."""

    name: Name
    brand: Name
    kind: AlertKind
    settings: dict[str, Any] = Field(default_factory=dict)
    enabled: bool = True

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        try:
            parse_settings(self.kind, self.settings)
        except ConfigError as error:
            raise ValueError(f"settings {error}") from error
        return self
