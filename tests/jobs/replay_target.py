"""Reads a source with its real client and dies after some pages: python -m tests.jobs.replay_target URL PAGES."""

import os
import signal
import sys
from collections.abc import Iterator

from sqlmodel import select

from collectors import Collector, SourceConfig, class_of
from core.types import Page
from jobs.collect import collect
from jobs.parts import Parts
from storage.database import open_database
from storage.tables import Source
from tests.collectors.archive import SECRETS


class Dying:
    """A collector whose process is killed when it is asked for one page more than it may give."""

    def __init__(self, inner: Collector, pages: int) -> None:
        self.inner, self.pages = inner, pages

    def fetch(self, cursor: str) -> Iterator[Page]:
        """Yield pages, then die without a chance to tidy up."""
        for number, page in enumerate(self.inner.fetch(cursor)):
            if number == self.pages:
                os.kill(os.getpid(), signal.SIGKILL)
            yield page

    def close(self) -> None:
        """Close the client."""
        self.inner.close()


def real(config: SourceConfig) -> Collector:
    """Return the collector with its real client."""
    return class_of(config.platform).build(config, SECRETS)


def main(url: str, pages: int) -> None:
    """Read the one source until it dies."""
    database = open_database(url)
    with database.read() as session:
        source = session.exec(select(Source)).one()
    collect(Parts(database), source, lambda config: Dying(real(config), pages))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
