"""A query as it is being written: what it finds among the stored posts, and what each platform is asked.

What is typed lives in the browser; the server hears it after each pause and answers with what the query finds.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from board import parts
from board.components import mount
from board.sources.actions import may_act
from board.sources.estimating import estimated
from board.sources.query_shown import compiled_data, result_data, sentence
from board.told import as_number
from board.who import signed_in_member
from core.errors import ConfigError
from core.queries import Query, parse_query
from storage.database import Session
from storage.query_test import Among, Place, place_named, places, query_of_source, try_query

PANE, KEY = "query_pane", "query_form"
LONGEST_QUERY: Final = 4000
EXAMPLES: Final = 3  # of each reason
LONGEST_S: Final = 1.0  # others wait for the same processor
MOST_SAID: Final = 20
_STATE: Final = "query_test"
_LINE_END: Final = re.compile(r"\s*\n\s*")


@dataclass(slots=True)
class _Tried:
    """What this visitor is trying out. `heard` numbers what the page last said; `estimate` is X's answer, in words."""

    text: str = ""
    place: str = ""
    heard: int = 0
    estimate: str = ""


@st.fragment(key=PANE)
def query_pane() -> None:
    """Show the field, and what its query would find."""
    board, member = parts.installed(), signed_in_member()
    if member is None:
        return
    with board.database.read() as session:
        known = places(session)
        tried = _tried(session, known)
        place = next((each for each in known if each.value == tried.place), None)
        query, error = _parsed(tried.text)
        result = None
        if query is not None and place is not None:
            result = try_query(session, query, _among(place), examples=EXAMPLES, within_s=LONGEST_S)
    mount(
        "sources/query_form",
        {
            "heard": tried.heard,
            "text": tried.text,
            "longest": LONGEST_QUERY,
            "place": tried.place,
            "places": [{"value": each.value, "words": each.words} for each in known],
            "error": error,
            "result": result_data(result) if result else None,
            "compiled": compiled_data(board.compiled(query, _asked(tried.text, place))) if query else [],
            "may_estimate": query is not None and board.estimate is not None and may_act(member),
            "estimate": tried.estimate,
        },
        key=KEY,
        on_said_change=_on_said,
    )


def _tried(session: Session, known: list[Place]) -> _Tried:
    """Return what is being tried; at first the query of the source that the address names."""
    if _STATE not in st.session_state:
        asked = f"source:{st.query_params.get('source', '')}"
        found = next((place for place in known if place.value == asked), known[0] if known else None)
        tried = _Tried(place=found.value if found else "")
        if found and found.value == asked and found.source_id is not None:
            tried.text = _one_line(query_of_source(session, found.source_id).text).strip()
        st.session_state[_STATE] = tried
    current: _Tried = st.session_state[_STATE]
    return current


def _one_line(text: str) -> str:
    """Return the text as the field shows it, without halves of characters, which nothing can be asked for."""
    return _LINE_END.sub(" ", text.encode(errors="ignore").decode())


def _parsed(text: str) -> tuple[Query | None, str]:
    """Return the query, or what is wrong with it; neither of an empty text."""
    if not text.strip():
        return None, ""
    try:
        return parse_query(text), ""
    except ConfigError as error:
        return None, sentence(str(error))


def _among(place: Place) -> Among:
    return Among(source_id=place.source_id) if place.source_id is not None else Among(brand_id=place.brand_id)


def _on_said() -> None:
    said = st.session_state[KEY].get("said")
    tried: _Tried | None = st.session_state.get(_STATE)
    for told in said[:MOST_SAID] if isinstance(said, list) else []:
        number = as_number(told.get("number")) if isinstance(told, Mapping) else None
        if tried is not None and number is not None and number > tried.heard:
            tried.heard = number
            _take(tried, told)
    st.rerun(PANE)


def _take(tried: _Tried, told: Mapping[str, Any]) -> None:
    text, place = told.get("text"), told.get("place")
    if not isinstance(text, str) or not isinstance(place, str):
        return
    tried.text, tried.place, tried.estimate = _one_line(text)[:LONGEST_QUERY], place, ""
    if told.get("name") == "estimate":
        tried.estimate = _estimated(tried)


def _asked(text: str, place: Place | None) -> parts.EstimateAsked:
    handles = place.own_handles if place else ()
    if place is None or place.platform != "x":
        return parts.EstimateAsked(text, handles)
    return parts.EstimateAsked(text, handles, place.name, place.base_url, place.options)


def _estimated(tried: _Tried) -> str:
    """Ask X and return what it says, or what went wrong."""
    with parts.installed().database.read() as session:
        place = place_named(session, tried.place)
    return estimated(_asked(tried.text, place))
