"""The embedded worker: a plain loop over the steps, with each source tended in a thread of its own beside it."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from threading import Event

from alerts.mail import Sender
from jobs.alert import EVERY as ALERT_EVERY
from jobs.alert import alert
from jobs.classify import Classifier, classify
from jobs.collect import LEASE, MakeCollector
from jobs.deliver import UNSIGNED, Hooks
from jobs.digest import digest
from jobs.lanes import LANES, Lanes
from jobs.name_couriers import name_some_couriers
from jobs.notify import SETTLING, notify
from jobs.parts import Parts
from jobs.recheck import forget_unrefreshed
from jobs.route import route
from jobs.tally import EVERY as TALLY_EVERY
from jobs.tally import tally
from jobs.tending import Tender
from jobs.tidy import EVERY as TIDY_EVERY
from jobs.tidy import tidy
from jobs.wake import wake
from jobs.watch import watch
from jobs.worker_id import is_gone
from storage.alerting.starter import add_starter_rules
from storage.claims import free_claims
from storage.posts import unclassified_count
from storage.sources import renew_claims, retry_stopped

READERS = 100  # threads for sources; each is started when it is needed, and a server that hangs holds one of them
IDLE_S = 1.0
TROUBLE_S = 10.0
WATCH_EVERY = timedelta(minutes=5)
RENEW_EVERY = LEASE / 4
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Worker:
    """Runs every step until it is told to stop. `load_classifier` is called when there is something to read.

    It is called again when `classifier_mark` says something else than before: another adaptation came into force.

    Sources are read and mails are sent in threads of their own, so that a server that hangs delays nothing else.
    """

    parts: Parts
    make_collector: MakeCollector
    load_classifier: Callable[[], Classifier]
    sender: Sender
    classifier_mark: Callable[[], str] = lambda: ""
    hooks: Hooks = UNSIGNED
    stop: Event = field(default_factory=Event)
    _classifier: Classifier | None = None
    _loaded_mark: str = ""
    _reading: dict[int, Future[None]] = field(default_factory=dict)
    _tender: Tender = field(init=False)
    _renewed_at: datetime | None = None
    _lanes: Lanes = field(init=False)
    _tallying: Future[int] | None = None
    _tallied_at: datetime | None = None
    _alerting: Future[int] | None = None
    _alerted_at: datetime | None = None
    _watched_at: datetime | None = None
    _tidied_at: datetime | None = None
    _begun: bool = False
    _failed_at: dict[str, datetime] = field(default_factory=dict)
    _is_naming: bool = True

    def __post_init__(self) -> None:
        self._tender = Tender(self.parts, self.make_collector, self.stop.is_set)
        self._lanes = Lanes(self.parts, self.sender, self.hooks, self.stop.is_set)

    def run(self) -> None:
        """Work until `stop` is set. Trouble in one round is logged, and the next round tries again."""
        with (
            ThreadPoolExecutor(READERS, "source") as readers,
            ThreadPoolExecutor(len(LANES), "mail") as mailer,
            ThreadPoolExecutor(1, "tally") as tallier,
            ThreadPoolExecutor(1, "alert") as alerter,
        ):
            while not self.stop.is_set():
                try:
                    if not self._begun:
                        self.begin()
                        self._retry_stopped()
                    self._start_alerting(alerter)
                    busy = self._round(readers, mailer, tallier)
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
        while not self.stop.is_set():
            read, sent_on = self._classify(), self._wake() + self._route() + self._notify(timedelta())
            self._alert_once()
            mailed = self._lanes.send()
            if not read + sent_on + mailed:
                break
            done += read + mailed
        self._watch()
        while not self.stop.is_set() and self._name_couriers():
            pass
        tally(self.parts, self.stop.is_set)
        return done

    def begin(self) -> None:
        """Take up what crashed processes of this machine left behind, and give new brands their rules."""
        with self.parts.database.write() as session:
            free_claims(session, is_gone)
            add_starter_rules(session, self.parts.now())  # before there are cases for them to find
        self._begun = True

    def _retry_stopped(self) -> None:
        with self.parts.database.write() as session:
            retry_stopped(session)

    def _round(self, readers: ThreadPoolExecutor, mailer: ThreadPoolExecutor, tallier: ThreadPoolExecutor) -> int:
        self._start_reading(readers)
        self._lanes.start(mailer)
        self._start_tallying(tallier)
        done = self._classify() + self._send_on() + self._name_couriers()
        now = self.parts.now()
        if _is_time(now, self._watched_at, WATCH_EVERY):
            self._watch()
            self._watched_at = now
        if _is_time(now, self._tidied_at, TIDY_EVERY):
            self._tidied_at = now  # first: one that fails is not tried again at once
            tidy(self.parts, self.stop.is_set)
        return done

    def _start_reading(self, readers: ThreadPoolExecutor) -> None:
        """Start what is to be done for sources that nothing is being done for; a source's trouble stays in its log."""
        for source_id, reading in list(self._reading.items()):
            if reading.done():
                del self._reading[source_id]
                if error := reading.exception():
                    _log.error("Tending a source failed and will be tried again: %s", error, exc_info=error)
                    self._tender.put_off(source_id, timedelta(seconds=TROUBLE_S))
        self._renew_claims()
        for source_id, duty in self._tender.duties(busy=self._reading.keys()):
            self._reading[source_id] = readers.submit(duty)

    def _renew_claims(self) -> None:
        now = self.parts.now()
        if self._reading and _is_time(now, self._renewed_at, RENEW_EVERY):
            with self.parts.database.write() as session:
                renew_claims(session, self._reading, self.parts.worker, now + LEASE)
            self._renewed_at = now

    def _start_tallying(self, tallier: ThreadPoolExecutor) -> None:
        """Start counting for the reports, beside all else: a first count of many cases takes a while."""
        if self._tallying is not None:
            if not self._tallying.done():
                return
            if error := self._tallying.exception():
                _log.error("Counting for the reports failed and will be tried again: %s", error, exc_info=error)
            self._tallying = None
        now = self.parts.now()
        if _is_time(now, self._tallied_at, TALLY_EVERY):
            self._tallied_at = now
            self._tallying = tallier.submit(tally, self.parts, self.stop.is_set)

    def _start_alerting(self, alerter: ThreadPoolExecutor) -> None:
        """Let the rules look, beside all else: what one of them asks of a large database may take a while."""
        if self._alerting is not None:
            if not self._alerting.done():
                return
            if error := self._alerting.exception():
                _log.error("Looking for what to tell failed and will be tried again: %s", error, exc_info=error)
            self._alerting = None
        now = self.parts.now()
        if _is_time(now, self._alerted_at, ALERT_EVERY):
            self._alerted_at = now
            self._alerting = alerter.submit(self._tell_managers)

    def _tell_managers(self) -> int:
        return alert(self.parts, self.stop.is_set) + digest(self.parts, self.stop.is_set)

    def _alert_once(self) -> None:
        """Open incidents and tell of them at once: nobody waits here for what else may come up."""
        for _ in ("open", "tell"):
            alert(self.parts, self.stop.is_set, settling=timedelta())

    def _send_on(self) -> int:
        """Bring cases back, give them out and tell of it; a step that fails delays no other and is tried again."""
        done, now = 0, self.parts.now()
        steps: dict[str, Callable[[], int]] = {
            "Bringing back": self._wake,
            "Giving out": self._route,
            "Telling of": partial(self._notify, SETTLING),
        }
        for name, step in steps.items():
            if not _is_time(now, self._failed_at.get(name), timedelta(seconds=TROUBLE_S)):
                continue
            try:
                done += step()
            except Exception as error:
                self._failed_at[name] = now
                _log.exception("%s cases failed and will be tried again: %s", name, error)
        return done

    def _route(self) -> int:
        return route(self.parts, self.stop.is_set)

    def _notify(self, settling: timedelta) -> int:
        return notify(self.parts, settling, self.stop.is_set)

    def _name_couriers(self) -> int:
        """Go through some of the old cases, as long as there are any whose courier has to be looked for."""
        self._is_naming = self._is_naming and name_some_couriers(self.parts)
        return int(self._is_naming)

    def _wake(self) -> int:
        return wake(self.parts)

    def _watch(self) -> None:
        self._is_naming = True
        watch(self.parts)
        forget_unrefreshed(self.parts)

    def _classify(self) -> int:
        mark = self.classifier_mark()
        if self._classifier is None or mark != self._loaded_mark:
            with self.parts.database.read() as session:
                if unclassified_count(session) == 0:
                    return 0
            self._classifier, self._loaded_mark = self.load_classifier(), mark
        return classify(self.parts, self._classifier)


def _is_time(now: datetime, last: datetime | None, every: timedelta) -> bool:
    """Tell whether something is to be done again; it is too where the clock went back behind the last time."""
    return last is None or not timedelta() <= now - last < every
