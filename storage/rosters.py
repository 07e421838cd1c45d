"""Who is in which team, and what waits for each team."""

from sqlalchemy import func
from sqlmodel import Session, col, select

from storage.tables import Case, Member, TeamMember
from storage.teams import ON_THEIR_DESK


def teams_by_member(session: Session) -> dict[int, list[int]]:
    """Return the keys of each member's teams, in order."""
    teams: dict[int, list[int]] = {}
    for row in session.exec(select(TeamMember).order_by(col(TeamMember.team_id))):
        teams.setdefault(row.member_id, []).append(row.team_id)
    return teams


def member_ids_of(session: Session, team_id: int) -> list[int]:
    """Return the keys of a team's members in order, those with a closed account too."""
    return sorted(session.exec(select(TeamMember.member_id).where(TeamMember.team_id == team_id)))


def able_ids(session: Session) -> set[int]:
    """Return the keys of everybody whose account is open."""
    found = session.exec(select(Member.id).where(col(Member.disabled_at).is_(None)))
    return {member_id for member_id in found if member_id is not None}


def unclaimed_by_team(session: Session) -> dict[int, int]:
    """Return how many open cases each team has that nobody of it has taken."""
    query = (
        select(Case.team_id, func.count())
        .where(col(Case.status).in_(ON_THEIR_DESK), col(Case.assignee_id).is_(None), col(Case.team_id).is_not(None))
        .group_by(col(Case.team_id))
    )
    return {team_id: int(count) for team_id, count in session.exec(query) if team_id is not None}
