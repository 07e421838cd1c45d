from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from core.errors import InputError
from core.taxonomy import Party, Reason, Severity
from core.text import MAX_TEXT_LENGTH
from core.types import CaseStatus
from storage.cases import claim_case, set_status
from storage.database import Database
from storage.members import member_by_email
from storage.notes import add_note
from storage.queue import listing, offered
from storage.queue.case_detail import case_detail
from storage.queue.filters import NOBODY, Filter, Sort, View
from storage.replies import mark_answered, save_draft
from storage.rows import id_of
from storage.tables import (
    PARTY_BITS,
    REASON_BITS,
    Case,
    EventKind,
    Handover,
    Member,
    Notice,
    NoticeKind,
    Outbox,
    OutboxState,
    PostRow,
    PredictionRow,
    Promise,
    PromiseState,
    Team,
)
from tests.board.seeding import CASES, DANA, OMAR, Seed, add_case, seed
from tests.conftest import NOW

ALL = Filter(view=View.OPEN)


@pytest.fixture
def session(database: Database, now: datetime) -> Iterator[Session]:
    seed(database, now)
    with database.write() as opened:
        yield opened


@pytest.fixture
def any_session(any_database: Database, now: datetime) -> Iterator[Session]:
    seed(any_database, now)
    with any_database.write() as opened:
        yield opened


def member(session: Session, email: str) -> int:
    found = member_by_email(session, email)
    assert found is not None
    return id_of(found)


def ids(session: Session, wanted: Filter, who: str = DANA) -> list[int]:
    return [row.id for row in listing.rows(session, wanted, member(session, who), NOW).rows]


def test_urgent_first_and_newest_first(any_session: Session) -> None:
    cases = any_session.exec(select(Case)).all()
    urgent = sorted(cases, key=lambda case: (-case.priority, -(case.id or 0)))
    newest = sorted(cases, key=lambda case: case.last_posted_at, reverse=True)
    assert ids(any_session, ALL) == [case.id for case in urgent]
    assert ids(any_session, replace(ALL, sort=Sort.NEWEST)) == [case.id for case in newest]


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_hold_every_case_once(any_session: Session, now: datetime, sort: Sort) -> None:
    set_status(any_session, 2, CaseStatus.WAITING, member(any_session, DANA), now)
    wanted, seen, after = replace(ALL, sort=sort), [], None
    while True:
        page = listing.rows(any_session, wanted, 1, NOW, after=after, limit=2)
        seen += [row.id for row in page.rows]
        if page.next is None:
            break
        after = page.next
    assert seen == ids(any_session, wanted)
    assert len(seen) == len(set(seen)) == len(CASES)


def test_views(any_session: Session, now: datetime) -> None:
    dana, omar = member(any_session, DANA), member(any_session, OMAR)
    claim_case(any_session, 1, dana, now)
    claim_case(any_session, 2, omar, now)
    set_status(any_session, 3, CaseStatus.RESOLVED, dana, now)
    set_status(any_session, 5, CaseStatus.DISMISSED, dana, now)
    assert set(ids(any_session, Filter(view=View.UNASSIGNED))) == {4, 6, 7, 8, 9}
    assert ids(any_session, Filter(view=View.MINE)) == [1]
    assert set(ids(any_session, Filter(view=View.OPEN))) == {1, 2, 4, 6, 7, 8, 9}
    assert ids(any_session, Filter(view=View.UNSURE)) == [4]
    assert ids(any_session, Filter(view=View.RESOLVED)) + ids(any_session, Filter(view=View.DISMISSED)) == [3, 5]
    assert listing.counts(any_session, ALL, dana, NOW) == {
        View.UNASSIGNED: 5,
        View.MINE: 1,
        View.DUE: 2,
        View.WAITING: 0,
        View.UNSURE: 1,
        View.OPEN: 7,
        View.ALL: 8,
        View.RESOLVED: 1,
        View.DISMISSED: 1,
    }


def test_cases_that_wait_for_their_author_come_last_and_are_not_unassigned(any_session: Session, now: datetime) -> None:
    urgent = ids(any_session, ALL)
    set_status(any_session, 1, CaseStatus.WAITING, member(any_session, DANA), now)
    set_status(any_session, 3, CaseStatus.WAITING, member(any_session, DANA), now)
    assert ids(any_session, Filter()) == [each for each in urgent if each not in (1, 3)]
    assert ids(any_session, ALL) == [*[each for each in urgent if each not in (1, 3)], 1, 3]
    assert ids(any_session, replace(ALL, sort=Sort.NEWEST))[0] == 1
    assert listing.counts(any_session, ALL, 1, NOW)[View.UNASSIGNED] == len(CASES) - 2
    seen: list[int] = []
    after = None
    for _ in range(len(CASES)):
        page = listing.rows(any_session, ALL, 1, NOW, after=after, limit=1)
        seen += [row.id for row in page.rows]
        after = page.next
    assert seen == ids(any_session, ALL)
    assert after is None


