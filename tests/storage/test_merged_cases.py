"""What two people do at once to cases that are merged and split: nothing ends where nobody looks, or comes twice."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from threading import Event, Thread

import pytest
from sqlmodel import Session, col, select

from core.errors import AfterclickError, InputError
from core.taxonomy import Severity
from core.types import CaseStatus
from jobs.parts import Parts
from jobs.wake import wake
from storage.casework import lock_brands
from storage.corrections import Said, correct_case
from storage.database import Database, open_database
from storage.handover import hand_over
from storage.merging import merge_cases, split_case
from storage.notes import add_note
from storage.promises import add_promise
from storage.replies import save_draft
from storage.rows import id_of
from storage.snoozing import snooze_cases
from storage.tables import Case, Courier, Handover, Note, PostRow
from storage.undo import Undone, locked_cases, steps_of, undo
from tests.board.seeding import seed
from tests.fakes import Clock

DANA, OMAR = 1, 2
TWO_POSTS, OTHER = 2, 1  # of the seeded cases: one with two posts, one with one
CONTACT = ("Hermes", "claims@hermes.example")


@pytest.fixture
def seeded(any_database: Database, now: datetime) -> Database:
    seed(any_database, now)
    return any_database


@pytest.fixture
def on_postgresql(postgresql_copy: str, now: datetime) -> Iterator[Database]:
    """A database in which two write at once; SQLite lets one write at a time."""
    opened = open_database(postgresql_copy)
    seed(opened, now)
    yield opened
    opened.close()


def posts(session: Session, case_id: int) -> list[PostRow]:
    query = select(PostRow).where(PostRow.case_id == case_id).order_by(col(PostRow.posted_at))
    return list(session.exec(query))


def merge(database: Database, now: datetime) -> None:
    with database.write() as session:
        merge_cases(session, [OTHER, TWO_POSTS], TWO_POSTS, DANA, now, act="m")


def split(database: Database, now: datetime) -> int:
    with database.write() as session:
        first = id_of(posts(session, TWO_POSTS)[0])
        return id_of(split_case(session, TWO_POSTS, [first], DANA, now, act="s"))


def take_back(database: Database, act: str, now: datetime) -> Undone:
    with database.write() as session:
        (step,) = steps_of(session, act, DANA)
        return undo(session, step, DANA, now)


def a_note(session: Session, case_id: int, now: datetime) -> None:
    add_note(session, case_id, OMAR, "rang the depot", now)


def a_draft(session: Session, case_id: int, now: datetime) -> None:
    save_draft(session, case_id, OMAR, "We are on it", now)


def a_post(session: Session, case_id: int, now: datetime) -> None:
    again = posts(session, case_id)[0].model_dump(exclude={"id"})
    session.add(PostRow(**again | {"platform_id": "again", "posted_at": now}))


@pytest.mark.parametrize("more", [a_note, a_draft, a_post])
def test_a_split_is_not_taken_back_over_what_has_come_to_its_part(
    seeded: Database, now: datetime, more: Callable[[Session, int, datetime], None]
) -> None:
    with seeded.write() as session:
        session.get_one(Case, TWO_POSTS).assignee_id = OMAR  # so that a draft gives the part to nobody else
    part = split(seeded, now)
    with seeded.write() as session:
        more(session, part, now)
    assert take_back(seeded, "s", now) == Undone(left=(TWO_POSTS, part))
    with seeded.read() as session:
        assert session.get_one(Case, part).merged_into_id is None
        assert posts(session, part)


def test_a_merge_is_not_taken_back_over_a_split_of_what_it_moved(seeded: Database, now: datetime) -> None:
    with seeded.read() as session:
        moved = [id_of(post) for post in posts(session, OTHER)]
    merge(seeded, now)
    with seeded.write() as session:
        part = id_of(split_case(session, TWO_POSTS, moved, OMAR, now, act="o"))
    assert not take_back(seeded, "m", now).done
    with seeded.read() as session:
        assert [id_of(post) for post in posts(session, part)] == moved


@pytest.mark.parametrize("what", ["note", "handover", "promise"])
def test_what_comes_to_a_merged_case_too_late_is_refused(seeded: Database, now: datetime, what: str) -> None:
    merge(seeded, now)
    with pytest.raises(InputError, match="was merged into case 2"), seeded.write() as session:
        match what:
            case "note":
                a_note(session, OTHER, now)
            case "handover":
                hand_over(session, OTHER, OMAR, *CONTACT, "Where is it?", "board.example", now)
            case _:
                add_promise(session, OTHER, "a refund", None, OMAR, now)


def test_nobody_gets_a_merged_case_by_writing_in_it(seeded: Database, now: datetime) -> None:
    merge(seeded, now)
    with seeded.write() as session:
        assert not save_draft(session, OTHER, OMAR, "We are on it", now).taken
    with seeded.read() as session:
        assert session.get_one(Case, OTHER).assignee_id is None


def at_once(first: Callable[[Event], object], second: Callable[[], object]) -> list[str]:
    """Run both, the second once the first has what it sets the event for; return what failed."""
    failed: list[str] = []
    holds = Event()

    def guarded(act: Callable[..., object], *given: Event) -> None:
        try:
            if not given:
                holds.wait(30)
            act(*given)
        except AfterclickError as error:
            failed.append(str(error))

    threads = [Thread(target=guarded, args=(first, holds)), Thread(target=guarded, args=(second,))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failed


def test_a_note_that_a_merge_overtakes_is_not_lost(on_postgresql: Database, now: datetime) -> None:
    def merges(holds: Event) -> None:
        with on_postgresql.write() as session:
            merge_cases(session, [OTHER, TWO_POSTS], TWO_POSTS, DANA, now, act="m")
            session.flush()
            holds.set()
            time.sleep(0.3)

    def notes() -> None:
        with on_postgresql.write() as session:
            a_note(session, OTHER, now)

    assert ["was merged into case 2" in words for words in at_once(merges, notes)] == [True]
    with on_postgresql.read() as session:
        assert not session.exec(select(Note)).all()


def test_two_clicks_at_once_hand_a_case_over_once(on_postgresql: Database, now: datetime) -> None:
    with on_postgresql.write() as session:
        session.add(Courier(name=CONTACT[0] + " Claims", contact=CONTACT[1]))

    def sends(holds: Event | None = None) -> None:
        with on_postgresql.write() as session:
            hand_over(session, OTHER, DANA, f"{CONTACT[0]} Claims", CONTACT[1], "Where is it?", "board.example", now)
            if holds:
                holds.set()
                time.sleep(0.3)

    assert ["a moment ago" in words for words in at_once(sends, sends)] == [True]
    with on_postgresql.read() as session:
        assert len(session.exec(select(Handover)).all()) == 1


def test_a_merge_and_a_correction_do_not_wait_for_each_other(on_postgresql: Database, now: datetime) -> None:
    def corrects(holds: Event) -> None:
        with on_postgresql.write() as session:
            (case,) = locked_cases(session, [TWO_POSTS])
            holds.set()
            time.sleep(0.3)
            correct_case(session, case, Said(severity=Severity(2)), OMAR, now)

    assert not at_once(corrects, lambda: merge(on_postgresql, now))
    with on_postgresql.read() as session:
        assert session.get_one(Case, OTHER).merged_into_id == TWO_POSTS


def test_taking_a_merge_back_and_the_worker_do_not_wait_for_each_other(on_postgresql: Database, now: datetime) -> None:
    merge(on_postgresql, now)

    def reads(holds: Event) -> None:
        """Lock as the worker does: posts, brands, cases."""
        with on_postgresql.write() as session:
            query = select(PostRow).where(PostRow.case_id == TWO_POSTS).order_by(col(PostRow.id))
            rows = session.exec(query.with_for_update(key_share=True)).all()
            lock_brands(session, [rows[0].brand_id])
            holds.set()
            time.sleep(0.3)
            session.get_one(Case, TWO_POSTS).updated_at = now + timedelta(seconds=1)
            session.flush()

    assert not at_once(reads, lambda: take_back(on_postgresql, "m", now))
    with on_postgresql.read() as session:
        assert session.get_one(Case, OTHER).merged_into_id is None


def test_waking_goes_past_a_case_that_somebody_holds(on_postgresql: Database, now: datetime) -> None:
    with on_postgresql.write() as session:
        snooze_cases(session, [TWO_POSTS], now + timedelta(hours=1), DANA, now)
    parts = Parts(on_postgresql, now=Clock(now + timedelta(hours=2)))
    with on_postgresql.write() as session:
        locked_cases(session, [TWO_POSTS])
        assert wake(parts) == 0  # once this went round until the case was let go
    assert wake(parts) == 1
    with on_postgresql.read() as session:
        assert session.get_one(Case, TWO_POSTS).status is CaseStatus.NEW
