"""Who answers has the case, and nobody answers the same post twice unasked."""

from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlmodel import select

from core.errors import InputError
from core.types import CaseStatus
from storage.answers import same_words, standing
from storage.cases import claim_case, release_case
from storage.database import Database
from storage.replies import Posted, draft_of, mark_answered, save_draft, take_over, whole_draft_of
from storage.tables import Case, EventKind, Reply, ReplyState
from tests.storage.answering import (
    ANN,
    BOB,
    CAT,
    add_brand_reply,
    add_case_to_answer,
    add_complaint,
    events,
    the_case,
)


@pytest.fixture
def answering(any_database: Database, now: datetime) -> Database:
    add_case_to_answer(any_database, now)
    return any_database


def at_once(count: int, act: object) -> None:
    """Let so many threads act in the same moment."""
    barrier = Barrier(count)

    def run(number: int) -> None:
        barrier.wait()
        act(number)  # type: ignore[operator]

    threads = [Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def seen_by(database: Database, member_id: int) -> int:
    with database.read() as session:
        return standing(session, 1, member_id).last_event


def mark(database: Database, member_id: int, text: str, now: datetime, posted: Posted | None = None) -> str:
    """Mark the case as answered; return the refusal, nothing where it was done."""
    try:
        with database.write() as session:
            mark_answered(session, 1, member_id, text, now, posted)
    except InputError as error:
        return str(error)
    return ""


def test_first_words_of_an_answer_take_a_free_case(answering: Database, now: datetime) -> None:
    with answering.write() as session:
        assert not save_draft(session, 1, ANN, " \u200b\n", now).taken
        kept = save_draft(session, 1, ANN, "We", now)
    assert (kept.taken, kept.holder_id, kept.holder) == (True, ANN, "Ann Lee")
    assert (the_case(answering).assignee_id, the_case(answering).status) == (ANN, CaseStatus.OPEN)
    with answering.write() as session:
        assert not save_draft(session, 1, ANN, "We are", now).taken
        other = save_draft(session, 1, BOB, "Hello", now)
    assert (other.taken, other.holder) == (False, "Ann Lee")
    with answering.read() as session:
        assert (draft_of(session, 1, ANN), draft_of(session, 1, BOB)) == ("We are", "Hello")


def test_of_many_who_begin_at_once_one_has_the_case(answering: Database, now: datetime) -> None:
    taken: list[int] = []

    def write(number: int) -> None:
        member = (ANN, BOB, CAT)[number % 3]
        with answering.write() as session:
            if save_draft(session, 1, member, f"Draft {number}", now).taken:
                taken.append(member)

    at_once(12, write)
    assert len(taken) == 1
    assert the_case(answering).assignee_id == taken[0]
    assert len(events(answering, EventKind.CLAIMED)) == 1
    with answering.read() as session:
        assert len(session.exec(select(Reply)).all()) == 3  # one draft a member, whatever came at once


def test_of_many_who_mark_the_same_post_at_once_one_answers(answering: Database, now: datetime) -> None:
    seen = seen_by(answering, ANN)
    refusals: list[str] = []

    def answer(number: int) -> None:
        member = (ANN, BOB, CAT)[number % 3]
        refusals.append(mark(answering, member, f"Reply {number}", now, Posted(seen=seen)))

    at_once(12, answer)
    assert refusals.count("") == 1
    assert len(events(answering, EventKind.REPLIED)) == 1
    with answering.read() as session:
        assert [reply.state for reply in session.exec(select(Reply))] == [ReplyState.SENT]


def test_of_many_who_take_over_at_once_one_has_the_case(answering: Database, now: datetime) -> None:
    with answering.write() as session:
        save_draft(session, 1, ANN, "Mine", now)
    won: list[bool] = []

    def take(number: int) -> None:
        with answering.write() as session:
            won.append(take_over(session, 1, (BOB, CAT)[number], ANN, now).won)

    at_once(2, take)
    assert sorted(won) == [False, True]
    (event,) = events(answering, EventKind.TAKEN_OVER)
    assert (event.detail["before"], event.detail["member"]) == (ANN, "Ann Lee")
    with answering.read() as session:
        assert draft_of(session, 1, ANN) == "Mine"
        assert standing(session, 1, ANN).taken_over_at == now
        assert standing(session, 1, ANN).taken_over_by in ("Bob Ray", "Cat Oz")
        assert standing(session, 1, BOB).taken_over_by == ""


def test_case_that_was_taken_over_is_not_answered_unasked(answering: Database, now: datetime) -> None:
    with answering.write() as session:
        save_draft(session, 1, ANN, "Mine", now)
        take_over(session, 1, BOB, ANN, now)
    refusal = mark(answering, ANN, "Mine", now)
    assert refusal.startswith("Bob Ray has this case, and nothing was marked.")
    assert mark(answering, ANN, "Mine", now, Posted(seen=seen_by(answering, ANN), anyway=True)) == ""
    assert events(answering, EventKind.REPLIED)[0].detail["anyway"] is True
    assert the_case(answering).assignee_id == BOB


def test_taking_over_what_is_free_claims_it_and_what_others_have_is_said(answering: Database, now: datetime) -> None:
    with answering.write() as session:
        assert take_over(session, 1, BOB, ANN, now).won
        assert not take_over(session, 1, CAT, ANN, now).won  # the page still showed Ann
        assert take_over(session, 1, CAT, BOB, now).won
    assert len(events(answering, EventKind.TAKEN_OVER)) == 1


def test_answer_of_a_colleague_since_the_page_was_shown_is_said(answering: Database, now: datetime) -> None:
    seen = seen_by(answering, BOB)
    assert mark(answering, ANN, "We are sorry.", now, Posted(seen=seen)) == ""
    with answering.write() as session:
        release_case(session, 1, ANN, now)
    later = now + timedelta(minutes=2)
    refusal = mark(answering, BOB, "So sorry!", later, Posted(seen=seen))
    assert refusal.startswith("Ann Lee answered 2 minutes ago: “We are sorry.” Nothing was marked")
    anyway = Posted(seen=seen, anyway=True)  # says so without having seen the answer
    assert mark(answering, BOB, "So sorry!", later, anyway).startswith("Ann Lee answered")
    assert mark(answering, BOB, "So sorry!", later, Posted(seen=seen_by(answering, BOB), anyway=True)) == ""


def test_brands_own_post_stands_against_another_answer(answering: Database, now: datetime) -> None:
    add_brand_reply(answering, "@zoe It is on its way.", "p1", now)
    assert the_case(answering).first_reply_at == now
    later = now + timedelta(minutes=1)
    assert mark(answering, ANN, "We look into it", later).startswith("Parcelo answered a minute ago: “@zoe It is on")
    # The reply that was posted by hand and seen before it was marked is the very same.
    assert mark(answering, ANN, "It is on  its way.", later, Posted(seen=0)) == ""
    assert the_case(answering).first_reply_at == now


def test_another_post_of_the_case_is_answered_freely(answering: Database, now: datetime) -> None:
    second = add_complaint(answering, "p2", now - timedelta(minutes=5))
    seen = seen_by(answering, ANN)
    assert mark(answering, ANN, "To the first", now - timedelta(minutes=9), Posted(post_id=1, seen=seen)) == ""
    assert the_case(answering).status is CaseStatus.OPEN  # the second complaint is newer than the answer
    with answering.write() as session:
        take_over(session, 1, BOB, ANN, now)
    seen = seen_by(answering, BOB)
    assert mark(answering, BOB, "To the first too", now, Posted(post_id=1, seen=seen)).startswith("Ann Lee answered")
    assert mark(answering, BOB, "To the second", now, Posted(post_id=second, seen=seen)) == ""
    assert the_case(answering).status is CaseStatus.WAITING


def test_time_of_an_answer_is_the_one_given(answering: Database, now: datetime) -> None:
    at = now - timedelta(minutes=20)
    for wrong, words in ((now + timedelta(hours=1), "lies ahead"), (now - timedelta(hours=2), "cannot be older")):
        assert words in mark(answering, ANN, "Sorry", now, Posted(sent_at=wrong))
    assert mark(answering, ANN, "Sorry", now, Posted(sent_at=at)) == ""
    case = the_case(answering)
    assert (case.first_reply_at, case.due_at, case.status) == (at, None, CaseStatus.WAITING)
    with answering.read() as session:
        assert session.exec(select(Reply)).one().sent_at == at


def test_answer_keeps_its_draft_until_it_is_marked(answering: Database, now: datetime) -> None:
    with answering.write() as session:
        save_draft(session, 1, ANN, "Dear {author}", now, post_id=1)
        assert whole_draft_of(session, 1, ANN).post_id == 1
    assert "still holds {author}" in mark(answering, ANN, "Dear {author}", now)
    assert "The reply is empty" in mark(answering, ANN, "\u200b\u2060 \u3164", now)
    assert "There is no case 77" in _refusal_of_missing(answering, now)
    with answering.read() as session:
        assert draft_of(session, 1, ANN) == "Dear {author}"
    long = "🙂 שלום " * 12_000
    assert mark(answering, ANN, long, now) == ""
    with answering.read() as session:
        assert session.exec(select(Reply)).one().text == long.strip()
        assert draft_of(session, 1, ANN) == ""
    assert "too long" in mark(answering, ANN, "x" * 100_001, now)


def _refusal_of_missing(database: Database, now: datetime) -> str:
    with database.write() as session, pytest.raises(InputError) as refused:
        mark_answered(session, 77, ANN, "Sorry", now)
    return str(refused.value)


def test_case_that_is_part_of_another_is_answered_there(answering: Database, now: datetime) -> None:
    with answering.write() as session:
        session.get_one(Case, 1).merged_into_id = 1
    assert "is part of case 1 now" in mark(answering, ANN, "Sorry", now)


def test_claim_counts_as_having_the_case(answering: Database, now: datetime) -> None:
    with answering.write() as session:
        claim_case(session, 1, BOB, now)
    assert mark(answering, ANN, "Sorry", now).startswith("Bob Ray has this case")
    assert mark(answering, BOB, "Sorry", now) == ""


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("@zoe @bob  Sorry, zoe!", "Sorry, Zoe!", True),
        ("See https://t.co/a1b2", "See https://parcelo.example/help/refunds", True),
        ("See parcelo.example/hel…", "See https://parcelo.example/help", True),
        ("Sorry", "Sorry!", False),
        ("a.b/" * 5000, "x", False),
    ],
)
def test_same_reply_is_known_again_as_its_platform_shows_it(one: str, other: str, same: bool) -> None:
    assert same_words(one, other) is same
