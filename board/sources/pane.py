"""The list of sources, refreshed every few seconds."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import streamlit as st

from board import parts
from board.components import mount
from board.notices import show_notices
from board.sources import actions
from board.sources.overview import overview
from board.sources.shown import left_out_data, policy_lines
from board.told import as_number
from board.who import signed_in_member
from storage.database import Session
from storage.query_test import query_of_source
from storage.source_acts import zones
from storage.source_health import WEEK, SourceHealth, left_out_posts
from storage.source_queries import WrittenQuery

REFRESH_EVERY_S: Final = 5
PANE, KEY = "sources_pane", "source_list"
MOST_ACTS: Final = 50
MOST_OPEN: Final = 20
LARGEST_KEY: Final = 2**31 - 1  # PostgreSQL refuses to look for a larger one
MOST_LEFT_OUT: Final = 30
_OPENED, _ACTED = "opened_sources", "source_act"
_EXAMPLE: Final = """\
[[sources]]
name = "x-brand"
brand = "The name of a brand above"
platform = "x"
query = '@brand OR "brand name" with:delivery|parcel|order'"""
_COMMAND: Final = "afterclick config apply afterclick.toml"


@st.fragment(run_every=REFRESH_EVERY_S, key=PANE)
def sources_pane() -> None:
    """Show the list."""
    show_notices()
    board, member = parts.installed(), signed_in_member()
    if member is None:
        return
    known = overview(board)
    with board.database.read() as session:
        has_brand = bool(known.sources) or bool(zones(session))
        details = {source.id: _details(session, source) for source in known.sources if source.id in _opened()}
    mount(
        "sources/source_list",
        {
            "sources": known.data,
            "glance": known.glance,
            "details": {str(source_id): each for source_id, each in details.items()},
            "opened": list(details),
            "most_open": MOST_OPEN,
            "acted": st.session_state.get(_ACTED, 0),
            "may_act": actions.may_act(member),
            "refreshed_at": known.read_at,
            "empty": {"example": _EXAMPLE, "command": _COMMAND, **_beginning(has_brand=has_brand)},
        },
        key=KEY,
        pieces=("acts",),
        on_act_change=_on_act,
    )


def _beginning(*, has_brand: bool) -> dict[str, str]:
    """Return where an empty board begins: a brand, and then a source of it."""
    what, words = ("source", "Add a source") if has_brand else ("brand", "Add a brand and its first source")
    return {"begin": f"/sources?open={what}-new", "begin_words": words}


def _details(session: Session, source: SourceHealth) -> dict[str, Any]:
    """Return what an opened source shows beyond its row."""
    query = query_of_source(session, source.id)
    since = parts.installed().clock() - WEEK
    posts = left_out_posts(session, source_id=source.id, since=since, limit=MOST_LEFT_OUT) if source.left_out else []
    return {
        "query": query.native or query.text,
        "about": _about(query),
        "policy": policy_lines(source.policy),
        "left_out": left_out_data(posts),
    }


def _about(query: WrittenQuery) -> str:
    """Return where the query is from, in words; nothing where it is simply the source's own."""
    if query.native:
        return "In the platform’s own language; it takes the place of the brand’s query."
    if query.is_of_brand and query.text:
        return "The brand’s query: this source has none of its own."
    return "" if query.text else "Everything that the source brings."


def _opened() -> list[int]:
    opened: list[int] = st.session_state.setdefault(_OPENED, [])
    return opened


def _on_act() -> None:
    said = st.session_state[KEY].get("act")
    for told in said[:MOST_ACTS] if isinstance(said, list) else []:
        if not isinstance(told, Mapping):
            continue
        number, target = as_number(told.get("number")), as_number(told.get("id"))
        if (
            number is not None
            and target is not None
            and target <= LARGEST_KEY
            and number > st.session_state.get(_ACTED, 0)
        ):
            st.session_state[_ACTED] = number
            _act(told.get("name"), target)
    st.rerun(PANE)


def _act(name: object, target: int) -> None:
    acts = {
        "fill": partial(actions.fill_gap, target),
        "retry": partial(actions.retry, target),
        "bring": partial(actions.bring_post_back, target),
        "open": partial(_open, target),
        "shut": partial(_shut, target),
    }
    if isinstance(name, str) and name in acts:
        acts[name]()


def _open(source_id: int) -> None:
    _shut(source_id)
    st.session_state[_OPENED] = [*_opened(), source_id][-MOST_OPEN:]


def _shut(source_id: int) -> None:
    st.session_state[_OPENED] = [each for each in _opened() if each != source_id]
