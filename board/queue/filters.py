"""The filters above the list. Each is in the page's address, so that a filtered queue can be sent as a link."""

import streamlit as st

from board.queue import selection
from core.platforms import platform_words
from core.taxonomy import Reason, Severity
from storage.queue import Choices, Filter, Sort

_ANY = "any"
_SORTS = {Sort.URGENT.value: "Most urgent first", Sort.NEWEST.value: "Newest first"}
_SEVERITIES = {
    _ANY: "Any severity",
    "2": f"{Severity.DISAPPROVAL.words} or worse",
    "3": f"{Severity.ACCUSATION.words} or worse",
    "4": f"{Severity.BLAME.words} only",
}
_REASONS = {_ANY: "Any reason", **{reason.value: reason.words for reason in Reason}}


def filter_bar(choices: Choices) -> None:
    """Show the filters."""
    st.text_input(
        "Search posts and authors",
        key="q",
        type="search",
        live="300ms",
        bind="query-params",
        placeholder="Search posts and authors",
        icon="",
        label_visibility="collapsed",
        width=270,
    )
    if len(choices.brands) > 1:
        _choice("Brand", "brand", {_ANY: "All brands", **{str(key): name for key, name in choices.brands.items()}}, 160)
    _choice(
        "Platform",
        "platform",
        {_ANY: "All platforms", **{name: platform_words(name) for name in choices.platforms}},
        150,
    )
    _choice("Reason", "reason", _REASONS, 200)
    _choice("Severity", "severity", _SEVERITIES, 180)
    st.space("stretch")
    _choice("Order", "sort", _SORTS, 185)


def _choice(label: str, key: str, words: dict[str, str], width: int) -> None:
    """Show one filter. The address holds its value: Streamlit's own binding would put the words there."""
    offered = list(words)
    selection.follow_choice(key, offered)
    if st.session_state[key] not in words:  # the last case of a platform may have gone since
        st.session_state[key] = offered[0]
    st.selectbox(
        label,
        offered,
        key=key,
        format_func=lambda value: words.get(value, value),
        label_visibility="collapsed",
        width=width,
    )
    selection.show_choice_in_address(key, offered)


def present_filter() -> Filter:
    """Return the filter that is set."""
    state = st.session_state
    brand, severity = state.get("brand", _ANY), state.get("severity", _ANY)
    reason, platform = state.get("reason", _ANY), state.get("platform", _ANY)
    return Filter(
        view=selection.view(),
        sort=Sort(state.get("sort", Sort.URGENT.value)),
        brand_id=None if brand == _ANY else int(brand),
        platform="" if platform == _ANY else platform,
        reason=None if reason == _ANY else Reason(reason),
        least_severity=Severity.NONE if severity == _ANY else Severity(int(severity)),
        text=(state.get("q") or "").strip(),
    )
