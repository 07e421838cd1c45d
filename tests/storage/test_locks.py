"""What two of the worker's and the members' acts lock, they lock in the same order: none is ended by a deadlock.

On PostgreSQL only: SQLite lets one write at a time.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from threading import Barrier, Thread

import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from core.types import CaseStatus, Role
from storage.accounts import MemberDraft, fields_of_member, save_member
from storage.cases import claim_cases, release_cases
from storage.database import Database, open_database
from storage.members import create_member
from storage.placing import place_cases
from storage.returning import pass_on
from storage.routing import RuleFields, ask_rules_again, save_rule
from storage.rows import id_of
from storage.staff import Working, delete_team, save_team
from storage.tables import Brand, Case, Member, Notify

TIMES, CASES = 40, range(1, 61)
FIRST, LAST = 1, 8  # both admins
Act = Callable[[Session, int], object]


@pytest.fixture
def busy(postgresql_copy: str, now: datetime) -> Iterator[Database]:
    """Sixty cases that nobody has, eight members of a team, and a rule that sends everything to it."""
    database = open_database(postgresql_copy)
    with database.write() as session:
        session.add(Brand(name="Parcelo", created_at=now))
        for number in range(FIRST, LAST + 1):
            role = Role.ADMIN if number in (FIRST, LAST) else Role.RESPONDER
            create_member(session, f"m{number}@team.example", f"Member {number}", role, None, now)
        team = save_team(session, None, "Evening", range(FIRST, LAST + 1), now)
        save_rule(session, None, RuleFields("All", team_id=team.id), now)
        chance = Random(3)
        for _ in CASES:
            at = now - timedelta(minutes=chance.randrange(1000))
            times = {"first_posted_at": at, "last_posted_at": at, "opened_at": at, "updated_at": at}
            session.add(Case(brand_id=1, platform="x", author="a", author_key="a", author_name="A", **times))
    yield database
    database.close()


def at_once(database: Database, *acts: Act) -> list[str]:
    """Do each of the acts many times, each in a thread of its own; return what the database refused."""
    start, refused = Barrier(len(acts)), list[str]()

    def go_on(act: Act) -> None:
        start.wait()
        for number in range(TIMES):
            try:
                with database.write() as session:
                    act(session, number)
            except Exception as error:
                refused.append(repr(error))

    threads = [Thread(target=go_on, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def placing(now: datetime) -> Act:
    def act(session: Session, _number: int) -> None:
        place_cases(session, now, len(CASES))

    return act


def freeing(now: datetime) -> Act:
    """Return an act that takes and frees cases as members do to all that match."""

    def act(session: Session, number: int) -> None:
        member = number % LAST + 1
        release_cases(session, CASES, member, now)
        claim_cases(session, CASES, member, now)
        if number % 2:
            release_cases(session, CASES, member, now)

    return act


def test_a_member_is_changed_while_cases_are_placed(busy: Database, now: datetime) -> None:
    def change(session: Session, number: int) -> None:
        by, member = session.get_one(Member, FIRST), session.get_one(Member, LAST)
        role = Role.MANAGER if member.role is Role.ADMIN else Role.ADMIN
        working = Working("UTC", ["mon-sun 00:00-24:00"], None, Notify.AT_ONCE)
        draft = MemberDraft(f"Member {LAST}, {number}", role, (1,), working)
        save_member(session, LAST, draft, by, now, fields_of_member(session, member))

    def again(session: Session, number: int) -> None:
        ids = session.exec(select(Case.id).order_by(col(Case.id)).with_for_update(key_share=True)).all()
        nobodys = {"assignee_id": None, "status": CaseStatus.NEW, "routed_at": None}
        session.execute(update(Case).where(col(Case.id).in_(ids)).values(**nobodys))
        place_cases(session, now, len(CASES))

    assert at_once(busy, again, change, placing(now)) == []


def test_cases_are_passed_on_while_others_are_placed(busy: Database, now: datetime) -> None:
    def give_away(session: Session, number: int) -> None:
        # One a transaction, as the product does: the second of two would lock cases below those of the first.
        receiver = number // 2 * 3 % LAST + 1
        if number % 2:
            pass_on(session, receiver, by_member=FIRST, now=now)
        else:
            pass_on(session, number // 2 % LAST + 1, to_member=receiver, by_member=FIRST, now=now)

    assert at_once(busy, placing(now), give_away, placing(now), freeing(now)) == []


def test_the_rules_are_asked_again_while_members_take_many_cases(busy: Database, now: datetime) -> None:
    assert at_once(busy, lambda session, _: ask_rules_again(session, now), freeing(now), freeing(now)) == []


def test_a_team_is_deleted_while_members_take_its_cases(busy: Database, now: datetime) -> None:
    def delete(session: Session, number: int) -> None:
        with busy.write() as before:
            team_id = id_of(save_team(before, None, f"Night {number}", [FIRST], now))
            ids = before.exec(select(Case.id).order_by(col(Case.id)).with_for_update(key_share=True)).all()
            before.execute(update(Case).where(col(Case.id).in_(ids)).values(team_id=team_id))
        delete_team(session, team_id)

    assert at_once(busy, delete, freeing(now), freeing(now)) == []
