"""What commands build from the settings, and how they talk."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, BinaryIO

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from alerts.mail import Sender, open_sender
from alerts.webhook import HookSender
from classifier import loading
from classifier.adapted import Adapted
from classifier.model import Model
from collectors import make, needed_credentials, optional_credentials
from collectors.base import Collector, SourceConfig
from core.errors import InputError
from jobs.parts import Parts
from jobs.worker import Worker
from settings import Settings, credentials_for, load_settings
from storage.database import open_database

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)

JsonFlag = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]


def say(words: str) -> None:
    """Print a line as it is: nothing in it is taken for markup."""
    out.print(words, markup=False)


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    out.print_json(data=value)


def standard_input() -> BinaryIO:
    """Return standard input as bytes; raises InputError where the caller has closed it."""
    if sys.stdin is None:
        raise InputError("Standard input is closed: name a file, or pipe one in")
    return sys.stdin.buffer


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
def counted(title: str, shown: bool = True) -> Iterator[Callable[..., None]]:
    """Yield a function that takes the count so far and, where it is known, the whole.

    On a terminal it moves a line, elsewhere it does nothing.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}"))
    times = (TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, *times, console=err, transient=True, disable=not (shown and err.is_terminal)) as progress:
        task = progress.add_task(title, total=None)
        yield lambda count, total=None: progress.update(task, completed=count, total=total)


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


def collector_of(config: SourceConfig) -> Collector:
    """Return the source's collector, with its credentials from the environment."""
    names = (*needed_credentials(config.platform), *optional_credentials(config.platform))
    return make(config, credentials_for(config.name, names))


def load_model(settings: Settings) -> Model:
    """Return the classifier that the settings name; raises ModelError where its folder is damaged."""
    return loading.load(settings.model_dir, settings.threads, settings.adapted_dir)


def sender_of(settings: Settings) -> Sender:
    """Return where mails go."""
    return open_sender(settings.smtp_url.get_secret_value())


def hooks_of(settings: Settings) -> HookSender:
    """Return what hands alerts to web addresses."""
    secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else ""
    return HookSender(secret, reaches_private=settings.webhook_private)


def worker_of(parts: Parts, settings: Settings) -> Worker:
    """Return a worker with everything that the settings describe."""
    return Worker(
        parts=parts,
        make_collector=collector_of,
        load_classifier=lambda: load_model(settings),
        classifier_mark=Adapted(settings.adapted_dir).mark,
        sender=sender_of(settings),
        hooks=hooks_of(settings),
    )
