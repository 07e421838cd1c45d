"""Cases that are put off wait, and come back at their time, on a click, or when their author writes."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from core.configuration import parse_configuration
from core.errors import InputError
from core.types import CaseStatus, Role
from jobs.classify import classify
from jobs.parts import Parts
from jobs.wake import wake
from storage.brands import apply_configuration
from storage.cases import claim_case, set_status
from storage.database import Database
from storage.members import create_member
from storage.posts import store_posts
from storage.snoozing import snooze_cases, wake_cases
from storage.tables import Case, CaseEvent, EventKind, Notice, NoticeKind
from tests.fakes import Clock, FakeClassifier, post

ANN = 1
HOUR = timedelta(hours=1)


@pytest.fixture
def with_case(any_database: Database, now: datetime) -> Database:
    with any_database.write() as session:
        apply_configuration(session, parse_configuration({"brands": [{"name": "Parcelo", "handles": ["shop"]}]}), now)
        create_member(session, "ann@team.example", "Ann", Role.RESPONDER, None, now)
    read(any_database, now, post(1, author="zoe"))
    return any_database


def read(database: Database, now: datetime, *posts: object) -> None:
    with database.write() as session:
        store_posts(session, list(posts), brand_id=1, source_id=None, own_handles=["shop"], now=now)  # type: ignore[arg-type]
    classify(Parts(database, now=Clock(now)), FakeClassifier())


def snooze(database: Database, now: datetime, until: datetime) -> list[int]:
    with database.write() as session:
        return snooze_cases(session, [1], until, ANN, now)


def the_case(database: Database) -> Case:
    with database.read() as session:
        return session.exec(select(Case)).one()


def last_event(database: Database) -> tuple[EventKind, int | None, object]:
    with database.read() as session:
        event = session.exec(select(CaseEvent).order_by(col(CaseEvent.id).desc())).first()
    assert event is not None
    return event.kind, event.member_id, event.detail


def test_a_case_that_is_put_off_waits_without_a_clock(with_case: Database, now: datetime) -> None:
    assert snooze(with_case, now, now + HOUR) == [1]
    case = the_case(with_case)
    assert (case.status, case.due_at, case.snoozed_until) == (CaseStatus.WAITING, None, now + HOUR)
    assert last_event(with_case) == (EventKind.SNOOZED, ANN, {"until": (now + HOUR).isoformat()})


def test_it_comes_back_by_itself_with_its_clock_and_its_holder_is_told(with_case: Database, now: datetime) -> None:
    due_at = the_case(with_case).due_at
    with with_case.write() as session:
        claim_case(session, 1, ANN, now)
    snooze(with_case, now, now + HOUR)
    clock = Clock(now + HOUR - timedelta(seconds=1))
    assert wake(Parts(with_case, now=clock)) == 0
    clock.move(timedelta(seconds=1))
    assert wake(Parts(with_case, now=clock)) == 1
    assert wake(Parts(with_case, now=clock)) == 0
    case = the_case(with_case)
    assert (case.status, case.due_at, case.snoozed_until) == (CaseStatus.OPEN, due_at, None)
    assert last_event(with_case) == (EventKind.WOKE, None, {})
    with with_case.read() as session:
        notice = session.exec(select(Notice)).one()
    assert (notice.member_id, notice.kind) == (ANN, NoticeKind.WOKE)


def test_the_author_ends_it_by_writing_again(with_case: Database, now: datetime) -> None:
    snooze(with_case, now, now + HOUR)
    read(with_case, now, post(2, "still late", author="zoe"))
    case = the_case(with_case)
    assert (case.status, case.snoozed_until, case.post_count) == (CaseStatus.NEW, None, 2)
    assert case.due_at is not None
    with with_case.read() as session:
        woken = session.exec(select(CaseEvent).where(CaseEvent.kind == EventKind.WOKE)).one()
    assert (woken.member_id, woken.detail) == (None, {"why": "author"})


def test_the_brands_own_reply_leaves_it_put_off(with_case: Database, now: datetime) -> None:
    snooze(with_case, now, now + HOUR)
    read(with_case, now, post(3, "sorry", author="shop", parent_id="1", conversation_id="1"))
    case = the_case(with_case)
    assert (case.status, case.snoozed_until) == (CaseStatus.WAITING, now + HOUR)
    assert case.first_reply_at is not None


def test_a_click_brings_it_back_and_another_status_ends_it(with_case: Database, now: datetime) -> None:
    snooze(with_case, now, now + HOUR)
    with with_case.write() as session:
        assert wake_cases(session, [1], ANN, now) == [1]
        assert wake_cases(session, [1], ANN, now) == []
    assert last_event(with_case) == (EventKind.WOKE, ANN, {})
    snooze(with_case, now, now + HOUR)
    with with_case.write() as session:
        set_status(session, 1, CaseStatus.RESOLVED, ANN, now)
    assert the_case(with_case).snoozed_until is None
    assert snooze(with_case, now, now + HOUR) == []


@pytest.mark.parametrize(("after", "words"), [(timedelta(0), "is past"), (timedelta(days=367), "more than a year")])
def test_a_time_that_cannot_be_meant_is_refused(
    with_case: Database, after: timedelta, words: str, now: datetime
) -> None:
    with pytest.raises(InputError, match=words):
        snooze(with_case, now, now + after)
