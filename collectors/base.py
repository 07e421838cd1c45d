"""What every collector is given, what it does, and the few things that all of them share."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Protocol, Self

from core.errors import ConfigError
from core.text import storable
from core.types import Page

PAGE_SIZE: Final = 500  # posts a page, where the platform itself does not page
MAX_ID_LENGTH: Final = 300  # strangers choose feed ids; a database index takes no more than about 2,700 bytes
MAX_REACH: Final = 2_000_000_000  # what a database integer holds


class Secret(Protocol):
    """Something that hides a credential until it is asked, as pydantic's SecretStr does."""

    def get_secret_value(self) -> str:
        """Return the credential itself."""


Credentials = Mapping[str, Secret]


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One source as its owner configured it; holds no credential, so it may be logged.

    `url` is what a feed is read from, `path` the file or folder of a files source. `base_url` takes the place of the
    platform's own address, for a proxy or a test server. `mapping` says which column of a file holds which field of a
    post; `options` are the platform's own settings, each collector lists the names it knows.
    """

    name: str
    platform: str
    query: str = ""
    url: str = ""
    path: str = ""
    base_url: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)

    def whole_number(self, option: str, default: int, *, low: int = 0, high: int) -> int:
        """Return the option as a number; raises `ConfigError` unless it is one from `low` to `high`."""
        given = self.options.get(option, str(default))
        if not given.isascii() or not given.isdigit() or not low <= int(given) <= high:
            raise ConfigError(
                f'Source "{self.name}": {option} must be a whole number from {low} to {high}, not "{given}".'
            )
        return int(given)


class Collector(Protocol):
    """Reads one source, page by page, from where a cursor says.

    A collector keeps nothing between calls and holds no database, clock or sleep; the caller owns all of these.

    `fetch(cursor)` yields pages until the source has nothing more for now. `cursor` is "" for a source that was never
    read, else the cursor of the last page that the caller stored; only the collector can read it.

    Each page's cursor is true once the page's posts are stored. So the caller stores a page and its cursor in one
    transaction, and asks for the next page afterwards. It may stop after any page, by choice or by a crash, and call
    `fetch` of a new collector with the last stored cursor: some posts may come again, none is skipped. Posts also come
    again by design, as each new walk re-reads a short stretch for posts that the platform showed late; the store tells
    repeats by (platform, platform_id). Where there is nothing new, no page comes at all, or one without new posts.

    `Page.truncated` says what the platform withheld (too old, beyond its cap); `Page.rejected` holds what came but is
    no post. Neither stops the walk.

    Raised while fetching, always after the pages that were already yielded, which stay valid:

    * `RateLimitedError`: wait `retry_after`, or as long as the caller thinks right where it is None, then fetch again.
    * `UnreachableError`: no answer, cut off, or the platform's own fault; fetch again later, with growing pauses.
    * `BadResponseError`: an answer that is not what the API promises; as above, and worth a look when it stays.
    * `AuthError`, `NotPermittedError` (`needs_person` is true): nothing changes until somebody acts.
    * `ConfigError`: the stored cursor is not one of this collector.

    Nothing is retried inside: a pause belongs to the caller, and a repeat costs only the page that failed.
    """

    credentials: ClassVar[tuple[str, ...]]
    optional_credentials: ClassVar[tuple[str, ...]]
    options: ClassVar[frozenset[str]]

    def fetch(self, cursor: str) -> Iterator[Page]:
        """Yield what came since `cursor`."""

    def close(self) -> None:
        """Give back connections; harmless when called twice."""


class CollectorClass(Protocol):
    """A class of collectors, as the table of platforms names it."""

    credentials: tuple[str, ...]
    optional_credentials: tuple[str, ...]
    options: frozenset[str]

    def build(self, config: SourceConfig, credentials: Credentials) -> Collector:
        """Return the collector with its client, without asking the platform anything.

        Raises `ConfigError` where the configuration cannot work. The credentials are known to be there.
        """


class NeedsNothing:
    """The declarations of a collector that needs no credential, knows no option and holds no connection."""

    credentials: ClassVar[tuple[str, ...]] = ()
    optional_credentials: ClassVar[tuple[str, ...]] = ()
    options: ClassVar[frozenset[str]] = frozenset()

    def close(self) -> None:
        """Nothing to give back."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_cursor(cursor: str) -> dict[str, Any]:
    """Return what `write_cursor` put into `cursor`; {} for an empty one."""
    if not cursor:
        return {}
    try:
        state = json.loads(cursor)
    except ValueError as error:
        raise ConfigError(
            "The stored cursor cannot be read; clear the source's cursor to read it from the start."
        ) from error
    if not isinstance(state, dict):
        raise ConfigError("The stored cursor is of another kind; clear the source's cursor to read it from the start.")
    return state


def write_cursor(**state: object) -> str:
    """Return `state` as a cursor; equal states give equal cursors."""
    return json.dumps(state, sort_keys=True, separators=(",", ":"))


def plain(value: object) -> str:
    """Return a stranger's value as one storable string without outer blanks; None gives ""."""
    return "" if value is None else storable(str(value)).strip()


def short_id(value: str) -> str:
    """Return `value`, or its fingerprint where it is too long for an index."""
    return value if len(value) <= MAX_ID_LENGTH else fingerprint(value)


def fingerprint(*parts: str) -> str:
    """Return a stable id made of `parts`."""
    return "sha256:" + hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def web_address(value: str) -> str:
    """Return `value` where it is an http(s) address, else "": a stranger's link may be script."""
    return value if value.lower().startswith(("https://", "http://")) else ""


def language_code(value: str) -> str:
    """Return the two-letter code of `value` ("en-GB" gives "en"), or "" where it has none."""
    code = value.strip().lower().replace("_", "-").split("-")[0]
    return code if len(code) == 2 and code.isascii() and code.isalpha() else ""


def reach_of(value: object) -> int:
    """Return how many people `value` says, 0 where it says nothing sensible."""
    try:
        return min(max(int(float(str(value).replace(",", ""))), 0), MAX_REACH)
    except (ValueError, OverflowError):
        return 0
