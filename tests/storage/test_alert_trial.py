"""A rule is tried on the days behind, and a brand begins with rules that can stand."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import col, func, select

from core.alerts.engine import News
from core.alerts.kinds import AlertKind
from core.configuration import parse_configuration
from core.configuration.alerting import parse_settings
from core.errors import ConfigError
from core.types import CaseStatus
from storage.alerting.starter import STARTERS, add_starter_rules, add_usual_rules
from storage.alerting.trial import Trial, try_rule
from storage.brands import apply_configuration, described
from storage.database import Database
from storage.tables import AlertRule, Brand, Case, Incident

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def branded(any_database: Database, now: datetime) -> Database:
    with any_database.write() as session:
        session.add(Brand(name="Parcelo", timezone="Europe/Berlin", created_at=now))
    return any_database


def add_severe_case(database: Database, opened_at: datetime, closed_at: datetime | None, courier: str) -> None:
    with database.write() as session:
        status = CaseStatus.RESOLVED if closed_at else CaseStatus.NEW
        session.add(Case(brand_id=1, status=status, platform="x", author="@zoe", author_key="@zoe", severity=4,
                         confidence=0.9, reasons={"late": 0.9}, courier=courier, first_posted_at=opened_at,
                         last_posted_at=opened_at, opened_at=opened_at, closed_at=closed_at,
                         due_at=None if closed_at else opened_at + HOUR, updated_at=opened_at))  # fmt: skip


def tried(database: Database, kind: str, now: datetime, **settings: object) -> Trial:
    with database.read() as session:
        return try_rule(session, 1, AlertKind(kind), settings, now)


def test_a_trial_says_which_mails_there_would_have_been(branded: Database, now: datetime) -> None:
    first = now - timedelta(days=20)
    add_severe_case(branded, first, first + 3 * HOUR, "DPD")
    add_severe_case(branded, first + 2 * HOUR, first + 3 * HOUR, "DPD")
    add_severe_case(branded, first + 10 * HOUR, first + 36 * HOUR, "Evri")
    add_severe_case(branded, now - timedelta(days=40), None, "DPD")
    trial = tried(branded, "severe", now)
    assert (trial.mails, trial.since) == (5, now - timedelta(days=30))
    assert [(each.title, each.count, each.resolved_at) for each in trial.incidents] == [
        ("Severe case: Late, DPD", 2, first + 3 * HOUR + 5 * MINUTE),
        ("Severe case: Late, Evri", 1, first + 36 * HOUR + 5 * MINUTE),
    ]
    opened = first + 10 * HOUR + MINUTE
    assert trial.incidents[0].mails == ((first + MINUTE, News.OPENED), (first + 2 * HOUR, News.GREW))
    assert trial.incidents[1].mails == tuple(
        (opened + number * 12 * HOUR, News.REPEATED if number else News.OPENED) for number in range(3)
    )
    assert tried(branded, "severe", now, repeat_minutes=0).mails == 3
    assert tried(branded, "severe", now, courier="Evri", repeat_minutes=0).mails == 1
    silent = tried(branded, "severe", now, delivery="digest")
    assert (silent.mails, len(silent.incidents)) == (0, 2)
    with branded.read() as session:
        assert session.exec(select(func.count()).select_from(Incident)).one() == 0


def test_a_digest_comes_as_often_as_its_hour(branded: Database, now: datetime) -> None:
    assert tried(branded, "digest", now).mails == 30
    assert tried(branded, "digest", now, period="week", weekday=now.weekday(), at="09:00").mails == 5
    assert tried(branded, "digest", now, period="week", weekday=now.weekday(), at="23:00").mails == 4


def test_what_cannot_stand_is_not_tried(branded: Database, now: datetime) -> None:
    with pytest.raises(ConfigError, match="words are missing"):
        tried(branded, "watch_words", now)


def test_a_brand_begins_with_rules_once(any_database: Database, now: datetime) -> None:
    configuration = {"brands": [{"name": "Parcelo"}]}
    with any_database.write() as session:
        apply_configuration(session, parse_configuration(configuration), now)
        assert len(add_starter_rules(session, now)) == len(STARTERS)
    with any_database.write() as session:
        rules = session.exec(select(AlertRule).where(AlertRule.brand_id == 1).order_by(col(AlertRule.id))).all()
        assert {rule.kind for rule in rules if rule.enabled} >= {AlertKind.SEVERE, AlertKind.DUE, AlertKind.SPIKE}
        for rule in rules:
            parse_settings(rule.kind, rule.settings)
        parse_configuration(described(session))  # what is shown can be applied
        for rule in rules:
            session.delete(rule)
    with any_database.write() as session:
        assert add_starter_rules(session, now) == []  # those that were taken away stay away
        assert len(add_usual_rules(session, session.get_one(Brand, 1), now)) == len(STARTERS)  # until somebody asks
        assert add_usual_rules(session, session.get_one(Brand, 1), now) == []


def test_rules_of_the_first_file_stand_in_for_the_usual_ones_of_their_kind(branded: Database, now: datetime) -> None:
    """A watch list does not leave a brand without the rest, and what the file switches off stays off."""
    own = [
        {"name": "Pets", "brand": "Parcelo", "kind": "watch_words", "settings": {"words": ["vet"]}},
        {"name": "Grave", "brand": "Parcelo", "kind": "severe", "enabled": False},
        {"name": "Spikes", "brand": "Parcelo", "kind": "reach"},
        {"name": "Mondays", "brand": "Parcelo", "kind": "digest", "settings": {"period": "week"}},
    ]
    with branded.write() as session:
        apply_configuration(session, parse_configuration({"brands": [{"name": "Parcelo"}], "rules": own}), now)
        made = [rule.name for rule in add_starter_rules(session, now)]
    assert made == [
        *("Cases nearly overdue", "Broken promises", "Forgotten cases", "Several cases alike", "Sources in trouble"),
        "Model unsure",
    ]


def test_usual_rules_have_the_numbers_that_are_written_down() -> None:
    for each in STARTERS:
        assert parse_settings(each.kind, each.settings).threshold == parse_settings(each.kind, {}).threshold
