"""What members do to cases, and what Afterclick does."""

from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlmodel import select

from core.configuration import parse_configuration
from core.errors import InputError
from core.types import CaseStatus, Role
from jobs.classify import classify
from jobs.parts import Parts
from storage.brands import apply_configuration
from storage.cases import claim_case, release_case, set_status
from storage.database import Database
from storage.members import create_member
from storage.notes import add_note
from storage.posts import store_posts
from storage.replies import draft_of, mark_answered, save_draft
from storage.tables import Case, CaseEvent, EventKind, Note, Reply, ReplyState
from tests.fakes import Clock, FakeClassifier, post


@pytest.fixture
def with_case(any_database: Database, now: datetime) -> Database:
    with any_database.write() as session:
        apply_configuration(session, parse_configuration({"brands": [{"name": "Parcelo", "handles": ["shop"]}]}), now)
        for name in ("Ann", "Bob"):
            create_member(session, f"{name}@team.example", name, Role.RESPONDER, None, now)
        store_posts(session, [post(1, author="zoe")], brand_id=1, source_id=None, own_handles=["shop"], now=now)
    classify(Parts(any_database, now=Clock()), FakeClassifier())
    return any_database


def events(database: Database) -> list[tuple[EventKind, int | None]]:
    with database.read() as session:
        return [(event.kind, event.member_id) for event in session.exec(select(CaseEvent).order_by(CaseEvent.id))]


def the_case(database: Database) -> Case:
    with database.read() as session:
        return session.exec(select(Case)).one()


def test_a_claim_makes_a_new_case_open_and_stands_in_its_history(with_case: Database, now: datetime) -> None:
    with with_case.write() as session:
        claim = claim_case(session, 1, 1, now)
    assert (claim.won, claim.holder.name) == (True, "Ann")
    assert (the_case(with_case).status, the_case(with_case).assignee_id) == (CaseStatus.OPEN, 1)
    assert events(with_case) == [(EventKind.OPENED, None), (EventKind.CLAIMED, 1)]


def test_of_two_who_claim_at_once_one_wins_and_the_other_is_told_who(with_case: Database, now: datetime) -> None:
    barrier, claims = Barrier(2), []

    def claim(member_id: int) -> None:
        barrier.wait()
        with with_case.write() as session:
            claims.append(claim_case(session, 1, member_id, now))

    threads = [Thread(target=claim, args=(member_id,)) for member_id in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found.won for found in claims) == [False, True]
    assert len({found.holder.id for found in claims}) == 1
    assert [kind for kind, _ in events(with_case)].count(EventKind.CLAIMED) == 1


def test_only_the_holder_gives_a_case_back(with_case: Database, now: datetime) -> None:
    with with_case.write() as session:
        claim_case(session, 1, 1, now)
        assert not release_case(session, 1, 2, now)
        assert release_case(session, 1, 1, now)
    assert (the_case(with_case).status, the_case(with_case).assignee_id) == (CaseStatus.NEW, None)


def test_a_status_is_changed_once_and_closing_stops_the_clock(with_case: Database, now: datetime) -> None:
    assert the_case(with_case).due_at is not None
    with with_case.write() as session:
        assert set_status(session, 1, CaseStatus.RESOLVED, 1, now)
        assert not set_status(session, 1, CaseStatus.RESOLVED, 2, now)
    case = the_case(with_case)
    assert (case.closed_at, case.due_at) == (now, None)
    assert events(with_case)[-1] == (EventKind.STATUS, 1)


def test_notes_are_kept_and_empty_ones_refused(with_case: Database, now: datetime) -> None:
    with with_case.write() as session:
        add_note(session, 1, 1, "  called the depot \0", now)
        with pytest.raises(InputError, match="The note is empty"):
            add_note(session, 1, 1, " \n", now)
    with with_case.read() as session:
        assert session.exec(select(Note.text)).all() == ["called the depot"]


def test_a_draft_is_each_members_own_and_vanishes_when_emptied(with_case: Database, now: datetime) -> None:
    with with_case.write() as session:
        save_draft(session, 1, 1, "We are so", now)
        save_draft(session, 1, 1, "We are sorry", now)
        save_draft(session, 1, 2, "Hello", now)
    with with_case.write() as session:
        assert (draft_of(session, 1, 1), draft_of(session, 1, 2)) == ("We are sorry", "Hello")
        save_draft(session, 1, 2, " ", now)
    with with_case.read() as session:
        assert draft_of(session, 1, 2) == ""
        assert len(session.exec(select(Reply)).all()) == 1


def test_an_answer_stops_the_clock_and_the_case_waits(with_case: Database, now: datetime) -> None:
    later = now + timedelta(minutes=5)
    with with_case.write() as session:
        save_draft(session, 1, 1, "We are", now)
        mark_answered(session, 1, 1, "We are sorry", later)
    case = the_case(with_case)
    assert (case.status, case.first_reply_at, case.due_at) == (CaseStatus.WAITING, later, None)
    with with_case.read() as session:
        reply = session.exec(select(Reply)).one()
    assert (reply.state, reply.text, reply.sent_at) == (ReplyState.SENT, "We are sorry", later)


def test_an_empty_answer_is_refused(with_case: Database, now: datetime) -> None:
    with with_case.write() as session, pytest.raises(InputError, match="The reply is empty"):
        mark_answered(session, 1, 1, "", now)


def test_a_case_that_is_gone_is_named(with_case: Database, now: datetime) -> None:
    with with_case.write() as session, pytest.raises(InputError, match="There is no case 77"):
        set_status(session, 77, CaseStatus.OPEN, 1, now)
    with with_case.write() as session, pytest.raises(InputError, match="There is no case 77"):
        claim_case(session, 77, 1, now)
