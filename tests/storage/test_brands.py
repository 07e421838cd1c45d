"""What a configuration says of thresholds and of training is kept, and told again as it was written."""

from datetime import datetime
from typing import Any

from sqlmodel import select

from core.configuration import parse_configuration
from core.thresholds import Choice
from storage.brands import apply_configuration, described
from storage.changes import Changes
from storage.database import Database
from storage.tables import Brand, Source

BRANDS = [
    {"name": "Calm", "threshold": "few_false_alarms"},
    {"name": "Keen", "threshold": 0.2},
    {"name": "Plain"},
]
LETTERS = {"name": "letters", "brand": "Calm", "platform": "files", "path": "letters"}


def apply(database: Database, now: datetime, *sources: dict[str, Any]) -> Changes:
    configuration = parse_configuration({"brands": BRANDS, "sources": list(sources)})
    with database.write() as session:
        return apply_configuration(session, configuration, now)


def test_thresholds_are_kept_and_applying_them_again_changes_nothing(any_database: Database, now: datetime) -> None:
    apply(any_database, now)
    assert not apply(any_database, now)
    with any_database.read() as session:
        kept = session.exec(select(Brand.threshold).order_by(Brand.name)).all()
    assert kept == ["few_false_alarms", "0.2", "balanced"]


def test_what_is_told_of_the_configuration_can_be_applied_again(any_database: Database, now: datetime) -> None:
    apply(any_database, now, LETTERS | {"may_train": False})
    with any_database.read() as session:
        told = described(session)
    assert [brand["threshold"] for brand in told["brands"]] == ["few_false_alarms", 0.2, Choice.BALANCED]
    assert told["sources"][0]["may_train"] is False
    with any_database.write() as session:
        assert not apply_configuration(session, parse_configuration(told), now)


def test_saying_whether_a_source_may_train_does_not_read_it_again(any_database: Database, now: datetime) -> None:
    apply(any_database, now, LETTERS)
    with any_database.write() as session:
        session.exec(select(Source)).one().cursor = "half way"
    assert apply(any_database, now, LETTERS | {"may_train": False}).changed == ["source letters"]
    with any_database.read() as session:
        assert session.exec(select(Source.cursor)).one() == "half way"
    apply(any_database, now, LETTERS | {"may_train": False, "path": "elsewhere"})
    with any_database.read() as session:
        assert session.exec(select(Source.cursor)).one() == ""
