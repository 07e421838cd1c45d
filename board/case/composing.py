"""Writing an answer or a note: the composer below the posts, and what becomes of what it sends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from board import drafts, parts, undo
from board.case import answering
from board.case.promises import promise_list
from board.case.reading import kept
from board.case.shown import safe_link
from board.components import mount
from board.queue import selection
from board.told import as_number
from board.who import signed_in_id
from core.masking import excerpt
from core.platforms import REPLY_LIMITS, platform_words
from core.reply_templates import VARIABLES
from core.text import MAX_TEXT_LENGTH
from storage.answers import Answer, Standing, standing
from storage.notes import note_draft_of
from storage.promises import promises_of
from storage.queue.case_detail import CaseDetail
from storage.replies import Posted, whole_draft_of

COMPOSER: Final = "composer"
PIECES: Final = ("case/writing", "case/counting", "case/picker", "case/checks")
MOST_OUTCOMES: Final = 20
MOST_ANSWERS: Final = 20
SHOWN_OF_ANSWER: Final = 600


def composer(case: CaseDetail, me: int) -> None:
    """Show what was promised in the case, and the fields for an answer and a note."""
    case_id = case.head.id
    stands = kept("standing", lambda session: standing(session, case_id, me))
    promises = kept("promises", lambda session: promises_of(session, case_id))
    with parts.installed().database.read() as session:
        draft, note = whole_draft_of(session, case_id, me), note_draft_of(session, case_id, me)
    limit = REPLY_LIMITS.get(case.head.platform)
    mount(
        "case/composer",
        {
            "case": case_id,
            "me": me,
            "draft": draft.text,
            "post": draft.post_id,
            "note": note,
            "platform": platform_words(case.head.platform),
            "limit": {"most": limit.most, "counts": limit.counts} if limit else None,
            "variables": list(VARIABLES),
            "posts": _answerable(case),
            "longest": MAX_TEXT_LENGTH,
            "heard": _outcomes(),
            **_standing_data(case, stands, me),
        },
        key=COMPOSER,
        pieces=PIECES,
        on_note_change=_on_note,
        on_answered_change=_on_answered,
        on_take_over_change=_on_take_over,
        on_look_change=_on_look,
    )
    promise_list(case_id, promises)


def _standing_data(case: CaseDetail, stands: Standing, me: int) -> dict[str, Any]:
    """Return who has the case where that is somebody else, who took it from the reader, and what was answered."""
    held_by_other = case.head.assignee_id not in (None, me)
    return {
        "holder": {"id": case.head.assignee_id, "name": case.head.assignee} if held_by_other else None,
        "taken_over": stands.taken_over_at.timestamp() if held_by_other and stands.taken_over_at else None,
        "taken_by": stands.taken_over_by if held_by_other else "",
        "seen": stands.last_event,
        "answers": [_answer(each, me) for each in stands.answers[-MOST_ANSWERS:]],
    }


def _answer(answer: Answer, me: int) -> dict[str, Any]:
    return {
        "by": answer.by,
        "is_mine": answer.member_id == me,
        "is_seen_there": answer.member_id is None,
        "text": answer.text[:SHOWN_OF_ANSWER],
        "at": answer.at.timestamp(),
        "post": answer.post_id,
        "event": answer.event,
    }


def _answerable(case: CaseDetail) -> list[dict[str, Any]]:
    """Return the author's posts, oldest first; without one that is still there, nothing can be opened."""
    return [
        {
            "id": post.id,
            "words": excerpt(post.title or post.text, 60) if not post.is_deleted else "(deleted by its author)",
            "at": post.posted_at.timestamp(),
            "link": "" if post.is_deleted else safe_link(post.url),
            "is_deleted": post.is_deleted,
        }
        for post in case.posts
        if not post.is_own
    ]


def _on_note() -> None:
    written = _written("note")
    if written is not None:
        drafts.refuse_older(written.case_id, signed_in_id(), "note", written.page, written.number)
        _keep_outcome(written.number, done=answering.note(written.case_id, written.text))
    st.rerun(selection.CASE)


def _on_answered() -> None:
    written = _written("answered")
    if written is not None:
        told = written.told
        drafts.refuse_older(written.case_id, signed_in_id(), "reply", written.page, written.number)
        posted = Posted(
            post_id=as_number(told.get("post")),
            sent_at=answering.time_of(told.get("at")),
            seen=as_number(told.get("seen")) or 0,
            anyway=told.get("anyway") is True,
        )
        promised = answering.promised_in(told.get("promises"))
        done = answering.answered(written.case_id, written.text, posted, promised)
        _keep_outcome(written.number, done=done)
    st.rerun([selection.PANE, selection.CASE])


def _on_take_over() -> None:
    told = st.session_state[COMPOSER].get("take_over")
    if isinstance(told, Mapping):
        case_id, holder = as_number(told.get("case")), as_number(told.get("from"))
        if case_id is not None and holder is not None:
            answering.take_case_over(case_id, holder)
    st.rerun([selection.PANE, selection.CASE])


def _on_look() -> None:
    """Read the page again: by writing, the member got the case, which can be taken back, or somebody else did."""
    told = st.session_state[COMPOSER].get("look")
    if isinstance(told, Mapping):
        case_id, act = as_number(told.get("case")), told.get("taken")
        if case_id is not None and act and isinstance(act, str):
            undo.remember(act, f"Case {case_id} yours")
    st.rerun([selection.PANE, selection.CASE])


@dataclass(frozen=True, slots=True)
class _Written:
    """What the composer sent: `number` tells it from whatever else that page sent."""

    case_id: int
    text: str
    page: str
    number: int
    told: Mapping[str, Any]


def _written(trigger: str) -> _Written | None:
    """Return what the composer said, none where that was heard before; it comes from a browser."""
    told = st.session_state[COMPOSER].get(trigger)
    if not isinstance(told, Mapping):
        return None
    case_id, number, text, page = (told.get(name) for name in ("case", "number", "text", "page"))
    case_id, number = as_number(case_id), as_number(number)
    if case_id is None or number is None or not isinstance(text, str) or not isinstance(page, str):
        return None
    return None if str(number) in _outcomes() else _Written(case_id, text, page, number, told)


def _outcomes() -> dict[str, bool]:
    """Return what came of the last things that the composer sent, by number: whether it may empty the field."""
    outcomes: dict[str, bool] = st.session_state.setdefault("composer_outcomes", {})
    return outcomes


def _keep_outcome(number: int, *, done: bool) -> None:
    kept = {**_outcomes(), str(number): done}
    st.session_state.composer_outcomes = dict(list(kept.items())[-MOST_OUTCOMES:])
