"""What the browser asks for about the open case, each thing once."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import streamlit as st

from board.notices import tell
from board.queue import selection
from board.told import as_number

MOST_ASKS: Final = 20


def asked_of(key: str, heard_key: str) -> Iterator[Mapping[str, Any]]:
    """Yield what the component asks for that was not heard before, if it is about the case that is open.

    The number of what was heard last is kept under `heard_key`; the browser says the later ones again.
    """
    said = st.session_state[key].get("ask")
    for told in said[:MOST_ASKS] if isinstance(said, list) else []:
        number = as_number(told.get("number")) if isinstance(told, Mapping) else None
        if number is None or number <= st.session_state.get(heard_key, 0):
            continue
        st.session_state[heard_key] = number
        case_id = as_number(told.get("case"))
        if case_id is not None and case_id == selection.chosen_case():
            yield {**told, "case": case_id}
        else:
            tell("Another case was open by then, and nothing was done. Look at it and try again.", long=True)
