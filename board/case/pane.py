"""The open case. It is read again every few seconds; what somebody is typing lives in the browser and stays."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from board import actions, parts
from board.case.shown import head_data, history_data, posts_data
from board.components import mount
from board.notices import show_notices
from board.queue import selection
from board.who import signed_in_id
from board.words import STATUS_WORDS
from core.types import CaseStatus
from storage.queue import CaseDetail, case_detail

REFRESH_EVERY_S = 4
COMPOSER = "composer"


@st.fragment(run_every=REFRESH_EVERY_S, key=selection.CASE)
def case_pane() -> None:
    """Show the open case, or how to open one."""
    show_notices()
    selection.show_in_address()
    case_id = selection.chosen_case()
    if case_id is None:
        _nothing_open("No case is open", "Choose one from the list, or press j.")
        return
    me = signed_in_id()
    with parts.installed().database.read() as session:
        case = case_detail(session, case_id, me)
    if case is None:
        _nothing_open(f"There is no case {case_id}", "It may have been erased. Choose another one from the list.")
        return
    _case(case, me)


def _nothing_open(title: str, hint: str) -> None:
    with st.container(key="no_case"):
        st.subheader(title, anchor=False)
        st.caption(hint)
        if selection.chosen_case() is not None:
            st.button("Back to the queue", key="leave_missing", on_click=_leave)


def _case(case: CaseDetail, me: int) -> None:
    with st.container(key="back_row"):
        st.button("‹ Queue", key="back", type="tertiary", on_click=_leave)
    mount("case/case_view", {"part": "head", **head_data(case, me)}, key="case_head")
    with st.container(key="case_actions", horizontal=True, vertical_alignment="center", gap="small"):
        _actions(case, me)
    mount("case/case_view", {"part": "posts", "case": case.head.id, "posts": posts_data(case)}, key="case_posts")
    held_by_other = case.head.assignee_id not in (None, me)
    mount(
        "case/composer",
        {
            "case": case.head.id,
            "draft": case.draft,
            "holder": case.head.assignee if held_by_other else "",
            "link": _link_to_answer(case),
            "heard": st.session_state.get("composer_heard", 0),
        },
        key=COMPOSER,
        on_note_change=_on_note,
        on_answered_change=_on_answered,
    )
    mount("case/case_view", {"part": "history", "lines": history_data(case)}, key="case_history")


def _actions(case: CaseDetail, me: int) -> None:
    case_id, holder = case.head.id, case.head.assignee_id
    is_closed = case.head.status.is_closed
    if holder is None:
        st.button(
            "Assign to me",
            key="claim",
            type="secondary" if is_closed else "primary",
            on_click=_then_both,
            args=(actions.claim_cases, [case_id]),
        )
    elif holder == me:
        st.button("Release", key="release", on_click=_then_both, args=(actions.release, case_id))
    else:
        st.button(f"Taken by {case.head.assignee}", key="taken", disabled=True)
    if not is_closed:
        st.button(
            "Resolve",
            key="resolve",
            type="primary" if holder == me else "secondary",
            on_click=_close,
            args=(case_id, CaseStatus.RESOLVED),
        )
        st.button("Not a complaint", key="dismiss", on_click=_close, args=(case_id, CaseStatus.DISMISSED))
    st.space("stretch")
    st.caption("Status", width="content")
    _status(case)


def _status(case: CaseDetail) -> None:
    key = f"status_{case.head.id}"
    st.session_state[key] = case.head.status  # another member may have changed it since
    offered = [status for status in CaseStatus if status is not CaseStatus.NEW or case.head.status is CaseStatus.NEW]
    st.selectbox(
        "Status",
        offered,
        key=key,
        format_func=lambda status: STATUS_WORDS[status],
        on_change=_on_status,
        args=(case.head.id, key),
        label_visibility="collapsed",
        width=205,
    )


def _then_both(act: Any, argument: Any) -> None:
    act(argument)
    st.rerun([selection.PANE, selection.CASE])


def _close(case_id: int, status: CaseStatus) -> None:
    if actions.close_cases([case_id], status):
        selection.choose_next([case_id])
    st.rerun([selection.PANE, selection.CASE])


def _on_status(case_id: int, key: str) -> None:
    actions.move(case_id, st.session_state[key])
    st.rerun([selection.PANE, selection.CASE])


def _leave() -> None:
    selection.choose(None)
    st.rerun([selection.PANE, selection.CASE])


def _on_note() -> None:
    case_id, text = _written("note")
    if case_id is not None and actions.note(case_id, text):
        _hear("note")
    st.rerun(selection.CASE)


def _on_answered() -> None:
    case_id, text = _written("answered")
    if case_id is not None and actions.answered(case_id, text):
        _hear("answered")
    st.rerun([selection.PANE, selection.CASE])


def _written(trigger: str) -> tuple[int | None, str]:
    """Return what the composer said; it comes from a browser, so anything may be in it."""
    told = st.session_state[COMPOSER].get(trigger)
    if not isinstance(told, Mapping) or not isinstance(told.get("case"), int) or not isinstance(told.get("text"), str):
        return None, ""
    return told["case"], told["text"]


def _hear(trigger: str) -> None:
    """Tell the composer that its text arrived, so that it may empty the field."""
    st.session_state.composer_heard = st.session_state[COMPOSER][trigger].get("number", 0)


def _link_to_answer(case: CaseDetail) -> str:
    """Return where a reply belongs: the newest post of the author that has an address."""
    addresses = [post["link"] for post in posts_data(case) if post["link"] and not post["is_own"]]
    return addresses[-1] if addresses else ""
