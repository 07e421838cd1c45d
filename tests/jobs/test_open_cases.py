"""From posts to cases and mails, whatever the order in which posts come."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from sqlmodel import select

from core.types import CaseStatus, Role
from jobs.classify import classify
from jobs.parts import Parts
from jobs.watch import watch
from storage.cases import claim_case, set_status
from storage.casework import open_case
from storage.database import Session
from storage.members import create_member
from storage.posts import claim_unclassified
from storage.tables import Brand, Case, CaseEvent, EventKind, PostRow, PredictionRow
from tests.fakes import START, Clock, FakeClassifier, post
from tests.jobs.conftest import alert_at_once, cases, other, outbox, store

HOUR = timedelta(hours=1)


def read_all(parts: Parts, classifier: FakeClassifier | None = None, batch: int = 64) -> None:
    while classify(parts, classifier or FakeClassifier(), batch):
        pass


def kinds(parts: Parts) -> list[EventKind]:
    with parts.database.read() as session:
        return list(session.exec(select(CaseEvent.kind).order_by(CaseEvent.id)))


def test_a_complaint_opens_a_case_with_what_the_model_said(parts: Parts) -> None:
    store(parts, post(1, "my parcel is late 3, courier"), post(2, "lovely shop", author="bob"))
    read_all(parts)
    (case,) = cases(parts)
    assert (case.author, case.severity, case.reasons, case.parties) == ("ann", 3, {"late": 0.9}, ["courier"])
    assert (case.status, case.post_count, case.excerpt) == (CaseStatus.NEW, 1, "my parcel is late 3, courier")
    assert case.due_at == START + timedelta(hours=4)
    with parts.database.read() as session:
        assert len(session.exec(select(PredictionRow)).all()) == 2


def test_several_complaints_of_one_author_are_one_case_with_the_worst_on_top(parts: Parts) -> None:
    store(parts, post(1, "late 1"), post(2, "late 4", at=START + HOUR), post(3, "late 2", at=START + 2 * HOUR))
    read_all(parts)
    (case,) = cases(parts)
    assert (case.post_count, case.severity, case.excerpt) == (3, 4, "late 4")
    assert (case.first_posted_at, case.last_posted_at) == (START, START + 2 * HOUR)


STORY = (
    post(1, "late 2", conversation_id="1"),
    post(2, "sorry, please DM us", "parcelo", START + HOUR, parent_id="1", conversation_id="1"),
    post(3, "done", at=START + 2 * HOUR, parent_id="2", conversation_id="1"),
)


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_a_thread_ends_as_the_same_case_in_whatever_order_it_arrives(parts: Parts, order: tuple[int, ...]) -> None:
    for number in order:
        store(parts, STORY[number])
        read_all(parts)
    (case,) = cases(parts)
    assert (case.status, case.first_reply_at, case.due_at) == (CaseStatus.WAITING, START + HOUR, None)
    with parts.database.read() as session:
        assert session.exec(select(PostRow.case_id)).all() == [case.id] * 3


def test_the_brands_reply_to_one_of_many_in_a_thread_goes_to_that_one(parts: Parts) -> None:
    store(
        parts,
        post(1, "new opening hours", "parcelo", conversation_id="1"),
        post(2, "late 2", "ann", parent_id="1", conversation_id="1"),
        post(3, "late 2", "bob", parent_id="1", conversation_id="1"),
        post(4, "sorry bob", "parcelo", START + HOUR, parent_id="3", conversation_id="1"),
    )
    read_all(parts)
    assert {case.author: case.status for case in cases(parts)} == {"ann": CaseStatus.NEW, "bob": CaseStatus.WAITING}


def test_a_new_complaint_reopens_a_resolved_case_and_its_clock_starts_anew(parts: Parts, clock: Clock) -> None:
    store(parts, post(1, "late 2"))
    read_all(parts)
    with parts.database.write() as session:
        create_member(session, "a@team.example", "Ann", Role.RESPONDER, None, clock())
        claim_case(session, 1, 1, clock())
        set_status(session, 1, CaseStatus.RESOLVED, 1, clock())
    clock.move(timedelta(days=2))
    store(parts, post(2, "late 2, again", at=clock()))
    read_all(parts)
    (case,) = cases(parts)
    assert (case.status, case.due_at, case.closed_at) == (CaseStatus.OPEN, clock() + timedelta(hours=8), None)
    assert kinds(parts)[-1] is EventKind.REOPENED


def test_an_unsure_post_opens_a_case_to_look_at(parts: Parts) -> None:
    store(parts, post(1, "maybe"))
    read_all(parts)
    assert [(case.unsure, case.severity) for case in cases(parts)] == [(True, 0)]
    assert outbox(parts) == []


def test_a_severe_case_mails_every_manager_once(parts: Parts) -> None:
    store(parts, post(1, "late 4, call me on +44 1632 960123"), post(2, "late 4 again", at=START + HOUR))
    read_all(parts, batch=1)
    alert_at_once(parts)
    alert_at_once(parts)
    mails = outbox(parts)
    assert [mail.recipient for mail in mails] == ["ops@parcelo.example", "eve@parcelo.example"]
    assert len({mail.message_id for mail in mails}) == 2
    assert mails[0].content["incidents"][0]["items"][0]["link"] == "https://board.example/?case=1"
    assert "960123" not in str(mails[0].content)
    assert kinds(parts).count(EventKind.ALERTED) == 1


@pytest.mark.parametrize(("text", "mails"), [("late 2", 0), ("late 3", 2), ("late 4", 2)])
def test_only_severe_cases_are_mailed(parts: Parts, text: str, mails: int) -> None:
    store(parts, post(1, text))
    read_all(parts)
    alert_at_once(parts)
    assert len(outbox(parts)) == mails


def test_an_edit_that_gets_worse_raises_the_case(parts: Parts) -> None:
    store(parts, post(1, "late 1"))
    read_all(parts)
    store(parts, post(1, "late 4"))
    read_all(parts)
    assert [(case.severity, case.post_count) for case in cases(parts)] == [(4, 1)]
    alert_at_once(parts)
    assert len(outbox(parts)) == 2


def test_two_workers_over_the_same_posts_open_each_case_once(parts: Parts) -> None:
    store(parts, *(post(number, "late 4", f"author{number % 7}") for number in range(60)))
    second = other(parts)
    inner = FakeClassifier()
    outer = FakeClassifier()
    outer.before = lambda: read_all(second, inner, batch=5)
    read_all(parts, outer, batch=20)
    assert sorted(outer.read + inner.read) == ["late 4"] * 60
    assert len(cases(parts)) == 7


def test_a_post_that_the_classifier_fails_on_is_left_to_a_person_and_holds_up_no_other(parts: Parts) -> None:
    store(parts, post(1, "poison", "bob"), post(2, "late 2"))
    read_all(parts)
    assert sorted((case.author, case.unsure) for case in cases(parts)) == [("ann", False), ("bob", True)]


def test_a_failure_before_the_commit_leaves_the_posts_to_be_read_again(parts: Parts, clock: Clock) -> None:
    class Dying(FakeClassifier):
        def predict(self, texts, borders=None):  # type: ignore[no-untyped-def]
            raise KeyboardInterrupt

    store(parts, post(1, "late 2"))
    with pytest.raises(KeyboardInterrupt):
        classify(parts, Dying())
    assert cases(parts) == []
    clock.move(HOUR)
    read_all(parts)
    assert len(cases(parts)) == 1


def test_the_title_of_a_blog_post_is_read_and_shown(parts: Parts) -> None:
    classifier = FakeClassifier()
    store(parts, post(1, "It all began on a Monday.", title="late 2"))
    read_all(parts, classifier)
    assert classifier.read == ["late 2\nIt all began on a Monday."]
    assert cases(parts)[0].excerpt == "late 2 · It all began on a Monday."


def test_waiting_cases_become_more_urgent(parts: Parts, clock: Clock) -> None:
    store(parts, post(1, "late 2"))
    read_all(parts)
    before: Case = cases(parts)[0]
    clock.move(timedelta(hours=30))
    assert watch(parts) == 1
    after = cases(parts)[0]
    assert after.priority > before.priority
    assert "waiting over 1 day" in after.priority_why
    assert watch(parts) == 0


CAME_BACK = (
    post(1, "late 2", conversation_id="1"),
    post(2, "sorry, please DM us", "parcelo", START + HOUR, parent_id="1", conversation_id="1"),
    post(3, "late 3, still nothing", at=START + 5 * HOUR, parent_id="2", conversation_id="1"),
    post(4, "late 3, hello?", at=START + 6 * HOUR, parent_id="3", conversation_id="1"),
)


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_an_author_who_complains_again_after_our_answer_is_our_turn(parts: Parts, order: tuple[int, ...]) -> None:
    for number in order:
        store(parts, CAME_BACK[number])
        read_all(parts)
    (case,) = cases(parts)
    assert (case.status, case.first_reply_at) == (CaseStatus.NEW, START + HOUR)
    assert case.due_at == START + 9 * HOUR


def test_our_second_answer_makes_it_the_authors_turn_again(parts: Parts) -> None:
    store(parts, *CAME_BACK, post(5, "called you", "parcelo", START + 7 * HOUR, parent_id="4", conversation_id="1"))
    read_all(parts)
    assert [(case.status, case.due_at) for case in cases(parts)] == [(CaseStatus.WAITING, None)]


def test_an_edit_that_makes_it_worse_opens_a_closed_case_again(parts: Parts, clock: Clock) -> None:
    store(parts, post(1, "late 1"))
    read_all(parts)
    with parts.database.write() as session:
        create_member(session, "a@team.example", "Ann", Role.RESPONDER, None, clock())
        set_status(session, 1, CaseStatus.RESOLVED, 1, clock())
    clock.move(HOUR)
    store(parts, post(1, "late 4, they lied"))
    read_all(parts)
    (case,) = cases(parts)
    assert (case.status, case.severity, case.due_at) == (CaseStatus.NEW, 4, clock() + HOUR)
    assert EventKind.REOPENED in kinds(parts)


def test_an_edit_after_our_answer_is_our_turn(parts: Parts, clock: Clock) -> None:
    store(parts, *STORY)
    read_all(parts)
    clock.move(5 * HOUR)
    store(parts, post(3, "late 3, nothing was done", at=START + 2 * HOUR, parent_id="2", conversation_id="1"))
    read_all(parts)
    assert [(case.status, case.due_at) for case in cases(parts)] == [(CaseStatus.NEW, clock() + 4 * HOUR)]


def test_our_reply_to_somebody_else_in_the_thread_is_no_answer(parts: Parts) -> None:
    store(
        parts,
        post(1, "late 2", conversation_id="1"),
        post(2, "lol", "bob", START + HOUR, parent_id="1", conversation_id="1"),
        post(3, "be kind, bob", "parcelo", START + 2 * HOUR, parent_id="2", conversation_id="1"),
    )
    read_all(parts)
    assert [(case.author, case.status) for case in cases(parts)] == [("ann", CaseStatus.NEW)]


TWO_IN_A_THREAD = (
    post(1, "late 2", "ann", START, conversation_id="1"),
    post(2, "late 2, me too", "dora", START + HOUR, parent_id="1", conversation_id="1"),
    post(3, "late 2, still", "ann", START + 2 * HOUR, parent_id="2", conversation_id="1"),
    post(4, "sorry dora", "parcelo", START + 3 * HOUR, parent_id="2", conversation_id="1"),
)


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_our_reply_goes_to_the_one_whose_post_it_answers(parts: Parts, order: tuple[int, ...]) -> None:
    for number in order:
        store(parts, TWO_IN_A_THREAD[number])
        read_all(parts)
    found = {case.author: (case.status, case.post_count) for case in cases(parts)}
    assert found == {"ann": (CaseStatus.NEW, 2), "dora": (CaseStatus.WAITING, 1)}


IN_A_STRANGERS_THREAD = (
    post(1, "late 2", parent_id="s", conversation_id="s"),
    post(2, "anyone?", at=START + HOUR, parent_id="1", conversation_id="s"),
    post(3, "here we are", "parcelo", START + 2 * HOUR, parent_id="2", conversation_id="s"),
)


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_answers_to_answers_are_found_as_well(parts: Parts, order: tuple[int, ...]) -> None:
    for number in order:
        store(parts, IN_A_STRANGERS_THREAD[number])
        read_all(parts)
    assert [(case.status, case.post_count) for case in cases(parts)] == [(CaseStatus.WAITING, 2)]


def test_an_author_is_the_same_in_whatever_case_the_handle_is_written(parts: Parts) -> None:
    store(parts, post(1, "late 2", "Ann"), post(2, "late 2", "ann", START + HOUR))
    read_all(parts)
    assert [case.post_count for case in cases(parts)] == [2]


def test_a_case_keeps_what_was_said_of_a_post_that_waits_to_be_read_again(parts: Parts, clock: Clock) -> None:
    store(parts, post(1, "late 4", conversation_id="1"))
    read_all(parts)
    store(parts, post(1, "late 4, still", conversation_id="1"))
    with parts.database.write() as session:
        claim_unclassified(session, other(parts).worker, clock(), HOUR, 10)
    store(parts, post(2, "well", at=START + HOUR, parent_id="1", conversation_id="1"))
    store(parts, post(3, "sorry", "parcelo", START + 2 * HOUR, parent_id="1", conversation_id="1"))
    read_all(parts)
    assert [(case.severity, case.status) for case in cases(parts)] == [(4, CaseStatus.WAITING)]


@pytest.mark.parametrize("year", [1, 9999])
def test_a_date_that_no_clock_shows_stops_nothing(parts: Parts, year: int) -> None:
    store(parts, post(1, "late 4", "bob", START.replace(year=year)), post(2, "late 2"))
    read_all(parts)
    assert len(cases(parts)) == 2


def test_managers_who_differ_in_case_alone_are_one(parts: Parts) -> None:
    with parts.database.write() as session:
        brand = session.get_one(Brand, 1)
        brand.managers = ["Ops@parcelo.example", "ops@parcelo.example"]
        session.add(brand)
    store(parts, post(1, "late 4"))
    read_all(parts)
    alert_at_once(parts)
    assert len(outbox(parts)) == 1


def test_a_post_that_no_case_can_be_opened_for_holds_up_no_other(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(session: Session, row: PostRow, now: datetime) -> Case:
        if row.author == "bob":
            raise OverflowError("a bug")
        return open_case(session, row, now)

    monkeypatch.setattr("jobs.open_cases.open_case", refuse)
    store(parts, post(1, "late 2", "bob"), post(2, "late 2"))
    read_all(parts)
    assert [case.author for case in cases(parts)] == ["ann"]
    assert "no case could be opened" in caplog.text


def test_a_title_that_changes_while_the_model_reads_is_read_again(parts: Parts) -> None:
    classifier = FakeClassifier()
    changed = iter([lambda: store(parts, post(1, "text", title="late 2"))])
    classifier.before = lambda: next(changed, lambda: None)()
    store(parts, post(1, "text", title="nice"))
    read_all(parts, classifier)
    assert len(cases(parts)) == 1
