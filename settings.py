"""Settings from the environment, checked when the program starts."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

import idna
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from core.configuration import check_email
from core.errors import ConfigError

PREFIX = "AFTERCLICK_"
DEFAULT_PORT = 8501
SHORTEST_SECRET = 16
_LABEL = re.compile(r"[A-Za-z0-9_-]{1,63}")
_NO_NAME = "must be a web address such as https://board.example; its host is no name"


class Settings(BaseSettings):
    """All settings; each is read from AFTERCLICK_NAME, or from the file that AFTERCLICK_NAME_FILE names."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, validate_default=True)

    database_url: SecretStr = Field(
        default=SecretStr("sqlite:///var/afterclick.db"), description="sqlite:///FILE or postgresql://USER:PW@HOST/NAME"
    )
    smtp_url: SecretStr = Field(
        default=SecretStr("file:var/mail"),
        description="smtp://USER:PW@HOST:PORT (STARTTLS where offered), smtps://…, or file:FOLDER for .eml files",
    )
    mail_from: str = Field(default="afterclick@localhost", description="sender address of the alert e-mails")
    base_url: str = Field(
        default=f"http://127.0.0.1:{DEFAULT_PORT}", description="address of the board as people reach it; links use it"
    )
    config: Path | None = Field(default=None, description="configuration file that `afterclick run` applies at start")
    model_dir: Path | None = Field(default=None, description="folder of another model than the one that is shipped")
    adapted_dir: Path = Field(
        default=Path("var/adapted"), description="folder of what `afterclick adapt` learned from the team's corrections"
    )
    webhook_secret: SecretStr | None = Field(
        default=None, description="what alerts to webhooks are signed with; without it they are not signed"
    )
    webhook_private: bool = Field(default=False, description="whether webhooks may lead into private networks")
    threads: int = Field(default=2, ge=1, le=64, description="processor threads of the classifier")

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        return _plain_address(value).rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: SecretStr) -> SecretStr:
        parts = urlsplit(value.get_secret_value())
        if parts.scheme == "file":
            return value
        try:
            if parts.scheme in ("smtp", "smtps") and parts.hostname and (parts.port is None or parts.port > 0):
                return value
        except ValueError:
            pass  # its text holds a part of the password
        raise ValueError(
            "must be smtp://USER:PW@HOST:PORT, smtps://… or file:FOLDER; "
            "write # / ? @ in the password as %23 %2F %3F %40"
        )

    @field_validator("webhook_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"must have at least {SHORTEST_SECRET} characters; `openssl rand -hex 32` makes one")
        return value

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, value: str) -> str:
        return check_email(value)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments first, then the environment with its NAME_FILE variants."""
        return init_settings, env_settings, _FileNames(settings_cls)

    @property
    def host(self) -> str:
        """The board's host name, which ends the ids of messages."""
        return urlsplit(self.base_url).hostname or "localhost"


def _plain_address(value: str) -> str:
    """Return the address in the letters that links and mail headers may hold; raises ValueError for none of the web."""
    if not value.isprintable() or " " in value:  # first: urlsplit leaves out some of these
        raise ValueError("must have no spaces, line breaks or unseen letters")
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a web address such as https://board.example")
    if "@" in parts.netloc:
        raise ValueError("must have no user and no password: they would stand in each mail")
    if parts.query or parts.fragment:
        raise ValueError("must end with its path, without ? and #")
    if not _has_possible_port(parts):
        raise ValueError("must have no port, or one from 1 to 65535")
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~")
    return urlunsplit((parts.scheme, _plain_host(parts), path, "", ""))


def _has_possible_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


def _plain_host(parts: SplitResult) -> str:
    """Return host and port; a name with other letters than ASCII becomes the one that machines use (xn--…)."""
    host = parts.hostname or ""
    try:
        name = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except idna.IDNAError as error:
        raise ValueError(_NO_NAME) from error
    if ":" in name:  # IPv6
        name = f"[{name}]"
    elif not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise ValueError(_NO_NAME)
    whole = name if parts.port is None else f"{name}:{parts.port}"
    if host.isascii() and whole != parts.netloc.lower().removesuffix(":"):  # more stands beside the brackets
        raise ValueError(_NO_NAME)
    return whole


class _FileNames(EnvSettingsSource):
    """AFTERCLICK_NAME_FILE: the setting's value is in the file of that name."""

    def __call__(self) -> dict[str, Any]:
        names = {name: f"{PREFIX}{name}_FILE".upper() for name in self.settings_cls.model_fields}
        return {name: read_secret(os.environ[key], key) for name, key in names.items() if key in os.environ}


def load_settings(**given: Any) -> Settings:
    """Return the settings; raises ConfigError that names each wrong one and what is allowed."""
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = [
            f"{PREFIX}{'_'.join(map(str, entry['loc'])).upper()}: {entry['msg'].removeprefix('Value error, ')}"
            for entry in error.errors(include_input=False)
        ]
        raise ConfigError("\n".join(lines)) from None  # the cause would print the value, which may be a secret


def read_secret(path: str, name: str) -> str:
    """Return a secret from its file; raises ConfigError that says which variable named it."""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name} names the file {path}, which cannot be read: {error}") from error


def credentials_for(
    source: str, names: Iterable[str], environment: Mapping[str, str] | None = None
) -> dict[str, SecretStr]:
    """Return the credentials of a source by name; those that are not set are left out.

    NAME__SOURCE wins over NAME, and each may be given as NAME_FILE. In SOURCE every character other than letters and
    digits is an underscore: X_BEARER_TOKEN__X_PARCELO belongs to the source x-parcelo.
    """
    environment = os.environ if environment is None else environment
    found = {}
    for name in names:
        for key in (own_variable(source, name), name):
            if environment.get(key):
                found[name] = SecretStr(environment[key])
            elif environment.get(f"{key}_FILE"):
                found[name] = SecretStr(read_secret(environment[f"{key}_FILE"], f"{key}_FILE"))
            else:
                continue
            break
    return found


def own_variable(source: str, name: str) -> str:
    """Return the variable that holds a credential for this source alone."""
    return f"{name}__{re.sub(r'[^A-Z0-9]', '_', source.upper())}"
