"""A post that its platform deleted loses its words everywhere, and nothing brings them back."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from sqlalchemy import inspect, text
from sqlmodel import col, select

from core.configuration import parse_configuration
from core.searching import Words
from core.types import CaseStatus, Passage, Post, Prediction, Role
from jobs.alert import alert
from jobs.classify import classify
from jobs.parts import Parts
from storage.brands import apply_configuration
from storage.casework import GONE_WORDS
from storage.database import Database
from storage.members import create_member
from storage.notes import add_note
from storage.posts import Stored, claim_unclassified, save_predictions, store_posts, unclassified_count
from storage.replies import save_draft
from storage.search import posts_with
from storage.tables import Case, CaseEvent, EventKind, Outbox, PostEdit, PostRow, PredictionRow
from storage.tombstones import record_deleted
from tests.fakes import Clock, FakeClassifier, post

WHY = "X no longer shows it"
SECRET = "zebra"


class Picky(FakeClassifier):
    """Names the whole text as the passage that made it a complaint."""

    def _predict(self, text: str) -> Prediction:
        said = super()._predict(text)
        return Prediction(
            said.complaint, said.is_complaint, said.severity, said.model_version, passages=(Passage(0, len(text), 0.9),)
        )


@pytest.fixture
def branded(any_database: Database, now: datetime) -> Database:
    with any_database.write() as session:
        brand = {"name": "Parcelo", "handles": ["shop"], "managers": ["boss@team.example"]}
        apply_configuration(session, parse_configuration({"brands": [brand]}), now)
        create_member(session, "ann@team.example", "Ann", Role.RESPONDER, None, now)
    return any_database


def store(database: Database, *posts: Post, now: datetime) -> Stored:
    with database.write() as session:
        return store_posts(session, posts, brand_id=1, source_id=None, own_handles=["shop"], now=now)


def delete(database: Database, *ids: str, now: datetime, platform: str = "x") -> int:
    with database.write() as session:
        return record_deleted(session, platform, dict.fromkeys(ids, WHY), now)


def read(database: Database) -> None:
    classify(Parts(database, now=Clock()), Picky())


def case_of(database: Database) -> Case:
    with database.read() as session:
        return session.exec(select(Case)).one()


def everything(database: Database) -> str:
    """All that any table holds, as one text."""
    with database.read() as session:
        tables = inspect(database.engine).get_table_names()
        # The tables of SQLite's index are its own business.
        named = [name for name in tables if not (database.is_sqlite and name.startswith("post_search"))]
        rows = [row for name in named for row in session.execute(text(f'SELECT * FROM "{name}"'))]
    return "\n".join(map(str, rows))


def found(database: Database, word: str) -> list[int]:
    """The ids of the cases with the word."""
    with database.read() as session:
        return list(session.execute(posts_with(session, Words((word,), begins=True))).scalars())


def test_no_table_holds_a_word_of_a_deleted_post_or_its_author(branded: Database, now: datetime) -> None:
    wordy = {"title": f"{SECRET} title", "author": SECRET, "author_name": f"Z. {SECRET}", "url": f"https://x/{SECRET}"}
    store(branded, post(1, f"blame {SECRET} late 4", **wordy), now=now)
    read(branded)
    store(branded, post(1, f"blame {SECRET} late 4, still", **wordy), now=now + timedelta(minutes=1))
    read(branded)
    assert everything(branded).count(SECRET) >= 8
    assert found(branded, SECRET) == [1]
    assert delete(branded, "1", now=now + timedelta(hours=1)) == 1
    assert SECRET not in everything(branded)
    assert found(branded, SECRET) == []


def test_a_mail_that_waits_tells_of_no_deleted_words(branded: Database, now: datetime) -> None:
    store(branded, post(1, f"blame {SECRET} late 4"), now=now)
    read(branded)
    parts = Parts(branded, now=Clock(now))
    for _ in ("open", "tell"):
        alert(parts, settling=timedelta())
    with branded.read() as session:
        assert SECRET in str(session.exec(select(Outbox)).one().content)
    delete(branded, "1", now=now)
    with branded.read() as session:
        content = session.exec(select(Outbox)).one().content
    item = content["incidents"][0]["items"][0]
    assert (item["excerpt"], item["author"], item["severity"]) == (GONE_WORDS, "unknown", 4)
    assert SECRET not in everything(branded)


def test_the_tombstone_says_when_and_why(branded: Database, now: datetime) -> None:
    store(branded, post(1), now=now)
    later = now + timedelta(hours=2)
    delete(branded, "1", now=later)
    with branded.read() as session:
        row = session.exec(select(PostRow)).one()
    assert (row.deleted_at, row.gone_why, row.platform_id, row.text) == (later, WHY, "1", "")


def test_the_case_says_that_a_post_was_deleted_and_keeps_how_bad_it_was(branded: Database, now: datetime) -> None:
    store(branded, post(1, "late 3", author="zoe", author_name="Zoe"), now=now)
    read(branded)
    later = now + timedelta(hours=2)
    delete(branded, "1", now=later)
    case = case_of(branded)
    assert (case.excerpt, case.author, case.author_key, case.author_name) == (GONE_WORDS, "", "", "")
    assert (case.severity, case.status, case.post_count) == (3, CaseStatus.NEW, 1)
    with branded.read() as session:
        event = session.exec(select(CaseEvent).order_by(col(CaseEvent.id).desc())).first()
    assert event is not None
    assert (event.kind, event.happened_at, event.detail) == (EventKind.DELETED, later, {"post_id": 1, "why": WHY})


def test_a_case_with_another_post_shows_that_one_and_keeps_its_author(branded: Database, now: datetime) -> None:
    said_later = now + timedelta(minutes=5)
    store(branded, post(1, f"late 3 {SECRET}"), post(2, "late 1, and the box was wet", at=said_later), now=now)
    read(branded)
    assert SECRET in case_of(branded).excerpt
    delete(branded, "1", now=now + timedelta(hours=1))
    case = case_of(branded)
    assert (case.excerpt, case.author, case.severity) == ("late 1, and the box was wet", "ann", 3)


def test_what_the_team_wrote_stays(branded: Database, now: datetime) -> None:
    store(branded, post(1), now=now)
    read(branded)
    with branded.write() as session:
        add_note(session, 1, 1, "call the depot", now)
        save_draft(session, 1, 1, "We are sorry", now)
    delete(branded, "1", now=now)
    assert "call the depot" in everything(branded)
    assert "We are sorry" in everything(branded)


def test_deleting_again_and_what_was_never_stored_counts_nothing(branded: Database, now: datetime) -> None:
    store(branded, post(1), post(2), now=now)
    assert delete(branded, "1", "77", now=now) == 1
    assert delete(branded, "1", "77", now=now + timedelta(hours=1)) == 0
    with branded.read() as session:
        assert session.exec(select(PostRow.deleted_at).where(PostRow.platform_id == "1")).one() == now


def test_the_same_id_on_another_platform_is_another_post(branded: Database, now: datetime) -> None:
    store(branded, post(1), now=now)
    assert delete(branded, "1", now=now, platform="reddit") == 0
    with branded.read() as session:
        assert session.exec(select(PostRow.text)).one() == "late again"


def test_many_deletions_at_once_are_carried_out(branded: Database, now: datetime) -> None:
    store(branded, *map(post, range(1200)), now=now)
    assert delete(branded, *map(str, range(1100)), now=now) == 1100
    with branded.read() as session:
        assert len(session.exec(select(PostRow.id).where(PostRow.text != "")).all()) == 100


def test_a_deleted_post_that_comes_again_stays_deleted_and_is_no_edit(branded: Database, now: datetime) -> None:
    store(branded, post(1), now=now)
    delete(branded, "1", now=now)
    assert store(branded, post(1), post(1, "other words"), now=now) == Stored(added=0, edited=0)
    with branded.read() as session:
        row = session.exec(select(PostRow)).one()
        assert (row.text, row.deleted_at, session.exec(select(PostEdit)).all()) == ("", now, [])


def test_no_model_reads_a_tombstone(branded: Database, now: datetime) -> None:
    store(branded, post(1), post(2), now=now)
    delete(branded, "1", now=now)
    with branded.write() as session:
        assert unclassified_count(session) == 1
        claimed = claim_unclassified(session, "reader", now, timedelta(minutes=2), 10)
        assert [row.platform_id for row in claimed] == ["2"]


def test_a_post_deleted_while_the_model_reads_it_opens_no_case(branded: Database, now: datetime) -> None:
    store(branded, post(1, f"late {SECRET}"), now=now)
    with branded.write() as session:
        [held] = claim_unclassified(session, "reader", now, timedelta(minutes=2), 10)
    delete(branded, "1", now=now)
    with branded.write() as session:
        said = FakeClassifier().predict([held.text])
        assert save_predictions(session, [(held, said[0])], "reader", now) == []
        assert session.exec(select(PredictionRow)).all() == []


def test_an_edit_deleted_before_it_was_read_keeps_what_was_said_of_the_post(branded: Database, now: datetime) -> None:
    store(branded, post(1, "late 3"), now=now)
    read(branded)
    store(branded, post(1, "all is well"), now=now)
    delete(branded, "1", now=now)
    read(branded)
    assert case_of(branded).severity == 3


@pytest.mark.parametrize("why", ["nul \0 in it", "half \ud83d pair", "w" * 5000])
def test_what_the_platform_says_of_it_may_be_anything(branded: Database, now: datetime, why: str) -> None:
    store(branded, post(1), now=now)
    gone: Mapping[str, str] = {"1": why}
    with branded.write() as session:
        assert record_deleted(session, "x", gone, now) == 1
