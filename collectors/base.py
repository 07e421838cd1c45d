"""What every collector is given, what it does, and the few things that all of them share."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final, Protocol, Self, runtime_checkable

from core.errors import ConfigError
from core.queries import Query, parse_query
from core.text import storable
from core.types import Estimate, LookedUp, Page

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

    `query` is what to look for, in the one language that docs/queries.md describes; `native_query` takes its place in
    the platform's own, untouched. `own_handles` are the brand's accounts, whose posts are no complaints. `url` is what
    a feed is read from, `path` the file or folder of a files source. `base_url` takes the place of the platform's own
    address, for a proxy or a test server. `mapping` says which column of a file holds which field of a post; `options`
    are the platform's own settings, each collector lists the names it knows. With `public_only` what `url` names, and
    leads on to, is asked on public networks alone: somebody typed it into the board.
    """

    name: str
    platform: str
    query: str = ""
    native_query: str = ""
    own_handles: tuple[str, ...] = ()
    url: str = ""
    path: str = ""
    base_url: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    public_only: bool = False

    @property
    def wanted(self) -> Query:
        """The query, read; raises `ConfigError` that names what in it cannot be read."""
        return parse_query(self.query)

    def whole_number(self, option: str, default: int, *, low: int = 0, high: int) -> int:
        """Return the option as a number; raises `ConfigError` unless it is one from `low` to `high`."""
        given = self.options.get(option, str(default))
        if not given.isascii() or not given.isdigit() or not low <= int(given) <= high:
            raise ConfigError(
                f'Source "{self.name}": {option} must be a whole number from {low} to {high}, not "{given}".'
            )
        return int(given)

    def switch(self, option: str, *, default: bool) -> bool:
        """Return whether the option is on; raises `ConfigError` unless it is "true" or "false"."""
        given = self.options.get(option, str(default)).strip().lower()
        if given not in ("true", "false"):
            raise ConfigError(f'Source "{self.name}": {option} must be "true" or "false", not "{given}".')
        return given == "true"


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

    `Page.gap` says what the platform withheld (too old, beyond its cap); `Page.rejected` holds what came but is no
    post. Neither stops the walk.

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


@runtime_checkable
class LooksUp(Protocol):
    """A collector whose platform tells what became of posts: the seam of `recheck`."""

    lookup_size: ClassVar[int]

    def lookup(self, ids: Sequence[str]) -> LookedUp:
        """Return what became of up to `lookup_size` posts; raises what `Collector.fetch` raises."""


@runtime_checkable
class FillsGaps(Protocol):
    """A collector that can read a stretch of time that lies behind its cursor."""

    def fill(self, from_at: datetime, until_at: datetime) -> Iterator[Page]:
        """Yield the posts of that time; the pages' cursors mean nothing. Raises what `Collector.fetch` raises.

        A page's `gap` says what of the stretch the platform no longer hands over.
        """


@runtime_checkable
class Estimates(Protocol):
    """A collector whose platform counts what a query matches without handing it over."""

    def estimate(self) -> Estimate:
        """Return what the source would bring and cost in 30 days; raises what `Collector.fetch` raises."""


@dataclass(frozen=True, slots=True)
class ReplyToSend:
    """A reply that a member wrote, on its way to the platform of the post that it answers.

    `post_id` is the post as the platform names it, `text` exactly what everybody will read. `key` is fixed when the
    reply is written and the same whenever it is tried again.
    """

    key: str
    post_id: str
    text: str


@dataclass(frozen=True, slots=True)
class SentReply:
    """What became of a reply on its platform: `post_id` and `url` of the brand's own new post."""

    post_id: str
    url: str
    posted_at: datetime


@runtime_checkable
class Replier(Protocol):
    """A collector that can post a reply in the brand's name: the seam of a later piece, no collector has it yet.

    Only replies that a person wrote and sent go here, one at a time, and only of a source whose card says `may_reply`
    (`core.policies.policy_for`): the caller asks that before each one, as a card can change while a reply waits.

    `reply(answer)` returns what was posted. It must never post twice: where the platform takes a key of ours, it is
    given `answer.key`; where it takes none, and no answer came back, the collector looks among the brand's newest posts
    below `answer.post_id` for the same words before it posts, so that it may be called again with the same key after a
    crash. Nothing is retried inside, also not by the platform's library.

    Raised, with nothing posted:

    * `RateLimitedError`: wait, then call again with the same key.
    * `NotPermittedError`, `AuthError` (`needs_person` is true): the account may not answer this author (on X, one who
      did not mention it), or its credential does not write. The member posts the reply by hand.
    * `BadResponseError`: the post is gone, or the text is not one that the platform takes; a person has to look.

    Raised, with nothing known of what was posted:

    * `UnreachableError`: call again later with the same key.
    """

    def reply(self, answer: ReplyToSend) -> SentReply:
        """Post the reply, or find that it was posted under this key; raises as above."""


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
    """Return a stranger's value as one storable string without outer blanks; None gives "", endless nesting too."""
    try:
        return "" if value is None else storable(str(value)).strip()
    except RecursionError:
        return ""


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
    if value is None or type(value) is int:  # as the platforms write it
        return min(max(value or 0, 0), MAX_REACH)
    try:
        return min(max(int(float(str(value).replace(",", ""))), 0), MAX_REACH)
    except (ValueError, OverflowError):
        return 0
