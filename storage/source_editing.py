"""Sources as managers keep them on the board: checked and taken over as a configuration file is, one at a time."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from sqlmodel import Session, col, select

from core.addresses import is_plainly_inside
from core.configuration import SourceEntry, parse_entry
from core.configuration.fields import hint_for
from core.errors import AuthError, ConfigError, FormError, InputError
from core.types import Role
from storage.brands import MADE_ON_BOARD, PUBLIC_ONLY, all_brands, configured_settings, take_over_source
from storage.changes import Changes
from storage.editing import check_unchanged
from storage.rows import id_of
from storage.tables import Brand, Source

Check = Callable[[Source, Brand], None]
# Which file is read and which server is asked with the team's keys is for admins; see docs/configuration.md.
OPTION: Final = "option_"  # begins the name of the field of one of the platform's options
_SETTINGS: Final = tuple(
    name
    for name in SourceEntry.model_fields
    if name not in ("name", "brand", "platform", "query", "every", "enabled", "base_url")
)
ONLY_ADMINS: Final = {
    "path": "Only admins may say which file or folder of the machine is read. Ask an admin.",
    f"{OPTION}server": "Only admins may say which server is asked: it is sent the key. Ask an admin.",
    f"{OPTION}allow_private": "Only admins may let private addresses be read. Ask an admin.",
}


def source_fields(source: Source) -> dict[str, Any]:
    """Return what a form edits of a source, as the row has it."""
    settings = configured_settings(source)
    row = {
        name: getattr(source, name) for name in ("name", "brand_id", "platform", "query", "every_seconds", "enabled")
    }
    return row | {name: settings.get(name) for name in _SETTINGS}


def save_source(
    session: Session,
    source_id: int | None,
    said: Mapping[str, Any],
    role: Role,
    now: datetime,
    check: Check,
    seen: Mapping[str, object] | None = None,
) -> Source:
    """Keep a source that is `said` as a table of a configuration file, and make it due.

    `check` raises ConfigError where it could not be read. A source that is off is not checked, as in a file. An address
    of the platform's own (`base_url`) stays as it is: whoever says it is sent the keys, so only a file can.
    Raises FormError for what cannot stand and what is not this role's to say, ChangedError where the row does not say
    `seen` any more.
    """
    row = _row(session, source_id, said, now)
    present = source_fields(row)
    if seen and source_id is not None:
        check_unchanged(row.name, present, seen)
    entry: SourceEntry = parse_entry("sources", {**said, **_base_url(row)})
    brand = _brand(session, entry)
    _check_name(session, row, entry)
    _check_role(role, row, entry)
    take_over_source(session, row, entry, id_of(brand), Changes(), _marks(row, entry))
    if entry.enabled:
        _check_readable(row, brand, check)
    session.flush()
    return row


def _row(session: Session, source_id: int | None, said: Mapping[str, Any], now: datetime) -> Source:
    if source_id is None:
        return Source(name="", platform=str(said.get("platform", "")), brand_id=0, created_at=now)
    # Locked: a worker that has just claimed it would otherwise keep its claim, as no other value would seem to change.
    row = session.get(Source, source_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise InputError("There is no such source any more, and nothing was saved. Go back to the list.")
    return row


def _base_url(row: Source) -> dict[str, str]:
    return {"base_url": row.settings["base_url"]} if row.settings.get("base_url") else {}


def _brand(session: Session, entry: SourceEntry) -> Brand:
    brands = {brand.name: brand for brand in all_brands(session)}
    if entry.brand not in brands:
        hint = hint_for(entry.brand, list(brands), "add the brand first")
        raise FormError({"brand": f"there is no brand {entry.brand!r}; {hint}"})
    return brands[entry.brand]


def _check_name(session: Session, row: Source, entry: SourceEntry) -> None:
    with session.no_autoflush:
        others = session.exec(select(Source.name).where(col(Source.id) != row.id)).all()
    taken = next((other for other in others if other.casefold() == entry.name.casefold()), None)
    if taken is not None:
        raise FormError({"name": f"There is a source {taken} already: change that one, or choose another name."})


def _check_role(role: Role, row: Source, entry: SourceEntry) -> None:
    if role.includes(Role.ADMIN):
        return
    before, after = _reached(row.settings), _reached(entry.model_dump())
    wrong = {name: words for name, words in ONLY_ADMINS.items() if before[name] != after[name]}
    if entry.platform == "files" != row.platform:
        wrong["path"] = ONLY_ADMINS["path"]
    if wrong:
        raise FormError(wrong)


def _reached(settings: Mapping[str, Any]) -> dict[str, str]:
    options = {f"{OPTION}{name}": value for name, value in settings.get("options", {}).items()}
    return {name: ({"path": settings.get("path", "")} | options).get(name, "") for name in ONLY_ADMINS}


def _marks(row: Source, entry: SourceEntry) -> list[str]:
    """Return what the board notes of the source; an address that was typed here must not lead inside by its name."""
    marks = [MADE_ON_BOARD] if row.id is None or row.settings.get(MADE_ON_BOARD) else []
    if entry.url and (entry.url != row.settings.get("url") or row.settings.get(PUBLIC_ONLY)):
        if is_plainly_inside(urlsplit(entry.url).hostname or ""):
            raise FormError(
                {"url": "It leads into a private network. Only the configuration file can name such an address."}
            )
        marks.append(PUBLIC_ONLY)
    return marks


def _check_readable(row: Source, brand: Brand, check: Check) -> None:
    try:
        check(row, brand)
    except (ConfigError, AuthError) as error:
        words = str(error).removeprefix(f'Source "{row.name}": ')
        raise FormError({_field_of(words, row): words}) from error


def _field_of(words: str, row: Source) -> str:
    """Return the field that a collector's sentence is about; "" where it names none of them."""
    fields = {name: name for name in ("native_query", "query", "url", "path", "map")}
    fields |= {name: f"{OPTION}{name}" for name in ("subreddit", *row.settings.get("options", {}))}
    named = [
        (found.start(), field)
        for name, field in fields.items()
        if (found := re.search(rf"\b{re.escape(name)}\b", words))
    ]
    return min(named)[1] if named else ""