def test_counting_stops_at_the_cap(session: Session) -> None:
    assert listing.counts(session, ALL, 1, NOW, cap=3)[View.OPEN] == 4


FILTERS = {
    replace(ALL, platforms=("reddit",)): {2, 9},
    replace(ALL, reasons=(Reason.NO_REPLY,)): {2, 4},
    replace(ALL, reasons=(Reason.FAULTY,)): set(),
    replace(ALL, least_severity=Severity.ACCUSATION): {1, 2, 5},
    replace(ALL, text="lamps"): {3},
    replace(ALL, text="solved"): {2},
    replace(ALL, text="okafor"): {2},
    replace(ALL, text="'; drop"): set(),
    replace(ALL, brand_ids=(1,)): set(range(1, 10)),
    replace(ALL, brand_ids=(99,)): set(),
    replace(ALL, brand_ids=(1, 99)): set(range(1, 10)),
    replace(ALL, platforms=("feeds", "reddit")): {2, 5, 9},
    replace(ALL, reasons=(Reason.FAULTY, Reason.NO_REPLY)): {2, 4},
    replace(ALL, platforms=("reddit",), least_severity=Severity.ACCUSATION, text="phone"): {2},
}


def test_filters(any_session: Session) -> None:
    assert {wanted: set(ids(any_session, wanted)) for wanted in FILTERS} == FILTERS


def test_filter_for_somebody_or_nobody(any_session: Session, now: datetime) -> None:
    dana, omar = member(any_session, DANA), member(any_session, OMAR)
    claim_case(any_session, 1, dana, now)
    claim_case(any_session, 2, omar, now)
    nobodys = set(range(3, 10))
    assert set(ids(any_session, replace(ALL, assignee_ids=(NOBODY,)))) == nobodys
    assert set(ids(any_session, replace(ALL, assignee_ids=(dana,)))) == {1}
    assert set(ids(any_session, replace(ALL, assignee_ids=(dana, omar)))) == {1, 2}
    assert set(ids(any_session, replace(ALL, assignee_ids=(NOBODY, omar)))) == {2, *nobodys}
    assert listing.counts(any_session, replace(ALL, assignee_ids=(NOBODY, omar)), dana, NOW)[View.OPEN] == 8


def test_filter_knows_whether_it_narrows() -> None:
    assert not Filter().narrows
    assert not Filter(view=View.RESOLVED, sort=Sort.NEWEST).narrows
    assert Filter(text="x").narrows


def test_newer_cases_wait(any_session: Session, now: datetime) -> None:
    up_to = listing.newest_case_id(any_session)
    assert listing.newer(any_session, ALL, 1, NOW, up_to) == 0
    new = add_case(any_session, 1, Seed("@new", "New", ("where is it",), severity=4), now)
    assert listing.newer(any_session, ALL, 1, NOW, up_to) == 1
    assert listing.newer(any_session, replace(ALL, platforms=("reddit",)), 1, NOW, up_to) == 0
    assert new not in [row.id for row in listing.rows(any_session, ALL, 1, NOW, up_to=up_to).rows]
    assert ids(any_session, ALL)[0] == new


def test_row_says_who_has_it_and_why(session: Session, now: datetime) -> None:
    claim_case(session, 2, member(session, OMAR), now)
    row = next(row for row in listing.rows(session, ALL, 1, NOW).rows if row.id == 2)
    assert (row.assignee, row.brand, row.post_count) == ("Omar Haddad", "Brindle Home", 2)
    assert row.reasons == (Reason.NO_TRACKING, Reason.UNREACHABLE, Reason.NO_REPLY)
    assert row.parties == (Party.BRAND, Party.COURIER)
    assert row.severity is Severity.ACCUSATION
    assert row.due_at == now - timedelta(minutes=18)


def test_names_of_a_newer_model_are_left_out(session: Session) -> None:
    case = session.get_one(Case, 1)
    case.reasons, case.parties, case.severity = {"from_the_future": 0.9, "late": 0.5}, ["moon"], 9
    session.add(case)
    session.flush()
    row = next(row for row in listing.rows(session, ALL, 1, NOW).rows if row.id == 1)
    assert (row.reasons, row.parties, row.severity) == ((Reason.LATE,), (), Severity.BLAME)


