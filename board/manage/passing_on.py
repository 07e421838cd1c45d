"""Giving all open cases of a member to somebody else, a team, or whom the rules say."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from board import parts
from board.manage.form import attempt
from storage.database import Session
from storage.returning import pass_on
from storage.rows import id_of
from storage.tables import Member, Team
from storage.teams import responders

RULES = "rules"


def passing_on(session: Session, member: Member, teams: Sequence[Team], open_cases: int) -> None:
    """Show the button, behind the choice of who gets the cases; nothing where there are none."""
    if not open_cases:
        return
    now, member_id = parts.installed().clock(), id_of(member)
    words = {RULES: "Whom the rules say"}
    words |= {f"team-{team.id}": f"The team {team.name}" for team in teams}
    able = [each for each in responders(session, now) if each.id != member_id and each.away_until is None]
    words |= {f"member-{each.id}": f"{each.name}{'' if each.on_shift else ' (off shift)'}" for each in able}
    cases = f"{open_cases} open case{'' if open_cases == 1 else 's'}"
    with st.popover(f"Give away {cases}", key=f"ask_pass_{member_id}"):
        st.text(f"Everything that {member.name} has goes to somebody else, who is told. Drafts stay in the cases.")
        st.selectbox("To", list(words), format_func=lambda choice: words.get(choice, ""), key=f"pass_to_{member_id}")
        st.button(
            "Give away", key=f"pass_{member_id}", type="primary", on_click=_pass_on, args=(member_id, member.name)
        )


def _pass_on(member_id: int, name: str) -> None:
    kind, _, key = str(st.session_state.get(f"pass_to_{member_id}", RULES)).partition("-")
    target = int(key) if key.isdecimal() else None
    to = partial(
        pass_on,
        from_member=member_id,
        to_member=target if kind == "member" else None,
        to_team=target if kind == "team" else None,
        now=parts.installed().clock(),
    )

    def act(session: Session, by: Member) -> str:
        count = to(session, by_member=id_of(by))
        return f"{count} case{'' if count == 1 else 's'} of {name} went to others."

    attempt(act)
