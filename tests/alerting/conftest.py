"""A brand with two managers and no rules but those of the script, and a mail server that is really there."""

from collections.abc import Iterator

import pytest
from sqlmodel import select

from core.configuration import parse_configuration
from jobs.parts import Parts
from storage.brands import apply_configuration
from storage.database import Database
from storage.tables import AlertRule, Brand
from tests.alerting.timeline import Timeline
from tests.fakes import Clock
from tests.jobs.conftest import CONFIGURATION
from tests.smtp import MailServer


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


def timeline_over(database: Database, server: MailServer) -> Timeline:
    clock = Clock()
    with database.write() as session:
        apply_configuration(session, parse_configuration(CONFIGURATION), clock())
        brand = session.get_one(Brand, 1)
        brand.managers, brand.has_starter_rules = ["ops@parcelo.example"], True
        session.add(brand)
        for rule in session.exec(select(AlertRule)):
            session.delete(rule)
    parts = Parts(database, base_url="https://board.example", mail_host="board.example", now=clock)
    return Timeline(parts, clock, server)


@pytest.fixture
def timeline(database: Database, server: MailServer) -> Timeline:
    """A script over SQLite; the few that two workers or a crash make different run over both databases."""
    return timeline_over(database, server)


@pytest.fixture
def any_timeline(any_database: Database, server: MailServer) -> Timeline:
    return timeline_over(any_database, server)
