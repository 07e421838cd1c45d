"""A post that only uses a word that is also the brand's name opens no case, says why, and can be brought back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlmodel import select

from core.configuration import parse_configuration
from core.errors import InputError
from core.relevance import ENOUGH
from core.types import CaseStatus
from jobs.classify import classify
from jobs.parts import Parts
from storage.brands import apply_configuration
from storage.database import Session
from storage.posts import store_posts
from storage.relevance import bring_back, confirmed_texts
from storage.rows import id_of
from storage.tables import Case, CaseEvent, EventKind, Member, PostRow
from tests.fakes import START, FakeClassifier, post
from tests.jobs.conftest import CONFIGURATION, cases, store

QUERY = "parcelo OR @parcelohelp with:delivery|parcel|order"
Asking = Callable[..., None]


@pytest.fixture
def ambiguous(parts: Parts) -> Parts:
    """The parts, where the source's query asks for a context."""
    source = CONFIGURATION["sources"][0] | {"query": QUERY}
    with parts.database.write() as session:
        apply_configuration(session, parse_configuration(CONFIGURATION | {"sources": [source]}), parts.now())
    return parts


def dana(session: Session) -> int:
    """Return the id of a member."""
    found = session.exec(select(Member)).first() or Member(
        email="dana@parcelo.example", name="Dana Fischer", created_at=datetime(2026, 11, 1, tzinfo=UTC)
    )
    session.add(found)
    session.flush()
    return id_of(found)


def row(parts: Parts, number: int) -> PostRow:
    with parts.database.read() as session:
        return session.exec(select(PostRow).where(PostRow.platform_id == str(number))).one()


def test_a_post_without_the_context_is_left_out_and_says_why(ambiguous: Parts) -> None:
    store(ambiguous, post(1, "the parcelo tree blooms late this year"), post(2, "my order from parcelo is late"))
    assert classify(ambiguous, FakeClassifier()) == 2
    assert [case.author for case in cases(ambiguous)] == [post(2, "").author]
    left = row(ambiguous, 1)
    assert left.case_id is None
    assert "delivery" in left.left_out
    assert left.relevance < 0.25
    assert row(ambiguous, 2).left_out == ""


def test_a_post_of_a_case_that_is_edited_into_something_else_is_not_left_out(ambiguous: Parts) -> None:
    store(ambiguous, post(1, "my order from parcelo is late"))
    classify(ambiguous, FakeClassifier())
    store(ambiguous, post(1, "the parcelo tree blooms late this year"))
    classify(ambiguous, FakeClassifier())
    edited = row(ambiguous, 1)
    assert (edited.left_out, edited.case_id is None) == ("", False)
    assert edited.relevance < 0.25


def test_who_brings_a_post_back_gets_its_case_and_it_stays(ambiguous: Parts) -> None:
    store(ambiguous, post(1, "the parcelo tree blooms late this year"))
    classify(ambiguous, FakeClassifier())
    with ambiguous.database.write() as session:
        bring_back(session, id_of(row(ambiguous, 1)), dana(session), ambiguous.now())
    assert classify(ambiguous, FakeClassifier()) == 1
    assert len(cases(ambiguous)) == 1
    with ambiguous.database.read() as session:
        opened = session.exec(select(CaseEvent).where(CaseEvent.kind == EventKind.OPENED)).one()
    assert opened.detail["brought_back"] is True
    assert opened.member_id is not None
    store(ambiguous, post(1, "the parcelo tree blooms late, an edit"))
    classify(ambiguous, FakeClassifier())
    assert row(ambiguous, 1).left_out == ""
    with ambiguous.database.write() as session, pytest.raises(InputError, match="not among those"):
        bring_back(session, id_of(row(ambiguous, 1)), dana(session), ambiguous.now())


def test_what_the_author_adds_in_the_thread_of_a_case_belongs_to_it_whatever_its_words(ambiguous: Parts) -> None:
    store(ambiguous, post(1, "my order from parcelo is late", author="ann"))
    classify(ambiguous, FakeClassifier())
    store(ambiguous, post(2, "and late again, parcelo", author="ann", parent_id="1", conversation_id="1"))
    store(ambiguous, post(3, "the parcelo tree blooms late", author="ann"))
    classify(ambiguous, FakeClassifier())
    [case] = cases(ambiguous)
    assert case.post_count == 2
    assert row(ambiguous, 2).left_out == ""
    assert row(ambiguous, 3).case_id is None


