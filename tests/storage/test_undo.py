"""What members do to cases is taken back exactly, unless somebody has done something else since."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session, col, select

from core.errors import InputError
from core.taxonomy import Party, Reason, Severity
from core.types import CaseStatus
from storage.cases import claim_cases, release_cases, set_status, set_statuses
from storage.corrections import Said, correct_case, correct_cases
from storage.database import Database
from storage.merging import merge_cases, split_case
from storage.replies import save_draft
from storage.reports.seeing import seen_cases
from storage.rows import id_of
from storage.snoozing import snooze_cases, wake_cases
from storage.tables import Case, CaseEvent, EventKind, Label, Notice, PostRow, UndoStep
from storage.teams import send_case, send_cases
from storage.undo import keep, locked_cases, snapshot, steps_of, undo
from tests.board.seeding import seed

DANA, OMAR = 1, 2
CASES = range(1, 10)
DERIVED = {"priority", "priority_why", "confidence", "excerpt", "updated_at", "unsure", "courier", "language"}
Act = Callable[[Session, Sequence[int], int, datetime], object]


@pytest.fixture
def session(any_database: Database, now: datetime) -> Iterator[Session]:
    seed(any_database, now)
    with any_database.write() as opened:
        yield opened


def do(session: Session, act: Act, ids: Sequence[int], name: str, now: datetime, member: int = DANA) -> None:
    before = snapshot(session, ids)
    act(session, ids, member, now)
    keep(session, before, name, "did something", member, now)


def take_back(session: Session, name: str, now: datetime, member: int = DANA) -> tuple[list[int], list[int]]:
    done: list[int] = []
    left: list[int] = []
    for step in steps_of(session, name, member):
        undone = undo(session, step, member, now)
        done += undone.done
        left += undone.left
    return done, left


def everything(session: Session) -> tuple[dict[int, dict[str, Any]], dict[int | None, int | None], int]:
    """Return all that a person's act may change: cases, whose posts are whose, and what was said of them."""
    session.flush()
    session.expire_all()
    cases = {id_of(case): case.model_dump(exclude=DERIVED) for case in session.exec(select(Case))}
    places = dict(session.exec(select(PostRow.id, PostRow.case_id)).all())
    return cases, places, len(session.exec(select(Label)).all())


def status(wanted: CaseStatus) -> Act:
    return lambda session, ids, member, now: set_statuses(session, ids, wanted, member, now)


def send(session: Session, ids: Sequence[int], member: int, now: datetime) -> None:
    send_cases(session, ids, to_member=OMAR, by_member=member, now=now)


def snooze(session: Session, ids: Sequence[int], member: int, now: datetime) -> None:
    snooze_cases(session, ids, now + timedelta(hours=5), member, now)


def correct(session: Session, ids: Sequence[int], member: int, now: datetime) -> None:
    said = Said(True, [Reason.LATE, Reason.BILLING], Severity.BLAME, [Party.SUPPLIER])
    correct_cases(session, locked_cases(session, ids), said, member, now)


ACTS: dict[str, Act] = {
    "claim": claim_cases,
    "release": release_cases,
    "send": send,
    "resolve": status(CaseStatus.RESOLVED),
    "dismiss": status(CaseStatus.DISMISSED),
    "open": status(CaseStatus.OPEN),
    "wait": status(CaseStatus.WAITING),
    "snooze": snooze,
    "wake": wake_cases,
    "correct": correct,
}


@pytest.mark.parametrize("name", ACTS)
def test_each_act_is_taken_back_exactly(session: Session, name: str, now: datetime) -> None:
    before = everything(session)
    do(session, ACTS[name], CASES, "a", now)
    take_back(session, "a", now)
    assert everything(session) == before


@pytest.mark.parametrize("name", ACTS)
def test_reports_count_what_was_done_before_the_act_that_is_taken_back(
    session: Session, name: str, now: datetime
) -> None:
    claim_cases(session, CASES, DANA, now)
    set_statuses(session, CASES[::2], CaseStatus.RESOLVED, DANA, now)
    before = {case_id: seen.done for case_id, (_, seen) in seen_cases(session, CASES).items()}
    assert all(before.values())
    do(session, ACTS[name], CASES, "a", now)
    take_back(session, "a", now)
    assert {case_id: seen.done for case_id, (_, seen) in seen_cases(session, CASES).items()} == before


def test_reports_count_what_was_done_to_cases_that_were_merged_and_split(session: Session, now: datetime) -> None:
    claim_cases(session, CASES, DANA, now)
    set_statuses(session, CASES, CaseStatus.RESOLVED, OMAR, now)
    post = session.exec(select(PostRow.id).where(PostRow.case_id == 2, col(PostRow.is_own).is_(False))).first()
    assert post is not None
    before = {case_id: seen.done for case_id, (_, seen) in seen_cases(session, CASES).items()}
    merge_cases(session, [1, 2], 1, DANA, now, act="merge")
    part = id_of(split_case(session, 1, [post], DANA, now, act="split"))
    assert take_back(session, "split", now) == ([1, part], [])
    assert take_back(session, "merge", now) == ([1, 2], [])
    assert {case_id: seen.done for case_id, (_, seen) in seen_cases(session, CASES).items()} == before


