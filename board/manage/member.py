"""A member being edited or invited, and what is done with their account and their cases."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from board import parts
from board.manage.acting import may_manage
from board.manage.form import Form, attempt, form_for, submit
from board.manage.layout import Opened, detail, gone, open_row, origin_note, saving
from board.manage.passing_on import passing_on
from board.manage.working import away_said, working_fields, working_said
from board.notices import as_text, tell
from board.pages.refused import read_only_note
from core.types import Role
from storage import accounts as store
from storage.database import Session
from storage.rows import id_of
from storage.tables import Member, Team
from storage.teams import open_cases_by_member

MEMBER: Final = "member"
ROLES: Final = {
    Role.RESPONDER: "Responder: works cases",
    Role.MANAGER: "Manager: also teams, rules, templates, couriers and reports",
    Role.ADMIN: "Admin: also members and their roles",
}
_ONE_TIME: Final = "one_time_password"


def show_member(session: Session, chosen: Opened, teams: Sequence[Team], me: Member) -> None:
    """Show a member, for managers to edit."""
    row = session.get(Member, chosen.row_id)
    if row is None:
        gone("member")
        return
    may_change, is_admin = may_manage(me), me.role is Role.ADMIN
    form = form_for(chosen.name, store.fields_of_member(session, row))
    with detail(row.name):
        st.text(row.email)
        if not may_change:
            read_only_note("Shifts and teams")
        if row.disabled_at is not None:
            st.text("The account is closed: nobody can sign in with it, and no case is sent to it.")
        origin_note("members", row.email)
        _show_one_time(chosen)
        _account_fields(form, may_change=is_admin)
        _choose_teams(form, teams, may_change=may_change)
        working_fields(form, disabled=not may_change)
        saving(form, chosen, _save, may_change=may_change)
        if may_change:
            passing_on(session, row, teams, open_cases_by_member(session).get(id_of(row), 0))
        if is_admin:
            _show_account(row, me)


def _account_fields(form: Form, *, may_change: bool) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        st.text_input("Name", form.first["name"], key=form.key("name"), max_chars=120, disabled=not may_change)
        form.show_error("name")
    with right:
        _choose_role(form, may_change=may_change)


def _choose_role(form: Form, *, may_change: bool) -> None:
    roles = list(ROLES)
    st.selectbox(
        "Role",
        roles,
        roles.index(form.first["role"]),
        format_func=ROLES.__getitem__,
        key=form.key("role"),
        help=None if may_change else "Only admins change names and roles.",
        disabled=not may_change,
    )
    form.show_error("role")


def _choose_teams(form: Form, teams: Sequence[Team], *, may_change: bool) -> None:
    names = {id_of(team): team.name for team in teams}
    st.multiselect(
        "Teams",
        list(names),
        [each for each in form.first["team_ids"] if each in names],
        format_func=lambda team_id: as_text(names.get(team_id, "")),
        key=form.key("team_ids"),
        placeholder="In no team" if names else "There is no team yet",
        disabled=not may_change,
    )
    form.show_error("team_ids")


def _save(form: Form, chosen: Opened) -> None:
    draft = store.MemberDraft(
        form.said("name"), form.said("role"), tuple(form.said("team_ids")), working_said(form), away_said(form)
    )
    seen, now, member_id = dict(form.seen), parts.installed().clock(), chosen.row_id or 0
    saved = submit(form, lambda session, by: store.save_member(session, member_id, draft, by, now, seen).name)
    if saved is not None:
        tell(f"{saved} is saved.")


def show_invitation(chosen: Opened, teams: Sequence[Team], me: Member) -> None:
    """Show an empty form for a new member, to admins."""
    if me.role is not Role.ADMIN:
        with detail("Invite a member"):
            read_only_note("Members", Role.ADMIN)
        return
    form = form_for(chosen.name, {"email": "", "name": "", "role": Role.RESPONDER, "team_ids": []})
    with detail("Invite a member"):
        st.text_input(
            "E-mail address",
            form.first["email"],
            key=form.key("email"),
            max_chars=254,
            placeholder="name@company.example",
            help="What the member signs in with, and where mails about cases go.",
        )
        form.show_error("email")
        _account_fields(form, may_change=True)
        _choose_teams(form, teams, may_change=True)
        saving(form, chosen, _invite)
        st.caption("You are then shown a one-time password to pass on. At the first sign-in, it is replaced.")


def _invite(form: Form, chosen: Opened) -> None:  # noqa: ARG001  (as every form's save)
    email, name, role, team_ids = (form.said(of) for of in ("email", "name", "role", "team_ids"))
    now = parts.installed().clock()
    invited = submit(
        form, lambda session, _: _keyed(store.invite(session, email, name, role, team_ids, now)), Role.ADMIN
    )
    if invited is not None:
        _show_once(*invited)


def _keyed(made: tuple[Member, str]) -> tuple[int, str, str]:
    member, password = made
    return id_of(member), member.email, password


def _show_once(member_id: int, email: str, password: str) -> None:
    st.session_state[_ONE_TIME] = (f"{MEMBER}-{member_id}", email, password)
    open_row(f"{MEMBER}-{member_id}")


def _show_one_time(chosen: Opened) -> None:
    """Show the password that was just made until the page is left; it is stored nowhere."""
    kept = st.session_state.get(_ONE_TIME)
    if kept is None:
        return
    name, email, password = kept
    if name != chosen.name:
        del st.session_state[_ONE_TIME]
        return
    with st.container(border=True, key="one_time"):
        st.text(f"One-time password for {email}")
        st.code(password, language=None)
        st.caption("Pass it on now: it is shown only here, once. Whoever signs in with it chooses one of their own.")
        st.button("I have passed it on", key="forget_one_time", on_click=_forget_one_time)


def _forget_one_time() -> None:
    st.session_state.pop(_ONE_TIME, None)


def _show_account(row: Member, me: Member) -> None:
    """Show what only an admin does with an account."""
    member_id = id_of(row)
    with st.container(horizontal=True, gap="small"):
        if row.disabled_at is not None:
            st.button("Open the account again", key=f"open_{member_id}", on_click=_open_account, args=(member_id,))
            return
        with st.popover("New one-time password", key=f"ask_renew_{member_id}"):
            st.text(f"Give {row.name} a new one-time password? The old one ends, and so does every open session.")
            st.button("Make it", key=f"renew_{member_id}", on_click=_renew, args=(member_id,))
        if row.id != me.id:
            with st.popover("Close the account", key=f"ask_close_{member_id}"):
                st.text(f"Close the account of {row.name}? Open sessions end at once; what {row.name} did stays.")
                st.button("Close it", key=f"close_{member_id}", on_click=_close_account, args=(member_id,))


def _open_account(member_id: int) -> None:
    attempt(lambda session, by: f"{store.open_account(session, member_id, by)} may sign in again.", Role.ADMIN)


def _close_account(member_id: int) -> None:
    now = parts.installed().clock()

    def act(session: Session, by: Member) -> str:
        name = store.close_account(session, member_id, by, now)
        left = open_cases_by_member(session).get(member_id, 0)
        return f"The account of {name} is closed." + (
            f" {left} open cases are still theirs: give them away." if left else ""
        )

    attempt(act, Role.ADMIN)


def _renew(member_id: int) -> None:
    now = parts.installed().clock()
    made: list[tuple[int, str, str]] = []

    def act(session: Session, by: Member) -> str:
        made.append(_keyed(store.renew_password(session, member_id, by, now)))
        return "Pass the one-time password on."

    if attempt(act, Role.ADMIN):
        _show_once(*made[0])
