"""What a source or a brand being edited would look for: as its platform is asked, and among the stored posts."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from board import parts
from board.manage.layout import table
from board.notices import as_text
from board.sources.estimating import estimated
from board.sources.query_shown import plain, sentence
from board.sources.shown import place_words
from core.errors import ConfigError
from core.queries import Query, parse_query
from core.types import Compiled
from storage.database import Session
from storage.query_test import Among, Group, Tested, try_query
from storage.source_queries import WrittenQuery, options_of, query_of, query_text_of
from storage.tables import Brand, Source

LONGEST_S: Final = 0.7  # others wait for the same processor
MOST_PARTS: Final = 4  # searches that are shown whole
MOST_REASONS: Final = 6
_ESTIMATE: Final = "source_estimate"  # the text that X was asked about, and what it said


def show_source_preview(session: Session, source: Source, brand: Brand) -> None:
    """Show what the source would ask and find; `source` may be one that is not stored yet."""
    st.markdown("**What it would look for**")
    written = query_of(source, brand)
    if written.native:
        st.text("The search in the platform’s own words is asked as it stands.")
        return
    query = _parsed(written)
    if query is None:
        return
    asked = _asked(source, brand, written.text)
    if written.is_of_brand:
        st.caption("The brand’s query: this source has none of its own.")
    compiled = parts.installed().compiled(query, asked)
    _show_compiled(source.platform, [each for each in compiled if each.platform == source.platform])
    if source.platform == "x" and parts.installed().estimate is not None:
        _show_estimate(asked)
    _show_found(try_query(session, query, _among(source, brand), examples=0, within_s=LONGEST_S), brand)


def show_brand_preview(session: Session, brand: Brand) -> None:
    """Show what sources without a query of their own would look for on behalf of the brand."""
    text = query_text_of(brand)
    if not brand.name.strip():
        return
    st.markdown("**What its sources look for, unless they have a query of their own**")
    st.code(text, language=None, wrap_lines=True)
    query = _parsed(WrittenQuery(text))
    if query is not None and brand.id is not None:
        _show_found(try_query(session, query, Among(brand_id=brand.id), examples=0, within_s=LONGEST_S), brand)


def _parsed(written: WrittenQuery) -> Query | None:
    if not written.text.strip():
        st.text("Everything that it brings is taken; whether it is about the brand is judged afterwards.")
        return None
    try:
        return parse_query(written.text)
    except ConfigError as error:
        st.warning(as_text(sentence(str(error))))
        return None


def _asked(source: Source, brand: Brand, text: str) -> parts.EstimateAsked:
    handles = tuple(brand.handles)
    if source.platform != "x":
        return parts.EstimateAsked(text, handles)
    return parts.EstimateAsked(text, handles, source.name, str(source.settings.get("base_url", "")), options_of(source))


def _among(source: Source, brand: Brand) -> Among:
    return Among(brand_id=brand.id) if source.id is None else Among(source_id=source.id)


def _show_compiled(platform: str, compiled: Sequence[Compiled]) -> None:
    place = place_words(platform)
    if not compiled:
        st.text(f"{place}: read whole. What the query does not find is left out afterwards.")
        return
    (said,) = compiled
    if said.error:
        st.warning(as_text(sentence(said.error)))
        return
    if not said.parts:
        st.text(f"{place} is asked for no words: what mentions the brand’s accounts is read from their timelines.")
        return
    st.caption(f"As {place} is asked" + (f", in {len(said.parts)} searches:" if len(said.parts) > 1 else ":"))
    for part in said.parts[:MOST_PARTS]:
        st.code(part, language=None, wrap_lines=True)
    beyond = len(said.parts) - MOST_PARTS
    longest = max(map(len, said.parts))
    limit = f" of {said.limit:,} characters" if said.limit else " characters"
    more = f"And {beyond:,} more. " if beyond > 0 else ""
    st.caption(f"{more}{'The longest has' if len(said.parts) > 1 else 'It has'} {longest:,}{limit}.")


def _show_estimate(asked: parts.EstimateAsked) -> None:
    text, words = st.session_state.get(_ESTIMATE, ("", ""))
    st.button(
        "Ask X what a month would bring",
        key="ask_x",
        on_click=_ask,
        args=(asked,),
        help="X charges half a cent for it.",
    )
    if words and text == asked.query:
        with st.container(key="estimate"):
            st.text(words)


def _ask(asked: parts.EstimateAsked) -> None:
    st.session_state[_ESTIMATE] = (asked.query, estimated(asked))


def _show_found(tested: Tested, brand: Brand) -> None:
    if not tested.looked_at:
        st.caption(f"No post about {as_text(brand.name)} is stored yet that it could be tried on.")
        return
    st.text(f"Of the newest {tested.looked_at:,} stored posts it finds {tested.matched:,}.")
    rows = [("Found", group) for group in tested.found] + [("Left out", group) for group in tested.left_out]
    rows.sort(key=lambda row: -row[1].count)
    table(
        "query_found",
        ("What", "Why", "Posts"),
        [_row(what, group) for what, group in rows[:MOST_REASONS]],
        numbers_from=2,
    )


def _row(what: str, group: Group) -> tuple[str, str, str]:
    return what, plain(group.why), f"{group.count:,}"