@pytest.mark.parametrize("name", ["claim", "send", "resolve", "dismiss"])
def test_reports_count_nothing_of_what_was_taken_back(session: Session, name: str, now: datetime) -> None:
    do(session, ACTS[name], CASES, "a", now)
    assert any(seen.done for _, seen in seen_cases(session, CASES).values())
    take_back(session, "a", now)
    assert not any(seen.done for _, seen in seen_cases(session, CASES).values())


@pytest.mark.parametrize("name", ACTS)
def test_many_cases_take_no_more_statements_than_few(session: Session, name: str, now: datetime) -> None:
    counts = {}
    for ids in (CASES[:4], CASES):
        set_statuses(session, CASES, CaseStatus.RESOLVED if name == "open" else CaseStatus.OPEN, DANA, now)
        if name == "wake":
            snooze(session, CASES, DANA, now)
        with counted(session) as statements:
            do(session, ACTS[name], ids, f"{name} {len(ids)}", now)
        with counted(session) as undoing:
            assert take_back(session, f"{name} {len(ids)}", now)[1] == []
        counts[len(ids)] = (len(statements), len(undoing))
    (few, few_undone), (many, many_undone) = counts.values()
    assert many - few < len(CASES) - 4
    assert many_undone - few_undone < len(CASES) - 4


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    """Yield a list that the statements come into which the session sends."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    session.flush()
    session.expunge_all()  # as in a session that has read nothing yet
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    yield statements
    event.remove(connection, "before_cursor_execute", note)


@pytest.mark.parametrize("seed_of_order", range(6))
def test_any_acts_after_each_other_are_taken_back_in_reverse(
    session: Session, seed_of_order: int, now: datetime
) -> None:
    chance = Random(seed_of_order)
    stages = []
    for number in range(8):
        stages.append(everything(session))
        ids = chance.sample(CASES, chance.randint(1, 5))
        do(session, ACTS[chance.choice(list(ACTS))], ids, f"act {number}", now)
    for number in reversed(range(8)):
        assert take_back(session, f"act {number}", now)[1] == []
        assert everything(session) == stages[number]


def test_what_somebody_has_changed_since_is_left_alone(session: Session, now: datetime) -> None:
    do(session, ACTS["resolve"], [1, 2, 3], "a", now)
    set_status(session, 2, CaseStatus.OPEN, OMAR, now)
    assert take_back(session, "a", now) == ([1, 3], [2])
    standing = dict(session.exec(select(Case.id, Case.status).where(col(Case.id) < 4)).all())
    assert standing == {1: CaseStatus.NEW, 2: CaseStatus.OPEN, 3: CaseStatus.NEW}


def test_a_correction_that_a_colleague_has_corrected_stays(session: Session, now: datetime) -> None:
    do(session, correct, [1], "a", now)
    correct_case(session, session.get_one(Case, 1), Said(True, severity=Severity.NO_REPROACH), OMAR, now)
    assert take_back(session, "a", now) == ([], [1])
    assert session.get_one(Case, 1).severity == Severity.NO_REPROACH


def test_what_was_taken_back_stands_in_the_history_and_is_not_taken_back_again(session: Session, now: datetime) -> None:
    do(session, ACTS["resolve"], [1], "a", now)
    step = steps_of(session, "a", DANA)[0]
    undo(session, step, DANA, now)
    last = session.exec(select(CaseEvent).where(CaseEvent.case_id == 1).order_by(col(CaseEvent.id).desc())).first()
    assert last is not None
    assert (last.kind, last.member_id, last.detail["what"]) == (EventKind.UNDONE, DANA, "did something")
    with pytest.raises(InputError, match="taken back before"):
        undo(session, step, DANA, now)


def test_nobody_takes_back_what_a_colleague_did(session: Session, now: datetime) -> None:
    do(session, ACTS["resolve"], [1], "a", now)
    assert steps_of(session, "a", OMAR) == []
    with pytest.raises(InputError):
        undo(session, steps_of(session, "a", DANA)[0], OMAR, now)


def test_whoever_was_not_told_yet_is_not_told_of_what_was_taken_back(session: Session, now: datetime) -> None:
    do(session, send, [1, 2], "a", now)
    told = session.exec(select(Notice).where(Notice.case_id == 2)).one()
    told.mailed_at = now
    session.add(told)
    take_back(session, "a", now)
    assert session.exec(select(Notice.case_id)).all() == [2]


def test_steps_are_kept_for_a_day(session: Session, now: datetime) -> None:
    do(session, ACTS["resolve"], [1], "old", now)
    do(session, ACTS["resolve"], [2], "new", now + timedelta(days=1, minutes=1))
    assert session.exec(select(UndoStep.act)).all() == ["new"]


def test_an_act_that_changed_nothing_is_no_step(session: Session, now: datetime) -> None:
    do(session, ACTS["release"], CASES, "a", now)
    assert steps_of(session, "a", DANA) == []


def test_a_case_that_a_colleague_has_begun_with_is_not_taken_back_from_them(session: Session, now: datetime) -> None:
    def send(session: Session, ids: Sequence[int], member: int, now: datetime) -> None:
        for case_id in ids:
            send_case(session, case_id, to_member=OMAR, by_member=member, now=now)

    do(session, send, [1, 2], "send", now)
    save_draft(session, 1, OMAR, "Hello, we are looking into it", now)
    assert take_back(session, "send", now) == ([2], [1])
    assert [session.get_one(Case, case_id).assignee_id for case_id in (1, 2)] == [OMAR, None]
