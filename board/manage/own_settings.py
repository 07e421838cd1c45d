"""What each member changes of themselves on the account page: when they work and how they hear of cases."""

from dataclasses import replace

import streamlit as st

from board import parts
from board.manage.form import Form, form_for, start_over, submit
from board.manage.working import WORKING_FIELDS, away_said, working_fields, working_said
from board.notices import tell
from core.types import Role
from storage.database import Session
from storage.editing import fields_of
from storage.rows import id_of
from storage.staff import set_away, set_working
from storage.tables import Member


def own_settings(member: Member) -> None:
    """Show the member's shift, time zone, absence and mails, to be changed."""
    form = form_for("own", fields_of(member, WORKING_FIELDS))
    with st.container(key="own_settings", gap="small"):
        st.subheader("When you work", anchor=False)
        st.caption("Rules send you cases during your shift. Managers see it on the Team page and can change it too.")
        working_fields(form, with_limit=False)
        if member.most_cases is not None:
            st.caption(f"Rules give you {member.most_cases} open cases at most. A manager can change that.")
        form.show_problem()
        with st.container(horizontal=True, gap="small"):
            st.button("Save", key="save_own", type="primary", on_click=_save, args=(form,))
            st.button("Start over", key="again_own", on_click=start_over)


def _save(form: Form) -> None:
    said, away_until, seen, now = working_said(form), away_said(form), dict(form.seen), parts.installed().clock()

    def act(session: Session, member: Member) -> bool:
        own = replace(said, most_cases=member.most_cases)
        set_working(session, id_of(member), own, seen)
        if away_until != member.away_until:
            set_away(session, id_of(member), away_until, now)
        return True

    if submit(form, act, Role.RESPONDER):
        tell("Saved. Rules go by it from now on.")
