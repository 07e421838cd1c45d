"""The first start: a configuration file or the demo, and an administrator who can sign in."""

import logging
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collectors import check
from core.configuration import parse_configuration
from core.errors import AuthError, ConfigError
from core.types import Role
from demo import shop
from jobs.collect import config_of
from jobs.parts import Parts
from settings import Settings
from storage.brands import all_sources, apply_configuration, described
from storage.changes import Changes
from storage.database import Session
from storage.doubts import doubts
from storage.members import create_member, has_members, one_time_password
from storage.tables import Brand

ADMIN = "admin@localhost"
DEMO_FOLDER = Path("var/demo")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ready:
    """What the first start found or made: the password is empty where there was an administrator already."""

    password: str
    demo_folder: Path | None


def set_up(parts: Parts, settings: Settings) -> Ready:
    """Apply the configuration, or the demo where nothing is configured, and make sure that somebody can sign in."""
    demo_folder = None
    if settings.config:
        for words in apply_file(parts, settings.config).doubts:
            _log.warning("%s: %s", settings.config, words)
    else:
        folder = DEMO_FOLDER.absolute()
        demo = shop.config(folder)
        if _is_nothing_but(parts, demo):
            folder.mkdir(parents=True, exist_ok=True)
            apply(parts, demo)
            demo_folder = folder
    return Ready(_make_admin(parts), demo_folder)


def apply_file(parts: Parts, path: Path) -> Changes:
    """Apply a configuration file; raises ConfigError that says what is wrong in it, and then changes nothing."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The configuration file {path} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not a TOML file: {error}") from error
    try:
        return apply(parts, data)
    except ConfigError as error:
        raise ConfigError(f"{path}:\n{error}") from error


def apply(parts: Parts, data: dict[str, Any]) -> Changes:
    """Apply a configuration; raises ConfigError that names every source that could not be read, and changes nothing."""
    configuration = parse_configuration(data)
    with parts.database.write() as session:
        changes = apply_configuration(session, configuration, parts.now())
        changes.doubts += doubts(session, configuration)
        _check_sources(session, {source.name for source in configuration.sources if source.enabled})
    return changes


def _check_sources(session: Session, names: set[str]) -> None:
    wrong = []
    for source in all_sources(session):
        if source.name in names:
            try:
                check(config_of(source, session.get_one(Brand, source.brand_id)))
            except (ConfigError, AuthError) as error:
                said = str(error)
                wrong.append(said if source.name in said else f'Source "{source.name}": {said}')
    if wrong:
        raise ConfigError("\n".join(wrong))


def _is_nothing_but(parts: Parts, configuration: dict[str, Any]) -> bool:
    """Tell whether no brand and no source is configured other than those of `configuration`."""
    with parts.database.read() as session:
        present = described(session)
    return all(
        {entry["name"] for entry in present[table]} <= {entry["name"] for entry in configuration[table]}
        for table in ("brands", "sources")
    )


def _make_admin(parts: Parts) -> str:
    with parts.database.write() as session:
        if has_members(session):
            return ""
        password = one_time_password()
        create_member(session, ADMIN, "Administrator", Role.ADMIN, password, parts.now(), one_time=True)
    return password
