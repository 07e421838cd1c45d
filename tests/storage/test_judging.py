"""A person's word on a post counts before the model's, in what its case shows and how urgent it is."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from core.errors import InputError
from core.priority import reply_due_at
from core.taxonomy import Party, Reason, Severity
from core.types import CaseStatus
from storage.casework import refresh, waiting_since
from storage.corrections import Said, correct, correct_case, what_counts
from storage.database import Database
from storage.rows import id_of
from storage.tables import Case, CaseEvent, EventKind, Label, PostRow
from tests.board.seeding import seed

DANA, OMAR = 1, 2
TWO_POSTS, ONE_POST, UNSURE = 2, 1, 4


@pytest.fixture
def session(any_database: Database, now: datetime) -> Iterator[Session]:
    seed(any_database, now)
    with any_database.write() as opened:
        yield opened


def posts(session: Session, case_id: int) -> list[int]:
    query = select(PostRow).where(PostRow.case_id == case_id, col(PostRow.is_own).is_(False))
    return [id_of(post) for post in session.exec(query.order_by(col(PostRow.posted_at)))]


def case_of(session: Session, case_id: int) -> Case:
    return session.get_one(Case, case_id)


def test_another_severity_changes_the_case_its_priority_and_its_clock(session: Session, now: datetime) -> None:
    case = case_of(session, ONE_POST)
    before = case.priority
    correct(session, posts(session, ONE_POST)[0], DANA, now, severity=Severity.NO_REPROACH)
    assert (case.severity, case.confidence) == (Severity.NO_REPROACH, 1.0)
    assert case.priority < before
    assert case.due_at == reply_due_at(Severity.NO_REPROACH, waiting_since(case))


def test_other_reasons_and_parties_take_the_place_of_the_models(session: Session, now: datetime) -> None:
    correct(session, posts(session, ONE_POST)[0], DANA, now, reasons=[Reason.BILLING], parties=[Party.SUPPLIER])
    case = case_of(session, ONE_POST)
    assert (list(case.reasons), case.parties, case.severity) == (["billing"], ["supplier"], 4)


def test_a_case_without_a_complaint_left_is_dismissed_and_comes_back(session: Session, now: datetime) -> None:
    first, second = posts(session, TWO_POSTS)
    case = case_of(session, TWO_POSTS)
    correct(session, first, DANA, now, complaint=False)
    assert case.status is CaseStatus.NEW
    correct(session, second, DANA, now, complaint=False)
    assert (case.status, case.closed_at, case.due_at, case.severity) == (CaseStatus.DISMISSED, now, None, 0)
    correct(session, second, OMAR, now, severity=Severity.ACCUSATION)
    assert (case.status, case.closed_at, case.severity) == (CaseStatus.NEW, None, 3)
    assert case.due_at is not None


def test_a_person_ends_the_models_doubt(session: Session, now: datetime) -> None:
    assert case_of(session, UNSURE).unsure
    correct(session, posts(session, UNSURE)[0], DANA, now, complaint=True)
    assert not case_of(session, UNSURE).unsure


def test_the_models_word_on_an_edited_text_counts_again(session: Session, now: datetime) -> None:
    post_id = posts(session, ONE_POST)[0]
    correct(session, post_id, DANA, now, severity=Severity.NO_REPROACH)
    session.get_one(PostRow, post_id).edited_at = now + timedelta(minutes=1)
    refresh(session, case_of(session, ONE_POST), now + timedelta(minutes=2))
    assert case_of(session, ONE_POST).severity == 4


def test_what_is_said_of_a_case_goes_to_the_posts_that_it_fits(session: Session, now: datetime) -> None:
    first, second = posts(session, TWO_POSTS)
    correct(session, first, DANA, now, reasons=[Reason.NO_TRACKING], severity=Severity.ACCUSATION)
    correct(session, second, DANA, now, reasons=[Reason.NO_REPLY], severity=Severity.DISAPPROVAL)
    said = Said(True, [Reason.NO_TRACKING, Reason.NO_REPLY, Reason.LOST], Severity.ACCUSATION)
    assert correct_case(session, case_of(session, TWO_POSTS), said, OMAR, now)
    counted = what_counts(session, TWO_POSTS)
    assert set(counted[first].judged.reasons) == {"no_tracking", "lost"}
    assert set(counted[second].judged.reasons) == {"no_reply"}
    assert (counted[first].judged.severity, counted[second].judged.severity) == (3, 2)
    assert (counted[first].by, counted[second].by) == ("Omar Haddad", "Dana Fischer")
    assert set(case_of(session, TWO_POSTS).reasons) == {"no_tracking", "no_reply", "lost"}


@pytest.mark.parametrize("level", [Severity.NO_REPROACH, Severity.BLAME])
def test_the_case_has_the_severity_that_was_said_of_it(session: Session, level: Severity, now: datetime) -> None:
    correct_case(session, case_of(session, TWO_POSTS), Said(True, severity=level), DANA, now)
    assert case_of(session, TWO_POSTS).severity == level


def test_the_history_says_what_was_corrected(session: Session, now: datetime) -> None:
    correct_case(session, case_of(session, ONE_POST), Said(True, [Reason.LATE], Severity.BLAME, []), DANA, now)
    event = session.exec(select(CaseEvent).where(CaseEvent.kind == EventKind.CORRECTED)).one()
    assert event.detail == {"complaint": True, "reasons": ["late"], "severity": 4, "parties": []}


def test_a_whole_case_that_is_no_complaint_is_to_be_dismissed(session: Session, now: datetime) -> None:
    with pytest.raises(InputError, match="Dismiss the case"):
        correct_case(session, case_of(session, ONE_POST), Said(complaint=False), DANA, now)
    assert session.exec(select(Label)).all() == []
