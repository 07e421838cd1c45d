"""Cases go to whom the rules say, and come back where nobody takes them up."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlmodel import select

from core.errors import InputError, StorageError
from core.routing import Subject
from core.types import CaseStatus, Role
from jobs.classify import classify
from jobs.parts import Parts
from jobs.route import route
from storage import placing
from storage.cases import claim_case, release_case, set_status
from storage.members import create_member, disable_member
from storage.returning import pass_on
from storage.routing import RuleFields, save_rule
from storage.snoozing import snooze_cases, wake_due_cases
from storage.staff import Working, save_team, set_away, set_working
from storage.tables import Case, CaseEvent, EventKind, Member, Notice, NoticeKind, Notify, Team
from storage.teams import responders, send_case, take_up
from tests.fakes import Clock, FakeClassifier, post
from tests.jobs.conftest import cases, other, store

ANN, BOB, CAT = 1, 2, 3
HOUR = timedelta(hours=1)


@pytest.fixture
def staffed(parts: Parts) -> Parts:
    """Ann, Bob and Cat, who is a manager, all in the team Evening, and a rule that sends every case to it."""
    with parts.database.write() as session:
        for name, role in (("Ann", Role.RESPONDER), ("Bob", Role.RESPONDER), ("Cat", Role.MANAGER)):
            create_member(session, f"{name}@team.example", name, role, None, parts.now())
        team = save_team(session, None, "Evening", [ANN, BOB, CAT], parts.now())
        save_rule(session, None, RuleFields("All", team_id=team.id), parts.now())
    return parts


def works(parts: Parts, member_id: int, *shift: str, most: int | None = None, zone: str = "UTC") -> None:
    with parts.database.write() as session:
        set_working(session, member_id, Working(zone, shift, most, Notify.AT_ONCE))


def complain(parts: Parts, *numbers: int, **fields: object) -> None:
    """Let posts of as many authors come in and be read."""
    store(parts, *(post(number, **{"author": f"author{number}"} | fields) for number in numbers))  # type: ignore[arg-type]
    while classify(parts, FakeClassifier()):
        pass


def holders(parts: Parts) -> list[int | None]:
    return [case.assignee_id for case in cases(parts)]


def history(parts: Parts, case_id: int = 1) -> list[tuple[EventKind, int | None, dict[str, object]]]:
    with parts.database.read() as session:
        query = select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.id)
        return [(event.kind, event.member_id, event.detail) for event in session.exec(query)]


def kinds(parts: Parts, case_id: int = 1) -> list[EventKind]:
    return [kind for kind, _, _ in history(parts, case_id)]


def notices(parts: Parts) -> Sequence[Notice]:
    with parts.database.read() as session:
        return session.exec(select(Notice).order_by(Notice.id)).all()


def test_a_new_case_goes_to_whoever_of_the_team_has_the_turn(staffed: Parts) -> None:
    complain(staffed, 1, 2, 3, 4)
    assert route(staffed) == 4
    assert holders(staffed) == [ANN, BOB, CAT, ANN]
    case = cases(staffed)[0]
    assert (case.status, case.team_id, case.assigned_at) == (CaseStatus.OPEN, 1, staffed.now())
    assert case.take_up_by == staffed.now() + HOUR
    kind, member_id, detail = history(staffed)[-1]
    assert (kind, member_id) == (EventKind.ASSIGNED, None)
    assert detail == {
        "to_member": ANN, "to_team": 1, "member": "Ann", "team": "Evening", "rule": "All", "before": None,
    }  # fmt: skip
    assert [(notice.member_id, notice.case_id, notice.kind) for notice in notices(staffed)] == [
        (who, number, NoticeKind.ASSIGNED) for number, who in enumerate([ANN, BOB, CAT, ANN], start=1)
    ]
    assert route(staffed) == 0


def test_the_turn_goes_on_from_round_to_round(staffed: Parts) -> None:
    for number in range(1, 6):
        complain(staffed, number)
        route(staffed)
    assert holders(staffed) == [ANN, BOB, CAT, ANN, BOB]


def test_no_rule_leaves_a_case_to_nobody_for_good(parts: Parts) -> None:
    complain(parts, 1)
    assert (route(parts), route(parts)) == (1, 0)
    assert (holders(parts), kinds(parts)) == ([None], [EventKind.OPENED])


def test_the_first_rule_that_matches_decides(staffed: Parts) -> None:
    with staffed.database.write() as session:
        save_rule(session, 1, RuleFields("Worst", least_severity=4, member_id=CAT), staffed.now())
        save_rule(session, None, RuleFields("DPD", courier="DPD", member_id=BOB), staffed.now())
        save_rule(session, None, RuleFields("Rest", member_id=ANN), staffed.now())
    complain(staffed, 1, text="late, I blame DPD")
    complain(staffed, 2, text="DPD is late")
    complain(staffed, 3, text="late")
    route(staffed)
    assert holders(staffed) == [CAT, BOB, ANN]
    assert [history(staffed, number)[-1][2]["rule"] for number in (1, 2, 3)] == ["Worst", "DPD", "Rest"]


def test_nobody_gets_more_than_their_limit_and_what_is_left_waits_in_the_team(staffed: Parts, clock: Clock) -> None:
    works(staffed, ANN, most=1)
    works(staffed, BOB, most=2)
    works(staffed, CAT, most=0)
    complain(staffed, *range(1, 6))
    route(staffed)
    assert holders(staffed) == [ANN, BOB, BOB, None, None]
    assert {case.team_id for case in cases(staffed)} == {1}
    assert history(staffed, 5)[-1][2]["why"] == "nobody_free"
    with staffed.database.write() as session:
        set_status(session, 1, CaseStatus.RESOLVED, ANN, clock())
    clock.move(timedelta(minutes=1))
    route(staffed)
    assert holders(staffed) == [ANN, BOB, BOB, ANN, None]
    assert len(history(staffed, 5)) == 2  # it is said once that nobody could take it


def test_who_is_off_shift_or_away_gets_nothing_until_they_work(staffed: Parts, clock: Clock) -> None:
    works(staffed, ANN, "sat 13:00-15:00")  # it is Saturday, 12:00
    works(staffed, BOB, "sat 13:00-15:00", zone="Europe/Berlin")
    with staffed.database.write() as session:
        set_away(session, CAT, clock() + timedelta(days=2), clock())
    complain(staffed, 1)
    route(staffed)
    assert holders(staffed) == [BOB]
    with staffed.database.write() as session:
        disable_member(session, BOB, clock())
    complain(staffed, 2)
    route(staffed)
    assert holders(staffed) == [None, None]
    clock.move(HOUR)
    route(staffed)
    assert holders(staffed) == [ANN, ANN]


def test_what_nobody_takes_up_goes_round_and_ends_with_nobody(staffed: Parts, clock: Clock) -> None:
    complain(staffed, 1)
    for expected in (ANN, BOB, CAT, None):
        route(staffed)
        assert holders(staffed) == [expected]
        clock.move(HOUR)
    clock.move(timedelta(days=7))
    assert route(staffed) == 0
    case = cases(staffed)[0]
    assert (case.team_id, case.status, case.returned_at) == (1, CaseStatus.NEW, clock() - timedelta(days=7) - HOUR)
    told = [(kind, detail.get("from_member", detail.get("to_member"))) for kind, _, detail in history(staffed)[1:]]
    assert told == [
        (EventKind.ASSIGNED, ANN), (EventKind.RETURNED, ANN),
        (EventKind.ASSIGNED, BOB), (EventKind.RETURNED, BOB),
        (EventKind.ASSIGNED, CAT), (EventKind.RETURNED, CAT), (EventKind.ASSIGNED, None),
    ]  # fmt: skip
    assert history(staffed)[-1][2]["why"] == "all_had_it"
    told = [(notice.member_id, notice.detail.get("why")) for notice in notices(staffed) if notice.kind == "returned"]
    assert told == [(ANN, "not_taken_up"), (BOB, "not_taken_up"), (CAT, "not_taken_up"), (CAT, None)]


def test_the_time_to_take_up_is_working_time_of_who_has_the_case(staffed: Parts, clock: Clock) -> None:
    for member in (ANN, BOB, CAT):
        works(staffed, member, "sat 11:30-12:30", "mon 09:00-17:00")
    complain(staffed, 1)
    route(staffed)
    assert cases(staffed)[0].take_up_by == datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    clock.move(timedelta(days=1, hours=20))
    assert route(staffed) == 0


def test_taking_a_case_up_ends_its_clock(staffed: Parts, clock: Clock) -> None:
    complain(staffed, 1)
    route(staffed)
    with staffed.database.write() as session:
        assert not take_up(session, 1, BOB, clock())
        assert take_up(session, 1, ANN, clock())
        assert not take_up(session, 1, ANN, clock())
    clock.move(2 * HOUR)
    assert route(staffed) == 0
    assert holders(staffed) == [ANN]
    assert kinds(staffed) == [EventKind.OPENED, EventKind.ASSIGNED, EventKind.TAKEN_UP]


def test_a_case_that_came_back_says_so_until_somebody_begins(staffed: Parts, clock: Clock) -> None:
    complain(staffed, 1)
    route(staffed)
    clock.move(HOUR)
    route(staffed)
    assert cases(staffed)[0].returned_at == clock()
    with staffed.database.write() as session:
        take_up(session, 1, BOB, clock())
    assert cases(staffed)[0].returned_at is None


@pytest.mark.parametrize("leaves", ["away", "disabled"])
def test_what_somebody_who_leaves_had_not_taken_up_comes_back_at_once(
    staffed: Parts, clock: Clock, leaves: str
) -> None:
    complain(staffed, 1, 4)
    with staffed.database.write() as session:
        send_case(session, 1, to_member=ANN, by_member=CAT, now=clock())
        send_case(session, 2, to_member=ANN, by_member=CAT, now=clock())
        take_up(session, 1, ANN, clock())
        if leaves == "away":
            set_away(session, ANN, clock() + HOUR, clock())
        else:
            disable_member(session, ANN, clock())
    route(staffed)
    assert holders(staffed) == [ANN, BOB]
    returned = [detail for kind, _, detail in history(staffed, 2) if kind is EventKind.RETURNED]
    assert [(detail["why"], detail["member"]) for detail in returned] == [(leaves, "Ann")]
    [back] = [notice for notice in notices(staffed) if notice.kind is NoticeKind.RETURNED]
    assert (back.member_id, back.detail["from"]) == (CAT, "Ann")  # who sent it hears of it; Ann is not there


def test_a_case_sent_to_a_team_by_hand_is_given_to_one_of_it(staffed: Parts, clock: Clock) -> None:
    with staffed.database.write() as session:
        save_team(session, None, "Day", [BOB], clock())
    complain(staffed, 1)
    route(staffed)
    with staffed.database.write() as session:
        assert send_case(session, 1, to_team=2, by_member=CAT, now=clock())
        assert not send_case(session, 1, to_team=2, by_member=CAT, now=clock())
    route(staffed)
    assert (holders(staffed), cases(staffed)[0].team_id) == ([BOB], 2)


def test_all_of_somebodys_cases_can_be_given_to_others(staffed: Parts, clock: Clock) -> None:
    complain(staffed, 1, 2, 3)
    with staffed.database.write() as session:
        for number in (1, 2, 3):
            claim_case(session, number, ANN, clock())
        set_status(session, 3, CaseStatus.RESOLVED, ANN, clock())
        assert pass_on(session, ANN, to_member=CAT, by_member=CAT, now=clock()) == 2
    assert holders(staffed) == [CAT, CAT, ANN]
    with staffed.database.write() as session:
        assert pass_on(session, CAT, by_member=CAT, now=clock()) == 2
    route(staffed)
    assert holders(staffed) == [ANN, BOB, ANN]


def test_who_sends_a_case_to_themselves_has_taken_it_up(staffed: Parts, clock: Clock) -> None:
    complain(staffed, 1)
    with staffed.database.write() as session:
        assert send_case(session, 1, to_member=ANN, by_member=ANN, now=clock())
    case = cases(staffed)[0]
    assert (case.assignee_id, case.take_up_by, notices(staffed)) == (ANN, None, [])


def test_a_case_is_sent_to_nobody_who_cannot_have_it(staffed: Parts, clock: Clock) -> None:
    complain(staffed, 1)
    with staffed.database.write() as session:
        set_away(session, ANN, datetime(2026, 11, 23, 9, tzinfo=UTC), clock())
        disable_member(session, BOB, clock())
        for member, said in ((ANN, "Ann is away until Mon 23 Nov, 09:00"), (BOB, "account of Bob"), (99, "no such")):
            with pytest.raises(InputError, match=said):
                send_case(session, 1, to_member=member, by_member=CAT, now=clock())
        with pytest.raises(InputError, match="no such team"):
            send_case(session, 1, to_team=9, by_member=CAT, now=clock())
        with pytest.raises(InputError, match="no case 9"):
            send_case(session, 9, to_member=CAT, by_member=ANN, now=clock())
        set_status(session, 1, CaseStatus.RESOLVED, CAT, clock())
        assert not send_case(session, 1, to_member=CAT, by_member=CAT, now=clock())


def test_the_responders_with_how_they_stand(staffed: Parts, clock: Clock) -> None:
    works(staffed, BOB, "mon 09:00-17:00", most=1)
    complain(staffed, 1)
    route(staffed)
    with staffed.database.write() as session:
        disable_member(session, CAT, clock())
        ann, bob = responders(session, clock())
    assert (ann.name, ann.teams, ann.on_shift, ann.open_cases, ann.is_full) == ("Ann", ("Evening",), True, 1, False)
    assert (bob.name, bob.on_shift, bob.open_cases, bob.most_cases) == ("Bob", False, 0, 1)


def test_a_claim_by_hand_and_a_rule_give_a_case_to_one_of_the_two(staffed: Parts, clock: Clock) -> None:
    for number in range(1, 9):
        complain(staffed, number)
        barrier, won = Barrier(2), []

        def claim(case_id: int = number, barrier: Barrier = barrier, won: list[bool] = won) -> None:
            barrier.wait()
            with staffed.database.write() as session:
                won.append(claim_case(session, case_id, CAT, clock()).won)

        thread = Thread(target=claim)
        thread.start()
        barrier.wait()
        route(staffed)
        thread.join()
        route(staffed)
        case = cases(staffed)[-1]
        gave = [kind for kind in kinds(staffed, number) if kind in (EventKind.CLAIMED, EventKind.ASSIGNED)]
        assert gave == [
            EventKind.CLAIMED
            if case.assignee_id == CAT and won == [True] and case.take_up_by is None
            else EventKind.ASSIGNED
        ]


def test_two_workers_at_once_keep_to_limits_and_turns(staffed: Parts) -> None:
    for member in (ANN, BOB, CAT):
        works(staffed, member, most=4)
    complain(staffed, *range(1, 21))
    workers = [Thread(target=route, args=(each,)) for each in (staffed, other(staffed))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    given = [holder for holder in holders(staffed) if holder is not None]
    assert {member: given.count(member) for member in (ANN, BOB, CAT)} == {ANN: 4, BOB: 4, CAT: 4}
    assert len(notices(staffed)) == 12


def test_a_rule_whose_team_is_empty_says_so(staffed: Parts, clock: Clock) -> None:
    with staffed.database.write() as session:
        save_team(session, 1, "Evening", [], clock())
    complain(staffed, 1)
    route(staffed)
    assert history(staffed)[-1][2]["why"] == "nobody_there"
    assert (holders(staffed), cases(staffed)[0].team_id) == ([None], 1)


def test_a_reopened_case_without_a_member_is_given_out_again(staffed: Parts, clock: Clock) -> None:
    complain(staffed, 1)
    with staffed.database.write() as session:
        case = session.get_one(Case, 1)
        case.routed_at = clock()
        set_status(session, 1, CaseStatus.RESOLVED, CAT, clock())
    clock.move(HOUR)
    complain(staffed, 2, author="author1", at=clock())
    route(staffed)
    assert holders(staffed) == [ANN]


def test_a_case_that_its_member_gives_back_does_not_come_back_again(staffed: Parts, clock: Clock) -> None:
    complain(staffed, 1)
    route(staffed)
    with staffed.database.write() as session:
        assert release_case(session, 1, ANN, clock())
    clock.move(2 * HOUR)
    assert route(staffed) == 0
    assert (holders(staffed), cases(staffed)[0].returned_at) == ([None], None)


def test_a_case_that_is_opened_again_or_woken_with_nobody_goes_to_the_rules(staffed: Parts, clock: Clock) -> None:
    complain(staffed, 1, 2)
    with staffed.database.write() as session:
        for number in (1, 2):
            session.get_one(Case, number).routed_at = clock()
        set_status(session, 1, CaseStatus.RESOLVED, CAT, clock())
        snooze_cases(session, [2], clock() + HOUR, CAT, clock())
    clock.move(HOUR)
    assert route(staffed) == 0
    with staffed.database.write() as session:
        set_status(session, 1, CaseStatus.NEW, CAT, clock())
        assert wake_due_cases(session, clock()) == 1
    route(staffed)
    assert None not in holders(staffed)


def test_a_crash_between_sending_and_telling_does_neither(staffed: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    complain(staffed, 1, 2)
    tries = iter([None, StorageError("gone")])

    def notify(*args: object) -> None:
        if error := next(tries):
            raise error

    with monkeypatch.context() as patched:
        patched.setattr("storage.teams.notify", notify)
        with pytest.raises(StorageError):
            route(staffed)
    assert (holders(staffed), notices(staffed)) == ([None, None], [])
    route(replace(staffed))
    assert (holders(staffed), len(notices(staffed))) == ([ANN, BOB], 2)


def test_teams_and_members_are_told_apart_from_those_of_a_rule(staffed: Parts, clock: Clock) -> None:
    """A member whom a rule names has the case for the team only where they belong to it."""
    with staffed.database.write() as session:
        save_team(session, None, "Day", [BOB], clock())
        save_rule(session, 1, RuleFields("All", team_id=2, member_id=ANN), clock())
        assert session.get_one(Team, 2).name == "Day"
        assert session.get_one(Member, ANN).name == "Ann"
    complain(staffed, 1)
    route(staffed)
    assert (holders(staffed), cases(staffed)[0].team_id) == ([ANN], None)
    works(staffed, ANN, "mon 09:00-17:00")
    complain(staffed, 2)
    route(staffed)
    assert (holders(staffed), cases(staffed)[1].team_id) == ([ANN, BOB], 2)


def test_a_case_that_cannot_be_sent_holds_up_no_other(
    staffed: Parts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    complain(staffed, 1, 2, 3)
    whole = placing.subject_of

    def failing(case: Case) -> Subject:
        if case.id == 1:
            raise ValueError("no such subject")
        return whole(case)

    monkeypatch.setattr(placing, "subject_of", failing)
    route(staffed)
    assert holders(staffed) == [None, ANN, BOB]
    assert "Case 1 could not be sent on" in caplog.text
    assert route(staffed) == 0
