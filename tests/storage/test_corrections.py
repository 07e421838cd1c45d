"""What people say in the model's place is kept, and only what may train is handed on."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from core.configuration import parse_configuration
from core.errors import InputError
from core.taxonomy import Party, Reason, Severity
from core.types import CaseStatus, Correction, Post, Role
from jobs.classify import classify
from jobs.parts import Parts
from storage.brands import apply_configuration
from storage.cases import set_status
from storage.corrections import LeftOut, confirmed, correct, corrections, left_out
from storage.database import Database
from storage.members import create_member
from storage.posts import store_posts
from storage.tables import CaseEvent, EventKind, Label, PostRow, PredictionRow
from tests.fakes import Clock, FakeClassifier, post

SOURCES = [
    {"name": "letters", "brand": "Parcelo", "platform": "files", "path": "letters"},
    {"name": "tweets", "brand": "Parcelo", "platform": "x", "query": "parcelo"},
    {"name": "allowed", "brand": "Parcelo", "platform": "x", "query": "parcelo", "may_train": True},
    {"name": "private", "brand": "Parcelo", "platform": "files", "path": "private", "may_train": False},
]
LETTERS, TWEETS, ALLOWED, PRIVATE = 1, 2, 3, 4


@pytest.fixture
def team(any_database: Database, now: datetime) -> Database:
    """A brand with four sources, and two members."""
    configuration = parse_configuration({"brands": [{"name": "Parcelo"}], "sources": SOURCES})
    with any_database.write() as session:
        apply_configuration(session, configuration, now)
        for name in ("Ann", "Bob"):
            create_member(session, f"{name}@team.example", name, Role.RESPONDER, None, now)
    return any_database


def store(database: Database, source_id: int | None, *posts: Post, now: datetime) -> None:
    with database.write() as session:
        store_posts(session, posts, brand_id=1, source_id=source_id, own_handles=[], now=now)


def read(database: Database) -> None:
    while classify(Parts(database, now=Clock()), FakeClassifier()):
        pass


def found(database: Database) -> list[Correction]:
    with database.read() as session:
        return corrections(session)


def labels(session: Session) -> list[tuple[int, int, bool | None]]:
    rows = session.exec(select(Label).order_by(Label.id))
    return [(label.post_id, label.member_id, label.complaint) for label in rows]


def test_a_dismissed_case_says_of_its_posts_that_they_are_no_complaints(team: Database, now: datetime) -> None:
    store(team, LETTERS, post(1, "late", platform="files"), post(2, "late 4", platform="files"), now=now)
    read(team)
    with team.write() as session:
        set_status(session, 1, CaseStatus.DISMISSED, 2, now)
    with team.read() as session:
        assert labels(session) == [(1, 2, False), (2, 2, False)]
        assert session.exec(select(Label.model_version)).all() == ["fake-1", "fake-1"]
    assert found(team) == [Correction("late", complaint=False), Correction("late 4", complaint=False)]


def test_a_post_that_the_model_let_pass_is_not_corrected_with_the_case(team: Database, now: datetime) -> None:
    calm = post(2, "thanks", platform="files", parent_id="1", conversation_id="1")
    store(team, LETTERS, post(1, "late", platform="files"), calm, now=now)
    read(team)
    with team.write() as session:
        assert session.exec(select(PostRow.case_id).order_by(PostRow.id)).all() == [1, 1]
        set_status(session, 1, CaseStatus.DISMISSED, 1, now)
        assert labels(session) == [(1, 1, False)]


def test_resolving_a_case_corrects_nothing(team: Database, now: datetime) -> None:
    store(team, LETTERS, post(1, "late", platform="files"), now=now)
    read(team)
    with team.write() as session:
        set_status(session, 1, CaseStatus.RESOLVED, 1, now)
        assert labels(session) == []


def test_a_dismissal_that_is_taken_back_is_no_correction_any_more(team: Database, now: datetime) -> None:
    store(team, LETTERS, post(1, "late", platform="files"), now=now)
    read(team)
    with team.write() as session:
        set_status(session, 1, CaseStatus.DISMISSED, 1, now)
        set_status(session, 1, CaseStatus.OPEN, 2, now)
        assert labels(session) == [(1, 1, False), (1, 2, None)]
    assert found(team) == []


def test_a_dismissal_is_taken_back_though_another_model_has_let_the_post_pass_since(
    team: Database, now: datetime
) -> None:
    store(team, LETTERS, post(1, "late", platform="files"), post(2, "late 2", platform="files"), now=now)
    read(team)
    with team.write() as session:
        set_status(session, 1, CaseStatus.DISMISSED, 1, now)
        session.get_one(PostRow, 1).classified_with = "fake-2"
        session.add(PredictionRow(post_id=1, model_version="fake-2", complaint=0.1, is_complaint=False, created_at=now))
    with team.write() as session:
        set_status(session, 1, CaseStatus.OPEN, 1, now)
        assert labels(session)[2:] == [(1, 1, None), (2, 1, None)]
    assert found(team) == []


def test_reasons_severity_and_parties_are_kept_one_after_the_other(team: Database, now: datetime) -> None:
    store(team, LETTERS, post(1, "late", platform="files"), now=now)
    read(team)
    with team.write() as session:
        correct(session, 1, 1, now, reasons=[Reason.LOST, Reason.REFUND])
        correct(session, 1, 2, now, severity=Severity.BLAME)
        correct(session, 1, 1, now, parties=[])
        told = session.exec(select(CaseEvent).where(CaseEvent.kind == EventKind.CORRECTED).order_by(CaseEvent.id)).all()
        assert [event.member_id for event in told] == [1, 2, 1]
    assert found(team) == [
        Correction("late", True, frozenset({Reason.LOST, Reason.REFUND}), Severity.BLAME, frozenset())
    ]


def test_the_last_word_on_a_post_counts(team: Database, now: datetime) -> None:
    store(team, LETTERS, post(1, "late", platform="files"), now=now)
    with team.write() as session:
        correct(session, 1, 1, now, complaint=False)
        correct(session, 1, 2, now, parties=[Party.COURIER])
        correct(session, 1, 1, now, complaint=False)
    assert found(team) == [Correction("late", complaint=False)]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({}, "says nothing"),
        ({"complaint": False, "reasons": [Reason.LATE]}, "no reasons, severity or party"),
        ({"severity": Severity.NONE}, "no reasons, severity or party"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(team: Database, now: datetime, said: dict, message: str) -> None:
    store(team, LETTERS, post(1, "late", platform="files"), now=now)
    with team.write() as session, pytest.raises(InputError, match=message):
        correct(session, 1, 1, now, **said)


def test_a_post_that_is_gone_cannot_be_corrected(team: Database, now: datetime) -> None:
    with team.write() as session, pytest.raises(InputError, match="There is no post 77"):
        correct(session, 77, 1, now, complaint=False)


def test_only_posts_of_sources_that_may_train_are_handed_on(team: Database, now: datetime) -> None:
    store(team, LETTERS, post(1, "a letter", platform="files"), post(2, "an exported tweet"), now=now)
    store(team, TWEETS, post(3, "a tweet"), now=now)
    store(team, ALLOWED, post(4, "a tweet with leave"), now=now)
    store(team, PRIVATE, post(5, "a private letter", platform="files"), now=now)
    store(team, None, post(6, "imported", platform="files"), post(7, "imported tweet"), now=now)
    store(team, None, post(8, "of a place that we do not know", platform="hearsay"), now=now)
    with team.write() as session:
        for number in range(1, 9):
            correct(session, number, 1, now, complaint=False)
    assert [correction.text for correction in found(team)] == ["a letter", "a tweet with leave", "imported"]
    with team.read() as session:
        assert left_out(session) == {LeftOut.MAY_NOT_TRAIN: 5}


def test_each_correction_that_is_left_out_is_counted_once_with_its_reason(team: Database, now: datetime) -> None:
    store(team, LETTERS, *[post(number, f"late {number}", platform="files") for number in range(1, 5)], now=now)
    store(team, TWEETS, post(5, "a tweet"), now=now)
    with team.read() as session:
        assert left_out(session) == {}
    with team.write() as session:
        for number in (1, 2, 3, 5):
            correct(session, number, 1, now, severity=Severity.BLAME)
            correct(session, number, 1, now, complaint=False)
        session.get_one(PostRow, 2).deleted_at = now
        session.get_one(PostRow, 3).edited_at = now + timedelta(hours=1)
        session.get_one(PostRow, 5).deleted_at = now
        session.add(Label(post_id=4, member_id=1, created_at=now))
    with team.read() as session:
        assert left_out(session) == {LeftOut.TAKEN_BACK: 1, LeftOut.DELETED: 2, LeftOut.EDITED: 1}
    assert found(team) == [Correction("late 1", complaint=False)]


def test_what_the_team_resolved_is_confirmed_and_what_it_corrected_is_not(team: Database, now: datetime) -> None:
    authors = ("ann", "bob", "cid", "dot")
    said = ("late", "late too", "late 3", "late again")
    rows = enumerate(zip(said, authors, strict=True), start=1)
    store(team, LETTERS, *[post(number, text, author, platform="files") for number, (text, author) in rows], now=now)
    store(team, TWEETS, post(5, "a late tweet", "eve"), now=now)
    read(team)
    with team.write() as session:
        for case_id in (1, 2, 5):
            set_status(session, case_id, CaseStatus.RESOLVED, 1, now)
        set_status(session, 3, CaseStatus.DISMISSED, 1, now)
        correct(session, 2, 1, now, reasons=[Reason.LOST])
    with team.read() as session:
        assert confirmed(session) == [Correction("late", complaint=True)]


def test_deleted_and_edited_posts_are_left_out(team: Database, now: datetime) -> None:
    store(team, LETTERS, post(1, "late", platform="files"), post(2, "late too", platform="files"), now=now)
    with team.write() as session:
        correct(session, 1, 1, now, complaint=False)
        correct(session, 2, 1, now, complaint=False)
        session.get_one(PostRow, 1).deleted_at = now
    store(team, LETTERS, post(2, "late too, but it came", platform="files"), now=now + timedelta(hours=1))
    assert found(team) == []
    with team.write() as session:
        correct(session, 2, 1, now + timedelta(hours=2), complaint=False)
    assert found(team) == [Correction("late too, but it came", complaint=False)]