def test_likeness_decides_once_the_team_has_confirmed_enough_posts(ambiguous: Parts) -> None:
    asked: list[int] = []

    class Counting(FakeClassifier):
        def likeness(self, texts, to):  # type: ignore[no-untyped-def]
            asked.append(len(to))
            assert not any("parcelo" in text for text in [*texts, *to])
            return super().likeness(texts, to)

    confirmed = [post(n, f"my order from parcelo is late {n}", author=f"a{n}") for n in range(100, 100 + ENOUGH)]
    store(ambiguous, post(1, "parcelo is late and rude"), *confirmed)
    classify(ambiguous, Counting())
    assert asked == []
    assert row(ambiguous, 1).left_out != ""
    with ambiguous.database.write() as session:
        for case in session.exec(select(Case)).all():
            case.status = CaseStatus.RESOLVED
            session.add(case)
    store(ambiguous, post(2, "parcelo is late and rude, so rude"), post(3, "parcelo was late for the hospital"))
    classify(ambiguous, Counting())
    assert asked == [ENOUGH]
    assert row(ambiguous, 2).left_out == ""
    assert "does not read like" in row(ambiguous, 3).left_out


def test_imported_posts_and_own_posts_are_never_asked_about(ambiguous: Parts) -> None:
    with ambiguous.database.write() as session:
        store_posts(
            session, [post(1, "late")], brand_id=1, source_id=None, own_handles=["parcelo"], now=ambiguous.now()
        )
    store(ambiguous, post(2, "we bloom late", author="parcelo"))
    classify(ambiguous, FakeClassifier())
    assert len(cases(ambiguous)) == 1
    assert [row(ambiguous, number).relevance for number in (1, 2)] == [None, None]


def test_a_likeness_that_fails_leaves_the_words_to_decide(ambiguous: Parts) -> None:
    class Choking(FakeClassifier):
        def likeness(self, texts, to):  # type: ignore[no-untyped-def]
            raise RuntimeError("out of memory")

    store(ambiguous, post(1, "the parcelo tree blooms late"), post(2, "a parcel from parcelo is late"))
    assert classify(ambiguous, Choking()) == 2
    assert len(cases(ambiguous)) == 1


def test_a_brand_with_many_posts_is_not_looked_through_for_those_that_were_confirmed(ambiguous: Parts) -> None:
    asked: list[tuple[str, object]] = []
    if not ambiguous.database.is_sqlite:
        pytest.skip("PostgreSQL plans by statistics, of which a new database has none")
    store(ambiguous, post(1, "my order from parcelo is late"))
    classify(ambiguous, FakeClassifier())
    with ambiguous.database.write() as session:
        session.exec(select(Case)).one().status = CaseStatus.RESOLVED
    event.listen(
        ambiguous.database.engine,
        "before_cursor_execute",
        lambda _c, _r, words, values, *_: asked.append((words, values)),
    )
    with ambiguous.database.read() as session:
        assert confirmed_texts(session, 1, ENOUGH) == ["my order from parcelo is late"]
        plans = [
            step[3]
            for words, values in list(asked)
            for step in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)
        ]
    assert [step for step in plans if "ix_post_posted" in step or step.startswith("SCAN")] == []
    assert len([step for step in plans if "ix_post_case" in step or "ix_post_brought_back" in step]) == 2


def test_the_newest_confirmed_posts_come_first_whatever_confirmed_them(ambiguous: Parts) -> None:
    said = [
        post(n, f"my order {n} from parcelo is late", f"a{n}", at=START + timedelta(minutes=n)) for n in range(1, 6)
    ]
    store(ambiguous, *said, post(6, "the parcelo tree blooms late", "a6", at=START + timedelta(minutes=6)))
    classify(ambiguous, FakeClassifier())
    with ambiguous.database.write() as session:
        by_author = {case.author: case for case in session.exec(select(Case))}
        by_author["a1"].status = CaseStatus.RESOLVED
        by_author["a2"].status = CaseStatus.DISMISSED
        by_author["a3"].status, by_author["a3"].assignee_id = CaseStatus.OPEN, dana(session)
        by_author["a4"].status = CaseStatus.WAITING
        bring_back(session, id_of(row(ambiguous, 6)), dana(session), ambiguous.now())
    with ambiguous.database.read() as session:
        words = confirmed_texts(session, 1, ENOUGH)
        assert [text.split()[2] for text in words] == ["tree", "4", "3", "1"]
        assert confirmed_texts(session, 1, 2) == words[:2]
