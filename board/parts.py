"""What an entry builds once and every page, route and socket of the process uses."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from core.drift import Baseline
from core.queries import Query
from core.taxonomy import Reason
from core.thresholds import Border, Choice
from core.types import Compiled, Estimate
from storage.database import Database
from storage.tables import Brand, Source


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class EstimateAsked:
    """A query of ours that is tried, for a brand with these handles.

    Where it is for a source of X, with the source's name, address and options.
    """

    query: str
    own_handles: tuple[str, ...] = ()
    source: str = ""
    base_url: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Key:
    """A credential of a platform by the variable that holds it, and by the one of a source's own; never its value.

    `is_needed` where nothing is read without it; `is_set` where one of the two is set for this process.
    """

    name: str
    own_name: str
    is_needed: bool
    is_set: bool


@dataclass(frozen=True, slots=True)
class PlatformFacts:
    """What a platform's collector knows of its sources: its own options, and the keys that it reads."""

    options: Sequence[str] = ()
    keys: Sequence[Key] = ()


@dataclass(frozen=True, slots=True)
class Configured:
    """The configuration file that each start applies: what it is called, and the names in it by table."""

    file: str
    names: Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """The model that reads, as its folder describes it: who made it, how it was measured, where its borders are.

    `figures` is the first table of its card, the heading first; a model that has no card has none. `adapted` says that
    what the team corrected was learned on top of `base`.
    """

    version: str
    base: str
    adapted: bool
    borders: Mapping[Choice, Border]
    card: Baseline | None
    figures: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class WeighedWord:
    """`text[start:end]` of a post, and how far the answer's log-odds fall without it; below 0 they rise."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Explained:
    """Why the model of that version answers as it does about `text[start:end]` of a post: the heaviest words first."""

    version: str
    start: int
    end: int
    probability: float
    words: Sequence[WeighedWord]


@dataclass(frozen=True, slots=True)
class Parts:
    """The database, the board's own address and the clock, and what the board knows of platforms and of the model.

    `compiled` gives a query in every platform's language, as it would be asked there. `estimate` asks X what a query
    would bring and cost, and raises what a collector raises; None where the entry gives no way to ask. `configured` is
    the file of the configuration, None where no start applies any, and `model` the model as its folder describes it,
    None where that says nothing; raises ModelError where it is damaged. `explained` says which words of a post made the
    model say that it is a complaint, or has a reason; it takes up to some seconds and raises ModelError.
    `reaches_private` says whether messages are sent to web addresses inside private networks. `platforms` are those
    that can be read, `platform_facts` says what one of them needs for a source of that name, and `check_source` raises
    ConfigError where a source of a brand could not be read whatever its keys.
    """

    database: Database
    base_url: str
    clock: Callable[[], datetime] = _now
    compiled: Callable[[Query, EstimateAsked], Sequence[Compiled]] = lambda _query, _asked: ()
    estimate: Callable[[EstimateAsked], Estimate] | None = None
    configured: Callable[[], Configured | None] = lambda: None
    model: Callable[[], ModelFacts | None] = lambda: None
    explained: Callable[[str, Reason | None], Explained] | None = None
    reaches_private: bool = False
    platforms: Sequence[str] = ()
    platform_facts: Callable[[str, str], PlatformFacts] = lambda _platform, _source: PlatformFacts()
    check_source: Callable[[Source, Brand], None] = lambda _source, _brand: None

    @property
    def is_https(self) -> bool:
        """True where people reach the board encrypted, so that its cookie may insist on it."""
        return urlsplit(self.base_url).scheme == "https"


class _Holder:
    parts: Parts | None = None


def install(parts: Parts | None) -> None:
    """Make `parts` the ones of this process. Streamlit runs a page as a script, which can be handed nothing."""
    _Holder.parts = parts


def installed() -> Parts:
    """Return the parts of this process; raises RuntimeError where no entry has built them."""
    if _Holder.parts is None:
        raise RuntimeError("the board was not started through app.py: its parts are not there")
    return _Holder.parts
