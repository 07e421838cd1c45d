"""What the list asks for: another tab or filter, a saved view, or something to be done to cases.

It comes from a browser, so anything may be in it.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import streamlit as st

from board import actions, parts
from board.notices import tell
from board.queue import saved, selection
from board.queue.filters import present_filter, set_filter
from board.told import as_number, as_numbers
from board.who import signed_in_id
from core.errors import InputError
from core.searching import parse
from core.taxonomy import Party, Reason, Severity
from core.types import CaseStatus
from storage.queue import listing as store
from storage.queue.filters import Filter, View

MOST_AT_ONCE: Final = 1000  # that were marked one by one
LONGEST_SNOOZE: Final = timedelta(days=366)
_COUNTED: Final = "counted"
Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Counted:
    """All cases under a filter, as they were counted: what is done to "all that match" is done to these."""

    token: str
    wanted: Filter
    ids: tuple[int, ...]
    is_cut: bool


def hear(told: Told) -> bool:
    """Do what the list asks for; tell whether the open case may look different after it."""
    name = told.get("name")
    ask = _ASKS.get(name) if isinstance(name, str) else None
    return ask(told) if ask else False


def counted() -> Counted | None:
    """Return what was counted under the present filter, if "all that match" are marked."""
    found: Counted | None = st.session_state.get(_COUNTED)
    return found if found and found.wanted == present_filter() else None


def _view(told: Told) -> bool:
    name = told.get("view")
    if isinstance(name, str) and name in set(View):
        selection.show_view(View(name))
    return False


def _filter(told: Told) -> bool:
    words = told.get("filter")
    if not isinstance(words, Mapping):
        return False
    before = present_filter().text
    set_filter(words)
    wanted = present_filter().text
    case_id = parse(wanted).case_id if wanted != before else None
    if case_id is not None:  # nothing but a case's number was searched for
        selection.choose(case_id)
        selection.settled()
    return case_id is not None


def _page(told: Told) -> bool:
    step, pages = told.get("step"), selection.pages_before(present_filter())
    if step == "next" and st.session_state.next_page is not None:
        pages.append(st.session_state.next_page)
    elif step == "back" and pages:
        pages.pop()
    elif step == "newest":
        pages.clear()
        selection.hold_at(None)
    return False


def _everything(_told: Told) -> bool:
    """Mark all that match the filter: those that the list holds now, not those that wait to be shown."""
    board, wanted = parts.installed(), present_filter()
    up_to = selection.newest_shown()
    with board.database.read() as session:
        ids = store.matching_ids(session, wanted, signed_in_id(), board.clock(), up_to=up_to)
    st.session_state[_COUNTED] = Counted(secrets.token_hex(8), wanted, tuple(ids), len(ids) >= store.MOST_IDS)
    return False


def _marked(_told: Told) -> bool:
    st.session_state.pop(_COUNTED, None)
    return False


def _saved_view(act: Callable[[Told], bool], told: Told) -> bool:
    """Do something about saved views; true where there is something to tell, which stands beside the case."""
    try:
        return act(told)
    except InputError as error:
        tell(str(error), long=True)
        return True


def _undo(_told: Told) -> bool:
    actions.undo_last()
    return True


def _on_cases(act: Callable[[Sequence[int], Told], None], told: Told) -> bool:
    ids = _meant(told)
    if ids:
        act(ids, told)
        st.session_state.pop(_COUNTED, None)
    return True


def _meant(told: Told) -> Sequence[int]:
    """Return the cases that are meant: those counted, those marked, else the one that is shown and no other."""
    token = told.get("everything")
    if token is not None:
        found = counted()
        if found is not None and found.token == token:
            return found.ids
        tell("The list is another one by now, and nothing was done. Mark the cases again.", long=True)
        return ()
    ids = as_numbers(told.get("ids"), MOST_AT_ONCE)
    if told.get("marked") is True:
        return list(dict.fromkeys(ids))
    if ids != [selection.chosen_case()]:
        tell("Another case was open by then, and nothing was done. Look at it and press the key again.", long=True)
        return ()
    if selection.is_settling("", parts.installed().clock()):
        tell("This case had only just opened, and nothing was done. Press the key again if you mean it.")
        return ()
    return ids


def _claim(ids: Sequence[int], _told: Told) -> None:
    actions.claim_cases(ids)


def _release(ids: Sequence[int], _told: Told) -> None:
    actions.release(ids)


def _assign(ids: Sequence[int], told: Told) -> None:
    member, team = as_number(told.get("member")), as_number(told.get("team"))
    if (member is None) != (team is None):
        actions.assign_cases(ids, member_id=member, team_id=team)


def _close(status: CaseStatus, ids: Sequence[int], _told: Told) -> None:
    if actions.close_cases(ids, status):
        selection.choose_next(ids, parts.installed().clock())


def _snooze(ids: Sequence[int], told: Told) -> None:
    seconds, now = as_number(told.get("until")), parts.installed().clock()
    if seconds is None or not now.timestamp() < seconds < (now + LONGEST_SNOOZE).timestamp():
        tell("Nothing was done: choose a time between now and a year from now.", long=True)
        return
    if actions.snooze_cases(ids, datetime.fromtimestamp(seconds, UTC)):
        selection.choose_next(ids, now)


def _correct(ids: Sequence[int], told: Told) -> None:
    reasons = {Reason(name) for name in _words(told.get("reasons")) if name in set(Reason)}
    parties = {Party(name) for name in _words(told.get("parties")) if name in set(Party)}
    level = as_number(told.get("severity"))
    severity = Severity(level) if level is not None and Severity.NONE < level <= Severity.BLAME else None
    if reasons or parties or severity:
        actions.correct_cases(ids, reasons=reasons or None, severity=severity, parties=parties or None)


def _words(value: object) -> list[str]:
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []


def _merge(ids: Sequence[int], _told: Told) -> None:
    into = actions.merge_cases(ids)
    if into is not None:
        selection.choose(into)


_ASKS: Final[Mapping[str, Callable[[Told], bool]]] = {
    "view": _view,
    "filter": _filter,
    "page": _page,
    "everything": _everything,
    "marked": _marked,
    "open_view": partial(_saved_view, saved.open_view),
    "save_view": partial(_saved_view, saved.save_view),
    "rename_view": partial(_saved_view, saved.rename_view),
    "delete_view": partial(_saved_view, saved.delete_view),
    "undo": _undo,
    "claim": partial(_on_cases, _claim),
    "release": partial(_on_cases, _release),
    "assign": partial(_on_cases, _assign),
    "resolve": partial(_on_cases, partial(_close, CaseStatus.RESOLVED)),
    "dismiss": partial(_on_cases, partial(_close, CaseStatus.DISMISSED)),
    "snooze": partial(_on_cases, _snooze),
    "correct": partial(_on_cases, _correct),
    "merge": partial(_on_cases, _merge),
}
