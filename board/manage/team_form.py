"""A team being edited: its name and who is in it."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from board import parts
from board.manage.form import Form, attempt, form_for, submit
from board.manage.layout import Deletion, Opened, close, detail, gone, origin_note, saving
from board.notices import as_text, tell
from board.pages.refused import read_only_note
from storage.database import Session
from storage.rosters import able_ids, member_ids_of
from storage.rows import id_of
from storage.staff import delete_team, save_team
from storage.tables import Member, Team

TEAM: Final = "team"


def show_team(
    session: Session, chosen: Opened, teams: Sequence[Team], members: Sequence[Member], *, may_change: bool
) -> None:
    """Show a team, or an empty form for a new one."""
    row = next((each for each in teams if each.id == chosen.row_id), None)
    if row is None and not chosen.is_new:
        gone("team")
        return
    present = {"name": row.name if row else "", "member_ids": member_ids_of(session, id_of(row)) if row else []}
    form = form_for(chosen.name, present)
    names = {id_of(each): each.name for each in members if each.disabled_at is None}
    with detail(row.name if row else "A new team"):
        if not may_change:
            read_only_note("Teams")
        origin_note("teams", row.name if row else "")
        st.text_input("Name", form.first["name"], key=form.key("name"), max_chars=200, disabled=not may_change)
        form.show_error("name")
        st.multiselect(
            "Members",
            list(names),
            [each for each in form.first["member_ids"] if each in names],
            format_func=lambda member_id: as_text(names.get(member_id, "")),
            key=form.key("member_ids"),
            placeholder="Nobody yet",
            disabled=not may_change,
        )
        form.show_error("member_ids")
        question = (
            f"Delete {row.name}? Its members stay. Its cases stay with whoever has them; for those that nobody has, "
            "the rules are asked again."
            if row
            else ""
        )
        saving(form, chosen, _save, Deletion(question, _delete) if row else None, may_change=may_change)


def _save(form: Form, chosen: Opened) -> None:
    name, member_ids, now = form.said("name"), list(form.said("member_ids")), parts.installed().clock()
    # Whose account is closed is not offered, and stays in.
    kept = [each for each in form.first["member_ids"] if each not in _offered()]
    seen = None if chosen.is_new else dict(form.seen)
    saved = submit(
        form, lambda session, _: save_team(session, chosen.row_id, name, {*member_ids, *kept}, now, seen).name
    )
    if saved is not None:
        close()
        tell(f"The team {saved} is saved.")


def _offered() -> set[int]:
    with parts.installed().database.read() as session:
        return able_ids(session)


def _delete(chosen: Opened) -> None:
    if attempt(lambda session, _: f"The team {delete_team(session, chosen.row_id or 0)} is deleted."):
        close()
