"""What commands build from the settings, and how they talk."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.logging import RichHandler

from alerts.mail import Sender, open_sender
from classifier.model import WEIGHTS, Model
from collectors import make, needed_credentials, optional_credentials
from collectors.base import Collector
from jobs.collect import config_of
from jobs.parts import Parts
from jobs.worker import Worker
from settings import Settings, credentials_for, load_settings
from storage.database import open_database
from storage.tables import Source

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)

JsonFlag = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]


def say(words: str) -> None:
    """Print a line as it is: nothing in it is taken for markup."""
    out.print(words, markup=False)


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    out.print_json(data=value)


def log_to_terminal() -> None:
    """Send the log to standard error: our own lines from INFO, the libraries' from WARNING."""
    if err.is_terminal:
        handler: logging.Handler = RichHandler(console=err, show_path=False, markup=False, log_time_format="%H:%M:%S")
        logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[handler], force=True)
    else:
        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", force=True)
    for part in ("alerts", "board", "classifier", "collectors", "commands", "demo", "jobs", "storage"):
        logging.getLogger(part).setLevel(logging.INFO)


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[Parts]:
    """Yield the parts that the settings describe, and close the database afterwards."""
    settings = settings or load_settings()
    database = open_database(settings.database_url.get_secret_value())
    try:
        yield Parts(
            database=database, base_url=settings.base_url, mail_host=settings.host, mail_from=settings.mail_from
        )
    finally:
        database.close()


def collector_of(source: Source) -> Collector:
    """Return the source's collector, with its credentials from the environment."""
    names = (*needed_credentials(source.platform), *optional_credentials(source.platform))
    return make(config_of(source), credentials_for(source.name, names))


def load_model(settings: Settings) -> Model:
    """Return the classifier that the settings name; raises ModelError where its folder is damaged."""
    return Model.load(settings.model_dir or WEIGHTS, threads=settings.threads)


def sender_of(settings: Settings) -> Sender:
    """Return where mails go."""
    return open_sender(settings.smtp_url.get_secret_value())


def worker_of(parts: Parts, settings: Settings) -> Worker:
    """Return a worker with everything that the settings describe."""
    return Worker(
        parts=parts,
        make_collector=collector_of,
        load_classifier=lambda: load_model(settings),
        sender=sender_of(settings),
    )
