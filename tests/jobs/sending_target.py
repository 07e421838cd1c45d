"""A sender that is killed over and over: python -m tests.jobs.sending_target URL SMTP_URL SECONDS_AHEAD."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlmodel import select

from alerts.mail import open_sender
from jobs.deliver import UNSIGNED
from jobs.lanes import LANES, Lanes
from jobs.parts import Parts, utc_now
from jobs.worker_id import is_gone
from storage.claims import free_claims
from storage.database import open_database
from storage.tables import Outbox, OutboxState


def main(url: str, smtp_url: str, ahead: timedelta) -> None:
    """Send what is due by a clock that is ahead, then end."""
    database = open_database(url)
    parts = Parts(database, mail_from="afterclick@board.example", now=lambda: utc_now() + ahead)
    with database.write() as session:
        free_claims(session, is_gone)
    lanes = Lanes(parts, open_sender(smtp_url), UNSIGNED)
    with ThreadPoolExecutor(len(LANES)) as pool:
        while _is_anything_due(parts):
            lanes.start(pool)
            time.sleep(0.02)
    database.close()


def _is_anything_due(parts: Parts) -> bool:
    due = select(Outbox.id).where(Outbox.state == OutboxState.QUEUED, Outbox.next_attempt_at <= parts.now())
    with parts.database.read() as session:
        return session.exec(due.limit(1)).first() is not None


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], timedelta(seconds=float(sys.argv[3])))
