"""Answers and notes are taken back: the case waits again, and what was written is a draft or gone."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from core.types import CaseStatus
from storage.casework import note_brand_reply
from storage.database import Database
from storage.merging import merge_cases
from storage.notes import add_note
from storage.promises import add_promise, settle_promise
from storage.queue.case_detail import case_detail
from storage.replies import draft_of, mark_answered, save_draft, take_over
from storage.reports.seeing import seen_cases
from storage.rows import id_of
from storage.tables import Case, EventKind, Note, Notice, PostRow, Promise, PromiseState, Reply, ReplyState
from storage.undo import STANDING, Snapshot, Undone, keep, snapshot, steps_of, undo
from storage.unsaying import ANSWERED, BEGAN, NOTED, PROMISED, REOPENED, SETTLED
from tests.board.seeding import seed

DANA, OMAR, CASE = 1, 2, 1


@pytest.fixture
def session(any_database: Database, now: datetime) -> Iterator[Session]:
    seed(any_database, now)
    with any_database.write() as opened:
        yield opened


def do(session: Session, what: str, now: datetime, act: Callable[[Snapshot], object]) -> None:
    before = snapshot(session, [CASE])
    act(before)
    assert keep(session, before, "act", what, DANA, now) == 1


def take_back(session: Session, now: datetime) -> Undone:
    (step,) = steps_of(session, "act", DANA)
    return undo(session, step, DANA, now)


def answer(session: Session, now: datetime) -> Callable[[Snapshot], object]:
    def act(before: Snapshot) -> None:
        reply = mark_answered(session, CASE, DANA, "We are on it.", now)
        before.written["reply"] = [id_of(reply)]
        add_promise(session, CASE, "a call tomorrow", now + timedelta(days=1), DANA, now, reply_id=id_of(reply))

    return act


def standing(session: Session) -> dict[str, object]:
    session.flush()
    session.expire_all()
    case = session.get_one(Case, CASE)
    return {name: getattr(case, name) for name in STANDING}


def test_an_answer_is_a_draft_again_and_the_clock_runs(session: Session, now: datetime) -> None:
    save_draft(session, CASE, DANA, "We are on it.", now)
    before = standing(session)
    do(session, ANSWERED, now, answer(session, now))
    assert session.get_one(Case, CASE).status is CaseStatus.WAITING
    assert take_back(session, now).done == (CASE,)
    assert standing(session) == before
    assert draft_of(session, CASE, DANA) == "We are on it."
    assert session.exec(select(Promise)).all() == []
    assert [done.act.value for done in seen_cases(session, [CASE])[CASE][1].done if done.act.value == "answered"] == []


def test_an_answer_stays_where_the_brand_has_answered_since(session: Session, now: datetime) -> None:
    do(session, ANSWERED, now, answer(session, now))
    case = session.get_one(Case, CASE)
    post = PostRow(
        platform=case.platform,
        platform_id="own",
        brand_id=case.brand_id,
        author="brindlehome",
        text="sorry",
        is_own=True,
        posted_at=now,
        collected_at=now,
        classified_with="x",
    )
    session.add(post)
    session.flush()
    note_brand_reply(session, case, post, now)
    assert take_back(session, now).left == (CASE,)
    assert session.exec(select(Reply.state)).all() == [ReplyState.SENT]


def test_an_answer_stays_where_its_writer_has_begun_another(session: Session, now: datetime) -> None:
    do(session, ANSWERED, now, answer(session, now))
    save_draft(session, CASE, DANA, "And one more thing", now)
    assert take_back(session, now).left == (CASE,)
    assert draft_of(session, CASE, DANA) == "And one more thing"


def test_a_note_is_gone_with_those_who_were_to_be_told(session: Session, now: datetime) -> None:
    def act(before: Snapshot) -> None:
        before.written["note"] = [id_of(add_note(session, CASE, DANA, "@Omar please ring the depot", now).note)]

    do(session, NOTED, now, act)
    assert len(session.exec(select(Notice)).all()) == 1
    assert take_back(session, now).done == (CASE,)
    assert (session.exec(select(Note)).all(), session.exec(select(Notice)).all()) == ([], [])


def promise(session: Session, now: datetime) -> Promise:
    return add_promise(session, CASE, "a call tomorrow", now + timedelta(days=1), DANA, now)


def test_a_promise_is_gone(session: Session, now: datetime) -> None:
    def act(before: Snapshot) -> None:
        before.written["promise"] = [id_of(promise(session, now))]

    before = standing(session)
    do(session, PROMISED, now, act)
    assert take_back(session, now) == Undone((CASE,))
    assert session.exec(select(Promise)).all() == []
    assert standing(session) == before


def test_a_promise_that_was_settled_is_open_again(session: Session, now: datetime) -> None:
    settled = id_of(promise(session, now))

    def act(before: Snapshot) -> None:
        assert settle_promise(session, settled, PromiseState.BROKEN, DANA, now)
        before.written["settled"] = [settled]

    do(session, SETTLED, now, act)
    assert take_back(session, now) == Undone((CASE,))
    session.expire_all()
    again = session.get_one(Promise, settled)
    assert (again.state, again.settled_at) == (PromiseState.OPEN, None)


@pytest.mark.parametrize("state", [PromiseState.KEPT, PromiseState.BROKEN])
def test_a_promise_that_was_opened_again_is_settled_as_it_was(
    session: Session, state: PromiseState, now: datetime
) -> None:
    settled = id_of(promise(session, now))
    assert settle_promise(session, settled, PromiseState.WITHDRAWN, DANA, now - timedelta(hours=3))
    assert settle_promise(session, settled, PromiseState.OPEN, DANA, now - timedelta(hours=2))
    assert settle_promise(session, settled, state, OMAR, now - timedelta(hours=1))

    def act(before: Snapshot) -> None:
        assert settle_promise(session, settled, PromiseState.OPEN, DANA, now)
        before.written["reopened"] = [settled]

    do(session, REOPENED, now, act)
    assert take_back(session, now) == Undone((CASE,))
    session.expire_all()
    again = session.get_one(Promise, settled)
    assert (again.state, again.settled_at) == (state, now - timedelta(hours=1))


def test_a_promise_that_a_colleague_settled_since_it_was_opened_again_stays(session: Session, now: datetime) -> None:
    settled = id_of(promise(session, now))
    settle_promise(session, settled, PromiseState.BROKEN, DANA, now)

    def act(before: Snapshot) -> None:
        settle_promise(session, settled, PromiseState.OPEN, DANA, now)
        before.written["reopened"] = [settled]

    do(session, REOPENED, now, act)
    settle_promise(session, settled, PromiseState.KEPT, OMAR, now)
    assert take_back(session, now) == Undone((), (CASE,))
    assert session.get_one(Promise, settled).state is PromiseState.KEPT


def test_a_case_that_was_taken_by_writing_is_free_again_and_the_words_are_kept(session: Session, now: datetime) -> None:
    before = standing(session)
    do(session, BEGAN, now, lambda _before: save_draft(session, CASE, DANA, "We are on it.", now))
    assert session.get_one(Case, CASE).assignee_id == DANA
    assert take_back(session, now).done == (CASE,)
    assert standing(session) == before
    assert draft_of(session, CASE, DANA) == "We are on it."


@pytest.mark.parametrize("what", [PROMISED, SETTLED])
def test_what_a_colleague_said_of_a_promise_since_stays(session: Session, what: str, now: datetime) -> None:
    kept = id_of(promise(session, now))

    def act(before: Snapshot) -> None:
        if what == SETTLED:
            settle_promise(session, kept, PromiseState.BROKEN, DANA, now)
        before.written["promise" if what == PROMISED else "settled"] = [kept]

    do(session, what, now, act)
    state = PromiseState.KEPT if what == PROMISED else PromiseState.OPEN
    assert settle_promise(session, kept, state, OMAR, now)
    assert take_back(session, now) == Undone((), (CASE,))
    session.expire_all()
    assert session.get_one(Promise, kept).state is state


def test_a_note_stays_in_the_case_that_its_own_was_merged_into(session: Session, now: datetime) -> None:
    def act(before: Snapshot) -> None:
        before.written["note"] = [id_of(add_note(session, CASE, DANA, "ring the depot", now).note)]

    do(session, NOTED, now, act)
    merge_cases(session, [CASE, 2], 2, DANA, now, act="m")
    assert take_back(session, now).left == (CASE,)
    assert session.exec(select(Note.case_id)).all() == [2]


def test_a_case_that_was_taken_over_goes_back(session: Session, now: datetime) -> None:
    save_draft(session, CASE, OMAR, "Mine", now)
    do(session, "took the case over", now, lambda _before: take_over(session, CASE, DANA, OMAR, now))
    assert session.get_one(Case, CASE).assignee_id == DANA
    assert take_back(session, now).done == (CASE,)
    assert session.get_one(Case, CASE).assignee_id == OMAR


def test_the_history_says_what_was_taken_back(session: Session, now: datetime) -> None:
    do(session, ANSWERED, now, answer(session, now))
    take_back(session, now)
    detail = case_detail(session, CASE, DANA)
    assert detail is not None
    (line,) = [line for line in detail.history if line.kind is EventKind.UNDONE]
    assert line.detail["what"] == ANSWERED
