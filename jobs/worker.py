"""The embedded worker: a plain loop over the steps, with sources read beside it so that none delays another."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event

from alerts.mail import Sender
from jobs.classify import Classifier, classify
from jobs.collect import Collected, MakeCollector, collect
from jobs.deliver import deliver
from jobs.parts import Parts
from jobs.watch import watch
from jobs.worker_id import is_gone
from storage.claims import free_claims
from storage.posts import unclassified_count
from storage.rows import id_of
from storage.sources import due_sources, retry_stopped

READERS = 4
IDLE_S = 1.0
TROUBLE_S = 10.0
WATCH_EVERY = timedelta(minutes=5)
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Worker:
    """Runs every step until it is told to stop. `load_classifier` is called once, when there is something to read.

    Sources are read and mails are sent in threads of their own, so that a server that hangs delays nothing else.
    """

    parts: Parts
    make_collector: MakeCollector
    load_classifier: Callable[[], Classifier]
    sender: Sender
    stop: Event = field(default_factory=Event)
    _classifier: Classifier | None = None
    _reading: dict[int, Future[Collected]] = field(default_factory=dict)
    _sending: Future[int] | None = None
    _watched_at: datetime | None = None

    def run(self) -> None:
        """Work until `stop` is set. Trouble in one round is logged, and the next round tries again."""
        self.begin()
        with self.parts.database.write() as session:
            retry_stopped(session)
        with ThreadPoolExecutor(READERS, "source") as readers, ThreadPoolExecutor(1, "mail") as mailer:
            while not self.stop.is_set():
                try:
                    busy = self._round(readers, mailer)
                except Exception as error:  # the loop must live: a full disk or a locked database may pass
                    _log.exception("This round failed and will be tried again: %s", error)
                    self.stop.wait(TROUBLE_S)
                    continue
                if not busy:
                    self.stop.wait(IDLE_S)

    def run_once(self) -> int:
        """Do every step but collecting until nothing is left; return how many posts and messages were dealt with."""
        self.begin()
        done = 0
        while not self.stop.is_set() and (count := self._classify() + self._deliver()):
            done += count
        watch(self.parts)
        return done

    def begin(self) -> None:
        """Take up what crashed processes of this machine left behind."""
        with self.parts.database.write() as session:
            free_claims(session, is_gone)

    def _round(self, readers: ThreadPoolExecutor, mailer: ThreadPoolExecutor) -> int:
        self._start_reading(readers)
        self._start_sending(mailer)
        done = self._classify()
        now = self.parts.now()
        if self._watched_at is None or now - self._watched_at >= WATCH_EVERY:
            watch(self.parts)
            self._watched_at = now
        return done

    def _start_reading(self, readers: ThreadPoolExecutor) -> None:
        for source_id, reading in list(self._reading.items()):
            if reading.done():
                del self._reading[source_id]
                reading.result()
        with self.parts.database.read() as session:
            sources = due_sources(session, self.parts.now())
        for source in sources:
            if id_of(source) not in self._reading:
                self._reading[id_of(source)] = readers.submit(
                    collect, self.parts, source, self.make_collector, self.stop.is_set
                )

    def _start_sending(self, mailer: ThreadPoolExecutor) -> None:
        if self._sending is not None:
            if not self._sending.done():
                return
            sent, self._sending = self._sending, None
            sent.result()
        self._sending = mailer.submit(self._deliver)

    def _deliver(self) -> int:
        return deliver(self.parts, self.sender, stopping=self.stop.is_set)

    def _classify(self) -> int:
        if self._classifier is None:
            with self.parts.database.read() as session:
                if unclassified_count(session) == 0:
                    return 0
            self._classifier = self.load_classifier()
        return classify(self.parts, self._classifier)
