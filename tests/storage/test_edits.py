"""An edit is taken over once, and what the post said before is kept."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlmodel import col, select

from core.configuration import parse_configuration
from core.types import Post
from jobs.classify import classify
from jobs.parts import Parts
from storage.brands import apply_configuration
from storage.database import Database
from storage.edits import KEPT, Edit, take_edits
from storage.posts import Stored, store_posts
from storage.tables import Case, PostEdit, PostRow
from storage.tombstones import record_deleted
from tests.fakes import Clock, FakeClassifier, post


@pytest.fixture
def branded(any_database: Database, now: datetime) -> Database:
    with any_database.write() as session:
        apply_configuration(session, parse_configuration({"brands": [{"name": "Parcelo"}]}), now)
    return any_database


def store(database: Database, *posts: Post, now: datetime) -> Stored:
    with database.write() as session:
        return store_posts(session, posts, brand_id=1, source_id=None, own_handles=[], now=now)


def earlier(database: Database) -> list[tuple[str, str, datetime]]:
    with database.read() as session:
        rows = session.exec(select(PostEdit).order_by(col(PostEdit.id))).all()
    return [(row.title, row.text, row.replaced_at) for row in rows]


def test_what_a_post_said_before_is_kept_with_the_time_of_the_change(branded: Database, now: datetime) -> None:
    first, second = now + timedelta(hours=1), now + timedelta(hours=2)
    store(branded, post(1, "late", title="Parcel"), now=now)
    assert store(branded, post(1, "late, still", title="Parcel"), now=first) == Stored(added=0, edited=1)
    assert store(branded, post(1, "late, still", title="Gone"), now=second) == Stored(added=0, edited=1)
    assert earlier(branded) == [("Parcel", "late", first), ("Parcel", "late, still", second)]
    with branded.read() as session:
        row = session.exec(select(PostRow)).one()
    assert (row.title, row.text, row.edited_at, row.collected_at) == ("Gone", "late, still", second, now)


def test_the_same_words_again_add_nothing(branded: Database, now: datetime) -> None:
    store(branded, post(1), post(2), now=now)
    assert store(branded, post(1), post(2), now=now + timedelta(hours=1)) == Stored(added=0, edited=0)
    assert earlier(branded) == []
    with branded.read() as session:
        assert session.exec(select(PostRow.edited_at)).all() == [None, None]


def test_other_details_that_change_are_no_edit(branded: Database, now: datetime) -> None:
    store(branded, post(1, reach=3, author_name="Ann"), now=now)
    assert store(branded, post(1, reach=99, author_name="Anna"), now=now).edited == 0


def test_words_that_had_to_be_cleaned_are_no_edit_when_they_come_again(branded: Database, now: datetime) -> None:
    odd = post(1, "nul \0 and half \ud83d pair" + "x" * 100_001, title="\0")
    store(branded, odd, now=now)
    assert store(branded, odd, now=now) == Stored(added=0, edited=0)


def test_an_edit_beside_new_and_known_posts_is_the_only_one(branded: Database, now: datetime) -> None:
    store(branded, post(1), post(2), now=now)
    assert store(branded, post(1), post(2, "new words"), post(3), now=now) == Stored(added=1, edited=1)
    with branded.read() as session:
        texts = session.exec(select(PostRow.text).order_by(PostRow.platform_id)).all()
    assert texts == ["late again", "new words", "late again"]


def test_two_who_see_the_same_edit_keep_it_once(branded: Database, now: datetime) -> None:
    store(branded, post(1, "late"), now=now)
    both, counted = Barrier(2), []

    def see() -> None:
        edit = Edit(1, before=("", "late"), now=("", "later"))
        both.wait()
        with branded.write() as session:
            counted.append(take_edits(session, [edit], now))

    threads = [Thread(target=see) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counted) == [0, 1]
    assert len(earlier(branded)) == 1


def test_a_post_deleted_since_it_was_looked_at_is_not_edited(branded: Database, now: datetime) -> None:
    store(branded, post(1, "late"), now=now)
    with branded.write() as session:
        record_deleted(session, "x", {"1": "gone"}, now)
        assert take_edits(session, [Edit(1, before=("", "late"), now=("", "later"))], now) == 0
    assert earlier(branded) == []


def test_a_post_that_changes_at_every_reading_keeps_its_last_wordings_only(branded: Database, now: datetime) -> None:
    for number in range(KEPT + 5):
        store(branded, post(1, f"seen {number} times"), post(2, f"{number}"), now=now)
    kept = [text for _, text, _ in earlier(branded) if text.startswith("seen")]
    assert kept == [f"seen {number} times" for number in range(4, KEPT + 4)]
    assert len(earlier(branded)) == 2 * KEPT


def test_the_case_follows_the_edit_once_it_is_read(branded: Database, now: datetime) -> None:
    parts = Parts(branded, now=Clock())
    store(branded, post(1, "late 2"), now=now)
    classify(parts, FakeClassifier())
    store(branded, post(1, "late 4, and now in pieces"), now=now + timedelta(hours=1))
    classify(parts, FakeClassifier())
    with branded.read() as session:
        case = session.exec(select(Case)).one()
    assert (case.excerpt, case.severity) == ("late 4, and now in pieces", 4)


def test_edits_and_deletions_of_the_same_posts_at_once_do_not_block_each_other_for_good(
    branded: Database, now: datetime
) -> None:
    numbers = range(1, 301)
    store(branded, *(post(number) for number in numbers[150:]), now=now)  # ids are in another order than the names
    store(branded, *(post(number) for number in numbers[:150]), now=now)
    start, troubles = Barrier(2), list[Exception]()

    def edit() -> None:
        start.wait()
        store(branded, *(post(number, "late, still") for number in numbers), now=now)

    def delete() -> None:
        start.wait()
        time.sleep(0.05)  # some are edited by now, and others not yet
        with branded.write() as session:
            record_deleted(session, "x", {str(number): "deleted" for number in numbers}, now)

    def trying(step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:
            troubles.append(error)

    threads = [Thread(target=trying, args=(step,)) for step in (edit, delete)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    with branded.read() as session:
        assert set(session.exec(select(PostRow.text))) == {""}
