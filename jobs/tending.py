"""What is to be done for each source: read it when it is due, fill the gaps that were asked for, look posts up again.

One source's duties are done one after the other, under its claim; those of different sources know nothing of each
other.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from jobs.collect import MakeCollector, collect
from jobs.fill import fill
from jobs.parts import Parts
from jobs.recheck import Sweep, recheck, wants_recheck
from storage.rows import id_of
from storage.sources import due_sources, readable_sources
from storage.tables import Source
from storage.windows import sources_with_wanted_gaps

BETWEEN_FILLS: Final = timedelta(seconds=30)
Duty = Callable[[], None]


@dataclass(slots=True)
class Tender:
    """Says what is to be done for the sources, and remembers what a restart may forget: when to try again."""

    parts: Parts
    make: MakeCollector
    stopping: Callable[[], bool]
    _sweeps: dict[int, Sweep] = field(default_factory=dict)
    _fill_after: dict[int, datetime] = field(default_factory=dict)
    _not_before: dict[int, datetime] = field(default_factory=dict)

    def duties(self, busy: Collection[int]) -> Iterator[tuple[int, Duty]]:
        """Yield what is to be done now for each source that is not `busy`."""
        now = self.parts.now()
        with self.parts.database.read() as session:
            due = {id_of(source) for source in due_sources(session, now)}
            with_gaps = sources_with_wanted_gaps(session)
            sources = readable_sources(session)
        for source in sources:
            source_id = id_of(source)
            if source_id in busy or self._not_before.get(source_id, now) > now:
                continue
            steps: list[Callable[[Source], None]] = []
            if source_id in due:
                steps.append(self._collect)
            if source_id in with_gaps and self._fill_after.get(source_id, now) <= now:
                steps.append(self._fill)
            if wants_recheck(source) and self._sweep_of(source).is_due(now):
                steps.append(self._recheck)
            if steps:
                yield source_id, partial(self._do, source, steps)

    def put_off(self, source_id: int, pause: timedelta) -> None:
        """Leave the source alone for a while: not even its trouble could be stored."""
        self._not_before[source_id] = self.parts.now() + pause

    def _do(self, source: Source, steps: list[Callable[[Source], None]]) -> None:
        for step in steps:
            if self.stopping():
                return
            step(source)

    def _collect(self, source: Source) -> None:
        collect(self.parts, source, self.make, self.stopping)

    def _fill(self, source: Source) -> None:
        filled = fill(self.parts, source, self.make, self.stopping)
        self._fill_after[id_of(source)] = filled.again_at or self.parts.now() + BETWEEN_FILLS

    def _recheck(self, source: Source) -> None:
        recheck(self.parts, source, self.make, self._sweep_of(source), self.stopping)

    def _sweep_of(self, source: Source) -> Sweep:
        return self._sweeps.setdefault(id_of(source), Sweep())
