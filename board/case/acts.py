"""What can be done with the open case: a row of buttons, with menus and dialogs for what is done less often."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import streamlit as st

from board import actions, parts, undo
from board.case.answering import remembered
from board.case.asked import asked_of
from board.case.slots import slot_of
from board.components import mount
from board.notices import as_text, tell
from board.queue import selection
from board.queue.offered import offered
from board.queue.shown import receivers_shown
from board.told import as_number, as_numbers
from board.who import signed_in_id
from board.words import STATUS_WORDS
from core.errors import AfterclickError
from core.text import written
from core.types import CaseStatus
from storage.handover import HELD, LONGEST, contacts_for, hand_over, subject_of, suggested_text
from storage.members import member_by_id
from storage.queue.case_detail import CaseDetail
from storage.rows import id_of
from storage.unsaying import HANDED_OVER

KEY: Final = "case_more"
PIECES: Final = ("times", "queue/popups", "case/asking", "case/sheets")
LONGEST_NAME: Final = 30
MOST_POSTS: Final = 500
LATEST: Final = 253_402_300_000  # seconds: the last year that a date can name
_HOLD, _CLOSE = "hold", "close"  # where buttons stand: another one may take the place of one that was clicked
_HEARD, _PREPARED, _WRITTEN = "case_acts_heard", "handover_prepared", "handover_written"
Told = Mapping[str, Any]


def act_row(case: CaseDetail, me: int) -> None:
    """Show the row; a case that was merged into another one leads there and has no other acts."""
    case_id, holder, is_closed = case.head.id, case.head.assignee_id, case.head.status.is_closed
    if case.merged_into_id is not None:
        st.text(f"This case was merged into case {case.merged_into_id}, which has its posts and its history.")
        _button(f"Open case {case.merged_into_id}", "merged", case_id, "", partial(_open, case.merged_into_id))
        return
    if holder is None:
        claim = partial(_hold, actions.claim_cases, case_id)
        _button("Assign to me", "claim", case_id, _HOLD, claim, is_first=not is_closed)
    elif holder == me:
        _button("Release", "release", case_id, _HOLD, partial(_hold, actions.release, case_id))
    else:
        st.button(f"Taken by {as_text(_short(case.head.assignee))}", key=f"taken_{slot_of(case_id)}", disabled=True)
    if not is_closed:
        close = partial(_close, case_id, CaseStatus.RESOLVED)
        _button("Resolve", "resolve", case_id, _CLOSE, close, is_first=holder == me)
        _button("Not a complaint", "dismiss", case_id, _CLOSE, partial(_close, case_id, CaseStatus.DISMISSED))
    mount("case/acts", _data(case, me), key=KEY, pieces=PIECES, width="content", on_ask_change=_on_ask)


def _data(case: CaseDetail, me: int) -> dict[str, Any]:
    board = parts.installed()
    with board.database.read() as session:
        known = offered(session, board.clock())
        receivers = receivers_shown(known.responders, known.choices, me)
        prepared = st.session_state.get(_PREPARED) == case.head.id
        handover = _handover_data(case, me) if prepared else None
    return {
        "case": case.head.id,
        "heard": st.session_state.get(_HEARD, 0),
        "is_closed": case.head.status.is_closed,
        "is_put_off": case.head.snoozed_until is not None,
        "status": case.head.status.value,
        "statuses": _statuses(case.head.status),
        "undo": undo.bar_data(),
        **receivers,
        "posts": [
            {
                "id": post.id,
                "name": post.author_name or post.author or "Unknown author",
                "text": post.text or "(deleted)",
                "is_own": post.is_own,
                "posted_at": post.posted_at.timestamp(),
            }
            for post in case.posts
        ],
        "others": [
            {"id": other.id, "title": f"Case {other.id}, {STATUS_WORDS[other.status].lower()}", "text": other.excerpt}
            for other in case.author_cases
            if other.brand == case.head.brand
        ],
        "handover": handover,
    }


def _statuses(now: CaseStatus) -> list[dict[str, str]]:
    """Return the statuses that a case can be given; nobody makes one new again."""
    offered = [status for status in CaseStatus if status is not CaseStatus.NEW or now is CaseStatus.NEW]
    return [{"value": status.value, "words": STATUS_WORDS[status]} for status in offered]


def _handover_data(case: CaseDetail, me: int) -> dict[str, Any]:
    with parts.installed().database.read() as session:
        contacts = contacts_for(session, case.head.id)
        member = member_by_id(session, me)
        return {
            "contacts": [
                {"name": each.name, "recipient": each.recipient, "is_named": each.is_named} for each in contacts
            ],
            "text": _taken_back(case) or suggested_text(session, case.head.id, me),
            "subject": subject_of(case.head.brand, case.head.id),
            "reply_to": member.email if member else "",
            "longest": LONGEST,
            "held": int(HELD.total_seconds()),
        }


def _taken_back(case: CaseDetail) -> str:
    """Return the words of the hand-over that was written last on this page, where it was of this case and undone."""
    case_id, text = st.session_state.get(_WRITTEN, (None, ""))
    is_gone = all(written(text) != each.text for each in case.handovers)
    return text if case_id == case.head.id and is_gone else ""


def _on_ask() -> None:
    """Do what the menus and dialogs ask for; it comes from a browser, so anything may be in it."""
    for told in asked_of(KEY, _HEARD):
        ask = _ASKS.get(str(told.get("name")))
        if ask is not None:
            ask(told["case"], told)
    st.rerun([selection.PANE, selection.CASE])


def _assign(case_id: int, told: Told) -> None:
    member, team = as_number(told.get("member")), as_number(told.get("team"))
    if (member is None) != (team is None):
        actions.assign_cases([case_id], member_id=member, team_id=team)


def _snooze(case_id: int, told: Told) -> None:
    seconds = as_number(told.get("until"))
    if seconds is None or seconds > LATEST:
        tell("Nothing was done: choose a time between now and a year from now.", long=True)
    elif actions.snooze_cases([case_id], datetime.fromtimestamp(seconds, UTC)):
        selection.choose_next([case_id], parts.installed().clock())


def _status(case_id: int, told: Told) -> None:
    name = told.get("status")
    if isinstance(name, str) and name in set(CaseStatus):
        actions.move(case_id, CaseStatus(name))


def _undo(_case_id: int, _told: Told) -> None:
    actions.undo_last()


def _wake(case_id: int, _told: Told) -> None:
    actions.wake_cases([case_id])


def _merge(case_id: int, told: Told) -> None:
    other = as_number(told.get("other"))
    into = actions.merge_cases([case_id, other]) if other is not None else None
    if into is not None:
        _open(into)


def _split(case_id: int, told: Told) -> None:
    actions.split_case(case_id, as_numbers(told.get("posts"), MOST_POSTS))


def _prepare(case_id: int, _told: Told) -> None:
    st.session_state[_PREPARED] = case_id


def _put_away(case_id: int, _told: Told) -> None:
    if st.session_state.get(_PREPARED) == case_id:
        del st.session_state[_PREPARED]


def _hand_over(case_id: int, told: Told) -> None:
    name, recipient, text = (told.get(key) for key in ("to", "recipient", "text"))
    if not (isinstance(name, str) and isinstance(recipient, str) and isinstance(text, str)):
        return
    board, me = parts.installed(), signed_in_id()
    host = urlsplit(board.base_url).hostname or "localhost"
    try:
        with remembered(case_id, HANDED_OVER.format(name=name), f"goes to {name} by e-mail") as (session, before):
            handed = hand_over(session, case_id, me, name, recipient, text, host, board.clock())
            before.written["handover"] = [id_of(handed)]
    except AfterclickError as error:
        tell(str(error), long=True)
        return
    st.session_state.pop(_PREPARED, None)
    st.session_state[_WRITTEN] = (case_id, text)
    seconds = int(HELD.total_seconds())
    tell(
        f"Case {case_id} goes to {name} by e-mail in {seconds} seconds; until then Undo holds it back. Answers come to "
        "your own address.",
        long=True,
    )


_ASKS: Final[Mapping[str, Callable[[int, Told], None]]] = {
    "assign": _assign,
    "snooze": _snooze,
    "status": _status,
    "undo": _undo,
    "wake": _wake,
    "merge": _merge,
    "split": _split,
    "prepare": _prepare,
    "put_away": _put_away,
    "hand_over": _hand_over,
}


def _button(
    words: str, name: str, case_id: int, place: str, act: Callable[[], None], *, is_first: bool = False
) -> None:
    """Show a button of this case and no other: a click that comes late never reaches the case that follows."""
    kind: Literal["primary", "secondary"] = "primary" if is_first else "secondary"
    st.button(words, key=f"{name}_{slot_of(case_id)}", type=kind, on_click=_click, args=(place, act))


def _click(place: str, act: Callable[[], None]) -> None:
    if selection.is_settling(place, parts.installed().clock()):
        tell("This had only just come under the pointer, and nothing was done. Click again if you mean it.")
    else:
        act()
    st.rerun([selection.PANE, selection.CASE])


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"


def _hold(act: Callable[[list[int]], None], case_id: int) -> None:
    act([case_id])
    selection.settle(_HOLD, parts.installed().clock())


def _close(case_id: int, status: CaseStatus) -> None:
    if actions.close_cases([case_id], status):
        selection.choose_next([case_id], parts.installed().clock())


def _open(case_id: int) -> None:
    selection.choose(case_id)
    selection.settled()
