"""Cases are merged and split, nothing is lost by it, and both can be taken back."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlmodel import Session, col, select

from core.errors import InputError
from core.types import CaseStatus
from storage.cases import claim_case, set_status
from storage.database import Database
from storage.merging import merge_cases, split_case
from storage.notes import add_note, note_draft_of, save_note_draft
from storage.replies import draft_of, save_draft
from storage.rows import id_of
from storage.tables import Brand, Case, CaseEvent, EventKind, Note, PostRow, PredictionRow
from storage.undo import STANDING, steps_of, undo
from tests.board.seeding import Seed, add_case, seed

DANA, OMAR = 1, 2
TWO_POSTS, OTHER = 2, 1  # of the seeded cases: one with two posts, one with one


@pytest.fixture
def session(any_database: Database, now: datetime) -> Iterator[Session]:
    seed(any_database, now)
    with any_database.write() as opened:
        yield opened


def case_of(session: Session, case_id: int) -> Case:
    return session.get_one(Case, case_id)


def posts(session: Session, case_id: int) -> list[int]:
    query = select(PostRow).where(PostRow.case_id == case_id).order_by(col(PostRow.posted_at))
    return [id_of(post) for post in session.exec(query)]


def events(session: Session, case_id: int) -> list[EventKind]:
    query = select(CaseEvent.kind).where(CaseEvent.case_id == case_id).order_by(col(CaseEvent.id))
    return list(session.exec(query))


def take_back(session: Session, act: str, now: datetime) -> None:
    for step in steps_of(session, act, DANA):
        assert not undo(session, step, DANA, now).left


def standings(session: Session) -> dict[int, list[object]]:
    session.flush()
    session.expire_all()
    return {id_of(case): [getattr(case, name) for name in STANDING] for case in session.exec(select(Case))}


def places(session: Session) -> dict[int, int | None]:
    return dict(session.exec(select(PostRow.id, PostRow.case_id)).all())


def test_a_merged_case_leads_to_the_one_that_has_everything(session: Session, now: datetime) -> None:
    add_note(session, OTHER, OMAR, "rang the depot", now)
    before = posts(session, TWO_POSTS) + posts(session, OTHER)
    merged = merge_cases(session, [OTHER, TWO_POSTS], TWO_POSTS, DANA, now, act="m")
    assert sorted(posts(session, TWO_POSTS)) == sorted(before)
    assert merged.post_count == 3
    assert (merged.severity, merged.reach) == (4, 5400)
    assert {"missed", "no_tracking"} <= set(merged.reasons)
    other = case_of(session, OTHER)
    assert (other.status, other.merged_into_id, other.due_at) == (CaseStatus.RESOLVED, TWO_POSTS, None)
    assert session.exec(select(Note.case_id)).all() == [TWO_POSTS]
    assert events(session, OTHER) == [EventKind.MERGED]
    assert EventKind.MERGED in events(session, TWO_POSTS)


def test_merging_is_taken_back_as_if_it_had_not_been(session: Session, now: datetime) -> None:
    claim_case(session, OTHER, OMAR, now)
    before = standings(session), places(session)
    merge_cases(session, [OTHER, TWO_POSTS, 3], TWO_POSTS, DANA, now, act="m")
    assert case_of(session, TWO_POSTS).assignee_id == OMAR  # whoever had one of them has it
    take_back(session, "m", now)
    assert (standings(session), places(session)) == before
    assert case_of(session, TWO_POSTS).post_count == 2


def test_a_closed_case_is_open_again_where_one_of_the_others_is(session: Session, now: datetime) -> None:
    set_status(session, TWO_POSTS, CaseStatus.RESOLVED, DANA, now)
    merged = merge_cases(session, [OTHER, TWO_POSTS], TWO_POSTS, DANA, now, act="m")
    assert (merged.status, merged.closed_at) == (CaseStatus.NEW, None)
    assert merged.due_at is not None


def test_closed_cases_stay_closed(session: Session, now: datetime) -> None:
    for case_id in (OTHER, TWO_POSTS):
        set_status(session, case_id, CaseStatus.RESOLVED, DANA, now)
    assert merge_cases(session, [OTHER, TWO_POSTS], OTHER, DANA, now, act="m").status is CaseStatus.RESOLVED


def test_drafts_of_one_writer_in_two_cases_are_both_kept(session: Session, now: datetime) -> None:
    for case_id, text in ((OTHER, "here"), (TWO_POSTS, "there")):
        save_draft(session, case_id, DANA, text, now)
    save_draft(session, OTHER, OMAR, "mine", now)
    merge_cases(session, [OTHER, TWO_POSTS], TWO_POSTS, DANA, now, act="m")
    assert (draft_of(session, TWO_POSTS, DANA), draft_of(session, OTHER, DANA)) == ("there", "here")
    assert draft_of(session, TWO_POSTS, OMAR) == "mine"


def test_a_note_that_is_being_written_goes_with_its_case_and_back(session: Session, now: datetime) -> None:
    for case_id, member_id, text in ((OTHER, DANA, "here"), (TWO_POSTS, DANA, "there"), (OTHER, OMAR, "mine")):
        save_note_draft(session, case_id, member_id, text, now)
    merge_cases(session, [OTHER, TWO_POSTS], TWO_POSTS, DANA, now, act="m")
    assert note_draft_of(session, TWO_POSTS, OMAR) == "mine"
    assert note_draft_of(session, OTHER, OMAR) == ""
    assert (note_draft_of(session, TWO_POSTS, DANA), note_draft_of(session, OTHER, DANA)) == ("there", "here")
    take_back(session, "m", now)
    assert (note_draft_of(session, OTHER, OMAR), note_draft_of(session, TWO_POSTS, OMAR)) == ("mine", "")
    assert (note_draft_of(session, TWO_POSTS, DANA), note_draft_of(session, OTHER, DANA)) == ("there", "here")


def test_a_note_that_was_added_since_the_merge_stays_where_it_is(session: Session, now: datetime) -> None:
    save_note_draft(session, OTHER, OMAR, "mine", now)
    merge_cases(session, [OTHER, TWO_POSTS], TWO_POSTS, DANA, now, act="m")
    add_note(session, TWO_POSTS, OMAR, "mine", now)
    take_back(session, "m", now)
    assert note_draft_of(session, OTHER, OMAR) == ""
    assert session.exec(select(Note.case_id)).all() == [TWO_POSTS]


def test_a_part_in_which_somebody_writes_a_note_is_not_put_back(session: Session, now: datetime) -> None:
    part = split_case(session, TWO_POSTS, [posts(session, TWO_POSTS)[1]], DANA, now, act="s")
    save_note_draft(session, id_of(part), OMAR, "wait", now)
    (step,) = steps_of(session, "s", DANA)
    assert undo(session, step, DANA, now).left
    assert note_draft_of(session, id_of(part), OMAR) == "wait"


def test_what_cannot_be_merged_says_why(session: Session, now: datetime) -> None:
    elsewhere = Brand(name="Calm", created_at=now)
    session.add(elsewhere)
    session.flush()
    foreign = add_case(session, id_of(elsewhere), Seed("@x", "", ("late",)), now)
    for ids, words in (([OTHER, foreign], "several brands"), ([OTHER], "from 2 to"), ([OTHER, 4711], "no case 4711")):
        with pytest.raises(InputError, match=words):
            merge_cases(session, ids, OTHER, DANA, now, act="m")
    merge_cases(session, [OTHER, TWO_POSTS], TWO_POSTS, DANA, now, act="m")
    with pytest.raises(InputError, match="was merged into case 2 before"):
        merge_cases(session, [OTHER, 3], 3, DANA, now, act="n")


def test_posts_become_a_case_of_their_own(session: Session, now: datetime) -> None:
    first, second = posts(session, TWO_POSTS)
    session.exec(select(PredictionRow).where(PredictionRow.post_id == second)).one().severity = 1
    part = split_case(session, TWO_POSTS, [second], DANA, now, act="s")
    assert (posts(session, TWO_POSTS), posts(session, id_of(part))) == ([first], [second])
    assert (part.status, part.merged_into_id, part.severity, part.post_count) == (CaseStatus.NEW, None, 1, 1)
    assert (case_of(session, TWO_POSTS).severity, case_of(session, TWO_POSTS).post_count) == (3, 1)
    assert events(session, id_of(part)) == [EventKind.SPLIT]


def test_an_answer_goes_with_the_post_that_it_answers(session: Session, now: datetime) -> None:
    first, second = posts(session, TWO_POSTS)
    case = case_of(session, TWO_POSTS)
    answered = session.get_one(PostRow, second)
    session.add(
        PostRow(
            platform=case.platform,
            platform_id="answer",
            brand_id=case.brand_id,
            case_id=case.id,
            author="brindlehome",
            text="sorry",
            parent_id=answered.platform_id,
            is_own=True,
            posted_at=now,
            collected_at=now,
            classified_with="x",
        )
    )
    case.first_reply_at = now
    session.add(case)
    session.flush()
    part = split_case(session, TWO_POSTS, [second], DANA, now, act="s")
    assert len(posts(session, id_of(part))) == 2
    assert (part.status, part.first_reply_at) == (CaseStatus.WAITING, now)
    assert case_of(session, TWO_POSTS).first_reply_at is None
    assert posts(session, TWO_POSTS) == [first]


def test_a_split_that_is_taken_back_leaves_a_case_that_leads_to_the_old_one(session: Session, now: datetime) -> None:
    before = places(session)
    part = split_case(session, TWO_POSTS, posts(session, TWO_POSTS)[1:], DANA, now, act="s")
    take_back(session, "s", now)
    assert places(session) == before
    assert (part.status, part.merged_into_id) == (CaseStatus.RESOLVED, TWO_POSTS)


def test_what_cannot_be_split_says_why(session: Session, now: datetime) -> None:
    ids = posts(session, TWO_POSTS)
    for chosen, words in ((ids, "something must be left"), ([], "posts of the author"), ([99], "another case by now")):
        with pytest.raises(InputError, match=words):
            split_case(session, TWO_POSTS, chosen, DANA, now, act="s")
    with pytest.raises(InputError, match="no case 4711"):
        split_case(session, 4711, ids, DANA, now, act="s")


@pytest.mark.parametrize("seed_of_chance", range(6))
def test_whatever_is_merged_and_split_every_post_has_one_case_and_all_can_be_taken_back(
    session: Session, now: datetime, seed_of_chance: int
) -> None:
    chance = Random(seed_of_chance)
    before, acts = places(session), []
    for number in range(8):
        open_ids = session.exec(select(Case.id).where(col(Case.merged_into_id).is_(None))).all()
        act, at = f"act{number}", now + timedelta(minutes=number)
        try:
            if chance.random() < 0.6:
                ids = chance.sample(list(open_ids), 2)
                merge_cases(session, ids, ids[0], DANA, at, act=act)  # type: ignore[arg-type]
            else:
                case_id = chance.choice(list(open_ids))
                chosen = [post for post in posts(session, case_id or 0) if chance.random() < 0.5]
                split_case(session, case_id or 0, chosen, DANA, at, act=act)
        except InputError:
            continue
        acts.append(act)
        for case in session.exec(select(Case)).all():
            assert bool(posts(session, id_of(case))) is (case.merged_into_id is None)
    for act in reversed(acts):
        take_back(session, act, now + timedelta(hours=1))
    assert places(session) == before
