"""A brand being added or changed: what it is called, whose accounts are its own, and when its team works."""

import logging
from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from board import parts
from board.manage.form import Form, form_for, submit
from board.manage.layout import Opened, close, detail, gone, open_row, origin_note, saving, show_toml
from board.manage.week import show_shift
from board.manage.working import zone_field
from board.notices import tell
from board.sources.overview import forget
from board.sources.query_shown import in_sentences
from board.sources.source_form import SOURCE
from board.sources.source_preview import show_brand_preview
from core.thresholds import Choice, parse_threshold
from storage.brand_editing import BRAND_FIELDS, save_brand
from storage.brands import all_sources
from storage.database import Session
from storage.editing import fields_of
from storage.rows import id_of
from storage.tables import Brand, Member

LOGGER: Final = logging.getLogger(__name__)
BRAND: Final = "brand"
_RENAMED: Final = (
    ", also in its sources and rules, before the next start, which else makes a second brand of the old name."
)
_LISTS: Final = {
    "handles": (
        "Own accounts, one a line",
        "Their posts are no complaints, and their replies stop the clock.",
        "@brand",
    ),
    "aliases": ("Other names people use, one a line", "Looked for beside the name.", "brand.example"),
    "exclude": ("Never about the brand, one a line", "Posts with these words are left out.", "brand jobs"),
    "managers": (
        "E-mail addresses of its managers, one a line",
        "They are told by alert rules that name nobody.",
        "ops@brand.example",
    ),
}


def show_brand(session: Session, chosen: Opened, brands: Sequence[Brand]) -> None:
    """Show the form of a brand, or of one that is yet to be made."""
    row = next((each for each in brands if each.id == chosen.row_id), None)
    if row is None and not chosen.is_new:
        gone("brand")
        return
    present = row or Brand(name="", created_at=parts.installed().clock())
    form = form_for(chosen.name, fields_of(present, BRAND_FIELDS))
    with detail(row.name if row else "A new brand"):
        if row:
            is_renamed = form.said("name").strip() != row.name
            origin_note("brands", row.name, _RENAMED if is_renamed else "")
        _show_fields(form)
        saving(form, chosen, _save)
        said = brand_said(form)
        texts = {name: said[name] for name in ("name", "query", "handles", "aliases", "exclude")}
        draft = Brand(**texts, created_at=present.created_at)
        draft.id = row.id if row else None
        show_brand_preview(session, draft)
        threshold = parse_threshold(present.threshold)
        show_toml("brands", [said if threshold is Choice.BALANCED else {**said, "threshold": threshold}])


def _show_fields(form: Form) -> None:
    st.text_input("Name", form.first["name"], key=form.key("name"), max_chars=200)
    form.show_error("name")
    columns = st.columns(2, gap="medium")
    for number, (name, (label, help_words, example)) in enumerate(_LISTS.items()):
        with columns[number % 2]:
            form.show_lines(name, label, height=90, placeholder=example, help=help_words)
    st.text_area(
        "Query",
        form.first["query"],
        key=form.key("query"),
        height=90,
        placeholder='@brand OR "brand name" with:delivery|parcel',
        help="What to look for. Empty: the names above, without what is never about the brand.",
    )
    form.show_error("query")
    left, right = st.columns(2, gap="medium")
    with left:
        zone_field(form)
        form.preset("take_up_minutes", form.first["take_up_minutes"])
        st.number_input(
            "Minutes to begin with a case",
            1,
            60 * 24 * 31,
            None,
            key=form.key("take_up_minutes"),
            help="Of the working time of whoever is sent it. What is not begun with in time comes back.",
        )
        form.show_error("take_up_minutes")
    with right:
        form.show_lines(
            "hours",
            "Working hours",
            height=110,
            placeholder="mon-fri 09:00-17:30",
            help="A line for each part of the week. Reports count within them. Nothing means always.",
        )
    show_shift(form.lines("hours"), form.said("timezone"))


def brand_said(form: Form) -> dict[str, Any]:
    """Return what the fields say as a table of the configuration file."""
    return {
        "name": " ".join(form.said("name").split()),
        **{of: form.lines(of) for of in _LISTS},
        "query": form.said("query"),
        "timezone": form.said("timezone"),
        "hours": form.lines("hours"),
        "take_up_minutes": form.said("take_up_minutes"),
    }


def _save(form: Form, chosen: Opened) -> None:
    now = parts.installed().clock()
    seen = None if chosen.is_new else dict(form.seen)

    def act(session: Session, member: Member) -> tuple[str, bool]:
        with in_sentences():
            brand = save_brand(session, chosen.row_id, brand_said(form), now, seen)
        LOGGER.info("%s (member %d) saved the brand %s", member.name, id_of(member), brand.name)
        return brand.name, not all_sources(session)

    saved = submit(form, act)
    if saved is None:
        return
    name, has_no_source = saved
    forget()
    close()
    if has_no_source:
        open_row(f"{SOURCE}-new")
        tell(f"{name} is saved. Now say where to look for it.")
    else:
        tell(f"{name} is saved. Its sources go by it from their next reading on.")
