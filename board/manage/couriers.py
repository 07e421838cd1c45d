"""The Couriers page: carriers and suppliers, what they are called, and whom to write to there."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from board import parts
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
from core.entities.carriers import CARRIERS
from core.entities.names import key_of
from storage import couriers as store
from storage.brands import described
from storage.database import Session
from storage.editing import fields_of
from storage.tables import Courier, Member, Supplier

COURIER, SUPPLIER = "courier", "supplier"
COURIER_FIELDS: Final = ("name", "aliases", "contact")
SUPPLIER_FIELDS: Final = ("name", "contact")
LONGEST_S: Final = 0.7  # others wait for the same processor


def couriers_panes(member: Member) -> None:
    """Show the page to a member; a responder only looks."""
    board, may_change = parts.installed(), may_manage(member)
    adding = [Adding("Add a courier", COURIER), Adding("Add a supplier", SUPPLIER)] if may_change else []
    head("Couriers", "Who carries the parcels and who supplies the goods: what people call them, whom to ask.", adding)
    with board.database.read() as session:
        couriers, suppliers = store.all_couriers(session), store.all_suppliers(session)
        counts = store.cases_by_courier(session, board.clock() - store.LOOKED_BACK)
        with list_and_detail(_groups(couriers, suppliers, counts)):
            chosen = opened(COURIER, SUPPLIER)
            if chosen is None:
                _show_rest(session, couriers, may_change)
            elif chosen.kind == COURIER:
                _show_courier(session, chosen, couriers, may_change)
            else:
                _show_supplier(chosen, suppliers, may_change)


def _groups(couriers: Sequence[Courier], suppliers: Sequence[Supplier], counts: dict[str, int]) -> list[Group]:
    named = [
        Row(
            f"{COURIER}-{each.id}",
            each.name,
            (", ".join(each.aliases), each.contact or "No address to write to"),
            _cases(counts.get(each.name, 0)),
        )
        for each in couriers
    ]
    made = [Row(f"{SUPPLIER}-{each.id}", each.name, (each.contact or "No address to write to",)) for each in suppliers]
    return [
        Group("Couriers", named, "No courier is set up. The usual ones are recognised all the same.", "Couriers"),
        Group("Suppliers", made, "No supplier is set up. Cases can be handed to suppliers named here.", "Suppliers"),
    ]


def _cases(count: int) -> str:
    return "" if not count else f"{count:,} case{'' if count == 1 else 's'} in 30 days"


def _show_rest(session: Session, couriers: Sequence[Courier], may_change: bool) -> None:
    with rest():
        if not may_change:
            read_only_note("Couriers and suppliers")
        own = {key_of(name) for each in couriers for name in (each.name, *each.aliases)}
        known = [carrier.name for carrier in CARRIERS if key_of(carrier.name) not in own]
        st.markdown("**Recognised without being set up**")
        st.text(", ".join(known))
        st.caption(
            "Set one up to give it other names or an address to write to. Under a name of your own, with the usual one "
            "among its other names, a courier is called what you call it."
        )
        entries = described(session)
        show_toml("couriers", entries["couriers"])
        if "suppliers" in entries:
            show_toml("suppliers", entries["suppliers"])


def _show_courier(session: Session, chosen: Opened, couriers: Sequence[Courier], may_change: bool) -> None:
    row = next((each for each in couriers if each.id == chosen.row_id), None)
    if row is None and not chosen.is_new:
        gone("courier")
        return
    present = fields_of(row, COURIER_FIELDS) if row else {"name": "", "aliases": [], "contact": ""}
    form = form_for(chosen.name, present)
    with detail(row.name if row else "A new courier"):
        if not may_change:
            read_only_note("Couriers")
        origin_note("couriers", row.name if row else "")
        st.text_input("Name", form.first["name"], key=form.key("name"), max_chars=200, disabled=not may_change)
        form.show_error("name")
        form.show_lines("aliases", "Other names people use, one a line", height=110, disabled=not may_change)
        _show_known(form)
        st.text_input(
            "E-mail address of your contact there",
            form.first["contact"],
            key=form.key("contact"),
            placeholder="claims@courier.example",
            help="Where a case goes that is handed over to this courier.",
            disabled=not may_change,
        )
        form.show_error("contact")
        question = (
            f"Delete {row.name}? Its cases stay. It is recognised under its usual name, if it has one." if row else ""
        )
        saving(form, chosen, _save_courier, Deletion(question, _delete_courier) if row else None, may_change=may_change)
        _show_preview(session, _draft(form))


def _show_known(form: Form) -> None:
    draft = _draft(form)
    known = [alias for alias in store.known_aliases(draft.name) if key_of(alias) not in map(key_of, draft.aliases)]
    if known:
        st.caption(f"Known already: {as_text(', '.join(known))}.")


def _draft(form: Form) -> store.CourierDraft:
    return store.CourierDraft(" ".join(form.said("name").split()), tuple(form.lines("aliases")), form.said("contact"))


def _show_preview(session: Session, draft: store.CourierDraft) -> None:
    if not key_of(draft.name):
        return
    found = store.named_lately(session, draft, parts.installed().clock(), within_s=LONGEST_S)
    st.markdown("**What these names find**")
    among = f"the newest {found.posts:,} posts" if found.is_cut else f"{found.posts:,} posts"
    if not found.cases:
        st.caption(f"No case names it: {among} of cases of the last 30 days were looked at.")
        return
    st.text(f"{_cases(found.cases).removesuffix(' in 30 days')} among {among} of cases of the last 30 days.")
    table(
        "found_names",
        ("Written as", "Cases"),
        [(words, f"{count:,}") for words, count in found.by_words[:12]],
        numbers_from=1,
    )
    silent = [
        name for name in (draft.name, *draft.aliases) if not any(key_of(name) in key_of(w) for w, _ in found.by_words)
    ]
    if silent and len(silent) <= len(draft.aliases):
        st.caption(f"Nobody wrote: {as_text(', '.join(silent))}.")


def _save_courier(form: Form, chosen: Opened) -> None:
    draft = _draft(form)
    seen = None if chosen.is_new else dict(form.seen)
    saved = submit(form, lambda session, _: store.save_courier(session, chosen.row_id, draft, seen).name)
    if saved is not None:
        close()
        tell(f"{saved} is saved. New posts are read with these names at once.")


def _delete_courier(chosen: Opened) -> None:
    if chosen.row_id is not None and attempt(
        lambda session, _: f"{store.delete_courier(session, chosen.row_id or 0)} is deleted."
    ):
        close()


def _show_supplier(chosen: Opened, suppliers: Sequence[Supplier], may_change: bool) -> None:
    row = next((each for each in suppliers if each.id == chosen.row_id), None)
    if row is None and not chosen.is_new:
        gone("supplier")
        return
    form = form_for(chosen.name, fields_of(row, SUPPLIER_FIELDS) if row else {"name": "", "contact": ""})
    with detail(row.name if row else "A new supplier"):
        if not may_change:
            read_only_note("Suppliers")
        origin_note("suppliers", row.name if row else "")
        st.text_input("Name", form.first["name"], key=form.key("name"), max_chars=200, disabled=not may_change)
        form.show_error("name")
        st.text_input(
            "E-mail address of your contact there",
            form.first["contact"],
            key=form.key("contact"),
            placeholder="quality@supplier.example",
            help="Where a case goes that is handed over to this supplier.",
            disabled=not may_change,
        )
        form.show_error("contact")
        deletion = Deletion(f"Delete {row.name}? What was handed over to it stays.", _delete_supplier) if row else None
        saving(form, chosen, _save_supplier, deletion, may_change=may_change)


def _save_supplier(form: Form, chosen: Opened) -> None:
    name, contact = form.said("name"), form.said("contact")
    seen = None if chosen.is_new else dict(form.seen)
    saved = submit(form, lambda session, _: store.save_supplier(session, chosen.row_id, name, contact, seen).name)
    if saved is not None:
        close()
        tell(f"{saved} is saved.")


def _delete_supplier(chosen: Opened) -> None:
    if chosen.row_id is not None and attempt(
        lambda session, _: f"{store.delete_supplier(session, chosen.row_id or 0)} is deleted."
    ):
        close()
