"""The open case. It is read again every few seconds; what somebody is typing lives in the browser and stays."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import streamlit as st

from board import actions, drafts, parts
from board.case.shown import head_data, history_data, posts_data
from board.components import mount
from board.notices import as_text, show_notices, tell
from board.queue import selection
from board.told import as_number
from board.who import signed_in_id
from board.words import STATUS_WORDS
from core.text import MAX_TEXT_LENGTH
from core.types import CaseStatus
from storage.queue import CaseDetail, case_detail

REFRESH_EVERY_S = 4
COMPOSER = "composer"
LONGEST_NAME = 30
MOST_OUTCOMES = 20
_HOLD, _CLOSE = "hold", "close"  # where buttons stand: another one may take the place of one that was clicked


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
            "longest": MAX_TEXT_LENGTH,
            "heard": _outcomes(),
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
        claim = partial(_hold, actions.claim_cases, [case_id])
        _button("Assign to me", "claim", case_id, _HOLD, claim, is_first=not is_closed)
    elif holder == me:
        _button("Release", "release", case_id, _HOLD, partial(_hold, actions.release, case_id))
    else:
        st.button(f"Taken by {as_text(_short(case.head.assignee))}", key=f"taken_{case_id}", disabled=True)
    if not is_closed:
        close = partial(_close, case_id, CaseStatus.RESOLVED)
        _button("Resolve", "resolve", case_id, _CLOSE, close, is_first=holder == me)
        _button("Not a complaint", "dismiss", case_id, _CLOSE, partial(_close, case_id, CaseStatus.DISMISSED))
    st.space("stretch")
    st.caption("Status", width="content")
    _status(case)


def _button(
    words: str, name: str, case_id: int, place: str, act: Callable[[], None], *, is_first: bool = False
) -> None:
    """Show a button of this case and no other: a click that comes late never reaches the case that follows."""
    kind: Literal["primary", "secondary"] = "primary" if is_first else "secondary"
    st.button(words, key=f"{name}_{case_id}", type=kind, on_click=_click, args=(place, act))


def _click(place: str, act: Callable[[], None]) -> None:
    if selection.is_settling(place, parts.installed().clock()):
        tell("This had only just come under the pointer, and nothing was done. Click again if you mean it.")
    else:
        act()
    st.rerun([selection.PANE, selection.CASE])


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"


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


def _hold(act: Callable[[Any], None], argument: Any) -> None:
    act(argument)
    selection.settle(_HOLD, parts.installed().clock())


def _close(case_id: int, status: CaseStatus) -> None:
    if actions.close_cases([case_id], status):
        selection.choose_next([case_id], parts.installed().clock())


def _on_status(case_id: int, key: str) -> None:
    actions.move(case_id, st.session_state[key])
    st.rerun([selection.PANE, selection.CASE])


def _leave() -> None:
    selection.choose(None)
    st.rerun([selection.PANE, selection.CASE])


def _on_note() -> None:
    written = _written("note")
    if written is not None:
        _keep_outcome(written.number, done=actions.note(written.case_id, written.text))
    st.rerun(selection.CASE)


def _on_answered() -> None:
    written = _written("answered")
    if written is not None:
        drafts.refuse_older(written.case_id, signed_in_id(), written.page, written.number)
        _keep_outcome(written.number, done=actions.answered(written.case_id, written.text))
    st.rerun([selection.PANE, selection.CASE])


@dataclass(frozen=True, slots=True)
class _Written:
    """What the composer sent: `number` tells it from whatever else that page sent."""

    case_id: int
    text: str
    page: str
    number: int


def _written(trigger: str) -> _Written | None:
    """Return what the composer said, none where that was heard before; it comes from a browser."""
    told = st.session_state[COMPOSER].get(trigger)
    if not isinstance(told, Mapping):
        return None
    case_id, number, text, page = (told.get(name) for name in ("case", "number", "text", "page"))
    case_id, number = as_number(case_id), as_number(number)
    if case_id is None or number is None or not isinstance(text, str) or not isinstance(page, str):
        return None
    return None if str(number) in _outcomes() else _Written(case_id, text, page, number)


def _outcomes() -> dict[str, bool]:
    """Return what came of the last things that the composer sent, by number: whether it may empty the field."""
    outcomes: dict[str, bool] = st.session_state.setdefault("composer_outcomes", {})
    return outcomes


def _keep_outcome(number: int, *, done: bool) -> None:
    kept = {**_outcomes(), str(number): done}
    st.session_state.composer_outcomes = dict(list(kept.items())[-MOST_OUTCOMES:])


def _link_to_answer(case: CaseDetail) -> str:
    """Return where a reply belongs: the newest post of the author that has an address."""
    addresses = [post["link"] for post in posts_data(case) if post["link"] and not post["is_own"]]
    return addresses[-1] if addresses else ""
