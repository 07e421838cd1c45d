"""A worker that is killed over and over by test_kill.py: python -m tests.jobs.kill_target URL MAIL_FOLDER POSTS."""

import sys
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from alerts.mail import open_sender
from core.types import Gap, Page, Prediction
from jobs.parts import Parts
from jobs.worker import Worker
from storage.database import open_database
from tests.fakes import START, FakeClassifier, FakeCollector, post

PAGE = 20
OVERLAP = 5
AUTHORS = 97
PAGE_COST = 7
GAP_EVERY = 10  # pages
WITHHELD = Gap("it lists 250 at most", START - timedelta(hours=3), START - timedelta(hours=2))


class SlowCollector(FakeCollector):
    """Numbers as posts: each page repeats the end of the one before, as real platforms do."""

    def __init__(self, total: int) -> None:
        super().__init__([])
        self.total = total

    def fetch(self, cursor: str) -> Iterator[Page]:
        """Yield the pages behind the cursor, each a little later."""
        start = int(cursor or 0)
        while start < self.total:
            time.sleep(0.003)
            end = min(start + PAGE, self.total)
            posts = tuple(numbered(number) for number in range(max(0, start - OVERLAP), end))
            gap = WITHHELD if start % (GAP_EVERY * PAGE) == 0 else None
            yield Page(posts, str(end), gap=gap, cost=PAGE_COST)
            start = end


class SlowClassifier(FakeClassifier):
    """Takes a moment, so that kills hit it as well."""

    def predict(self, texts: Sequence[str], borders: Sequence[float] | None = None) -> list[Prediction]:
        """Return one prediction a text."""
        time.sleep(0.004)
        return super().predict(texts, borders)


def numbered(number: int):  # type: ignore[no-untyped-def]
    """Return the post of that number: every third is a complaint, every ninth a severe one."""
    words = "late 4" if number % 9 == 0 else "late 2" if number % 3 == 0 else "fine"
    return post(number, f"{words} {'x' * (number % 7)}", f"author{number % AUTHORS}")


def main(url: str, mails: str, total: int) -> None:
    """Work until killed, or until everything is done."""
    database = open_database(url)
    worker = Worker(
        parts=Parts(database),
        make_collector=lambda _: SlowCollector(total),
        load_classifier=SlowClassifier,
        sender=open_sender(f"file:{mails}"),
    )
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    worker.run()


if __name__ == "__main__":
    main(sys.argv[1], str(Path(sys.argv[2])), int(sys.argv[3]))
