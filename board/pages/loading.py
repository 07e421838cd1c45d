"""What stands in a page's place while it is worked out."""

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

import streamlit as st

MOST_LINES = 12


@contextmanager
def loading(what: str, lines: int = 4) -> Iterator[None]:
    """Show grey lines until the block is done, for a block that takes longer than a blink.

    Put the elements that take the lines' place behind the block, or into it where they come at its end. `what` is
    said to those who hear the page: "the reports".
    """
    place = st.empty()
    bars = "<i></i>" * min(lines, MOST_LINES)
    place.html(f'<div class="ac-loading" role="status"><span>Loading {escape(what)}</span>{bars}</div>')
    try:
        yield
    finally:
        place.empty()
