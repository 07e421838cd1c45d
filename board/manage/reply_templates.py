"""The Templates page: texts that replies begin with, their variables, and how each reads in a real case."""

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from board import parts
from board.aids import template_values
from board.manage.acting import may_manage
from board.manage.form import Form, attempt, form_for, submit
from board.manage.layout import (
    Adding,
    Deletion,
    Group,
    Opened,
    Row,
    close,
    detail,
    gone,
    head,
    list_and_detail,
    opened,
    origin_note,
    rest,
    saving,
    show_toml,
    table,
)
from board.notices import as_text, tell
from board.pages.refused import read_only_note
from core.errors import InputError
from core.masking import excerpt
from core.platforms import platform_words
from core.reply_length import too_long_for
from core.reply_templates import VARIABLES, problems, render
from storage import reply_templates as store
from storage.brands import described
from storage.database import Session
from storage.editing import fields_of
from storage.sample_case import newest_case
from storage.tables import Member, ReplyTemplate

TEMPLATE: Final = "template"
FIELDS: Final = ("name", "text", "brand_id")
ALL: Final = "All brands"
_MADE_UP: Final = {
    "author": "Mara Lenz",
    "handle": "@mara_lenz",
    "brand": "your brand",
    "platform": "X",
    "courier": "the courier",
    "case": "17",
    "link": "https://social.example/p/17",
}


def reply_templates_panes(member: Member) -> None:
    """Show the page to a member; a responder only looks."""
    may_change = may_manage(member)
    head(
        "Templates",
        "What replies begin with. In a case, a template is filled in with that case's names.",
        [Adding("Add a template", TEMPLATE)] if may_change else [],
    )
    with parts.installed().database.read() as session:
        templates = store.all_templates(session)
        brands = store.brand_names(session)
        with list_and_detail([_group(templates, brands)]):
            chosen = opened(TEMPLATE)
            if chosen is None:
                _show_rest(session, may_change)
            else:
                _show_template(session, chosen, templates, brands, member)


def _group(templates: Sequence[ReplyTemplate], brands: Mapping[int, str]) -> Group:
    rows = [
        Row(
            f"{TEMPLATE}-{each.id}",
            each.name,
            (excerpt(each.text, 120),),
            brands.get(each.brand_id, "") if each.brand_id is not None and len(brands) > 1 else "",
            [("cannot be used", "warm")] if problems(each.text) else [],
        )
        for each in templates
    ]
    return Group("Templates", rows, "There is no template yet. Replies begin with an empty field until there is one.")


def _show_rest(session: Session, may_change: bool) -> None:
    with rest():
        if not may_change:
            read_only_note("Templates")
        _show_variables()
        show_toml("templates", described(session)["templates"])


def _show_variables() -> None:
    table(
        "variables", ("Variable", "What it becomes"), [(f"{{{name}}}", meaning) for name, meaning in VARIABLES.items()]
    )
    st.caption("A template whose variable has no value in a case is not offered there half filled: it says what lacks.")


def _show_template(
    session: Session, chosen: Opened, templates: Sequence[ReplyTemplate], brands: Mapping[int, str], member: Member
) -> None:
    row = next((each for each in templates if each.id == chosen.row_id), None)
    if row is None and not chosen.is_new:
        gone("template")
        return
    form = form_for(chosen.name, fields_of(row, FIELDS) if row else {"name": "", "text": "", "brand_id": None})
    may_change = may_manage(member)
    with detail(row.name if row else "A new template"):
        if not may_change:
            read_only_note("Templates")
        origin_note("templates", row.name if row else "")
        st.text_input("Name", form.first["name"], key=form.key("name"), max_chars=200, disabled=not may_change)
        form.show_error("name")
        _choose_brand(form, brands, may_change)
        st.text_area(
            "Text",
            form.first["text"],
            key=form.key("text"),
            height=190,
            placeholder="Hello {author}, …",
            disabled=not may_change,
        )
        form.show_error("text")
        question = f"Delete {row.name}? Replies that began with it stay." if row else ""
        saving(form, chosen, _save, Deletion(question, _delete) if row else None, may_change=may_change)
        _show_preview(session, _draft(form), brands, member)
        with st.expander("Variables"):
            _show_variables()


def _choose_brand(form: Form, brands: Mapping[int, str], may_change: bool) -> None:
    choices: list[int | None] = [None, *brands]
    first = form.first["brand_id"]
    st.selectbox(
        "For",
        choices,
        choices.index(first) if first in choices else 0,
        format_func=lambda brand_id: ALL if brand_id is None else brands.get(brand_id, ""),
        key=form.key("brand_id"),
        disabled=not may_change,
    )
    form.show_error("brand_id")


def _draft(form: Form) -> store.TemplateDraft:
    return store.TemplateDraft(form.said("name"), form.said("text"), form.said("brand_id"))


def _show_preview(session: Session, draft: store.TemplateDraft, brands: Mapping[int, str], member: Member) -> None:
    """Show the text as it would read in the newest case that it is for, and where it would be too long."""
    if not draft.text.strip():
        return
    wrong = problems(draft.text)
    if wrong:
        st.warning(as_text(" ".join(wrong)))
        return
    found = newest_case(session, draft.brand_id)
    if found is None:
        brand = brands.get(draft.brand_id or 0) or next(iter(brands.values()), _MADE_UP["brand"])
        values = {**_MADE_UP, "brand": brand, "member": member.name}
        whence = "With made-up names, as there is no case yet"
    else:
        values = template_values(found.case, found.brand, member, found.post)
        whence = f"As it would read in case {found.case.id}, the newest"
    st.markdown("**Preview**")
    st.caption(whence)
    try:
        text = render(draft.text, values)
    except InputError as error:
        st.text(str(error))
        return
    with st.container(border=True, key="template_preview"):
        st.text(text)
    st.caption(_lengths(text))


def _lengths(text: str) -> str:
    too_long = too_long_for(text)
    if not too_long:
        return f"{len(text)} characters: short enough for every platform."
    words = ", ".join(f"{platform_words(name)} ({length:,} of {most:,})" for name, length, most in too_long)
    return f":orange[Too long for {words}.] With longer names it gets longer still."


def _save(form: Form, chosen: Opened) -> None:
    draft, now = _draft(form), parts.installed().clock()
    seen = None if chosen.is_new else dict(form.seen)
    saved = submit(form, lambda session, _: store.save_template(session, chosen.row_id, draft, now, seen).name)
    if saved is not None:
        close()
        tell(f"{saved} is saved.")


def _delete(chosen: Opened) -> None:
    if attempt(lambda session, _: f"{store.delete_template(session, chosen.row_id or 0)} is deleted."):
        close()
