"""Posts are stored once, edits are taken over, and claims are held by one worker at a time."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier, Thread

import pytest
from sqlmodel import Session, select

from core.configuration import parse_configuration
from core.types import Passage, Post, PostKind
from storage.brands import apply_configuration
from storage.claims import free_claims
from storage.database import Database
from storage.posts import (
    AHEAD,
    EARLIEST,
    Stored,
    claim_unclassified,
    save_predictions,
    store_posts,
    unclassified_count,
)
from storage.tables import PostRow, PredictionRow
from tests.fakes import FakeClassifier, post

LEASE = timedelta(minutes=2)


@pytest.fixture
def branded(any_database: Database, now: datetime) -> Database:
    with any_database.write() as session:
        apply_configuration(session, parse_configuration({"brands": [{"name": "Parcelo"}]}), now)
    return any_database


def store(database: Database, *posts: Post, now: datetime) -> Stored:
    with database.write() as session:
        return store_posts(session, posts, brand_id=1, source_id=None, own_handles=["Parcelo"], now=now)


def test_a_repeat_adds_nothing(branded: Database, now: datetime) -> None:
    assert store(branded, post(1), post(2), now=now) == Stored(added=2, edited=0)
    assert store(branded, post(2), post(3), now=now) == Stored(added=1, edited=0)


def test_more_posts_than_fit_one_statement_are_stored(branded: Database, now: datetime) -> None:
    assert store(branded, *map(post, range(1, 2501)), now=now) == Stored(added=2500, edited=0)


def test_the_same_post_twice_on_a_page_is_one_and_the_later_text_counts(branded: Database, now: datetime) -> None:
    assert store(branded, post(1, "first"), post(1, "second"), now=now).added == 1
    with branded.read() as session:
        assert session.exec(select(PostRow.text)).all() == ["second"]


def test_an_edit_is_taken_over_and_read_again(branded: Database, now: datetime) -> None:
    store(branded, post(1, "late"), now=now)
    read_all(branded, now)
    later = now + timedelta(hours=1)
    assert store(branded, post(1, "late, still"), now=later) == Stored(added=0, edited=1)
    with branded.read() as session:
        row = session.exec(select(PostRow)).one()
        assert (row.text, row.edited_at, row.classified_with) == ("late, still", later, "")


def test_a_deleted_post_stays_deleted(branded: Database, now: datetime) -> None:
    store(branded, post(1, "late"), now=now)
    with branded.write() as session:
        row = session.exec(select(PostRow)).one()
        row.deleted_at, row.text = now, ""
    store(branded, post(1, "late"), now=now)
    with branded.read() as session:
        assert session.exec(select(PostRow.text)).one() == ""


def test_own_posts_are_marked_whatever_their_case(branded: Database, now: datetime) -> None:
    store(branded, post(1, author="PARCELO"), post(2, author="ann"), now=now)
    with branded.read() as session:
        assert session.exec(select(PostRow.is_own).order_by(PostRow.platform_id)).all() == [True, False]


def test_text_that_a_database_refuses_is_cleaned(branded: Database, now: datetime) -> None:
    store(branded, post(1, "nul \0 and half \ud83d pair", author_name="x\0"), now=now)
    with branded.read() as session:
        assert session.exec(select(PostRow.text)).one() == "nul  and half \ufffd pair"


def test_every_field_of_a_post_comes_back_as_it_was_given(branded: Database, now: datetime) -> None:
    given = post(
        1,
        "text ☂",
        author="Zoë",
        at=datetime(2026, 11, 21, 3, 4, 5, 678901, tzinfo=timezone(timedelta(hours=-8))),
        url="https://x.example/1",
        title="title %s ? :name",
        author_name="Zoë Z.",
        language="de",
        parent_id="0",
        conversation_id="00",
        reach=2_000_000_000,
        kind=PostKind.COMMENT,
    )
    store(branded, given, now=now)
    with branded.read() as session:
        row = session.exec(select(PostRow)).one()
    assert {field.name: getattr(row, field.name) for field in fields(Post)} == {
        field.name: getattr(given, field.name) for field in fields(Post)
    }
    assert (row.brand_id, row.source_id, row.case_id, row.collected_at, row.is_own) == (1, None, None, now, False)
    assert (row.classified_with, row.claimed_by, row.gone_why, row.left_out) == ("", "", "", "")
    unset = (row.edited_at, row.deleted_at, row.checked_at, row.relevance, row.claimed_until)
    assert unset == (None, None, None, None, None)


def test_dates_that_no_post_has_are_bounded(branded: Database, now: datetime) -> None:
    past, future = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
    store(branded, post(1, at=past), post(2, at=future), post(3, at=now + timedelta(hours=14)), now=now)
    with branded.read() as session:
        dates = session.exec(select(PostRow.posted_at).order_by(PostRow.platform_id)).all()
    assert dates == [EARLIEST, now + AHEAD, now + timedelta(hours=14)]


def test_ids_that_are_the_same_once_they_are_cleaned_are_one_post(branded: Database, now: datetime) -> None:
    odd = [post(1, "first", platform_id="a\0b"), post(1, "second", platform_id="ab")]
    assert store(branded, *odd, now=now) == Stored(added=1, edited=0)
    assert store(branded, *odd, now=now) == Stored(added=0, edited=0)


def test_the_same_id_of_two_platforms_on_one_page_is_two_posts(branded: Database, now: datetime) -> None:
    both = [post(1, "x says"), post(1, "a file says", platform="trustpilot")]
    assert store(branded, *both, now=now) == Stored(added=2, edited=0)
    assert store(branded, *both, now=now) == Stored(added=0, edited=0)


def test_an_empty_page_changes_nothing(branded: Database, now: datetime) -> None:
    assert store(branded, now=now) == Stored(added=0, edited=0)


def test_two_who_store_the_same_posts_at_once_count_each_once(branded: Database, now: datetime) -> None:
    stored, start = [], Barrier(2)

    def work(order: int) -> None:
        start.wait()
        for first in range(0, 3000, 300):
            page = [post(number) for number in range(first, first + 300)][::order]
            stored.append(store(branded, *page, now=now).added)

    threads = [Thread(target=work, args=(order,)) for order in (1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stored) == 20
    assert sum(stored) == unclassified(branded) == 3000


def test_a_page_seen_again_uses_up_no_ids(branded: Database, now: datetime) -> None:
    for _ in range(3):
        store(branded, *map(post, range(10)), now=now)
    store(branded, post(10), now=now)
    with branded.read() as session:
        assert max(session.exec(select(PostRow.id))) == 11


def test_a_post_of_a_megabyte_is_stored(branded: Database, now: datetime) -> None:
    store(branded, post(1, "parcel " * 150_000), now=now)
    assert unclassified(branded) == 1


def test_two_workers_never_hold_the_same_post(branded: Database, now: datetime) -> None:
    store(branded, *map(post, range(10)), now=now)
    with branded.write() as session:
        first = {row.id for row in claim_unclassified(session, "one", now, LEASE, 6)}
    with branded.write() as session:
        second = {row.id for row in claim_unclassified(session, "two", now, LEASE, 6)}
    assert (len(first), len(second)) == (6, 4)
    assert not first & second


def test_a_worker_takes_up_at_once_what_it_could_not_finish(branded: Database, now: datetime) -> None:
    store(branded, post(1), post(2), now=now)
    for worker, expected in (("a", 2), ("b", 0), ("a", 2)):
        with branded.write() as session:
            assert len(claim_unclassified(session, worker, now, LEASE, 10)) == expected


def test_a_lease_that_ran_out_is_taken_by_another(branded: Database, now: datetime) -> None:
    store(branded, post(1), now=now)
    with branded.write() as session:
        held = claim_unclassified(session, "one", now, LEASE, 1)
    after = now + LEASE + timedelta(seconds=1)
    with branded.write() as session:
        assert len(claim_unclassified(session, "two", after, LEASE, 1)) == 1
    with branded.write() as session:
        assert keep(session, held, "one", after) == 0
    assert unclassified(branded) == 1


def test_an_edit_while_the_model_reads_is_read_again(branded: Database, now: datetime) -> None:
    store(branded, post(1, "late"), now=now)
    with branded.write() as session:
        held = claim_unclassified(session, "one", now, LEASE, 1)
    store(branded, post(1, "never mind"), now=now)
    with branded.write() as session:
        assert keep(session, held, "one", now) == 0
    assert unclassified(branded) == 1


def test_claims_of_a_worker_that_is_gone_are_freed(branded: Database, now: datetime) -> None:
    store(branded, post(1), now=now)
    with branded.write() as session:
        claim_unclassified(session, "dead", now, LEASE, 1)
    with branded.write() as session:
        assert free_claims(session, lambda worker: worker == "dead") == 1
        assert len(claim_unclassified(session, "one", now, LEASE, 1)) == 1


def test_one_prediction_is_kept_a_post_and_model(branded: Database, now: datetime) -> None:
    store(branded, post(1, "late"), now=now)
    read_all(branded, now)
    store(branded, post(1, "later"), now=now)
    read_all(branded, now)
    with branded.read() as session:
        assert len(session.exec(select(PredictionRow)).all()) == 1


def test_passages_are_kept_with_the_prediction(branded: Database, now: datetime) -> None:
    store(branded, post(1, "late"), now=now)
    with branded.write() as session:
        [row] = claim_unclassified(session, "reader", now, LEASE, 1)
        [said] = FakeClassifier().predict([row.text])
        save_predictions(session, [(row, replace(said, passages=(Passage(0, 4, 0.91239),)))], "reader", now)
    with branded.read() as session:
        kept = session.exec(select(PredictionRow.passages)).one()
    assert kept == [{"start": 0, "end": 4, "complaint": 0.9124}]


def read_all(database: Database, now: datetime) -> None:
    with database.write() as session:
        keep(session, claim_unclassified(session, "reader", now, LEASE, 100), "reader", now)


def keep(session: Session, rows: list[PostRow], worker: str, now: datetime) -> int:
    predictions = FakeClassifier().predict([row.text for row in rows])
    return len(save_predictions(session, list(zip(rows, predictions, strict=True)), worker, now))


def unclassified(database: Database) -> int:
    with database.read() as session:
        return unclassified_count(session)
