"""A brand, a source and the parts that the steps work with."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from core.configuration import parse_configuration
from core.types import Post
from jobs.alert import alert
from jobs.parts import Parts
from storage.brands import apply_configuration
from storage.database import Database
from storage.posts import store_posts
from storage.tables import Case, Outbox, Source
from tests.fakes import Clock

CONFIGURATION = {
    "brands": [{"name": "Parcelo", "handles": ["parcelo"], "managers": ["ops@parcelo.example", "eve@parcelo.example"]}],
    "sources": [{"name": "x-parcelo", "brand": "Parcelo", "platform": "x", "query": "parcelo", "every": "2m"}],
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def parts(any_database: Database, clock: Clock) -> Parts:
    with any_database.write() as session:
        apply_configuration(session, parse_configuration(CONFIGURATION), clock())
    return Parts(any_database, base_url="https://board.example", mail_host="board.example", now=clock)


def other(parts: Parts) -> Parts:
    """Return the parts of another worker over the same database."""
    return replace(parts, worker="elsewhere:1:1:abcd")


def source_of(parts: Parts) -> Source:
    with parts.database.read() as session:
        return session.exec(select(Source)).one()


def store(parts: Parts, *posts: Post) -> None:
    with parts.database.write() as session:
        store_posts(session, posts, brand_id=1, source_id=1, own_handles=["parcelo"], now=parts.now())


def cases(parts: Parts) -> Sequence[Case]:
    with parts.database.read() as session:
        return session.exec(select(Case).order_by(Case.id)).all()


def alert_at_once(parts: Parts) -> None:
    """Let the rules open incidents and tell of them, without waiting for what else may come up."""
    for _ in ("open", "tell"):
        alert(parts, settling=timedelta())


def outbox(parts: Parts) -> Sequence[Outbox]:
    with parts.database.read() as session:
        return session.exec(select(Outbox).order_by(Outbox.id)).all()


def set_up(parts: Parts, **settings: object) -> None:
    """Give the source these settings, as a new configuration file does."""
    [source] = CONFIGURATION["sources"]
    with parts.database.write() as session:
        apply_configuration(session, parse_configuration(CONFIGURATION | {"sources": [source | settings]}), parts.now())
