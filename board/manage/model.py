"""The Model page: which model reads, how well it does, what the team taught it, and where complaints begin."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from board import parts
from board.manage.acting import may_manage
from board.manage.layout import Group, Row, gone, head, list_and_detail, opened, rest, table
from board.manage.threshold import BRAND, show_threshold, threshold_words
from board.notices import as_text
from board.pages.refused import refused_page
from core.drift import Verdict, drift
from core.errors import ModelError
from core.thresholds import parse_threshold
from core.types import Role
from storage.brands import all_brands
from storage.corrections import LeftOut, confirmed, corrections, left_out
from storage.database import Session
from storage.predictions import last_model, seen_lately
from storage.tables import Brand, Member

_WHY: Final = {
    LeftOut.TAKEN_BACK: "taken back",
    LeftOut.DELETED: "whose post was deleted",
    LeftOut.EDITED: "whose post was edited since",
    LeftOut.MAY_NOT_TRAIN: "whose platform or source allows no training",
}


def model_panes(member: Member) -> None:
    """Show the page to managers."""
    if not may_manage(member):
        refused_page("Model", Role.MANAGER)
        return
    head("Model", "What reads the posts, how far it can be trusted, and from where on it calls a post a complaint.")
    facts, problem = _facts()
    with parts.installed().database.read() as session:
        brands = all_brands(session)
        with list_and_detail([_group(brands)]):
            chosen = opened(BRAND)
            if chosen is None:
                _show_model(session, facts, problem)
                return
            brand = next((each for each in brands if each.id == chosen.row_id), None)
            if brand is None:
                gone("brand")
            else:
                show_threshold(session, chosen, brand, facts)


def _facts() -> tuple[parts.ModelFacts | None, str]:
    """Return what the model's folder says, or what is wrong with it."""
    try:
        return parts.installed().model(), ""
    except ModelError as error:
        return None, str(error)


def _group(brands: Sequence[Brand]) -> Group:
    rows = [
        Row(f"{BRAND}-{brand.id}", brand.name, (threshold_words(parse_threshold(brand.threshold)),)) for brand in brands
    ]
    return Group(
        "Where complaints begin, by brand",
        rows,
        "There is no brand yet: brands stand in the configuration file.",
        "Where complaints begin",
    )


def _show_model(session: Session, facts: parts.ModelFacts | None, problem: str) -> None:
    with rest():
        _show_version(session, facts, problem)
        _show_last_days(session, facts)
        _show_corrections(session, facts)
        if facts is not None and facts.figures:
            _show_figures(facts)


def _show_version(session: Session, facts: parts.ModelFacts | None, problem: str) -> None:
    st.markdown("**Which model reads**")
    last = last_model(session)
    if problem:
        st.warning(as_text(f"The model’s folder cannot be used: {problem}"))
    if facts is None:
        st.text(last or "No model has read a post yet.")
        if not problem and last:
            st.caption("A model of another make: its folder tells nothing of how it was measured.")
        return
    st.text(facts.version)
    if facts.adapted:
        st.caption(f"That is {as_text(facts.base)} with what your team’s corrections taught it.")
    else:
        st.caption("As it was shipped: nothing that your team corrected is in it yet.")
    if last and last != facts.version:
        st.caption(f"The last post was read by {as_text(last)}. A running worker takes a new model up by itself.")


def _show_last_days(session: Session, facts: parts.ModelFacts | None) -> None:
    version = facts.version if facts else last_model(session)
    seen = seen_lately(session, version, parts.installed().clock())
    st.markdown("**In the last 7 days**")
    if not seen.posts:
        st.text("It has read no post.")
        return
    on_card = f" On its card it was {facts.card.unsure:.0%}." if facts and facts.card else ""
    st.text(f"It read {seen.posts:,} posts and was unsure of {seen.unsure:,} ({seen.unsure_share:.0%}).{on_card}")
    found = drift(seen, facts.card if facts else None)
    words = f"{found.words[:1].upper()}{found.words[1:]}."
    if found.verdict is Verdict.MOVED:
        st.warning(as_text(words))
    else:
        st.text(words)


def _show_corrections(session: Session, facts: parts.ModelFacts | None) -> None:
    usable, others = len(corrections(session)), left_out(session)
    total = usable + sum(others.values())
    st.markdown("**What the team corrected**")
    if not total:
        st.text("Nothing yet. Each correction in a case can teach the model.")
        return
    posts = f"{total:,} post{'' if total == 1 else 's'}"
    st.text(
        f"{posts} corrected; {usable:,} may train, with {len(confirmed(session)):,} that were resolved as they were."
    )
    if others:
        st.caption("Left out: " + ", ".join(f"{count:,} {_WHY[why]}" for why, count in others.items()) + ".")
    st.caption(
        "To let the model learn from them, run this where Afterclick runs; it keeps only what is measurably better:"
    )
    st.code("afterclick adapt", language=None)
    if facts is not None and facts.adapted:
        st.caption("`afterclick adapt --roll-back` goes back to the model before.")


def _show_figures(facts: parts.ModelFacts) -> None:
    st.markdown("**How it was measured**")
    heads, *rows = facts.figures
    table("model_figures", ["Posts of", *heads[1:]], rows, numbers_from=1)
    base = " They are those of the model as it was shipped." if facts.adapted else ""
    st.caption(f"From its card, on posts that it had not seen; F1, precision and recall in percent.{base}")
