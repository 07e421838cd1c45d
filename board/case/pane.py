"""The open case. What somebody is typing in it lives in the browser and stays, however often it is drawn.

Its line of who looks at it asks board.watching whether anything has changed, and only then to have it drawn anew.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import streamlit as st

from board.case.acts import act_row
from board.case.composing import composer
from board.case.corrections import HEAD, OTHERS, POSTS, counts_data, explained_data, hear, is_working
from board.case.presence import presence_line
from board.case.reading import kept, look
from board.case.shown import head_data, others_data, posts_data
from board.case.timeline import history_data
from board.components import mount
from board.notices import show_notices
from board.queue import selection
from board.turns import in_turn
from board.watching import Version, version_of_case
from board.who import signed_in_id
from storage.queue.case_detail import CaseDetail, case_detail

_OPENING: Final = "opening"


@st.fragment(key=selection.CASE)
@in_turn
def case_pane() -> None:
    """Show the open case, or how to open one."""
    mount("case/opening", {}, key=_OPENING, on_open_change=_on_open)
    show_notices()
    selection.show_in_address()
    case_id = selection.chosen_case()
    if case_id is None:
        _nothing_open("No case is open", "Choose one from the list, or press j.")
        return
    me = signed_in_id()
    version = version_of_case(look(case_id))
    case = kept("case", lambda session: case_detail(session, case_id, me))
    if case is None:
        _nothing_open(f"There is no case {case_id}", "It may have been erased. Choose another one from the list.")
        return
    _case(case, me, version)


def _on_open() -> None:
    selection.hear_opened(st.session_state[_OPENING].get("open"))


def _nothing_open(title: str, hint: str) -> None:
    with st.container(key="no_case"):
        st.subheader(title, anchor=False)
        st.caption(hint)
        if selection.chosen_case() is not None:
            st.button("Back to the queue", key="leave_missing", on_click=_leave)


def _case(case: CaseDetail, me: int, version: Version) -> None:
    with st.container(key="back_row"):
        st.button("‹ Queue", key="back", type="tertiary", on_click=_leave)
    said = counts_data(case)
    _view("head", case, HEAD, {**said, **head_data(case, me)})
    explained = explained_data(case)
    presence_line(case.head.id, me, version, is_unfinished=is_working(explained))
    with st.container(key="case_actions", horizontal=True, vertical_alignment="center", gap="small"):
        act_row(case, me)
    _view("posts", case, POSTS, {**said, "posts": posts_data(case), "explained": explained})
    composer(case, me)
    _view("others", case, OTHERS, {"heard": said["heard"], "others": others_data(case)})
    _view("history", case, "case_history", {"lines": history_data(case.history, case.handovers)})


def _view(part: str, case: CaseDetail, key: str, data: Mapping[str, Any]) -> None:
    mount(
        "case/case_view",
        {"part": part, "case": case.head.id, **data},
        key=key,
        pieces=("case/asking", "case/correcting"),
        on_ask_change=partial(hear, key),
    )


def _leave() -> None:
    selection.choose(None)
    st.rerun([selection.PANE, selection.CASE])