def test_choices(any_session: Session) -> None:
    choices = offered.choices(any_session)
    assert choices.brands == {1: "Brindle Home"}
    assert choices.platforms == ("bluesky", "feeds", "mastodon", "reddit", "x")


def test_case_holds_its_posts_in_order_and_marks_the_brands_own(session: Session) -> None:
    found = case_detail(session, 5, 1)
    assert found is not None
    assert [post.is_own for post in found.posts] == [False, True]
    assert found.posts[0].verdict is not None
    assert [reason for reason, _ in found.posts[0].verdict.reasons] == [
        Reason.DAMAGED,
        Reason.REFUND,
        Reason.BROKEN_PROMISE,
    ]
    assert found.posts[1].verdict is None


def test_history_has_notes_replies_and_names(any_session: Session, now: datetime) -> None:
    dana = member(any_session, DANA)
    steps = [now + timedelta(minutes=minute) for minute in range(1, 5)]
    claim_case(any_session, 1, dana, steps[0])
    add_note(any_session, 1, dana, "Rang the depot.", steps[1])
    mark_answered(any_session, 1, dana, "So sorry!", steps[2])
    set_status(any_session, 1, CaseStatus.RESOLVED, dana, steps[3])
    found = case_detail(any_session, 1, dana)
    assert found is not None
    told = [(line.kind, line.member, line.text) for line in found.history]
    assert told == [
        (EventKind.OPENED, "", ""),
        (EventKind.CLAIMED, "Dana Fischer", ""),
        (EventKind.NOTED, "Dana Fischer", "Rang the depot."),
        (EventKind.REPLIED, "Dana Fischer", "So sorry!"),
        (EventKind.STATUS, "Dana Fischer", ""),
    ]
    assert found.head.status is CaseStatus.RESOLVED


@pytest.mark.parametrize("keep", [add_note, save_draft, mark_answered])
def test_what_is_too_long_is_refused_and_never_cut(
    session: Session, now: datetime, keep: Callable[[Session, int, int, str, datetime], object]
) -> None:
    dana = member(session, DANA)
    with pytest.raises(InputError, match="from 100,001 to 100,000 characters"):
        keep(session, 1, dana, "x" * (MAX_TEXT_LENGTH + 1), now)
    keep(session, 1, dana, "x" * MAX_TEXT_LENGTH, now)
    session.flush()


def test_draft_is_the_readers_own(session: Session, now: datetime) -> None:
    dana, omar = member(session, DANA), member(session, OMAR)
    save_draft(session, 1, dana, "We are", now)
    for who, draft in ((dana, "We are"), (omar, "")):
        found = case_detail(session, 1, who)
        assert found is not None
        assert found.draft == draft


def test_deleted_post_shows_nothing_of_what_it_said(session: Session, now: datetime) -> None:
    post = session.exec(select(PostRow).where(PostRow.case_id == 3)).one()
    post.deleted_at = now
    session.add(post)
    session.flush()
    found = case_detail(session, 3, 1)
    assert found is not None
    assert (found.posts[0].is_deleted, found.posts[0].text, found.posts[0].title) == (True, "", "")


def test_no_such_case(session: Session) -> None:
    assert case_detail(session, 4711, 1) is None


def test_passages_are_places_in_the_text_below_its_title(session: Session, now: datetime) -> None:
    text = "The table came late. We also went to the sea."
    case_id = add_case(session, 1, Seed("ann", "", (text,), title="A diary"), now)
    post = session.exec(select(PostRow).where(PostRow.case_id == case_id)).one()
    said = session.exec(select(PredictionRow).where(PredictionRow.post_id == post.id)).one()
    read = f"A diary\n{text}"
    late = read.index("came late"), read.index("came late") + len("came late")
    said.passages = [
        {"start": 0, "end": 7, "complaint": 0.6},
        {"start": 2, "end": 17, "complaint": 0.7},
        {"start": late[0], "end": late[1], "complaint": 0.9},
    ]
    session.flush()
    detail = case_detail(session, case_id, 1)
    assert detail is not None
    marked = [(text[each.start : each.end], each.complaint) for each in detail.posts[0].passages]
    assert marked == [("The table", 0.7), ("came late", 0.9)]
    post.deleted_at = now
    session.flush()
    gone = case_detail(session, case_id, 1)
    assert gone is not None
    assert gone.posts[0].passages == ()


