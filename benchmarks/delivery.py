"""Alerts through a mail server that fails in every way, and how long one takes from detection to the server.

    python benchmarks/delivery.py [--messages 1000] [--kills 5] [--database URL] [--minutes 4]

First so many messages leave by the worker's own lanes through a server that answers 451, 421 and 550, drops the line
before its reply, accepts and loses the reply, is slow and goes down, while senders are killed with -9 and started anew;
the clock is ahead where all wait. Then a worker with its default loop runs in real time: brands have their starter
rules, complaints come at random, and the time is measured from when the post was read to when the mail server took the
first mail that tells of its case.
"""

import argparse
import json
import logging
import math
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from sqlmodel import col, select  # noqa: E402

from alerts.mail import open_sender  # noqa: E402
from collectors.base import Collector, SourceConfig  # noqa: E402
from core.configuration import parse_configuration  # noqa: E402
from core.types import Post  # noqa: E402
from jobs.parts import Parts, utc_now  # noqa: E402
from jobs.worker import Worker  # noqa: E402
from storage.brands import apply_configuration  # noqa: E402
from storage.database import Database, open_database  # noqa: E402
from storage.posts import store_posts  # noqa: E402
from storage.tables import AlertRule, Case, IncidentItem, Outbox, Source, Telling  # noqa: E402
from tests.fakes import FakeClassifier  # noqa: E402
from tests.faults import FaultyServer, account  # noqa: E402
from tests.jobs.sending import Sending, queue  # noqa: E402
from tests.smtp import MailServer  # noqa: E402

BRANDS, MANAGERS = 50, 3
# Each names another one, so that none joins another's incident.
COURIERS = ("DPD", "Evri", "UPS", "FedEx", "GLS", "DHL", "Hermes", "Yodel")


def through_faults(url: str, messages: int, kills: int) -> dict[str, object]:
    """Send all messages and return what became of them."""
    database = open_database(url)
    queue(database, messages)
    server = FaultyServer(seed=2026, slow_s=2.0)
    sending = Sending(database, url, server, kills=kills, outages=3)
    began = time.perf_counter()
    sending.run()
    server.goes_down()
    found = account(database, server.attempts, sending.cut_at)
    answers: dict[str, int] = {"550": server.refused}
    for attempt in server.attempts:
        answers[attempt.answer.partition(" ")[0]] = answers.get(attempt.answer.partition(" ")[0], 0) + 1
    database.close()
    return {
        "messages": messages,
        "sent": found.sent,
        "given up, as 550 or 554 said so": found.given_up,
        "lost": len(found.lost),
        "came twice": len(found.doubled),
        "came twice without a lost answer": len(found.unexplained),
        "answers": answers,
        "senders killed": kills,
        "rounds": sending.rounds,
        "seconds": round(time.perf_counter() - began, 1),
    }


def in_time(url: str, minutes: float) -> dict[str, object]:
    """Return how long mails took from when a post was read to the mail server, in seconds."""
    database = open_database(url)
    with database.write() as session:
        apply_configuration(session, parse_configuration(_configuration()), utc_now())
    with MailServer() as server:
        worker = Worker(
            parts=Parts(database, mail_from="afterclick@board.example"),
            make_collector=_no_collector,
            load_classifier=FakeClassifier,
            sender=open_sender(server.url),
        )
        working = Thread(target=worker.run)
        working.start()
        time.sleep(15)  # the starter rules are there
        _complain(database, minutes)
        time.sleep(90)
        worker.stop.set()
        working.join()
    waits = _waits(database)
    database.close()
    return {
        "rules": _count_rules(url),
        "posts": BRANDS,
        "mails": len(waits),
        "median": round(statistics.median(waits), 1),
        "p99": round(statistics.quantiles(waits, n=100)[98], 1),
        "longest": round(max(waits), 1),
    }


def _no_collector(config: SourceConfig) -> Collector:
    raise ValueError(f"{config.name} is switched off")


def _configuration() -> dict[str, object]:
    names = [f"Brand{number}" for number in range(BRANDS)]
    managers = [[f"m{each}@{name.lower()}.example" for each in range(MANAGERS)] for name in names]
    return {
        "brands": [{"name": name, "managers": those} for name, those in zip(names, managers, strict=True)],
        "sources": [
            {"name": f"feed-{name}", "brand": name, "platform": "x", "query": name, "enabled": False} for name in names
        ],
    }


def _complain(database: Database, minutes: float) -> None:
    """Let a severe complaint about each brand come at a random moment."""
    chance = random.Random(2026)
    moments = sorted((chance.uniform(0, minutes * 60), number) for number in range(1, BRANDS + 1))
    with database.read() as session:
        sources = {source.brand_id: source.id for source in session.exec(select(Source))}
    began = time.monotonic()
    for at, brand_id in moments:
        time.sleep(max(0.0, began + at - time.monotonic()))
        text = f"late 4, {chance.choice(COURIERS)} lost it"
        post = Post(
            platform="x", platform_id=f"p{brand_id}", text=text, author=f"writer{brand_id}", posted_at=utc_now()
        )
        with database.write() as session:
            source_id = sources[brand_id]
            assert source_id is not None
            store_posts(session, [post], brand_id=brand_id, source_id=source_id, own_handles=[], now=utc_now())


def _waits(database: Database) -> list[float]:
    """Return, for each case and manager, the seconds from the case's opening to the first mail that tells of it.

    Where none left it is for ever.
    """
    query = (
        select(Case.id, Case.opened_at, Outbox.recipient, Outbox.sent_at)
        .join(IncidentItem, col(IncidentItem.case_id) == col(Case.id))
        .join(Telling, col(Telling.incident_id) == col(IncidentItem.incident_id))
        .join(Outbox, col(Outbox.id) == col(Telling.outbox_id))
    )
    first: dict[tuple[int | None, str], float] = {}
    with database.read() as session:
        for case_id, opened_at, recipient, sent_at in session.exec(query):
            wait = (sent_at - opened_at).total_seconds() if sent_at else math.inf
            first[case_id, recipient] = min(first.get((case_id, recipient), math.inf), wait)
    return list(first.values()) + [math.inf] * (BRANDS * MANAGERS - len(first))


def _count_rules(url: str) -> int:
    database = open_database(url)
    with database.read() as session:
        count = len(session.exec(select(AlertRule.id).where(AlertRule.enabled)).all())
    database.close()
    return count


def main() -> None:
    """Run both and print what came of them."""
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("--messages", type=int, default=1000)
    given.add_argument("--kills", type=int, default=5)
    given.add_argument("--minutes", type=float, default=4)
    given.add_argument("--database", default="", help="an empty database for both; else SQLite files of their own")
    given.add_argument("--only", choices=("faults", "time"), default="")
    asked = given.parse_args()
    logging.disable(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        results: dict[str, object] = {"at": datetime.now(UTC).isoformat(timespec="minutes")}
        if asked.only != "time":
            url = asked.database or f"sqlite:///{folder}/faults.db"
            results["through faults"] = through_faults(url, asked.messages, asked.kills)
        if asked.only != "faults":
            results["from detection to the server"] = in_time(
                asked.database or f"sqlite:///{folder}/time.db", asked.minutes
            )
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
