"""What the managers' pages have in common: the head, the list at the left, and what is open at the right."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from board import parts
from board.components import mount
from board.manage.as_toml import as_toml
from board.manage.form import Form, start_over
from board.notices import as_text, show_notices

STYLE: Final = Path(__file__).with_name("manage.css")
NEW: Final = "new"
_OPEN: Final = "open"
_LIST: Final = "row_list"
_LARGEST_KEY: Final = 2**31 - 1  # PostgreSQL refuses to look for a larger one


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the list; `marks` are few words each with a tone: plain, good or warm."""

    id: str
    title: str
    lines: Sequence[str] = ()
    side: str = ""
    marks: Sequence[tuple[str, str]] = ()
    is_off: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under a heading; `empty` is what to say where there are none."""

    label: str
    rows: Sequence[Row]
    empty: str
    title: str = ""
    moves: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """What the address says is open: a row of a kind, or a new one."""

    kind: str
    row_id: int | None

    @property
    def is_new(self) -> bool:
        """True where the row is yet to be made."""
        return self.row_id is None

    @property
    def name(self) -> str:
        """What the address and the forms call it."""
        return f"{self.kind}-{NEW if self.row_id is None else self.row_id}"


@dataclass(frozen=True, slots=True)
class Adding:
    """A button of the head."""

    words: str
    kind: str
    help: str = field(default="")


def opened(*kinds: str) -> Opened | None:
    """Return what the address asks for, none where it asks for nothing that could be on this page."""
    kind, _, which = str(st.query_params.get(_OPEN, "")).rpartition("-")
    if kind not in kinds:
        return None
    if which == NEW:
        return Opened(kind, None)
    is_key = which.isascii() and which.isdecimal() and len(which) < 11 and int(which) <= _LARGEST_KEY
    return Opened(kind, int(which)) if is_key else None


def open_row(name: str) -> None:
    """Open a row, or a new one."""
    st.query_params[_OPEN] = name


def close() -> None:
    """Go back to the list alone, and forget what was typed."""
    start_over()
    if _OPEN in st.query_params:
        del st.query_params[_OPEN]


def head(title: str, words: str, adding: Sequence[Adding] = ()) -> None:
    """Show what came of the last click, the page's title, what it is for, and the buttons that add something."""
    st.html(STYLE)
    show_notices()
    with st.container(key="manage_head", horizontal=True, vertical_alignment="bottom", gap="small"):
        with st.container(gap=None, width="stretch"):
            st.subheader(title, anchor=False)
            st.caption(words)
        for number, each in enumerate(adding):
            kind: Literal["primary", "secondary"] = "primary" if number == 0 else "secondary"
            with st.container(width="content"):
                st.button(
                    each.words, key=f"add_{each.kind}", type=kind, on_click=_add, args=(each.kind,), width="content"
                )


def _add(kind: str) -> None:
    start_over()
    open_row(f"{kind}-{NEW}")


@contextmanager
def list_and_detail(groups: Sequence[Group], on_move: Callable[[str, int], None] | None = None) -> Iterator[None]:
    """Show the list, and let what is drawn in the block stand beside it."""
    left, right = st.columns([9, 11], gap="large")
    with left, st.container(key="manage_list"):
        mount(
            "manage/row_list",
            {"open": st.query_params.get(_OPEN, ""), "groups": [_group_data(group) for group in groups]},
            key=_LIST,
            on_said_change=lambda: _on_said(on_move),
        )
    with right:
        yield


def detail(title: str) -> DeltaGenerator:
    """Return the container of what is open, under its title and the way back to the list."""
    box = st.container(key="manage_open", gap="small")
    with box:
        st.button("← Back to the list", key="manage_back", on_click=close)
        st.subheader(title, anchor=False)
    return box


def rest() -> DeltaGenerator:
    """Return the container of what stands beside the list while nothing is open."""
    return st.container(key="manage_rest", gap="small")


@dataclass(frozen=True, slots=True)
class Deletion:
    """What to ask before a row is deleted, and what deletes it."""

    question: str
    delete: Callable[[Opened], None]


def saving(
    form: Form,
    chosen: Opened,
    save: Callable[[Form, Opened], None],
    deletion: Deletion | None = None,
    *,
    may_change: bool = True,
) -> None:
    """Show what is wrong with the whole and the buttons that end an edit; none to those who only look."""
    form.show_problem()
    if not may_change:
        return
    with st.container(horizontal=True, gap="small"):
        st.button("Save", key=f"save_{chosen.name}", type="primary", on_click=save, args=(form, chosen))
        st.button("Start over", key=f"again_{chosen.name}", on_click=start_over)
        if deletion is not None:
            st.space("stretch")
            with st.popover("Delete", key=f"ask_delete_{chosen.name}"):
                st.text(deletion.question)
                st.button("Delete it", key=f"delete_{chosen.name}", on_click=deletion.delete, args=(chosen,))


def table(
    key: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers_from: int | None = None,
    marked: int = -1,
    paths: Sequence[str] = (),
) -> None:
    """Show a small table.

    The columns from `numbers_from` on hold numbers, and the row `marked` stands out; the first words of each row lead
    to its path on this board, where paths are given.
    """
    data = [
        {"cells": list(row), "is_marked": number == marked, "path": paths[number] if number < len(paths) else ""}
        for number, row in enumerate(rows)
    ]
    first = len(heads) if numbers_from is None else numbers_from
    mount(
        "manage/small_table",
        {"label": heads[0], "heads": list(heads), "rows": data, "numbers_from": first},
        key=key,
    )


def gone(what: str) -> None:
    """Show that what the address asks for is not there."""
    with detail(f"There is no such {what}"):
        st.text("It may have been deleted a moment ago. Choose another one from the list.")


def origin_note(table: str, name: str, renamed: str = "") -> None:
    """Say of a row that stands in the configuration file what that means for changing it here.

    Where it is about to be called otherwise, `renamed` says what the next start makes of its old name.
    """
    configured = parts.installed().configured()
    if configured is None or name not in configured.names.get(table, ()):
        return
    st.caption(
        f"From the configuration file {as_text(configured.file)}, which is applied at each start: change it there "
        "as well, or the next start puts it back."
    )
    if renamed:
        st.warning(f"The configuration file calls it {as_text(name)}: give it the new name there{renamed}")


def show_toml(table: str, entries: Sequence[Mapping[str, Any]]) -> None:
    """Show what the configuration file would say."""
    with st.expander(f"Show {table} as TOML"):
        st.caption("For the configuration file; `afterclick config apply FILE` makes Afterclick say what it says.")
        st.code(as_toml(table, entries) or f"# no [[{table}]] yet", language="toml")


def _group_data(group: Group) -> dict[str, Any]:
    return {
        "label": group.label,
        "title": group.title,
        "empty": group.empty,
        "moves": group.moves,
        "rows": [
            {
                "id": row.id,
                "title": row.title,
                "lines": [line for line in row.lines if line],
                "side": row.side,
                "marks": [{"words": words, "tone": tone} for words, tone in row.marks],
                "is_off": row.is_off,
            }
            for row in group.rows
        ],
    }


def _on_said(on_move: Callable[[str, int], None] | None) -> None:
    said = st.session_state[_LIST].get("said")
    if not isinstance(said, Mapping) or not isinstance(said.get("id"), str):
        return
    what, row_id = said.get("what"), str(said["id"])[:40]
    if what == "open":
        start_over()
        open_row(row_id)
    elif what in ("up", "down") and on_move is not None:
        on_move(row_id, -1 if what == "up" else 1)
