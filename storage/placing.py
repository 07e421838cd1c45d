"""Giving cases to people as the rules say: which cases wait for that, who stands where, and what came of it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, select

from core.routing import Choice, Desk, Rule, matching_rule, whose_turn
from core.types import Role
from storage.casework import record
from storage.notices import notify
from storage.routing import rules_in_force, subject_of
from storage.rows import id_of
from storage.tables import Brand, Case, CaseEvent, EventKind, Member, NoticeKind, Team, TeamMember
from storage.teams import ON_THEIR_DESK, give, is_on_shift, members_of, open_cases_by_member

LOOK_AGAIN: Final = timedelta(minutes=1)  # at a case that nobody could take; somebody's shift may have begun
_TURN: Final = timedelta(microseconds=1)  # tells the turns of one moment apart


def is_anything_waiting(session: Session, now: datetime) -> bool:
    """Tell whether the rules have to look at any case."""
    either = (col(Case.routed_at).is_(None), col(Case.route_again_at) <= now)
    return any(session.exec(select(Case.id).where(each).limit(1)).first() is not None for each in either)


def place_cases(session: Session, now: datetime, limit: int) -> int:
    """Give up to `limit` cases that nobody has to whom the rules say; return how many were looked at.

    A case that another transaction holds, as somebody is just claiming it, is passed over until the next time. Members
    are locked meanwhile, so that two workers keep to their limits and turns together.
    """
    cases = _waiting(session, col(Case.routed_at).is_(None), limit)
    if len(cases) < limit:
        cases += _waiting(session, col(Case.route_again_at) <= now, limit - len(cases))
    if not cases:
        return 0
    told = {id_of(case) for case in cases if case.route_again_at is not None}
    ids = [id_of(case) for case in cases]
    session.execute(update(Case).where(col(Case.id).in_(ids)).values(routed_at=now, route_again_at=None))
    open_ones = [case for case in cases if case.assignee_id is None and case.status in ON_THEIR_DESK]
    rules = rules_in_force(session)
    if open_ones and (rules or any(case.team_id is not None for case in open_ones)):
        placing = _Placing(session, rules, told, now)
        had = _who_had(session, [id_of(case) for case in open_ones])
        with session.no_autoflush:  # what is written goes out at the end, many rows a statement
            for case in sorted(open_ones, key=lambda case: (-case.priority, id_of(case))):
                placing.place(case, had[id_of(case)])
    return len(cases)


def pass_over(session: Session, now: datetime) -> int | None:
    """Take the case that `place_cases` would look at first for looked at, as looking fails; return it."""
    cases = _waiting(session, col(Case.routed_at).is_(None), 1) or _waiting(session, col(Case.route_again_at) <= now, 1)
    for case in cases:
        case.routed_at, case.route_again_at = now, None
        session.add(case)
    return cases[0].id if cases else None


def _waiting(session: Session, condition: ColumnElement[bool], limit: int) -> list[Case]:
    """Return cases that the rules have to look at, locked."""
    query = select(Case).where(condition).order_by(col(Case.id)).limit(limit)
    query = query.with_for_update(skip_locked=True, key_share=True).execution_options(populate_existing=True)
    return list(session.exec(query))


def _who_had(session: Session, case_ids: Sequence[int]) -> dict[int, set[int]]:
    """Return for each case from whom it came back since somebody last took it up."""
    kinds = (EventKind.RETURNED, EventKind.TAKEN_UP, EventKind.CLAIMED, EventKind.REOPENED)
    query = select(CaseEvent).where(col(CaseEvent.case_id).in_(case_ids), col(CaseEvent.kind).in_(kinds))
    had: dict[int, set[int]] = defaultdict(set)
    for event in session.exec(query.order_by(col(CaseEvent.id))):
        if event.kind is EventKind.RETURNED:
            had[event.case_id].add(int(event.detail["from_member"]))
        else:
            had[event.case_id].clear()
    return had


class _Placing:
    """One round of giving cases out: how everybody stands, kept up to date from case to case."""

    def __init__(self, session: Session, rules: Sequence[Rule], told: Collection[int], now: datetime) -> None:
        self._session, self._rules, self._told, self._now = session, rules, told, now
        members = session.exec(select(Member).order_by(col(Member.id)).with_for_update(key_share=True)).all()
        loads = open_cases_by_member(session)  # behind the lock: another worker may just have given cases out
        self._members = {id_of(member): member for member in members}
        self._team_rows = {id_of(team): team for team in session.exec(select(Team))}
        self._brands = session.exec(select(Brand)).all()  # held, so that each is read once
        self._desks = {number: _desk(member, loads, now) for number, member in self._members.items()}
        self._teams: dict[int, list[int]] = defaultdict(list)
        for row in session.exec(select(TeamMember)):
            self._teams[row.team_id].append(row.member_id)
        self._last = max((desk.last_at for desk in self._desks.values() if desk.last_at), default=now - _TURN)

    def place(self, case: Case, had: set[int]) -> None:
        """Send the case to whose turn it is, or say in its history that nobody can take it."""
        rule = matching_rule(self._rules, subject_of(case))
        if case.team_id is not None and (rule is None or rule.team_id != case.team_id):
            rule = Rule(0, "", team_id=case.team_id)  # sent to a team, by hand or before the rules were changed
        if rule is None:
            return
        choice = self._choice(rule, had)
        if choice.member_id is None:
            self._leave(case, rule, choice)
            return
        is_of_team = choice.member_id in self._teams[rule.team_id or 0]
        team = self._team_rows[rule.team_id] if is_of_team and rule.team_id is not None else None
        member = self._members[choice.member_id]
        give(self._session, case, member, team, by_member=None, rule=rule.name, now=self._now)
        self._count(choice.member_id)

    def _choice(self, rule: Rule, had: set[int]) -> Choice:
        """Return who takes the case: the member that the rule names, else somebody of its team."""
        person = [self._desks[rule.member_id]] if rule.member_id in self._desks else []
        team = [self._desks[number] for number in self._teams[rule.team_id or 0]]
        first = whose_turn(person, had)
        if first.member_id is not None or not team:
            return first
        second = whose_turn(team, had)
        return replace(second, may_come=second.may_come or first.may_come)

    def _count(self, member_id: int) -> None:
        desk = self._desks[member_id]
        self._last = max(self._now, self._last + _TURN)
        self._desks[member_id] = replace(desk, open_cases=desk.open_cases + 1, last_at=self._last)
        self._members[member_id].last_routed_at = self._last
        self._session.add(self._members[member_id])

    def _leave(self, case: Case, rule: Rule, choice: Choice) -> None:
        """Leave the case with the team, or with nobody where the rule names none, and say so once."""
        case.team_id = rule.team_id
        case.route_again_at = self._now + LOOK_AGAIN if choice.may_come else None
        self._session.add(case)
        if choice.may_come and id_of(case) in self._told:
            return
        case.updated_at = self._now
        team = self._team_rows[rule.team_id] if rule.team_id is not None else None
        person = self._members.get(rule.member_id) if rule.member_id is not None else None
        record(
            self._session,
            case,
            EventKind.ASSIGNED,
            self._now,
            to_member=None,
            to_team=rule.team_id,
            member=person.name if person else "",
            team=team.name if team else "",
            rule=rule.name,
            before=None,
            why="nobody_free" if choice.may_come else "all_had_it" if case.returned_at else "nobody_there",
        )
        if not choice.may_come and case.returned_at is not None and team is not None:
            self._tell_managers(case, id_of(team), team.name)

    def _tell_managers(self, case: Case, team_id: int, team: str) -> None:
        """Tell the team's managers that nobody of it took the case up."""
        for member in members_of(self._session, team_id):
            if member.role.includes(Role.MANAGER):
                notify(
                    self._session, id_of(member), id_of(case), NoticeKind.RETURNED, {"team": team, "by": ""}, self._now
                )


def _desk(member: Member, loads: dict[int, int], now: datetime) -> Desk:
    return Desk(
        id=id_of(member),
        on_shift=is_on_shift(member, now),
        open_cases=loads.get(id_of(member), 0),
        most_cases=member.most_cases,
        is_closed=member.disabled_at is not None,
        last_at=member.last_routed_at,
    )