def test_choices_are_those_that_cases_have_and_people_who_may_have_them(any_session: Session, now: datetime) -> None:
    for case_id, courier, language in ((1, "DPD", "de"), (2, "Évri", ""), (3, "DPD", "de")):
        case = any_session.get_one(Case, case_id)
        case.courier, case.language = courier, language
    team = Team(name="Night", created_at=now)
    any_session.add(team)
    any_session.get_one(Member, member(any_session, OMAR)).disabled_at = now
    any_session.flush()
    choices = offered.choices(any_session)
    assert set(choices.couriers) == {"DPD", "Évri"}
    assert len(choices.couriers) == 2
    assert "de" in choices.languages
    assert "" not in choices.languages
    assert choices.members == {member(any_session, DANA): "Dana Fischer"}
    assert choices.teams == {team.id: "Night"}


def test_case_shows_what_else_its_author_said(any_session: Session, now: datetime) -> None:
    other = add_case(any_session, 1, Seed("@mara_lenz", "Mara", ("and now this",), minutes_ago=9000), now)
    elsewhere = add_case(any_session, 1, Seed("@mara_lenz", "Mara", ("elsewhere",), platform="reddit"), now)
    for case_id in (1, other, elsewhere):
        any_session.get_one(Case, case_id).author_key = "@mara_lenz"
    post = any_session.exec(select(PostRow).where(PostRow.case_id == other)).one()
    earlier = PostRow(
        **post.model_dump(exclude={"id", "platform_id", "case_id", "text"}), platform_id="earlier", text="Lovely chairs"
    )
    any_session.add(earlier)
    any_session.flush()
    found = case_detail(any_session, 1, 1)
    assert found is not None
    assert [(each.id, each.brand, each.excerpt) for each in found.author_cases] == [
        (other, "Brindle Home", any_session.get_one(Case, other).excerpt)
    ]
    assert [(each.id, each.text) for each in found.author_posts] == [(earlier.id, "Lovely chairs")]
    nobody = any_session.get_one(Case, 2)
    nobody.author = nobody.author_key = ""
    any_session.flush()
    anonymous = case_detail(any_session, 2, 1)
    assert anonymous is not None
    assert (anonymous.author_cases, anonymous.author_posts) == ((), ())


def test_case_shows_promises_handovers_notices_and_what_was_merged(any_session: Session, now: datetime) -> None:
    dana = member(any_session, DANA)
    mail = Outbox(message_id="<1@x>", kind="handover", recipient="d@x.example", next_attempt_at=now, created_at=now)
    any_session.add(mail)
    any_session.flush()
    at = {"case_id": 1, "member_id": dana, "created_at": now}
    promise = Promise(**at, text="by Friday", due_at=now + timedelta(days=2))
    handover = Handover(**at, outbox_id=mail.id, name="DPD", recipient="d@x.example", text="Where is it?")
    any_session.add_all([promise, handover, Notice(**at, kind=NoticeKind.MENTIONED)])
    merged = any_session.get_one(Case, 3)
    merged.merged_into_id, merged.status = 1, CaseStatus.RESOLVED
    any_session.flush()
    found, taken = case_detail(any_session, 1, dana), case_detail(any_session, 3, dana)
    assert found is not None
    assert taken is not None
    (told,), (pledge,), (handed,) = found.notices, found.promises, found.handovers
    assert (told.kind, told.member, told.mailed_at) == (NoticeKind.MENTIONED, "Dana Fischer", None)
    assert (pledge.text, pledge.member, pledge.state) == ("by Friday", "Dana Fischer", PromiseState.OPEN)
    assert (handed.name, handed.member, handed.state) == ("DPD", "Dana Fischer", OutboxState.QUEUED)
    assert (found.merged_ids, found.merged_into_id) == ((3,), None)
    assert (taken.merged_ids, taken.merged_into_id) == ((), 1)


def test_every_reason_and_party_has_a_bit_of_its_own(session: Session) -> None:
    assert set(REASON_BITS) == set(Reason)
    assert set(PARTY_BITS) == set(Party)
    for bits in (REASON_BITS, PARTY_BITS):
        assert len(set(bits.values())) == len(bits)
        assert all(bit.bit_count() == 1 for bit in bits.values())
    case = session.get_one(Case, 1)
    case.reasons, case.parties = {"late": 0.5, "from_the_future": 0.9}, ["moon", "brand", "brand"]
    session.flush()
    assert (case.reason_bits, case.party_bits) == (REASON_BITS["late"], PARTY_BITS["brand"])
