"""Which column of a file is which field of a post, and a row as a post."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from collectors.base import fingerprint, language_code, plain, reach_of, short_id, web_address
from collectors.presets import preset_of
from collectors.rows import Row
from core.errors import InputError
from core.text import MAX_TEXT_LENGTH
from core.types import Post, PostKind

DEFAULT_PLATFORM: Final = "files"
MAX_PLATFORM_LENGTH: Final = 40

# Names that exports use, the surest first; upper case, blanks, dots and dashes make no difference.
PRESETS: Final[dict[str, tuple[str, ...]]] = {
    "text": (
        *("text", "full_text", "tweet_text", "post_text", "review_text", "comment_text", "body", "selftext", "message"),
        *("content", "review", "review_body", "comment", "tweet", "post", "post_content"),
    ),
    "platform_id": (
        *("id_str", "id", "post_id", "tweet_id", "status_id", "comment_id", "review_id", "message_id", "platform_id"),
        "guid",
    ),
    "posted_at": (
        *("posted_at", "created_at", "tweet_created", "published_at", "date", "datetime", "timestamp", "created_utc"),
        *("created", "published", "posted", "time", "review_date", "date_posted", "post_date"),
    ),
    "author": (
        *("author", "author_username", "user_username", "user_screen_name", "screen_name", "username", "user_name"),
        *("handle", "user", "author_handle", "reviewer", "from"),
    ),
    "author_name": ("author_name", "display_name", "name", "user_name", "full_name"),
    "url": ("url", "link", "permalink", "post_url", "href"),
    "title": ("title", "subject", "headline", "review_title"),
    "language": ("language", "lang"),
    "platform": ("platform", "network"),
    "kind": ("kind", "post_kind"),
    "reach": ("reach", "followers", "followers_count", "user_followers_count", "views", "impressions"),
    "parent_id": ("parent_id", "in_reply_to", "in_reply_to_id", "in_reply_to_status_id", "reply_to"),
    "conversation_id": ("conversation_id", "thread_id", "link_id"),
}
SHORT_NAMES: Final = {"id": "platform_id", "date": "posted_at", "followers": "reach", "name": "author_name"}
KINDS: Final = {
    **dict.fromkeys(("comment", "reply"), PostKind.COMMENT),
    **dict.fromkeys(("article", "blog", "review"), PostKind.ARTICLE),
}
ROUNDED: Final = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)  # a long number after a spreadsheet had it


@dataclass(frozen=True, slots=True)
class Columns:
    """The column of each field that the file has, and the platform that all rows belong to ("" where a column says).

    `scope` stands before the ids of rows without a platform, whose ids are often mere row numbers. `instead` are the
    columns that a row takes where its own is empty. `export` names the well-known export that the file is, "" for none.
    """

    of: Mapping[str, str]
    platform: str = ""
    scope: str = ""
    instead: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    export: str = ""


def field_of(given: str) -> str:
    """Return the field of a post that a mapping names; raises `InputError` that names the nearest one."""
    known = SHORT_NAMES.get(given, given)
    if known not in PRESETS:
        close = difflib.get_close_matches(given, [*PRESETS, *SHORT_NAMES], n=1)
        hint = f'did you mean "{close[0]}"?' if close else f"known are {', '.join(PRESETS)}."
        raise InputError(f'A post has no field "{given}"; {hint}')
    return known


def find_columns(
    name: str,
    columns: tuple[str, ...],
    mapping: Mapping[str, str],
    platform: str = "",
    scope: str = "",
    preset: str = "",
) -> Columns:
    """Return the columns of the file `name` as `mapping` says, else as the well-known export that it is calls them.

    That is the one which `preset` names, or the file shows itself to be; else each is looked for by its usual names.

    Raises `InputError` where a mapped column or field is not there, or no column for the text or the date is found;
    the message names the columns that are.
    """
    shown = ", ".join(column for column in columns if column)[:1000] or "none"
    found: dict[str, str] = {}
    for given, column in mapping.items():
        known = field_of(given)
        match = [each for each in columns if each == column] or [c for c in columns if _tidy(c) == _tidy(column)]
        if not match:
            raise InputError(f'{name} has no column "{column}". Its columns: {shown}.')
        found[known] = match[0]
    tidy = {_tidy(column): column for column in reversed(columns)}
    export = preset_of(preset, tidy)
    listed = export.columns if export else {}
    has = {name: tuple(tidy[each] for each in names if each in tidy) for name, names in listed.items()}
    instead = {name: has[name][1:] for name in has if name not in found}
    found |= {name: has[name][0] for name in has if has[name] and name not in found}
    for name_of_field, names in PRESETS.items():
        free = (tidy[each] for each in names if each in tidy and tidy[each] not in found.values())
        if name_of_field not in found and listed.get(name_of_field) != () and (column := next(free, "")):
            found[name_of_field] = column
    for needed, word in (("text", "text"), ("posted_at", "date")):
        if needed not in found:
            raise InputError(
                f"{name} has no column for the {word} that is known by its name. Its columns: {shown}. "
                f'Say which it is with --map {needed}=COLUMN, at a source with map = {{ {needed} = "COLUMN" }}.'
            )
    platform = platform.strip().lower() or (export.platform if export and "platform" not in mapping else "")
    return Columns(found, platform, scope, instead, export.name if export else "")


def to_post(row: Row, columns: Columns, posted_at: datetime) -> Post:
    """Return the row as a post; raises `ValueError` with the reason where its words are missing or too many."""
    cell = {name: _cell(row, (column, *columns.instead.get(name, ()))) for name, column in columns.of.items()}
    length = len(row.cells.get(columns.of["text"], ""))
    if length > MAX_TEXT_LENGTH:
        raise ValueError(f"the text has {length:,} characters, {MAX_TEXT_LENGTH:,} is the most")
    text, title = cell["text"] or cell.get("title", ""), cell.get("title", "")
    if not text:
        raise ValueError(f'the text (column "{columns.of["text"]}") is empty')
    author = cell.get("author", "").removeprefix("@")
    platform = columns.platform or cell.get("platform", "").lower()[:MAX_PLATFORM_LENGTH] or DEFAULT_PLATFORM
    scope = f"{columns.scope}/" if columns.scope and platform == DEFAULT_PLATFORM else ""
    # The date as it stands: what "03/04/2026" means may turn out only when the file has grown.
    own_id = _own_id(cell.get("platform_id", "")) or fingerprint(author, cell["posted_at"], text)
    return Post(
        platform=platform,
        platform_id=short_id(scope + own_id),
        text=text,
        title=title if cell["text"] else "",
        author=author,
        author_name=cell.get("author_name", ""),
        posted_at=posted_at,
        url=web_address(cell.get("url", "")),
        language=language_code(cell.get("language", "")),
        parent_id=_scoped(scope, cell.get("parent_id", "")),
        conversation_id=_scoped(scope, cell.get("conversation_id", "")),
        reach=reach_of(cell.get("reach", "")),
        kind=KINDS.get(cell.get("kind", "").lower(), PostKind.POST),
    )


def _cell(row: Row, names: tuple[str, ...]) -> str:
    return next((value for name in names if (value := plain(row.cells.get(name, "")))), "")


def _own_id(value: str) -> str:
    """Return the id in a cell; "" where a spreadsheet has rounded it, as many posts share what is left of it."""
    return "" if ROUNDED.fullmatch(value) else value


def _scoped(scope: str, value: str) -> str:
    return short_id(scope + value) if value else ""


def _tidy(column: str) -> str:
    return re.sub(r"[\s.\-_]+", "_", column.strip().lower()).strip("_")
