"""A person's word in the model's place, and the words of a post that made the model say what it said."""

import logging
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any, Final

import streamlit as st

from board import actions, parts
from board.case.asked import asked_of
from board.case.reading import kept
from board.notices import tell
from board.queue import selection
from board.told import as_number
from board.words import PARTY_WORDS
from core.errors import AfterclickError
from core.taxonomy import Party, Reason, Severity
from storage.corrections import Counted, Said, what_counts
from storage.queue.case_detail import CaseDetail, CasePost

HEAD, POSTS, OTHERS = "case_head", "case_posts", "case_others"
MOST_EXPLAINED: Final = 20
_HEARD, _EXPLAINED = "case_asks_heard", "explained"
_log = logging.getLogger(__name__)


def counts_data(case: CaseDetail) -> dict[str, Any]:
    """Return what the case and each of its posts count as, who said so, and what could be said."""
    counted = kept("counts", lambda session: what_counts(session, case.head.id))
    return {
        "heard": st.session_state.get(_HEARD, 0),
        "counts": {str(post_id): _count(each) for post_id, each in counted.items()},
        "choices": {
            "reasons": [{"value": reason.value, "words": reason.words} for reason in Reason],
            "severities": [{"value": int(level), "words": level.words} for level in Severity if level],
            "parties": [{"value": party.value, "words": PARTY_WORDS[party]} for party in Party],
        },
        "case_counts": {
            "reasons": [reason.value for reason in case.head.reasons],
            "severity": int(case.head.severity),
            "parties": [party.value for party in case.head.parties],
        },
        "posts_read": len(counted),
        "can_explain": parts.installed().explained is not None,
    }


def _count(counted: Counted) -> dict[str, Any]:
    judged = counted.judged
    reasons = [Reason(name) for name in judged.reasons if name in set(Reason)]
    return {
        "is_complaint": judged.is_complaint,
        "reasons": [reason.value for reason in reasons],
        "words": [reason.words for reason in reasons],
        "severity": judged.severity,
        "severity_words": Severity(judged.severity).words,
        "parties": [party for party in judged.parties if party in set(Party)],
        "by": counted.by,
        "at": counted.said_at.timestamp() if counted.said_at else None,
    }


def hear(key: str) -> None:
    """Do what a part of the case asks for; it comes from a browser, so anything may be in it."""
    for told in asked_of(key, _HEARD):
        if told.get("name") == "correct":
            _correct(told["case"], told)
        elif told.get("name") == "explain":
            _explain(as_number(told.get("post")))
        elif told.get("name") == "open":
            _open(as_number(told.get("other")))
    st.rerun([selection.PANE, selection.CASE])


def _open(case_id: int | None) -> None:
    if case_id is not None:
        selection.choose(case_id)
        selection.settled()


def _correct(case_id: int, told: Mapping[str, Any]) -> None:
    post_id, said = as_number(told.get("post")), _said(told)
    if said is None:
        tell("Nothing was done: a complaint has a reason and a severity.", long=True)
    elif post_id is not None:
        actions.correct_post(case_id, post_id, said)
    elif said.complaint:
        actions.correct_cases([case_id], reasons=said.reasons, severity=said.severity, parties=said.parties)
    elif actions.correct_cases([case_id], complaint=False):
        selection.choose_next([case_id], parts.installed().clock())


def _said(told: Mapping[str, Any]) -> Said | None:
    """Return what a form said, none where it is no whole word."""
    if told.get("complaint") is False:
        return Said(complaint=False)
    reasons = [Reason(name) for name in _names(told.get("reasons")) if name in set(Reason)]
    parties = [Party(name) for name in _names(told.get("parties")) if name in set(Party)]
    level = as_number(told.get("severity"))
    if not reasons or level is None or not Severity.NONE < level <= Severity.BLAME:
        return None
    return Said(True, reasons, Severity(level), parties)


def _names(value: object) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


@cache
def _explainer() -> ThreadPoolExecutor:
    """One thread of the process for it: the model takes all cores, and loading it takes seconds."""
    return ThreadPoolExecutor(1, "explain")


def _explain(post_id: int | None) -> None:
    """Begin to find the words, where that was not begun."""
    asked: list[int] = st.session_state.setdefault(_EXPLAINED, [])
    if post_id is not None and post_id not in asked:
        st.session_state[_EXPLAINED] = [*asked, post_id][-MOST_EXPLAINED:]


def explained_data(case: CaseDetail) -> dict[str, Any]:
    """Return of each post that was asked about the words with their weights, why not, or that it takes a moment."""
    asked: list[int] = st.session_state.get(_EXPLAINED, [])
    return {str(post.id): _why(post) for post in case.posts if post.id in asked and not post.is_deleted}


def is_working(explained: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether some of the words are still being found."""
    return any(each["state"] == "working" for each in explained.values())


def _why(post: CasePost) -> dict[str, Any]:
    running: dict[tuple[int, str], Future[parts.Explained]] = st.session_state.setdefault("explaining", {})
    text = f"{post.title}\n{post.text}" if post.title and not post.text.startswith(post.title) else post.text
    key = (post.id, text)
    explain = parts.installed().explained
    if key not in running and explain is not None:
        running[key] = _explainer().submit(explain, text, None)
    if key not in running or not running[key].done():
        return {"state": "working"}
    error = running[key].exception()
    if error is not None:
        return {"state": "failed", "words": _failed(error)}
    why = running[key].result()
    return {"state": "done", "chance": why.probability, "segments": _segments(text, why), "model": why.version}


def _failed(error: BaseException) -> str:
    if isinstance(error, AfterclickError):
        return f"The words cannot be found: {error}"
    _log.error("Finding the words that moved the model failed: %s", error, exc_info=error)
    return "The words cannot be found: the model failed at this post. The board's log says more."


def _segments(text: str, why: parts.Explained) -> list[dict[str, Any]]:
    """Return the stretch that the model read, cut where a word has a weight; the heaviest has the weight 1."""
    most = max((abs(word.weight) for word in why.words), default=0.0)
    segments, at = [], why.start
    for word in sorted(why.words, key=lambda word: word.start):
        if word.start < at or most == 0:
            continue
        segments.append({"text": text[at : word.start], "weight": 0.0})
        segments.append({"text": text[word.start : word.end], "weight": round(word.weight / most, 2)})
        at = word.end
    segments.append({"text": text[at : why.end], "weight": 0.0})
    return [each for each in segments if each["text"]]
