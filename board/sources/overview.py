"""How the sources are doing, worked out once for all who look, as counting posts takes time."""

from dataclasses import dataclass
from typing import Any, Final

from board.kept import Kept
from board.parts import Parts
from board.sources.shown import glance, in_order, source_data
from storage.source_acts import fills_asked
from storage.source_health import SourceHealth, sources_health

KEPT_FOR_S: Final = 4.0  # less than the page's refresh, so that every refresh of a page shows something newer


@dataclass(frozen=True, slots=True)
class Overview:
    """The sources in the order of the page, the same as the browser gets them, and all of them in a sentence.

    `read_at` is the time of all this, in seconds of Unix time. Shared by threads: nobody changes anything in it.
    """

    sources: list[SourceHealth]
    data: list[dict[str, Any]]
    glance: str
    read_at: float


def _read(board: Parts) -> Overview:
    now = board.clock()
    with board.database.read() as session:
        sources = in_order(sources_health(session, now))
        asked = fills_asked(session, [gap.id for source in sources for gap in source.gaps])
    data = [source_data(source, asked, now) for source in sources]
    return Overview(sources, data, glance(sources, now), now.timestamp())


_overview: Final = Kept(_read, KEPT_FOR_S)


def overview(board: Parts) -> Overview:
    """Return how the sources are doing, as it was at most four seconds ago; whoever comes meanwhile waits for it."""
    return _overview.get(board)


def forget() -> None:
    """Let the next page show what somebody has just done."""
    _overview.forget()
