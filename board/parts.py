"""What an entry builds once and every page, route and socket of the process uses."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from storage.database import Database


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """The database, the board's own address and the clock."""

    database: Database
    base_url: str
    clock: Callable[[], datetime] = _now

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
