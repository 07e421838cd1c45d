"""Where a brand's complaints begin: the choices, what each costs, and what each would have flagged."""

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from board import parts
from board.manage.form import Form, form_for, submit
from board.manage.layout import Opened, close, detail, origin_note, saving, table
from board.notices import tell
from core.thresholds import BALANCED_BORDER, HIGHEST, LOWEST, Border, Choice, Threshold, parse_threshold
from storage.database import Session
from storage.predictions import last_model
from storage.rows import id_of
from storage.tables import Brand
from storage.thresholds import flagged_lately, set_threshold

BRAND: Final = "brand"
OWN: Final = "own"
_WORDS: Final = {
    Choice.BALANCED: "Balanced",
    Choice.FEW_MISSES: "Few misses",
    Choice.FEW_FALSE_ALARMS: "Few false alarms",
}


def threshold_words(threshold: Threshold) -> str:
    """Return a threshold as people read it."""
    return _WORDS[threshold] if isinstance(threshold, Choice) else f"From a probability of {threshold:g} on"


def show_threshold(session: Session, chosen: Opened, brand: Brand, facts: parts.ModelFacts | None) -> None:
    """Show the choices of one brand, to be changed."""
    present = parse_threshold(brand.threshold)
    form = form_for(chosen.name, {"threshold": present})
    with detail(brand.name):
        origin_note("brands", brand.name)
        st.text(
            "The model gives each post a probability of being a complaint. From this border on it opens a case; close "
            "to it the case is marked as unsure."
        )
        first = form.first["threshold"]
        choices = [*_WORDS, OWN]
        st.radio(
            "A post is a complaint",
            choices,
            choices.index(first) if isinstance(first, Choice) else len(_WORDS),
            format_func=lambda choice: _WORDS.get(choice, "From a probability of your own on"),
            key=form.key("choice"),
        )
        if form.said("choice") == OWN:
            st.number_input(
                "Probability",
                LOWEST,
                HIGHEST,
                first if isinstance(first, float) else BALANCED_BORDER,
                0.01,
                key=form.key("number"),
            )
        form.show_error("threshold")
        saving(form, chosen, _save)
        _show_preview(session, brand, facts, _said(form))


def _said(form: Form) -> Threshold:
    choice = form.said("choice")
    if isinstance(choice, Choice):
        return choice
    if choice == OWN:
        number: Any = form.said("number")
        return float(number) if number is not None else BALANCED_BORDER
    first: Threshold = form.first["threshold"]
    return first


def _show_preview(session: Session, brand: Brand, facts: parts.ModelFacts | None, said: Threshold) -> None:
    borders: Mapping[Choice, Border] = facts.borders if facts else {}
    known = {name: border.border for name, border in borders.items()} or {Choice.BALANCED: BALANCED_BORDER}
    names: list[Threshold] = [*known]
    values = [*known.values()]
    if not isinstance(said, Choice):
        names, values = [*names, said], [*values, said]
    version = facts.version if facts else last_model(session)
    found = flagged_lately(session, id_of(brand), values, version, parts.installed().clock())
    st.markdown("**What each would have flagged**")
    table(
        "threshold_preview",
        ("Border", "From", "Of the last 30 days’ posts", "As it was measured"),
        [
            (
                threshold_words(name) if isinstance(name, Choice) else "Your own",
                f"{value:g}",
                f"{count:,} of {found.posts:,} ({count / found.posts:.0%})" if found.posts else "none was read",
                borders[name].words if isinstance(name, Choice) and name in borders else "not measured",
            )
            for name, value, count in zip(names, values, found.by_border, strict=True)
        ],
        marked=names.index(said) if said in names else -1,
    )
    if not found.posts:
        st.caption(f"{brand.name} has no post of the last 30 days that this model has read.")


def _save(form: Form, chosen: Opened) -> None:
    said, seen = _said(form), dict(form.seen)
    name = submit(form, lambda session, _: set_threshold(session, chosen.row_id or 0, said, seen))
    if name is not None:
        close()
        tell(f"Saved. Posts about {name} that are read from now on go by it; those read before stay as they are.")
