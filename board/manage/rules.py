"""The Rules page: who is sent which cases, in the order in which the rules are asked, and what each would do."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

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
)
from board.manage.rule_fields import Names, conditions_in_words, names_for, receiver_in_words, rule_fields, rule_said
from board.manage.rule_preview import show_preview
from board.notices import tell
from board.pages.refused import refused_page
from core.types import Role
from storage import routing as store
from storage.brands import described
from storage.database import Session
from storage.editing import fields_of
from storage.rule_preview import FIELDS, Past, covered_by, past_cases, rule_of_row, rules_before, sent_by_rule
from storage.tables import Member, RoutingRule

RULE: Final = "rule"
_NEW: Final[dict[str, Any]] = asdict(store.RuleFields(""))


def rules_panes(member: Member) -> None:
    """Show the page to managers."""
    if not may_manage(member):
        refused_page("Rules", Role.MANAGER)
        return
    head(
        "Rules",
        "Each new case goes to whom the first rule says that describes it. Whoever is on shift and has room gets it.",
        [Adding("Add a rule", RULE)],
    )
    with parts.installed().database.read() as session:
        rows, names = store.all_rules(session), names_for(session)
        past = past_cases(session, parts.installed().clock())
        counts = sent_by_rule([rule_of_row(row) for row in rows if _is_in_force(row)], past)
        with list_and_detail([_group(rows, names, counts)], on_move=_move):
            chosen = opened(RULE)
            if chosen is None:
                _show_rest(session, rows, past, counts)
                return
            row = next((each for each in rows if each.id == chosen.row_id), None)
            if row is None and not chosen.is_new:
                gone("rule")
                return
            form = form_for(chosen.name, fields_of(row, FIELDS) if row else _NEW)
            with detail(row.name if row else "A new rule"):
                _show_form(form, chosen, row, names)
                show_preview(rule_said(form), rules_before(rows, chosen.row_id), past)


def _is_in_force(row: RoutingRule) -> bool:
    return row.enabled and bool(row.team_id or row.member_id)


def _group(rows: Sequence[RoutingRule], names: Names, counts: Mapping[int, int]) -> Group:
    return Group(
        "Rules in the order in which they are asked",
        [_row(row, rows, names, counts) for row in rows],
        "There is no rule yet. Until there is one, cases wait under “Unassigned” for somebody to claim them.",
        moves=True,
    )


def _row(row: RoutingRule, rows: Sequence[RoutingRule], names: Names, counts: Mapping[int, int]) -> Row:
    said = store.RuleFields(**fields_of(row, FIELDS))  # type: ignore[arg-type]
    marks = []
    earlier = covered_by(rule_of_row(row), rules_before(rows, row.id)) if _is_in_force(row) else None
    if not row.enabled:
        marks.append(("off", "plain"))
    elif earlier is not None:
        marks.append(("never reached", "warm"))
    elif not _is_in_force(row):
        marks.append(("sends to nobody", "warm"))
    return Row(
        f"{RULE}-{row.id}",
        row.name,
        (conditions_in_words(said, names), f"to {receiver_in_words(said, names)}"),
        f"{counts.get(row.id or 0, 0):,} in 30 days" if _is_in_force(row) else "",
        marks,
        is_off=not row.enabled,
    )


def _show_form(form: Form, chosen: Opened, row: RoutingRule | None, names: Names) -> None:
    origin_note("routing", row.name if row else "")
    rule_fields(form, names)
    question = f"Delete {row.name}? Cases that it sent stay where they are." if row else ""
    saving(form, chosen, _save, Deletion(question, _delete) if row else None)


def _show_rest(session: Session, rows: Sequence[RoutingRule], past: Past, counts: Mapping[int, int]) -> None:
    with rest():
        st.markdown("**How a case is sent**")
        st.text(
            "The rules are asked from the top, and the first that describes a case decides. Of a team, the member gets "
            "it whose last case is longest ago, of those on shift and below their limit. Where nobody is free, the "
            "case waits for the first who is; what nobody takes up in time comes back."
        )
        if rows and past.cases:
            sent = sum(counts.values())
            st.text(
                f"Of {past.words} these rules would have sent {sent:,}; {len(past.cases) - sent:,} would wait under "
                "“Unassigned”."
            )
        if rows:
            with st.popover("Ask the rules again", key="ask_again"):
                st.text("Let the rules look once more at every open case that nobody has? It takes a few seconds.")
                st.button("Ask them", key="ask_rules_again", on_click=_ask_again)
        entries = described(session)
        if "routing" in entries:
            show_toml("routing", entries["routing"])


def _ask_again() -> None:
    now = parts.installed().clock()

    def act(session: Session, _member: Member) -> str:
        count = store.ask_rules_again(session, now)
        return f"The rules look at {count:,} case{'' if count == 1 else 's'} that nobody has."

    attempt(act)


def _move(row_id: str, by: int) -> None:
    kind, _, key = row_id.partition("-")
    if kind != RULE or not key.isdecimal() or len(key) > 9:
        return

    def act(session: Session, _member: Member) -> str:
        ids = [row.id for row in store.all_rules(session)]
        if int(key) not in ids:
            return "That rule was deleted meanwhile."
        store.move_rule(session, int(key), max(0, ids.index(int(key)) + by))
        return "Moved. Cases that come from now on meet the rules in this order."

    attempt(act)


def _save(form: Form, chosen: Opened) -> None:
    said, now = rule_said(form), parts.installed().clock()
    seen = None if chosen.is_new else dict(form.seen)
    saved = submit(form, lambda session, _: store.save_rule(session, chosen.row_id, said, now, seen).name)
    if saved is not None:
        close()
        tell(f"The rule {saved} is saved, for cases that come from now on.")


def _delete(chosen: Opened) -> None:
    if attempt(lambda session, _: f"The rule {store.delete_rule(session, chosen.row_id or 0)} is deleted."):
        close()
