"""Telling the member what came of a click, in the run of the page that follows it."""

import re

import streamlit as st

_KEY = "notices"
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|>~:$<&])")


def tell(text: str, *, long: bool = False) -> None:
    """Keep a sentence to be shown; `long` for what must not be missed."""
    st.session_state.setdefault(_KEY, []).append((text, long))


def show_notices() -> None:
    """Show what was kept, once."""
    for text, long in st.session_state.pop(_KEY, []):
        st.toast(as_text(text), duration="long" if long else "short")


def as_text(text: str) -> str:
    """Return Markdown that shows exactly `text`."""
    return _MARKUP.sub(r"\\\1", text)
